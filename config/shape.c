/* Builds the schema, runs libcyaml, and turns its backtrace into one sentence. */
/* SPDX-License-Identifier: MIT */
#include "config/shape.h"

#include "config/keys.h"
#include "config/lists.h"
#include "config/value.h"

#include <assert.h>
#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS_MAX = 4,
    ENTRY_KEYS_MAX = CONFIG_ROOM_KEYS,
    STEPS_MAX = 8,
    STEP_WORD_SIZE = 64,
    COMPLAINT_SIZE = 128
};

struct schema {
    cyaml_strval_t words[CONFIG_KEYS][WORDS_MAX];
    struct schema_entry {
        cyaml_strval_t words[ENTRY_KEYS_MAX][WORDS_MAX];
        cyaml_schema_field_t fields[ENTRY_KEYS_MAX + 1];
        cyaml_schema_value_t value;
    } entries[CONFIG_LISTS];
    cyaml_schema_field_t fields[CONFIG_SECTIONS][CONFIG_KEYS + 2];
    cyaml_schema_field_t sections[CONFIG_SECTIONS + 1];
    cyaml_schema_value_t root;
};

/* The words that value.c takes for a bool, in any case of letters. */
static const cyaml_strval_t switch_words[] = {{"false", ROOM_SWITCH_OFF},
                                              {"no", ROOM_SWITCH_OFF},
                                              {"true", ROOM_SWITCH_ON},
                                              {"yes", ROOM_SWITCH_ON}};

static cyaml_schema_field_t schema_field(const struct key *k, cyaml_strval_t *words)
{
    cyaml_schema_field_t f = {.key = k->name, .data_offset = (uint32_t)k->offset};
    f.value.flags = CYAML_FLAG_OPTIONAL;
    switch (k->type) {
    case KEY_COUNT:
        f.value.type = CYAML_UINT;
        f.value.data_size = sizeof(uint32_t);
        break;
    case KEY_BOOL:
        f.value.type = CYAML_BOOL;
        f.value.data_size = sizeof(bool);
        break;
    case KEY_CHOICE:
        f.value.type = CYAML_ENUM;
        f.value.flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT;
        f.value.data_size = sizeof(int);
        f.value.enumeration.strings = words;
        for (uint32_t i = 0; i < WORDS_MAX && k->words[i]; i++)
            words[f.value.enumeration.count++] = (cyaml_strval_t){k->words[i], i};
        break;
    case KEY_SWITCH:
        f.value.type = CYAML_ENUM;
        f.value.flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT | CYAML_FLAG_CASE_INSENSITIVE;
        f.value.data_size = sizeof(int);
        f.value.enumeration.strings = switch_words;
        f.value.enumeration.count = sizeof switch_words / sizeof *switch_words;
        break;
    case KEY_NAME: /* an entry has to have it */
        f.value.flags = CYAML_FLAG_DEFAULT;
        /* fall through */
    case KEY_ADDRESS:
    case KEY_TEXT:
    case KEY_SECRET:
    case KEY_SIGNS:
    case KEY_FILE:
    case KEY_PATH:
    case KEY_WORD:
    case KEY_DURATION:
        f.value.type = CYAML_STRING;
        f.value.flags |= CYAML_FLAG_POINTER;
        f.value.data_size = sizeof(char);
        f.value.string.max = CYAML_UNLIMITED;
        break;
    }
    return f;
}

static cyaml_schema_value_t schema_mapping(enum cyaml_flag flags, size_t size,
                                           const cyaml_schema_field_t *fields)
{
    return (cyaml_schema_value_t){
        .type = CYAML_MAPPING, .flags = flags, .data_size = (uint32_t)size, .mapping = {fields}};
}

static cyaml_schema_field_t schema_list(const struct key_list *l, struct schema_entry *e)
{
    static_assert((int)CONFIG_AGENCY_KEYS <= (int)ENTRY_KEYS_MAX, "one size for all lists");
    for (size_t i = 0; i < l->count; i++)
        e->fields[i] = schema_field(&l->keys[i], e->words[i]);
    e->value = schema_mapping(CYAML_FLAG_DEFAULT, l->entry_bytes, e->fields);
    return (cyaml_schema_field_t){
        .key = "list",
        .data_offset = (uint32_t)l->list,
        .count_offset = (uint32_t)l->list_count,
        .count_size = sizeof(uint32_t),
        .value = {.type = CYAML_SEQUENCE,
                  .flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER,
                  .data_size = (uint32_t)l->entry_bytes,
                  .sequence = {.entry = &e->value, .min = 0, .max = l->max}},
    };
}

/* The members of a section carry their offset in struct config; the section itself starts at 0. */
static void schema_build(struct schema *s)
{
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < CONFIG_SECTIONS; i++) {
        const char *name = config_sections[i].name;
        cyaml_schema_field_t *at = s->fields[i];
        for (size_t k = 0; k < CONFIG_KEYS; k++)
            if (strcmp(config_keys[k].section, name) == 0)
                *at++ = schema_field(&config_keys[k], s->words[k]);
        const struct key_list *l = list_of_section(name);
        if (l)
            *at = schema_list(l, &s->entries[l - config_lists]);
        s->sections[i].key = name;
        s->sections[i].value =
            schema_mapping(CYAML_FLAG_OPTIONAL, sizeof(struct config), s->fields[i]);
    }
    s->root = schema_mapping(CYAML_FLAG_POINTER, sizeof(struct config), s->sections);
}

/* What libcyaml logs about an error: a complaint, then where it was, the innermost place first. */
struct complaint {
    char text[COMPLAINT_SIZE];
    struct step {
        char word[STEP_WORD_SIZE]; /* "" for an entry of a list */
        size_t number, line;
    } step[STEPS_MAX];
    size_t steps;
};

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
    struct complaint *c = ctx;
    char line[256];
    (void)level;
    vsnprintf(line, sizeof line, fmt, args);
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, "Load: Backtrace:") == 0)
        return;
    if (strncmp(line, "  in ", 5) != 0) {
        snprintf(c->text, sizeof c->text, "%.*s", COMPLAINT_SIZE - 1, line);
        return;
    }
    struct step s = {.word = ""};
    if (c->steps < STEPS_MAX &&
        (sscanf(line, "  in mapping field '%63[^']' (line: %zu", s.word, &s.line) == 2 ||
         sscanf(line, "  in sequence entry '%zu' (line: %zu", &s.number, &s.line) == 2 ||
         sscanf(line, "  in mapping (line: %zu", &s.line) == 1))
        c->step[c->steps++] = s;
}

/* "rooms.list[2].title", from the outermost step to `innermost`. */
static void complaint_path(const struct complaint *c, size_t innermost,
                           char out[static KEY_PATH_SIZE])
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = c->steps; i-- > innermost && used < KEY_PATH_SIZE;) {
        const struct step *s = &c->step[i];
        if (s->number)
            used += (size_t)snprintf(out + used, KEY_PATH_SIZE - used, "[%zu]", s->number);
        else if (s->word[0])
            used += (size_t)snprintf(out + used, KEY_PATH_SIZE - used, "%s%s", used ? "." : "",
                                     s->word);
    }
}

static const char *event_words(const char *event)
{
    if (strcmp(event, "SEQUENCE_START") == 0)
        return "a list";
    if (strcmp(event, "MAPPING_START") == 0)
        return "keys and values";
    return "one value or nothing";
}

/* The list that it is about, or NULL. */
static const struct key_list *complaint_list(const struct complaint *c)
{
    return c->steps > 0 ? list_of_section(c->step[c->steps - 1].word) : NULL;
}

/* What belongs at the place of step 0. */
static void expected_words(const struct complaint *c, const char *type,
                           char out[static VALUE_WORDS_SIZE])
{
    const struct step *s = c->step;
    const struct key *k = NULL;
    const struct key_list *l = complaint_list(c);
    if (c->steps > 2)
        k = l ? list_key(l, s->word) : NULL;
    else if (c->steps == 2)
        k = key_find(s[1].word, s->word);
    if (k)
        value_expected(k, out);
    else if (strcmp(type, "SEQUENCE") == 0)
        snprintf(out, VALUE_WORDS_SIZE, "a list of %s, each \"%s\", or []", l ? l->nouns : "them",
                 l ? l->needs : "-");
    else if (c->steps == 0)
        snprintf(out, VALUE_WORDS_SIZE, "sections such as \"srt:\" with their keys");
    else if (s->number)
        snprintf(out, VALUE_WORDS_SIZE, "%s, \"%s\" and its other keys", l ? l->a_noun : "an entry",
                 l ? l->needs : "-");
    else
        snprintf(out, VALUE_WORDS_SIZE, "keys and values indented below it");
}

static void report_type(const struct complaint *c, const char *type, const char *event,
                        struct faults *f)
{
    char path[KEY_PATH_SIZE], expected[VALUE_WORDS_SIZE];
    complaint_path(c, 0, path);
    expected_words(c, type, expected);
    fault_report(f, (struct place){.line = c->steps ? (unsigned)c->step[0].line : 1},
                 path[0] ? path : NULL, "expected %s, got %s; delete it for the default", expected,
                 event_words(event));
}

static void report_complaint(const struct complaint *c, struct faults *f)
{
    char type[16], event[24], missing[32], path[KEY_PATH_SIZE];
    if (sscanf(c->text, "Load: Expecting %15[^,], got event: %23s", type, event) == 2) {
        report_type(c, type, event, f);
        return;
    }
    /* A missing name belongs to the whole entry, not to the last key that was read. */
    size_t at = 0;
    while (at + 1 < c->steps && !c->step[at].number)
        at++;
    complaint_path(c, at, path);
    struct place place = {.line = c->steps ? (unsigned)c->step[at].line : 1};
    const struct key_list *l = complaint_list(c);
    if (l && sscanf(c->text, "Load: Missing required mapping field: %31s", missing) == 1)
        fault_report(f, place, path, "expected %s with a %s, got none; add \"%s: %s\"", l->a_noun,
                     missing, missing, strcmp(missing, "name") == 0 ? "NAME" : "PREFIX");
    else
        fault_report(f, place, path[0] ? path : NULL,
                     "expected what --help-config describes, got \"%s\"", c->text);
}

/* libcyaml frees with size 0; malloc's own family, so that others may free what it allocated. */
static void *memory(void *ctx, void *p, size_t size)
{
    (void)ctx;
    if (size)
        return realloc(p, size);
    free(p);
    return NULL;
}

int shape_load(struct config **out, const char *yaml, size_t len, struct faults *f)
{
    struct complaint c = {.text = ""};
    struct schema schema;
    cyaml_config_t cfg = {
        .log_fn = on_log,
        .log_ctx = &c,
        .mem_fn = memory,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS,
    };
    cyaml_data_t *data = NULL;
    schema_build(&schema);
    cyaml_err_t rc = cyaml_load_data((const uint8_t *)yaml, len, &cfg, &schema.root, &data, NULL);
    *out = data;
    if (rc == CYAML_OK)
        return data ? 0 : -ENOMEM;
    *out = NULL;
    /* The outline has parsed the same bytes: what libyaml can still lack is memory. */
    if (rc == CYAML_ERR_OOM || (rc >= CYAML_ERR_LIBYAML_EMITTER_INIT && rc < CYAML_ERR__COUNT))
        return -ENOMEM;
    report_complaint(&c, f);
    return -EINVAL;
}
