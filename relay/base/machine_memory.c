/* How much memory this process may count on: the machine's, or what its cgroups leave of it. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/machine_memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMITS = 32, LIMIT_TEXT = 32 };

/* Linux, Documentation/admin-guide/cgroup-v2.rst: past memory.high a process is made to wait, past
 * memory.max it is killed. cgroup-v1/memory.rst: one limit. */
static const char *const unified_files[] = {"memory.max", "memory.high", NULL};
static const char *const legacy_files[] = {"memory.limit_in_bytes", NULL};

static uint64_t ram_bytes;
static int limits[LIMITS];
static size_t limit_count;

static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = list; *p; p += strcspn(p, ",\n"), p += *p == ',')
        if (strncmp(p, word, len) == 0 && strchr(",\n", p[len]))
            return true;
    return false;
}

/* proc_pid_mountinfo(5): ID, parent, device, root, point, options, any fields, -, type, source,
 * options of the file system. */
bool machine_memory_mount(const char *line, struct machine_memory_mount *out)
{
    const char *rest = strstr(line, " - ");
    char type[32], options[256];

    if (!rest || sscanf(rest, " - %31s %*s %255s", type, options) != 2 ||
        sscanf(line, "%*s %*s %*s %511s %511s", out->root, out->point) != 2)
        return false;
    out->unified = strcmp(type, "cgroup2") == 0;
    return out->unified || (strcmp(type, "cgroup") == 0 && has_word(options, "memory"));
}

/* cgroups(7): ID:controllers:path, and 0::path in version 2. In a container the path may begin with
 * what is mounted as the root. */
bool machine_memory_group(const char *line, const struct machine_memory_mount *m,
                          char out[static MACHINE_MEMORY_PATH])
{
    const char *controllers = strchr(line, ':');
    const char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    char list[256];
    size_t root = strcmp(m->root, "/") == 0 ? 0 : strlen(m->root);

    if (!path)
        return false;
    snprintf(list, sizeof(list), "%.*s", (int)(path - controllers - 1), controllers + 1);
    if (m->unified ? strncmp(line, "0::", 3) != 0 : !has_word(list, "memory"))
        return false;
    path++;
    path += strncmp(path, m->root, root) == 0 ? root : 0;
    return snprintf(out, MACHINE_MEMORY_PATH, "%s%.*s", m->point, (int)strcspn(path, "\n"), path) <
           MACHINE_MEMORY_PATH;
}

uint64_t machine_memory_limit(const char *text)
{
    uint64_t bytes;

    return sscanf(text, "%" SCNu64, &bytes) == 1 ? bytes : UINT64_MAX;
}

static void open_limits(const char *folder, const char *const *files)
{
    char path[MACHINE_MEMORY_PATH + 32];

    for (; *files && limit_count < LIMITS; files++) {
        snprintf(path, sizeof(path), "%s/%s", folder, *files);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd >= 0)
            limits[limit_count++] = fd;
    }
}

/* A group's limit holds for all below it. */
static void open_upwards(char *folder, const struct machine_memory_mount *m)
{
    size_t top = strlen(m->point);

    for (;;) {
        open_limits(folder, m->unified ? unified_files : legacy_files);
        char *slash = strrchr(folder, '/');

        if (!slash || slash < folder + top)
            return;
        *slash = '\0';
    }
}

static void open_mount(const struct machine_memory_mount *m)
{
    FILE *f = fopen("/proc/self/cgroup", "re");
    char line[MACHINE_MEMORY_PATH + 256], folder[MACHINE_MEMORY_PATH];

    while (f && fgets(line, sizeof(line), f))
        if (machine_memory_group(line, m, folder)) {
            open_upwards(folder, m);
            break;
        }
    if (f)
        fclose(f);
}

void machine_memory_open(void)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    struct machine_memory_mount m;
    char *line = NULL;
    size_t size = 0;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

    ram_bytes = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
    while (limit_count > 0)
        close(limits[--limit_count]);
    while (f && getline(&line, &size, f) > 0)
        if (machine_memory_mount(line, &m))
            open_mount(&m);
    free(line);
    if (f)
        fclose(f);
}

uint64_t machine_memory_bytes(void)
{
    uint64_t least = ram_bytes > 0 ? ram_bytes : UINT64_MAX;

    for (size_t i = 0; i < limit_count; i++) {
        char text[LIMIT_TEXT];
        ssize_t n = pread(limits[i], text, sizeof(text) - 1, 0);

        text[n > 0 ? n : 0] = '\0';
        uint64_t bytes = machine_memory_limit(text);

        least = bytes < least ? bytes : least;
    }
    return least < UINT64_MAX ? least : 0;
}
