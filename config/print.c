/* The configuration as YAML: what is in force, and the commented example. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/keys.h"
#include "config/lists.h"
#include "config/value.h"

#include <errno.h>
#include <string.h>

static void print_entry(const struct key_list *l, const void *entry, bool with_secrets, FILE *out)
{
    const char *lead = "    - ";
    for (size_t i = 0; i < l->count; i++) {
        if (value_is_absent(&l->keys[i], entry))
            continue;
        fprintf(out, "%s%s: ", lead, l->keys[i].name);
        value_print(&l->keys[i], entry, with_secrets, out);
        putc('\n', out);
        lead = "      ";
    }
}

static void print_list(const struct key_list *l, const struct config *c, bool with_secrets,
                       FILE *out)
{
    uint32_t count = list_count(l, c);
    fprintf(out, "  list:%s\n", count ? "" : " []");
    for (uint32_t i = 0; i < count; i++)
        print_entry(l, list_at(l, c, i), with_secrets, out);
}

int config_print(const struct config *c, bool with_secrets, FILE *out)
{
    const struct key *k = config_keys, *end = config_keys + CONFIG_KEYS;
    for (size_t s = 0; s < CONFIG_SECTIONS; s++) {
        const char *section = config_sections[s].name;
        const struct key_list *l = list_of_section(section);
        fprintf(out, "%s:\n", section);
        for (; k < end && strcmp(k->section, section) == 0; k++) {
            fprintf(out, "  %s: ", k->name);
            value_print(k, c, with_secrets, out);
            putc('\n', out);
        }
        if (l)
            print_list(l, c, with_secrets, out);
    }
    return fflush(out) == 0 && !ferror(out) ? 0 : -EIO;
}

static void describe_key(const struct key *k, FILE *out)
{
    char expected[VALUE_WORDS_SIZE];
    value_expected(k, expected);
    fprintf(out, "\n  # %s\n  # Expected: %s.\n  %s: ", k->help, expected, k->name);
    if (k->type == KEY_ADDRESS || k->type == KEY_FILE || k->type == KEY_PATH ||
        k->type == KEY_SECRET || k->type == KEY_SIGNS || k->standard[0] == '\0')
        value_print_quoted(k->standard, out);
    else
        fputs(k->standard, out);
    putc('\n', out);
}

/* A list cannot be shown at its default and with an entry, so the entry is a comment. */
static void describe_list(const struct key_list *l, FILE *out)
{
    const char *few = l == &config_lists[LIST_ROOMS] ? "key=VALUE" : "title=VALUE";
    fprintf(out,
            "\n  # The listed %s, at most %u. %c%s has a name%s; its other keys may be left "
            "out.\n  # --set %s.%s.%s sets one, and makes %s.\n  list: []\n",
            l->nouns, l->max, l->a_noun[0] - 'a' + 'A', l->a_noun + 1,
            l->apart ? " and a prefix" : "", l->path, l->example, few, l->a_noun);
    fprintf(out, "  # With %s in it, in place of the line above:\n  # list:\n", l->a_noun);
    for (size_t i = 0; i < l->count; i++) {
        const struct key *k = &l->keys[i];
        char expected[VALUE_WORDS_SIZE];
        value_expected(k, expected);
        fprintf(out, "  #     # %s\n  #     # Expected: %s%s%s.\n  #   %s%s: %s\n", k->help,
                expected, k->standard ? "; the default is " : "", k->standard ? k->standard : "",
                i ? "  " : "- ", k->name, l->values[i]);
    }
}

void config_describe(FILE *out)
{
    fputs("# Roomcast: every key at its default; a line that is left out means the same.\n"
          "# Written by `roomcast --help-config`. `roomcast --check` prints what is in force,\n"
          "# `--set srt.listen=127.0.0.1:9000` overrides one key.\n",
          out);
    for (size_t s = 0; s < CONFIG_SECTIONS; s++) {
        const struct key_section *section = &config_sections[s];
        fprintf(out, "\n# %s\n%s:\n", section->help, section->name);
        for (size_t i = 0; i < CONFIG_KEYS; i++)
            if (strcmp(config_keys[i].section, section->name) == 0)
                describe_key(&config_keys[i], out);
        if (list_of_section(section->name))
            describe_list(list_of_section(section->name), out);
    }
}
