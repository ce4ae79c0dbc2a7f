/* Fuzzes the bodies of actions: what is accepted says the same when it is written and read again.
 */
/* SPDX-License-Identifier: MIT */
#include "relay/control/flat_json.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t put_string(char *out, const char *text)
{
    size_t n = 0;
    out[n++] = '"';
    for (; *text; text++) {
        if ((unsigned char)*text < ' ') {
            n += (size_t)sprintf(out + n, "\\u%04x", (unsigned)*text);
            continue;
        }
        if (*text == '"' || *text == '\\')
            out[n++] = '\\';
        out[n++] = *text;
    }
    out[n++] = '"';
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[FLAT_JSON_MEMBERS * 8 * FLAT_JSON_TEXT + 2];
    struct flat_json j, again;
    size_t n = 0;

    if (flat_json_parse(&j, (const char *)data, size) != 0)
        return 0;
    assert(j.count <= FLAT_JSON_MEMBERS);
    text[n++] = '{';
    for (size_t i = 0; i < j.count; i++) {
        const struct flat_json_member *m = &j.members[i];
        assert(memchr(m->name, '\0', sizeof(m->name)) && memchr(m->value, '\0', sizeof(m->value)));
        text[n] = ',';
        n += i > 0;
        n += put_string(text + n, m->name);
        text[n++] = ':';
        if (m->kind == FLAT_JSON_STRING)
            n += put_string(text + n, m->value);
        else
            n += (size_t)sprintf(text + n, "%s", m->value);
    }
    text[n++] = '}';
    assert(flat_json_parse(&again, text, n) == 0 && again.count == j.count);
    assert(memcmp(&j, &again, sizeof(j)) == 0);
    return 0;
}
