/* The file as a tree of libyaml nodes, each with its line, before anything is believed. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   the document it fills in; yaml_document_delete ends it. Thread: one at a time.
 * Life:   one load. Fails: -EINVAL after reporting the fault, -ENOMEM.
 *
 * Refused here: what is not YAML, aliases and anchors (a few lines of them can stand for
 * gigabytes), tags, a second document, and nesting deeper than the configuration has.
 */
#ifndef CONFIG_OUTLINE_H
#define CONFIG_OUTLINE_H

#include "config/fault.h"

#include <stddef.h>
#include <yaml.h>

enum { OUTLINE_DEPTH_MAX = 8 };

__attribute__((warn_unused_result)) int outline_load(yaml_document_t *doc, const char *yaml,
                                                     size_t len, struct faults *f);
/* The line on which a node begins, from 1. */
unsigned outline_line(const yaml_node_t *node);

#endif
