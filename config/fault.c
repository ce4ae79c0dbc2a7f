/* Composing the line of a fault. */
/* SPDX-License-Identifier: MIT */
#include "config/fault.h"

#include "config/utf8.h"

#include <stdarg.h>
#include <string.h>

enum { SHOWN_MAX = 60 };

bool faults_full(const struct faults *f)
{
    return f->count >= FAULTS_SHOWN;
}

/* Copies text without its odd bytes, at most SHOWN_MAX bytes and "...". */
static void show(const char *text, size_t len, char out[static FAULT_VALUE_SIZE])
{
    size_t used = 0;
    for (size_t i = 0, n; i < len; i += n ? n : 1) {
        n = utf8_plain(text + i, len - i);
        if (used + (n ? n : 4) > SHOWN_MAX) {
            snprintf(out + used, FAULT_VALUE_SIZE - used, "...");
            return;
        }
        if (n)
            memcpy(out + used, text + i, n);
        else
            snprintf(out + used, 5, "\\x%02x", (unsigned)(unsigned char)text[i]);
        used += n ? n : 4;
    }
    out[used] = '\0';
}

const char *fault_value(const char *text, size_t len, char out[static FAULT_VALUE_SIZE])
{
    char shown[FAULT_VALUE_SIZE];
    if (len == 0)
        return "nothing";
    show(text, len, shown);
    snprintf(out, FAULT_VALUE_SIZE, "\"%.*s\"", FAULT_VALUE_SIZE - 3, shown);
    return out;
}

void fault_report(struct faults *f, struct place at, const char *path, const char *fmt, ...)
{
    f->count++;
    if (f->count > FAULTS_SHOWN) {
        if (f->count == FAULTS_SHOWN + 1)
            fprintf(f->out, "%s: there is more; the first %d faults are shown\n", f->file,
                    FAULTS_SHOWN);
        return;
    }
    char shown[FAULT_VALUE_SIZE];
    if (at.set) {
        show(at.set, strlen(at.set), shown);
        fprintf(f->out, "--set %s: ", shown);
    } else if (at.line) {
        fprintf(f->out, "%s:%u: ", f->file, at.line);
    } else {
        fprintf(f->out, "%s: ", f->file);
    }
    if (path && !at.set) {
        show(path, strlen(path), shown);
        fprintf(f->out, "%s: ", shown);
    }
    va_list args;
    va_start(args, fmt);
    vfprintf(f->out, fmt, args);
    va_end(args);
    putc('\n', f->out);
}
