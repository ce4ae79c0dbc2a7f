/* Two passes: the events are judged first, then libyaml builds the tree. */
/* SPDX-License-Identifier: MIT */
#include "config/outline.h"

#include <errno.h>

static struct place place_of(yaml_mark_t mark)
{
    return (struct place){.line = (unsigned)mark.line + 1};
}

unsigned outline_line(const yaml_node_t *node)
{
    return place_of(node->start_mark).line;
}

/* The parser's own words, and the usual reasons. libyaml counts from 0, and knows no place for
 * bytes that are not text, only their offset. */
static void report_syntax(const yaml_parser_t *p, const char *yaml, size_t len, struct faults *f)
{
    struct place at = place_of(p->problem_mark);
    if (p->error == YAML_READER_ERROR) {
        at.line = 1;
        for (size_t i = 0; i < p->problem_offset && i < len; i++)
            at.line += yaml[i] == '\n';
        fault_report(f, at, NULL, "expected UTF-8 text, got %s; save the file as UTF-8",
                     p->problem);
        return;
    }
    fault_report(f, at, NULL,
                 "expected YAML, got text that is none (%s%s%s); check the indentation (spaces, no "
                 "tabs) and quote text that begins with * & [ { or %%",
                 p->problem ? p->problem : "the parser stopped", p->context ? " " : "",
                 p->context ? p->context : "");
}

struct judge {
    unsigned depth, documents;
};

/* What is wrong with one event, or NULL. */
static const char *judge_event(struct judge *j, const yaml_event_t *e)
{
    static const char anchor[] = "expected plain values, got an anchor or alias (& or *); write "
                                 "the value out, or quote the text";
    static const char tag[] = "expected plain values, got a tag (!); quote the text";
    const yaml_char_t *anchored = NULL, *tagged = NULL;
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        return anchor;
    case YAML_SCALAR_EVENT:
        anchored = e->data.scalar.anchor;
        tagged = e->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchored = e->data.sequence_start.anchor;
        tagged = e->data.sequence_start.tag;
        j->depth++;
        break;
    case YAML_MAPPING_START_EVENT:
        anchored = e->data.mapping_start.anchor;
        tagged = e->data.mapping_start.tag;
        j->depth++;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        j->depth--;
        break;
    case YAML_DOCUMENT_START_EVENT:
        if (j->documents++)
            return "expected one document, got a second; delete everything from this line on";
        break;
    default:
        break;
    }
    if (j->depth > OUTLINE_DEPTH_MAX)
        return "expected at most 8 levels of nesting, got more; see --help-config for the form";
    return anchored ? anchor : tagged ? tag : NULL;
}

/* 0, -EINVAL, -ENOMEM; *done at the end of the file. */
static int judge_next(yaml_parser_t *p, struct judge *j, const char *yaml, size_t len,
                      struct faults *f, int *done)
{
    yaml_event_t e;
    if (!yaml_parser_parse(p, &e)) {
        if (p->error == YAML_MEMORY_ERROR)
            return -ENOMEM;
        report_syntax(p, yaml, len, f);
        return -EINVAL;
    }
    const char *fault = judge_event(j, &e);
    if (fault)
        fault_report(f, place_of(e.start_mark), NULL, "%s", fault);
    *done = e.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&e);
    return fault ? -EINVAL : 0;
}

static int judge_all(const char *yaml, size_t len, struct faults *f)
{
    yaml_parser_t p;
    struct judge j = {0};
    int done = 0, rc = 0;
    if (!yaml_parser_initialize(&p))
        return -ENOMEM;
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p, (const unsigned char *)yaml, len);
    while (!rc && !done)
        rc = judge_next(&p, &j, yaml, len, f, &done);
    yaml_parser_delete(&p);
    return rc;
}

int outline_load(yaml_document_t *doc, const char *yaml, size_t len, struct faults *f)
{
    yaml_parser_t p;
    int rc = judge_all(yaml, len, f);
    if (rc)
        return rc;
    if (!yaml_parser_initialize(&p))
        return -ENOMEM;
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p, (const unsigned char *)yaml, len);
    /* The text was parsed to its end a moment ago: all that can be missing now is memory. */
    if (!yaml_parser_load(&p, doc))
        rc = -ENOMEM;
    yaml_parser_delete(&p);
    return rc;
}
