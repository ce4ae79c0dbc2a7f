/* The configuration as YAML: what is in force, and the commented example. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/keys.h"
#include "config/value.h"

#include <errno.h>
#include <string.h>

static void print_room(const struct config_room *room, bool with_secrets, FILE *out)
{
    const char *lead = "    - ";
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++) {
        if (value_is_absent(&room_keys[i], room))
            continue;
        fprintf(out, "%s%s: ", lead, room_keys[i].name);
        value_print(&room_keys[i], room, with_secrets, out);
        putc('\n', out);
        lead = "      ";
    }
}

int config_print(const struct config *c, bool with_secrets, FILE *out)
{
    const char *section = "";
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const struct key *k = &config_keys[i];
        if (strcmp(section, k->section) != 0)
            fprintf(out, "%s:\n", section = k->section);
        fprintf(out, "  %s: ", k->name);
        value_print(k, c, with_secrets, out);
        putc('\n', out);
        bool last = i + 1 == CONFIG_KEYS || strcmp(k[1].section, section) != 0;
        if (!last || strcmp(section, "rooms") != 0)
            continue;
        fprintf(out, "  list:%s\n", c->rooms.list_count ? "" : " []");
        for (uint32_t r = 0; r < c->rooms.list_count; r++)
            print_room(&c->rooms.list[r], with_secrets, out);
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
static void describe_list(FILE *out)
{
    static const char *const example[CONFIG_ROOM_KEYS] = {"main-stage",
                                                          "\"Main Stage\"",
                                                          "\"the-publish-key\"",
                                                          "\"ten-bytes-at-least\"",
                                                          "auto",
                                                          "newest",
                                                          "green",
                                                          "true",
                                                          "500",
                                                          "15m",
                                                          "true",
                                                          "slate",
                                                          "\"/etc/roomcast/slate.mp4\"",
                                                          "open",
                                                          "3600"};
    fprintf(out,
            "\n  # The listed rooms, at most %d. A room has a name; its other keys may be left "
            "out.\n  # --set rooms.list.main-stage.key=VALUE sets one, and makes the room.\n"
            "  list: []\n",
            CONFIG_ROOMS_MAX);
    fprintf(out, "  # With a room in it, in place of the line above:\n  # list:\n");
    for (size_t i = 0; i < CONFIG_ROOM_KEYS; i++) {
        const struct key *k = &room_keys[i];
        char expected[VALUE_WORDS_SIZE];
        value_expected(k, expected);
        fprintf(out, "  #     # %s\n  #     # Expected: %s%s%s.\n  #   %s%s: %s\n", k->help,
                expected, k->standard ? "; the default is " : "", k->standard ? k->standard : "",
                i ? "  " : "- ", k->name, example[i]);
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
        if (strcmp(section->name, "rooms") == 0)
            describe_list(out);
    }
}
