/* Any bytes as a configuration file and a --set: refused in words, or printed and read back alike.
 */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth)
{
    if (!truth)
        abort();
}

static char *print(const struct config *c, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    require(out != NULL);
    require(config_print(c, true, out) == 0);
    fclose(out);
    return text;
}

static void check_round_trip(const struct config *c, FILE *nowhere)
{
    struct config *again;
    size_t len[2];
    char *first = print(c, &len[0]);
    require(config_parse(&again, "printed", first, len[0], NULL, 0, nowhere) == 0);
    char *second = print(again, &len[1]);
    require(len[0] == len[1] && memcmp(first, second, len[0]) == 0);
    for (uint32_t i = 0; i < c->rooms.list_count; i++)
        require(config_find_room(c, c->rooms.list[i].name) == &c->rooms.list[i]);
    free(first);
    free(second);
    config_free(&again);
}

/* The file, and behind its first NUL byte the text of a --set. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    require(nowhere != NULL);
    char *text = malloc(size + 1);
    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    size_t len = strlen(text);
    struct config_override set = {len < size ? text + len + 1 : ""};
    struct config *c;
    int rc = config_parse(&c, "fuzz", text, len, &set, len < size, nowhere);
    require((rc == 0) == (c != NULL));
    if (c)
        check_round_trip(c, nowhere);
    config_free(&c);
    free(text);
    return 0;
}
