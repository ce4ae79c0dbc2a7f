/* Finding the key of a --set, judging its value, storing it. */
/* SPDX-License-Identifier: MIT */
#include "config/override.h"

#include "config/inspect.h"
#include "config/keys.h"
#include "config/nearest.h"
#include "config/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char LIST[] = "rooms.list.";

/* The room of that name; made at the end of the list when there is none. NULL: no memory. */
static struct config_room *room_make(struct config *c, const char *name)
{
    for (uint32_t i = 0; i < c->rooms.list_count; i++)
        if (strcmp(c->rooms.list[i].name, name) == 0)
            return &c->rooms.list[i];
    struct config_room *list =
        realloc(c->rooms.list, (c->rooms.list_count + 1) * sizeof *c->rooms.list);
    if (!list)
        return NULL;
    c->rooms.list = list;
    struct config_room *room = &list[c->rooms.list_count];
    *room = (struct config_room){.play_out = PLAY_OUT_AUTO};
    if (value_store(&room_keys[0], room, name) != 0)
        return NULL;
    c->rooms.list_count++;
    return room;
}

/* A --set in its parts. `label` is what messages show of it: the whole, unless the value may be a
 * secret; then the key alone. */
struct setting {
    struct place label;
    char *key; /* in a copy of the text, ends where '=' was */
    char *value;
};

static int apply_to_room(struct config *c, const struct setting *s, struct faults *f)
{
    char *name = s->key + strlen(LIST), *dot = strrchr(name, '.');
    if (!dot || !room_name_is_valid(name, (size_t)(dot - name))) {
        fault_report(f, s->label, NULL,
                     "expected rooms.list.NAME.KEY=VALUE with a room's name, such as "
                     "rooms.list.main-stage.title=Main");
        return 0;
    }
    *dot = '\0';
    const struct key *k = key_find_in_room(dot + 1);
    if (k == &room_keys[0]) {
        fault_report(f, s->label, NULL,
                     "expected another key after the room's name, such as title, got \"name\"; "
                     "naming a room makes it");
        return 0;
    }
    if (!k) {
        survey_unknown(f, s->label, NULL, dot + 1, nearest_room_key(dot + 1));
        return 0;
    }
    if (value_check(k, s->value, strlen(s->value)) != 0) {
        survey_refuse(f, s->label, NULL, k, s->value, strlen(s->value));
        return 0;
    }
    inspect_file(f, s->label, NULL, k, s->value);
    struct config_room *room = room_make(c, name);
    return room ? value_store(k, room, s->value) : -ENOMEM;
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
    if (strncmp(s->key, LIST, strlen(LIST)) == 0) {
        char *shown = strdup(s->key); /* the key is cut up below */
        if (!shown)
            return -ENOMEM;
        s->label.set = shown;
        int rc = apply_to_room(c, s, f);
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
