/* From a file and overrides to one checked struct config, or to a list of faults. */
/* SPDX-License-Identifier: MIT */
/*
 * The steps, and who says no: read (size) -> outline (YAML) -> survey (words) -> shape (libcyaml:
 * lists and mappings where they belong) -> defaults -> overrides -> validate (key against key).
 * Each reports all it finds (libcyaml its first only), and the next begins only after a clean one.
 */
#include "config/config.h"
#include "config/fault.h"
#include "config/keys.h"
#include "config/lists.h"
#include "config/outline.h"
#include "config/override.h"
#include "config/shape.h"
#include "config/survey.h"
#include "config/validate.h"
#include "config/value.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4 * 1024 * 1024, READ_FIRST = 16 * 1024 };

bool room_name_is_valid(const char *name, size_t len)
{
    if (len == 0 || len > ROOM_NAME_MAX || name[0] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

static const struct config_room *find_listed(const struct config *c, const char *name)
{
    size_t low = 0, high = c->rooms.list_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, c->rooms.list[middle].name);
        if (order == 0)
            return &c->rooms.list[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct stored_room *config_find_stored(const struct config *c, const char *name)
{
    if (!c->stored || !c->stored->rooms || find_listed(c, name))
        return NULL;
    return stored_rooms_find(c->stored->rooms, name);
}

const struct config_room *config_find_room(const struct config *c, const char *name)
{
    const struct config_room *listed = find_listed(c, name);
    const struct stored_room *made = listed ? NULL : config_find_stored(c, name);
    return made ? &made->room : listed;
}

bool config_awaits_store(const struct config *c)
{
    return c->stored && !c->stored->rooms;
}

void config_free(struct config **cp)
{
    struct config *c = *cp;
    if (!c)
        return;
    for (size_t i = 0; i < CONFIG_LISTS; i++)
        list_free(&config_lists[i], c);
    for (size_t k = 0; k < CONFIG_KEYS; k++)
        value_release(&config_keys[k], c);
    free(c);
    *cp = NULL;
}

/* Every key the file does not have gets its default. */
static int fill_defaults(struct config *c, const struct places *places)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++)
        if (!places->key[i].line && value_store(&config_keys[i], c, config_keys[i].standard) != 0)
            return -ENOMEM;
    return 0;
}

/* The document as the struct it describes, absent keys zero. */
static int load_document(struct config **out, const char *yaml, size_t len, struct places *places,
                         struct faults *f)
{
    yaml_document_t doc;
    int rc = outline_load(&doc, yaml, len, f);
    if (rc)
        return rc;
    bool empty = !yaml_document_get_root_node(&doc);
    rc = survey(&doc, places, f);
    yaml_document_delete(&doc);
    if (rc || f->count)
        return rc ? rc : -EINVAL;
    if (!empty)
        return shape_load(out, yaml, len, f);
    *out = calloc(1, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

static int apply_overrides(struct config *c, struct places *places,
                           const struct config_override *set, size_t n, struct faults *f)
{
    int rc = fill_defaults(c, places);
    for (size_t i = 0; !rc && i < n; i++)
        rc = override_apply(c, places, &set[i], f);
    if (rc || f->count)
        return rc ? rc : -EINVAL;
    validate(c, places, f);
    for (size_t i = 0; i < CONFIG_LISTS; i++)
        list_sort(&config_lists[i], c);
    return f->count ? -EINVAL : 0;
}

/* mode: the file's permissions, 0 when there is no file. */
static int config_make(struct config **out, const char *yaml, size_t len, mode_t mode,
                       const struct config_override *set, size_t n, struct faults *f)
{
    struct places places = {0};
    *out = NULL;
    int rc = load_document(out, yaml, len, &places, f);
    if (!rc && places.holds_secrets && mode & (S_IRWXO | S_IWGRP))
        fprintf(f->out,
                "%s: warning: it holds keys, and others may read or change it (mode %04o); "
                "chmod 640 makes it safe\n",
                f->file, (unsigned)mode & 07777);
    if (!rc)
        rc = apply_overrides(*out, &places, set, n, f);
    if (!rc)
        return 0;
    config_free(out);
    if (rc == -ENOMEM)
        fprintf(f->out, "%s: expected memory for the configuration, got none\n", f->file);
    return rc;
}

int config_parse(struct config **out, const char *name, const char *yaml, size_t len,
                 const struct config_override *set, size_t n, FILE *err)
{
    struct faults f = {.out = err, .file = name};
    *out = NULL;
    if (len > FILE_MAX) {
        fault_report(&f, (struct place){0}, NULL,
                     "expected at most %d bytes, got more; is this the right file?", FILE_MAX);
        return -EINVAL;
    }
    return config_make(out, yaml, len, 0, set, n, &f);
}

/* Reads to the end, but at most one byte more than is allowed: pipes have no size to ask for. */
static int read_all(int fd, char **out, size_t *out_len)
{
    size_t size = READ_FIRST, len = 0;
    char *data = malloc(size);
    while (data && len <= FILE_MAX) {
        if (len == size) {
            char *more = realloc(data, size *= 2);
            if (!more)
                break;
            data = more;
        }
        ssize_t n = read(fd, data + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int rc = -errno;
            free(data);
            return rc;
        }
        len += (size_t)n;
        if (n == 0 || len > FILE_MAX) {
            *out = data;
            *out_len = len;
            return 0;
        }
    }
    free(data);
    return -ENOMEM;
}

static int read_file(const char *path, char **out, size_t *len, mode_t *mode)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = fstat(fd, &st) == 0 ? read_all(fd, out, len) : -errno;
    if (rc == 0)
        *mode = S_ISREG(st.st_mode) ? st.st_mode : 0;
    close(fd);
    return rc;
}

int config_load(struct config **out, const char *path, const struct config_override *set, size_t n,
                FILE *err)
{
    char *yaml = NULL;
    size_t len = 0;
    mode_t mode = 0;
    struct faults f = {.out = err, .file = path ? path : "defaults"};
    *out = NULL;
    if (!path)
        return config_make(out, "", 0, 0, set, n, &f);
    int rc = read_file(path, &yaml, &len, &mode);
    if (rc) {
        fault_report(&f, (struct place){0}, NULL, "expected a file that can be read, got \"%s\"",
                     strerrordesc_np(-rc));
        return rc;
    }
    /* Processes that are to know no secret are forked later: what libyaml frees is overwritten. */
    mallopt(M_PERTURB, 0xff);
    if (len > FILE_MAX)
        rc = config_parse(out, path, yaml, len, set, n, err);
    else
        rc = config_make(out, yaml, len, mode, set, n, &f);
    mallopt(M_PERTURB, 0);
    explicit_bzero(yaml, len);
    free(yaml);
    return rc;
}
