/* Finding the key of a --set, judging its value, storing it. */
/* SPDX-License-Identifier: MIT */
#include "config/override.h"

#include "config/inspect.h"
#include "config/keys.h"
#include "config/lists.h"
#include "config/nearest.h"
#include "config/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The entry of that name; made at the end of the list when there is none. NULL: no memory. */
static void *entry_make(const struct key_list *l, struct config *c, const char *name)
{
    for (uint32_t i = 0; i < list_count(l, c); i++) {
        const char *its;
        memcpy(&its, (const char *)list_at(l, c, i) + l->keys[0].offset, sizeof its);
        if (strcmp(its, name) == 0)
            return list_at(l, c, i);
    }
    void *entry = list_add(l, c);
    /* without memory the load ends, and nobody reads the nameless one */
    return entry && value_store(&l->keys[0], entry, name) == 0 ? entry : NULL;
}

/* A --set in its parts. `label` is what messages show of it: the whole, unless the value may be a
 * secret; then the key alone. */
struct setting {
    struct place label;
    char *key; /* in a copy of the text, ends where '=' was */
    char *value;
};

static int apply_to_entry(const struct key_list *l, struct config *c, const struct setting *s,
                          struct faults *f)
{
    char *name = s->key + strlen(l->path) + 1, *dot = strrchr(name, '.');
    if (!dot || !room_name_is_valid(name, (size_t)(dot - name))) {
        fault_report(f, s->label, NULL,
                     "expected %s.NAME.KEY=VALUE with %s's name, such as %s.%s.title=Main", l->path,
                     l->a_noun, l->path, l->example);
        return 0;
    }
    *dot = '\0';
    const struct key *k = list_key(l, dot + 1);
    if (k == &l->keys[0]) {
        fault_report(f, s->label, NULL,
                     "expected another key after %s's name, such as title, got \"name\"; "
                     "naming %s makes it",
                     l->a_noun, l->a_noun);
        return 0;
    }
    if (!k) {
        survey_unknown(f, s->label, NULL, dot + 1, nearest_list_key(l, dot + 1));
        return 0;
    }
    if (value_check(k, s->value, strlen(s->value)) != 0) {
        survey_refuse(f, s->label, NULL, k, s->value, strlen(s->value));
        return 0;
    }
    inspect_file(f, s->label, NULL, k, s->value);
    void *entry = entry_make(l, c, name);
    return entry ? value_store(k, entry, s->value) : -ENOMEM;
}

static int apply_to_key(struct config *c, struct places *places, const struct key *k,
                        const struct setting *s, struct faults *f)
{
    if (value_check(k, s->value, strlen(s->value)) != 0) {
        survey_refuse(f, s->label, NULL, k, s->value, strlen(s->value));
        return 0;
    }
    inspect_file(f, s->label, NULL, k, s->value);
    places->key[k - config_keys] = s->label;
    if (value_is_secret(k)) /* the label's text does not outlive this call */
        places->key[k - config_keys].set = k->name;
    return value_store(k, c, s->value);
}

static const struct key *find_path(char *path)
{
    char *dot = strchr(path, '.');
    if (!dot)
        return NULL;
    *dot = '\0';
    const struct key *k = key_find(path, dot + 1);
    *dot = '.';
    return k;
}

/* "rooms.list.": the list whose entry a path leads to. */
static const struct key_list *find_list(const char *path)
{
    for (size_t i = 0; i < CONFIG_LISTS; i++) {
        size_t len = strlen(config_lists[i].path);
        if (strncmp(path, config_lists[i].path, len) == 0 && path[len] == '.')
            return &config_lists[i];
    }
    return NULL;
}

static int apply(struct config *c, struct places *places, const struct config_override *set,
                 struct setting *s, struct faults *f)
{
    const struct key *k = find_path(s->key);
    char nearest[KEY_PATH_SIZE];
    if (k) {
        if (!value_is_secret(k))
            s->label.set = set->text;
        return apply_to_key(c, places, k, s, f);
    }
    const struct key_list *l = find_list(s->key);
    if (l) {
        char *shown = strdup(s->key); /* the key is cut up below */
        if (!shown)
            return -ENOMEM;
        s->label.set = shown;
        int rc = apply_to_entry(l, c, s, f);
        free(shown);
        return rc;
    }
    nearest_key(s->key, nearest);
    bool whole = strcmp(nearest, s->key) == 0; /* a section or the list itself has no value */
    survey_unknown(f, s->label, NULL, s->key, whole ? NULL : nearest);
    return 0;
}

int override_apply(struct config *c, struct places *places, const struct config_override *set,
                   struct faults *f)
{
    const char *equals = strchr(set->text, '=');
    if (!equals) {
        fault_report(f, (struct place){.set = set->text}, NULL,
                     "expected KEY=VALUE, such as srt.listen=127.0.0.1:9000");
        return 0;
    }
    char *copy = strdup(set->text);
    if (!copy)
        return -ENOMEM;
    struct setting s = {.key = copy, .value = copy + (equals - set->text) + 1};
    s.value[-1] = '\0';
    s.label.set = s.key;
    int rc = apply(c, places, set, &s, f);
    free(copy);
    return rc;
}
