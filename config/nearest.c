/* Edit distance over the table. */
/* SPDX-License-Identifier: MIT */
#include "config/nearest.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 48, FAR = 1000 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swapped neighbours that turn a into b (optimal string
 * alignment); FAR for words longer than any key. */
static unsigned distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > WORD_MAX || m > WORD_MAX)
        return FAR;
    unsigned d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= n; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            unsigned cost = a[i - 1] != b[j - 1];
            d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}

/* A third of the letters may be wrong: more would be guessing. */
static unsigned tolerance(const char *word)
{
    size_t n = strlen(word);
    return n < 3 ? 1 : (unsigned)n / 3;
}

struct search {
    unsigned best;
    char *out;
};

static void offer(struct search *s, unsigned d, unsigned limit, const char *path)
{
    if (d > limit || d >= s->best)
        return;
    s->best = d;
    snprintf(s->out, KEY_PATH_SIZE, "%s", path);
}

void nearest_key(const char *path, char out[static KEY_PATH_SIZE])
{
    struct search s = {.best = FAR, .out = out};
    const char *dot = strrchr(path, '.');
    const char *last = dot ? dot + 1 : path;
    out[0] = '\0';
    for (size_t i = 0; i < CONFIG_SECTIONS && !dot; i++) {
        const char *name = config_sections[i].name;
        offer(&s, distance(path, name), tolerance(path), name);
    }
    for (size_t i = 0; i < CONFIG_LISTS && dot; i++)
        offer(&s, distance(path, config_lists[i].path), 2, config_lists[i].path);
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        char full[KEY_PATH_SIZE];
        key_path(&config_keys[i], full);
        offer(&s, distance(path, full), tolerance(last), full);
        /* The right word in the wrong section is one mistake as well. */
        offer(&s, distance(last, config_keys[i].name) + 1, tolerance(last), full);
    }
}

const char *nearest_list_key(const struct key_list *l, const char *name)
{
    const char *nearest = NULL;
    unsigned best = tolerance(name) + 1;
    for (size_t i = 0; i < l->count; i++) {
        unsigned d = distance(name, l->keys[i].name);
        if (d < best) {
            best = d;
            nearest = l->keys[i].name;
        }
    }
    return nearest;
}
