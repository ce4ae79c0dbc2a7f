/* Tests of the Annex B splitter, against one that looks at every byte. */
/* SPDX-License-Identifier: MIT */
#include "codecs/nal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void splits_and_cuts_trailing_zeros(void **state)
{
    (void)state;
    static const uint8_t data[] = {0xaa, 0, 0, 0, 1, 0x67, 1, 2, 0,    0, 1, 0x68,
                                   0,    0, 0, 0, 1, 0x65, 0, 1, 0x80, 0, 0, 0};
    struct nal nals[8];
    assert_int_equal(nal_split(data, sizeof data, nals, 8), 3);
    assert_ptr_equal(nals[0].data, data + 5);
    assert_int_equal(nals[0].len, 3);
    assert_ptr_equal(nals[1].data, data + 11);
    assert_int_equal(nals[1].len, 1);
    assert_ptr_equal(nals[2].data, data + 17);
    assert_int_equal(nals[2].len, 4);
}

static void no_start_code_no_unit(void **state)
{
    (void)state;
    static const uint8_t data[] = {0x65, 0, 0, 2, 1, 1, 0, 1, 0, 0};
    static const uint8_t bare[] = {0, 0, 1};
    struct nal nal;
    assert_int_equal(nal_split(data, sizeof data, &nal, 1), 0);
    assert_int_equal(nal_split(bare, sizeof bare, &nal, 1), 0);
    assert_int_equal(nal_split(NULL, 0, &nal, 1), 0);
}

static void units_without_a_byte_are_left_out(void **state)
{
    (void)state;
    static const uint8_t data[] = {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 9, 0xf0, 0, 0, 1};
    struct nal nals[4];
    assert_int_equal(nal_split(data, sizeof data, nals, 4), 1);
    assert_ptr_equal(nals[0].data, data + 11);
    assert_int_equal(nals[0].len, 2);
}

static void counts_what_it_does_not_store(void **state)
{
    (void)state;
    static const uint8_t data[] = {0, 0, 1, 1, 0, 0, 1, 2, 0, 0, 1, 3};
    struct nal nals[2] = {{NULL, 0}, {NULL, 77}};
    assert_int_equal(nal_split(data, sizeof data, nals, 1), 3);
    assert_ptr_equal(nals[0].data, data + 3);
    assert_int_equal(nals[1].len, 77);
    assert_int_equal(nal_split(data, sizeof data, NULL, 0), 3);
}

/* Looks for each start code byte by byte, from the end of the one before it. */
static size_t split_slowly(const uint8_t *d, size_t len, struct nal *out)
{
    size_t n = 0, start = SIZE_MAX;
    for (size_t i = 0; i <= len; i++) {
        bool code = i + 3 <= len && d[i] == 0 && d[i + 1] == 0 && d[i + 2] == 1;
        if (!code && i < len)
            continue;
        size_t end = i;
        while (start != SIZE_MAX && end > start && d[end - 1] == 0)
            end--;
        if (start != SIZE_MAX && end > start)
            out[n++] = (struct nal){.data = d + start, .len = end - start};
        start = i + 3;
        i += code ? 2 : 0;
    }
    return n;
}

static void agrees_with_the_slow_way(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 50000; round++) {
        uint8_t data[96];
        struct nal fast[96], slow[96];
        size_t len = (size_t)rand() % sizeof data;
        for (size_t i = 0; i < len; i++)
            data[i] = (uint8_t)(rand() % 4 ? rand() % 2 : rand() % 5);
        size_t n = split_slowly(data, len, slow);
        assert_int_equal(nal_split(data, len, fast, 96), n);
        for (size_t i = 0; i < n; i++) {
            assert_ptr_equal(fast[i].data, slow[i].data);
            assert_int_equal(fast[i].len, slow[i].len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_and_cuts_trailing_zeros),
        cmocka_unit_test(no_start_code_no_unit),
        cmocka_unit_test(units_without_a_byte_are_left_out),
        cmocka_unit_test(counts_what_it_does_not_store),
        cmocka_unit_test(agrees_with_the_slow_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
