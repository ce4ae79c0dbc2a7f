/* Tests of what encoders say in SEI messages. */
/* SPDX-License-Identifier: MIT */
#include "codecs/sei.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define UUID_X264 "\xdc\x45\xe9\xbd\xe6\xd9\x48\xb7\x96\x2c\xd8\x20\xd9\x23\xee\xef"
#define UUID_X265 "\x2c\xa2\xde\x09\xb5\x17\x47\xdb\xbb\x55\xa4\xfe\x7f\xc2\xfc\x4e"

/* One user_data_unregistered message after `before`, with the size in as many bytes as it takes. */
static uint32_t keyint_of(const char *before, size_t before_len, const char *uuid, const char *text)
{
    uint8_t sei[4096];
    size_t len = before_len, size = 16 + strlen(text) + 1;
    memcpy(sei, before, before_len);
    sei[len++] = 5;
    for (; size >= 255; size -= 255)
        sei[len++] = 255;
    sei[len++] = (uint8_t)size;
    memcpy(sei + len, uuid, 16);
    len += 16;
    memcpy(sei + len, text, strlen(text) + 1);
    len += strlen(text) + 1;
    sei[len++] = 0x80;
    return sei_keyint(sei, len);
}

static void finds_keyint_and_nothing_like_it(void **state)
{
    (void)state;
    static const struct {
        const char *uuid, *text;
        uint32_t keyint;
    } cases[] = {
        {UUID_X264, "x264 - core 164 - options: cabac=1 weightp=2 keyint=250 keyint_min=25", 250},
        {UUID_X264, "options: keyint_min=25 keyint=60 scenecut=40", 60},
        {UUID_X264, "options: keyint_min=25 scenecut=40", 0},
        {UUID_X264, "options: keyint=infinite keyint_min=30", UINT32_MAX},
        {UUID_X265, "options: open-gop min-keyint=25 keyint=120 gop-lookahead=0", 120},
        {UUID_X265, "options: min-keyint=25 gop-lookahead=0", 0},
        {UUID_X265, "options: keyint=2147483647", UINT32_MAX},
        {UUID_X265, "options: keyint=-1 x", UINT32_MAX},
        {UUID_X264, "options: keyint=99999999999999999999", UINT32_MAX},
        {UUID_X264, "options: keyint=7", 7},
        {UUID_X264, "options: keyint=", 0},
        {UUID_X264, "options: keyint=soon", 0},
        {UUID_X264, "options:  keyint=12", 12},
        {UUID_X264, "keyint keyin keyint=3", 3},
        {"0123456789abcdef", "options: keyint=250", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(keyint_of("", 0, cases[i].uuid, cases[i].text), cases[i].keyint);
}

static void looks_past_other_messages_and_long_text(void **state)
{
    (void)state;
    char text[1500];
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 12, " keyint=48 ", 12);
    assert_int_equal(keyint_of("\x06\x01\xc4", 3, UUID_X264, text), 48);
    /* a payload type of 255 + 5 is another message */
    assert_int_equal(keyint_of("\xff", 1, UUID_X264, " keyint=48"), 0);
    /* somebody else's user data in front */
    assert_int_equal(keyint_of("\x05\x10"
                               "0123456789abcdef",
                               18, UUID_X264, " keyint=9 "),
                     9);
}

static void broken_messages_say_nothing(void **state)
{
    (void)state;
    uint8_t ff[300];
    memset(ff, 0xff, sizeof ff);
    assert_int_equal(sei_keyint(ff, sizeof ff), 0);
    assert_int_equal(sei_keyint(ff, 0), 0);
    assert_int_equal(sei_keyint((const uint8_t *)"\x05\x20" UUID_X264 " key", 22), 0);
    assert_int_equal(sei_keyint((const uint8_t *)"\x05\x08" UUID_X264, 18), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_keyint_and_nothing_like_it),
        cmocka_unit_test(looks_past_other_messages_and_long_text),
        cmocka_unit_test(broken_messages_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
