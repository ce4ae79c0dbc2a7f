/* What each type of key accepts, and how it is kept and written. */
/* SPDX-License-Identifier: MIT */
#include "config/value.h"

#include "config/address.h"
#include "config/config.h"
#include "config/duration.h"
#include "config/sign_keys.h"
#include "config/utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Decimal digits only. YAML 1.1 also knows octal (010 is 8), base 60 and 1_000, all of which would
 * surprise somebody; they are refused. */
static int count_parse(const char *text, size_t len, uint64_t *out)
{
    uint64_t n = 0;
    if (len == 0 || len > 10 || (len > 1 && text[0] == '0'))
        return -EINVAL;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -EINVAL;
        n = n * 10 + (uint64_t)(text[i] - '0');
    }
    *out = n;
    return 0;
}

static bool word_is(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* 0, 1, or -1. libcyaml takes any word it does not know for true, "off" included. */
static int bool_parse(const char *text, size_t len)
{
    if (word_is(text, len, "true") || word_is(text, len, "yes"))
        return 1;
    if (word_is(text, len, "false") || word_is(text, len, "no"))
        return 0;
    return -1;
}

static int choice_parse(const struct key *k, const char *text, size_t len)
{
    for (int i = 0; k->words[i]; i++)
        if (strlen(k->words[i]) == len && memcmp(k->words[i], text, len) == 0)
            return i;
    return -1;
}

bool value_is_secret(const struct key *k)
{
    return k->type == KEY_SECRET || k->type == KEY_SIGNS;
}

static bool text_is_allowed(const struct key *k, const char *text, size_t len)
{
    if (len < k->min || len > k->max)
        return false;
    for (size_t i = 0, n; i < len; i += n)
        if ((n = utf8_plain(text + i, len - i)) == 0)
            return false;
    return true;
}

static bool secret_is_allowed(const struct key *k, const char *text, size_t len)
{
    bool hidden = len == strlen(VALUE_HIDDEN) && memcmp(text, VALUE_HIDDEN, len) == 0;
    return !hidden && text_is_allowed(k, text, len);
}

static bool signs_are_allowed(const char *text, size_t len)
{
    struct sign_key keys[SIGN_KEYS_MAX];
    return len <= SIGN_KEYS_TEXT_MAX && sign_keys_parse(text, len, keys) >= 0;
}

static bool address_is_allowed(const char *text, size_t len)
{
    struct sockaddr_storage address;
    socklen_t size;
    return address_parse(text, len, &address, &size) == 0;
}

static bool is_allowed(const struct key *k, const char *text, size_t len)
{
    uint64_t n;
    uint32_t s;
    switch (k->type) {
    case KEY_COUNT:
        return count_parse(text, len, &n) == 0 && n >= k->min && n <= k->max;
    case KEY_BOOL:
    case KEY_SWITCH:
        return bool_parse(text, len) >= 0;
    case KEY_ADDRESS:
        return (len == 0 && k->standard[0] == '\0') || address_is_allowed(text, len);
    case KEY_NAME:
        return len <= k->max && room_name_is_valid(text, len);
    case KEY_TEXT:
        return text_is_allowed(k, text, len);
    case KEY_FILE:
    case KEY_PATH:
        return (len == 0 && k->section) || text_is_allowed(k, text, len);
    case KEY_SECRET:
        return (len == 0 && k->section) || secret_is_allowed(k, text, len);
    case KEY_SIGNS:
        return signs_are_allowed(text, len);
    case KEY_WORD:
    case KEY_CHOICE:
        return choice_parse(k, text, len) >= 0;
    case KEY_DURATION:
        return duration_parse(text, len, &s) == 0 && s >= k->min && s <= k->max;
    }
    return false;
}

int value_check(const struct key *k, const char *text, size_t len)
{
    return is_allowed(k, text, len) ? 0 : -EINVAL;
}

static void words_join(const struct key *k, char out[static VALUE_WORDS_SIZE])
{
    size_t used = (size_t)snprintf(out, VALUE_WORDS_SIZE, "one of");
    for (size_t i = 0; k->words[i] && used < VALUE_WORDS_SIZE; i++)
        used += (size_t)snprintf(out + used, VALUE_WORDS_SIZE - used, "%s %s", i ? "," : "",
                                 k->words[i]);
}

void value_expected(const struct key *k, char out[static VALUE_WORDS_SIZE])
{
    switch (k->type) {
    case KEY_COUNT:
        snprintf(out, VALUE_WORDS_SIZE, "a whole number%s%s from %u to %u", k->unit ? " of " : "",
                 k->unit ? k->unit : "", k->min, k->max);
        return;
    case KEY_BOOL:
    case KEY_SWITCH:
        snprintf(out, VALUE_WORDS_SIZE, "true or false");
        return;
    case KEY_ADDRESS:
        if (k->standard[0] == '\0') {
            snprintf(out, VALUE_WORDS_SIZE,
                     "a numeric address and port in quotes, or nothing (\"\")");
            return;
        }
        snprintf(out, VALUE_WORDS_SIZE,
                 "a numeric address and port in quotes, such as \"%s\" or \"[::]%s\"", k->standard,
                 strrchr(k->standard, ':'));
        return;
    case KEY_NAME:
        snprintf(out, VALUE_WORDS_SIZE,
                 "%u to %u of A-Z a-z 0-9 . _ - that do not start with a dot", k->min, k->max);
        return;
    case KEY_FILE:
    case KEY_PATH:
        snprintf(out, VALUE_WORDS_SIZE, "a file's name in quotes, at most %u bytes", k->max);
        return;
    case KEY_SIGNS:
        snprintf(out, VALUE_WORDS_SIZE, "up to %d keys, each ID=SECRET, SECRET of %d to %d bytes",
                 SIGN_KEYS_MAX, SIGN_SECRET_MIN, SIGN_SECRET_MAX);
        return;
    case KEY_TEXT:
    case KEY_SECRET:
        snprintf(out, VALUE_WORDS_SIZE, "one line of text, %u to %u bytes", k->min, k->max);
        return;
    case KEY_WORD:
    case KEY_CHOICE:
        words_join(k, out);
        return;
    case KEY_DURATION:
        snprintf(out, VALUE_WORDS_SIZE, "a duration such as 90s, 15m or 2h, from %us to %us",
                 k->min, k->max);
        return;
    }
}

static void *member(const struct key *k, void *base)
{
    return (char *)base + k->offset;
}

static bool is_string(const struct key *k)
{
    return k->type != KEY_COUNT && k->type != KEY_BOOL && k->type != KEY_CHOICE &&
           k->type != KEY_SWITCH;
}

static const char *string_of(const struct key *k, const void *base)
{
    return *(char *const *)((const char *)base + k->offset);
}

static int string_store(char **at, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return -ENOMEM;
    free(*at);
    *at = copy;
    return 0;
}

int value_store(const struct key *k, void *base, const char *text)
{
    size_t len = strlen(text);
    assert(is_allowed(k, text, len));
    if (is_string(k))
        return string_store(member(k, base), text);
    if (k->type == KEY_COUNT) {
        uint64_t n = 0;
        int rc = count_parse(text, len, &n);
        assert(rc == 0);
        memcpy(member(k, base), &(uint32_t){(uint32_t)n}, sizeof(uint32_t));
        return rc;
    }
    if (k->type == KEY_BOOL)
        memcpy(member(k, base), &(bool){bool_parse(text, len) == 1}, sizeof(bool));
    else if (k->type == KEY_SWITCH)
        memcpy(member(k, base), &(int){1 + bool_parse(text, len)}, sizeof(int));
    else
        memcpy(member(k, base), &(int){choice_parse(k, text, len)}, sizeof(int));
    return 0;
}

bool value_is_absent(const struct key *k, const void *base)
{
    uint32_t n;
    if (is_string(k))
        return !string_of(k, base);
    if (k->type != KEY_SWITCH && (k->type != KEY_COUNT || k->standard))
        return false;
    memcpy(&n, (const char *)base + k->offset, sizeof n); /* 0 is none of their values */
    return n == 0;
}

void value_print_quoted(const char *s, FILE *out)
{
    size_t len = strlen(s);
    putc('"', out);
    for (size_t i = 0, n; i < len; i += n ? n : 1) {
        n = utf8_plain(s + i, len - i);
        if (n == 0)
            fprintf(out, "\\x%02x", (unsigned)(unsigned char)s[i]);
        else
            fprintf(out, "%s%.*s", s[i] == '"' || s[i] == '\\' ? "\\" : "", (int)n, s + i);
    }
    putc('"', out);
}

void value_print(const struct key *k, const void *base, bool with_secrets, FILE *out)
{
    const char *at = (const char *)base + k->offset;
    uint32_t n = 0;
    if (k->type == KEY_COUNT || k->type == KEY_CHOICE || k->type == KEY_SWITCH)
        memcpy(&n, at, sizeof n);
    if (k->type == KEY_COUNT)
        fprintf(out, "%u", n);
    else if (k->type == KEY_CHOICE)
        fputs(k->words[n], out);
    else if (k->type == KEY_BOOL)
        fputs(*(const bool *)at ? "true" : "false", out);
    else if (k->type == KEY_SWITCH)
        fputs(n == ROOM_SWITCH_ON ? "true" : "false", out);
    else if (k->type == KEY_WORD || k->type == KEY_DURATION)
        fputs(string_of(k, base), out);
    else if (value_is_secret(k) && !with_secrets && string_of(k, base)[0] != '\0')
        value_print_quoted(VALUE_HIDDEN, out);
    else
        value_print_quoted(string_of(k, base), out);
}

void value_release(const struct key *k, void *base)
{
    if (!is_string(k))
        return;
    char **at = member(k, base);
    free(*at);
    *at = NULL;
}
