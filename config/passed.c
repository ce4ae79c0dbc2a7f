/* As the YAML that config_print writes, in a memfd. */
/* SPDX-License-Identifier: MIT */
#include "config/passed.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BYTES_MAX = 8 << 20 };

int config_pass(const struct config *c)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    int fd = -1, rc = out ? config_print(c, true, out) : -ENOMEM;
    if (out && fclose(out) && !rc)
        rc = -ENOMEM;
    if (!rc && (fd = memfd_create("roomcast-config", MFD_CLOEXEC)) < 0)
        rc = -errno;
    if (!rc && write(fd, text, len) != (ssize_t)len)
        rc = -EIO;
    free(text);
    if (!rc)
        return fd;
    if (fd >= 0)
        close(fd);
    return rc;
}

int config_take(struct config **out, const char *name, int fd, FILE *err)
{
    struct stat st;
    *out = NULL;
    if (fd < 0 || fstat(fd, &st) || st.st_size <= 0 || st.st_size > BYTES_MAX)
        return -EINVAL;
    char *yaml = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (yaml == MAP_FAILED)
        return -EINVAL;
    int rc = config_parse(out, name, yaml, (size_t)st.st_size, NULL, 0, err);
    munmap(yaml, (size_t)st.st_size);
    return rc;
}
