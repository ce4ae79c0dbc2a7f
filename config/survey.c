/* One function per level of the file: sections, keys, entries of lists, their keys. */
/* SPDX-License-Identifier: MIT */
#include "config/survey.h"

#include "config/inspect.h"
#include "config/nearest.h"
#include "config/outline.h"
#include "config/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What an entry of a list says of itself that others must not say too. */
struct said {
    const char *text;
    unsigned line;
    const char *name; /* the entry's */
};

/* The list that is being read: names, and values that may not begin with each other. */
struct entries {
    const struct key_list *list;
    struct said *names, *aparts;
    size_t named, apart;
};

struct surveyor {
    yaml_document_t *doc;
    struct places *places;
    struct faults *faults;
    struct entries entries;
};

/* What stands left and right of a colon. */
struct pair {
    const char *word; /* NULL: not a plain word, and reported */
    const yaml_node_t *value;
    struct place at; /* of the word */
};

static const char *scalar(const yaml_node_t *n)
{
    return (const char *)n->data.scalar.value;
}

static struct pair pair_read(struct surveyor *s, const yaml_node_pair_t *from)
{
    const yaml_node_t *key = yaml_document_get_node(s->doc, from->key);
    struct pair p = {.value = yaml_document_get_node(s->doc, from->value)};
    p.at.line = outline_line(key);
    if (key->type == YAML_SCALAR_NODE && strlen(scalar(key)) == key->data.scalar.length)
        p.word = scalar(key);
    else
        fault_report(s->faults, p.at, NULL, "expected a key, got something else left of a colon");
    return p;
}

void survey_unknown(struct faults *f, struct place at, const char *path, const char *word,
                    const char *nearest)
{
    char shown[FAULT_VALUE_SIZE];
    const char *got = fault_value(word, strlen(word), shown);
    if (nearest && nearest[0])
        fault_report(f, at, path, "expected a known key, got %s; did you mean \"%s\"?", got,
                     nearest);
    else
        fault_report(f, at, path, "expected a known key, got %s; --help-config lists them", got);
}

/* What the user can do about it, beyond what the expectation says. */
static const char *advice(const struct key *k, const char *text, char out[static VALUE_WORDS_SIZE])
{
    out[0] = '\0';
    if (value_is_secret(k) && strcmp(text, VALUE_HIDDEN) == 0)
        return "; \"" VALUE_HIDDEN
               "\" is what --check shows in place of a secret, write the secret";
    if (k->type == KEY_SIGNS)
        return "; \"openssl rand -hex 32\" makes a good secret";
    if (k->type == KEY_SECRET)
        return "; leave it out to ask for none";
    if (k->standard)
        snprintf(out, VALUE_WORDS_SIZE, "; the default is %s", k->standard);
    return out;
}

void survey_refuse(struct faults *f, struct place at, const char *path, const struct key *k,
                   const char *text, size_t len)
{
    char expected[VALUE_WORDS_SIZE], more[VALUE_WORDS_SIZE], shown[FAULT_VALUE_SIZE];
    const char *got = fault_value(text, len, shown);
    if (value_is_secret(k) && len) { /* its length may be said, no more */
        snprintf(shown, sizeof shown, "%zu bytes", len);
        got = shown;
    }
    value_expected(k, expected);
    fault_report(f, at, path, "expected %s, got %s%s", expected, got, advice(k, text, more));
}

/* An empty value or YAML's word for one; in quotes it is a text like any other. */
static bool is_nothing(const yaml_node_t *n)
{
    static const char *const word[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        if (n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp(scalar(n), word[i]) == 0)
            return true;
    return false;
}

static void check_value(struct surveyor *s, const struct pair *p, const char *path,
                        const struct key *k)
{
    const yaml_node_t *n = p->value;
    if (n->type != YAML_SCALAR_NODE)
        return;
    size_t len = is_nothing(n) ? 0 : n->data.scalar.length;
    struct place at = {.line = outline_line(n)};
    if (value_check(k, scalar(n), len) != 0)
        survey_refuse(s->faults, at, path, k, scalar(n), len);
    else if (value_is_secret(k))
        s->places->holds_secrets |= len > 0;
    else
        inspect_file(s->faults, at, path, k, scalar(n));
}

/* False, and reported, when the key was met before. */
static bool check_first(struct surveyor *s, struct place *seen, struct place at, const char *path)
{
    if (seen->line) {
        fault_report(s->faults, at, path,
                     "expected once, got again; it stands on line %u already, delete one",
                     seen->line);
        return false;
    }
    *seen = at;
    return true;
}

/* The value of that key, where it is one; else NULL. */
static const yaml_node_t *entry_value(struct surveyor *s, const yaml_node_t *entry,
                                      const struct key *k)
{
    const yaml_node_pair_t *p = entry->data.mapping.pairs.start;
    for (; p < entry->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(s->doc, p->key);
        const yaml_node_t *value = yaml_document_get_node(s->doc, p->value);
        if (key->type == YAML_SCALAR_NODE && strcmp(scalar(key), k->name) == 0)
            return value->type == YAML_SCALAR_NODE &&
                           value_check(k, scalar(value), value->data.scalar.length) == 0
                       ? value
                       : NULL;
    }
    return NULL;
}

/* "rooms.list.main-stage.key"; "rooms.list[3].key" (counted from 1) while the name is unknown. */
static void entry_path(const struct key_list *l, const char *name, size_t number, const char *word,
                       char out[static KEY_PATH_SIZE])
{
    if (name)
        snprintf(out, KEY_PATH_SIZE, "%s.%s.%s", l->path, name, word);
    else
        snprintf(out, KEY_PATH_SIZE, "%s[%zu].%s", l->path, number, word);
}

static void note_entry(struct entries *e, const yaml_node_t *name, const yaml_node_t *apart)
{
    const char *its = name ? scalar(name) : NULL;
    if (name)
        e->names[e->named++] = (struct said){its, outline_line(name), its};
    if (name && apart)
        e->aparts[e->apart++] = (struct said){scalar(apart), outline_line(apart), its};
}

static void survey_entry(struct surveyor *s, const yaml_node_t *entry, size_t number)
{
    const struct key_list *l = s->entries.list;
    struct place seen[CONFIG_ROOM_KEYS + CONFIG_AGENCY_KEYS] = {{0}};
    if (entry->type != YAML_MAPPING_NODE)
        return;
    const yaml_node_t *name = entry_value(s, entry, &l->keys[0]);
    note_entry(&s->entries, name, l->apart ? entry_value(s, entry, l->apart) : NULL);
    const yaml_node_pair_t *p = entry->data.mapping.pairs.start;
    for (; p < entry->data.mapping.pairs.top && !faults_full(s->faults); p++) {
        char path[KEY_PATH_SIZE];
        struct pair pair = pair_read(s, p);
        if (!pair.word)
            continue;
        entry_path(l, name ? scalar(name) : NULL, number, pair.word, path);
        const struct key *k = list_key(l, pair.word);
        if (!k)
            survey_unknown(s->faults, pair.at, path, pair.word, nearest_list_key(l, pair.word));
        else if (check_first(s, &seen[k - l->keys], pair.at, path))
            check_value(s, &pair, path, k);
    }
}

static int by_text(const void *a, const void *b)
{
    const struct said *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static void check_names(struct surveyor *s)
{
    struct entries *e = &s->entries;
    qsort(e->names, e->named, sizeof *e->names, by_text);
    for (size_t i = 1; i < e->named; i++) {
        const struct said *a = &e->names[i - 1], *b = &e->names[i];
        char path[KEY_PATH_SIZE];
        if (strcmp(a->text, b->text) != 0)
            continue;
        entry_path(e->list, b->name, 0, "name", path);
        fault_report(s->faults, (struct place){.line = b->line}, path,
                     "expected a name of its own, got \"%s\" again; line %u has it already",
                     b->text, a->line);
    }
}

/* What begins another one begins the next one in order as well. */
static void check_apart(struct surveyor *s)
{
    struct entries *e = &s->entries;
    qsort(e->aparts, e->apart, sizeof *e->aparts, by_text);
    for (size_t i = 1; i < e->apart; i++) {
        const struct said *a = &e->aparts[i - 1], *b = &e->aparts[i];
        char path[KEY_PATH_SIZE];
        if (strncmp(a->text, b->text, strlen(a->text)) != 0)
            continue;
        entry_path(e->list, b->name, 0, e->list->apart->name, path);
        fault_report(s->faults, (struct place){.line = b->line}, path,
                     SURVEY_APART " (line %u): a room would be both's", b->text, a->text, a->name,
                     a->line);
    }
}

static int survey_list(struct surveyor *s, const struct key_list *l, const struct pair *p)
{
    const yaml_node_t *list = p->value;
    if (list->type != YAML_SEQUENCE_NODE)
        return 0;
    const yaml_node_item_t *first = list->data.sequence.items.start;
    size_t count = (size_t)(list->data.sequence.items.top - first);
    if (count > l->max) {
        fault_report(s->faults, p->at, l->path, "expected at most %u %s, got %zu", l->max, l->nouns,
                     count);
        return 0;
    }
    struct said *all = calloc(2 * count + 1, sizeof *all);
    if (!all)
        return -ENOMEM;
    s->entries = (struct entries){.list = l, .names = all, .aparts = all + count};
    for (size_t i = 0; i < count && !faults_full(s->faults); i++)
        survey_entry(s, yaml_document_get_node(s->doc, first[i]), i + 1);
    check_names(s);
    check_apart(s);
    free(all);
    return 0;
}

static int survey_pair(struct surveyor *s, const char *section, const struct pair *p)
{
    char path[KEY_PATH_SIZE], nearest[KEY_PATH_SIZE];
    snprintf(path, sizeof path, "%s.%s", section, p->word);
    const struct key_list *l = list_of_path(path);
    if (l)
        return check_first(s, &s->places->list[l - config_lists], p->at, path)
                   ? survey_list(s, l, p)
                   : 0;
    const struct key *k = key_find(section, p->word);
    if (!k) {
        nearest_key(path, nearest);
        survey_unknown(s->faults, p->at, path, p->word, nearest);
    } else if (check_first(s, &s->places->key[k - config_keys], p->at, path)) {
        check_value(s, p, path, k);
    }
    return 0;
}

static int survey_section(struct surveyor *s, const char *section, const yaml_node_t *n)
{
    int rc = 0;
    if (n->type != YAML_MAPPING_NODE)
        return 0;
    const yaml_node_pair_t *p = n->data.mapping.pairs.start;
    for (; !rc && p < n->data.mapping.pairs.top && !faults_full(s->faults); p++) {
        struct pair pair = pair_read(s, p);
        if (pair.word)
            rc = survey_pair(s, section, &pair);
    }
    return rc;
}

int survey(yaml_document_t *doc, struct places *out, struct faults *f)
{
    struct surveyor s = {.doc = doc, .places = out, .faults = f};
    struct place seen[CONFIG_SECTIONS] = {{0}};
    const yaml_node_t *root = yaml_document_get_root_node(doc);
    int rc = 0;
    if (!root || root->type != YAML_MAPPING_NODE)
        return 0;
    const yaml_node_pair_t *p = root->data.mapping.pairs.start;
    for (; !rc && p < root->data.mapping.pairs.top && !faults_full(f); p++) {
        struct pair pair = pair_read(&s, p);
        if (!pair.word)
            continue;
        const struct key_section *section = key_section_find(pair.word);
        if (!section) {
            char nearest[KEY_PATH_SIZE];
            nearest_key(pair.word, nearest);
            survey_unknown(f, pair.at, pair.word, pair.word, nearest);
        } else if (check_first(&s, &seen[section - config_sections], pair.at, pair.word)) {
            rc = survey_section(&s, section->name, pair.value);
        }
    }
    return rc;
}
