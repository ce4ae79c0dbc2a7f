/* Date ranges: what playlists say of splices and tags, for how long, and what never changes. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/dateranges.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALL INT64_C(1792900800000000) /* 2026-10-25T04:00:00Z */
enum { SECOND = 90000 };

static struct dateranges d;
static struct epochs epochs;
static struct text text;

static int begin(void **state)
{
    (void)state;
    dateranges_init(&d);
    epochs_init(&epochs, 100, 0);
    text_init(&text);
    return 0;
}

static int end(void **state)
{
    (void)state;
    dateranges_fini(&d);
    assert_int_equal(d.count, 0);
    assert_int_equal(d.bytes, 0);
    text_fini(&text);
    return 0;
}

static void anchor(void)
{
    epochs_anchor(&epochs, 100, 0, WALL);
    dateranges_date(&d, &epochs);
}

static struct link_event event(enum link_event_kind kind, uint32_t id, int64_t at_90k,
                               int64_t planned_90k)
{
    return (struct link_event){.kind = kind,
                               .id = id,
                               .at_90k = at_90k,
                               .planned_90k = planned_90k,
                               .len = 3,
                               .bytes = {0xfc, (uint8_t)kind, (uint8_t)id}};
}

static int take(enum link_event_kind kind, uint32_t id, int64_t at_90k, int64_t planned_90k)
{
    struct link_event e = event(kind, id, at_90k, planned_90k);
    int err = dateranges_take(&d, &e);
    dateranges_date(&d, &epochs);
    return err;
}

static const char *rendered(void)
{
    text_clear(&text);
    text_puts(&text, "");
    dateranges_render(&text, &d, false);
    return text.len ? text.data : "";
}

static void test_a_splice(void **state)
{
    (void)state;
    anchor();
    assert_int_equal(take(LINK_EVENT_OUT, 0x4800008f, 10 * SECOND + 9, 5426421), 0);
    static const char out[] =
        "#EXT-X-DATERANGE:ID=\"scte35-4800008F-900009\",START-DATE=\"2026-10-25T04:00:10.000Z\","
        "PLANNED-DURATION=60.29356,SCTE35-OUT=0xFC018F\n";
    assert_string_equal(rendered(), out);
    uint64_t revision = d.revision;
    assert_int_equal(take(LINK_EVENT_IN, 0x4800008f, 40 * SECOND, -1), 0);
    assert_true(d.revision > revision);
    /* rule 56: the first tag stays as it was; the second has its ID, and what really was */
    assert_memory_equal(rendered(), out, sizeof out - 1);
    assert_string_equal(rendered() + sizeof out - 1,
                        "#EXT-X-DATERANGE:ID=\"scte35-4800008F-900009\","
                        "START-DATE=\"2026-10-25T04:00:10.000Z\","
                        "END-DATE=\"2026-10-25T04:00:40.000Z\",DURATION=29.99990,"
                        "SCTE35-IN=0xFC028F\n");
}

static void test_tags_and_points(void **state)
{
    (void)state;
    anchor();
    assert_int_equal(take(LINK_EVENT_ID3, 0, SECOND, -1), 0);
    struct link_event point = event(LINK_EVENT_POINT, 5, 2 * SECOND, -1);
    point.type = 0x10;
    assert_int_equal(dateranges_take(&d, &point), 0);
    dateranges_date(&d, &epochs);
    assert_string_equal(
        rendered(),
        "#EXT-X-DATERANGE:ID=\"id3-90000\",CLASS=\"org.id3\",START-DATE=\"2026-10-25T04:00:01."
        "000Z\",DURATION=0,X-ID3=0xFC0400\n"
        "#EXT-X-DATERANGE:ID=\"scte35-10-5-180000\",START-DATE=\"2026-10-25T04:00:02.000Z\","
        "SCTE35-CMD=0xFC0005\n");
}

/* Cues are said again and again before the splice; "at once" says another time each time. */
static void test_repetitions(void **state)
{
    (void)state;
    anchor();
    assert_int_equal(take(LINK_EVENT_OUT, 7, 10 * SECOND, 450000), 0);
    assert_int_equal(take(LINK_EVENT_OUT, 7, 10 * SECOND, 450000), -EALREADY);
    assert_int_equal(take(LINK_EVENT_OUT, 7, 10 * SECOND + 3000, 450000), -EALREADY);
    struct link_event now = event(LINK_EVENT_OUT, 7, 13 * SECOND, -1);
    now.immediate = true;
    assert_int_equal(dateranges_take(&d, &now), -EALREADY);
    assert_int_equal(take(LINK_EVENT_IN, 7, 15 * SECOND, -1), 0);
    assert_int_equal(take(LINK_EVENT_IN, 7, 15 * SECOND + 3000, -1), -EALREADY);
    now = event(LINK_EVENT_IN, 7, 18 * SECOND, -1);
    now.immediate = true;
    assert_int_equal(dateranges_take(&d, &now), -EALREADY);
    assert_int_equal(d.count, 1);
    /* the same id is used for the next break: an ID of its own */
    assert_int_equal(take(LINK_EVENT_OUT, 7, 100 * SECOND, 450000), 0);
    assert_int_equal(d.count, 2);
    assert_non_null(strstr(rendered(), "scte35-7-9000000"));
    assert_non_null(strstr(rendered(), "scte35-7-900000\""));
    assert_int_equal(take(LINK_EVENT_ID3, 0, SECOND, -1), 0);
    assert_int_equal(take(LINK_EVENT_ID3, 0, SECOND, -1), -EALREADY);
    struct link_event other = event(LINK_EVENT_ID3, 0, SECOND, -1); /* two tags of one PES */
    other.bytes[2] = 9;
    assert_int_equal(dateranges_take(&d, &other), 0);
    dateranges_date(&d, &epochs);
    assert_non_null(strstr(rendered(), "ID=\"id3-90000\""));
    assert_non_null(strstr(rendered(), "ID=\"id3-90000-1\""));
}

/* An IN whose OUT nobody saw is a point; an IN with another type is not this OUT's. */
static void test_lonely_ends(void **state)
{
    (void)state;
    anchor();
    assert_int_equal(take(LINK_EVENT_IN, 7, SECOND, -1), 0);
    assert_non_null(strstr(rendered(), "SCTE35-CMD=0xFC0207"));
    assert_int_equal(take(LINK_EVENT_OUT, 8, 2 * SECOND, -1), 0);
    struct link_event in = event(LINK_EVENT_IN, 8, 3 * SECOND, -1);
    in.type = 0x34;
    assert_int_equal(dateranges_take(&d, &in), 0);
    dateranges_date(&d, &epochs);
    assert_null(strstr(rendered(), "SCTE35-IN"));
    assert_int_equal(take(LINK_EVENT_IN, 8, SECOND, -1), 0); /* before its OUT */
    assert_null(strstr(rendered(), "SCTE35-IN"));
}

static void test_cancelled(void **state)
{
    (void)state;
    anchor();
    assert_int_equal(take(LINK_EVENT_OUT, 7, 10 * SECOND, -1), 0);
    assert_int_equal(take(LINK_EVENT_CANCEL, 8, 0, -1), -EALREADY);
    assert_int_equal(take(LINK_EVENT_CANCEL, 7, 0, -1), 0);
    assert_string_equal(rendered(), "");
    assert_int_equal(take(LINK_EVENT_CANCEL, 7, 0, -1), -EALREADY);
}

/* A date that was shown is the date for ever; before the clock is known nothing is shown. */
static void test_dates_stay(void **state)
{
    (void)state;
    assert_int_equal(take(LINK_EVENT_OUT, 7, 10 * SECOND, -1), 0);
    assert_string_equal(rendered(), "");
    assert_true(d.revision == 0);
    anchor();
    assert_true(d.revision > 0);
    char *first = strdup(rendered());
    epochs_break(&epochs, 110);
    epochs_anchor(&epochs, 110, 5 * SECOND, WALL + 60000000);
    dateranges_date(&d, &epochs);
    assert_string_equal(rendered(), first);
    free(first);
    /* what comes after the break is dated by the new epoch */
    assert_int_equal(take(LINK_EVENT_OUT, 9, 10 * SECOND, -1), 0);
    assert_non_null(strstr(rendered(), "04:01:05.000Z"));
    assert_int_equal(take(LINK_EVENT_OUT, 10, 4 * SECOND, -1), 0);
    assert_non_null(strstr(rendered(), "04:00:04.000Z"));
}

/* Rule 55: what touches a listed segment stays. */
static void test_expiry(void **state)
{
    (void)state;
    anchor();
    assert_int_equal(take(LINK_EVENT_ID3, 0, 10 * SECOND, -1), 0);
    assert_int_equal(take(LINK_EVENT_OUT, 1, 10 * SECOND, 5 * SECOND), 0);
    assert_int_equal(take(LINK_EVENT_IN, 1, 20 * SECOND, -1), 0);
    assert_int_equal(take(LINK_EVENT_OUT, 2, 10 * SECOND, -1), 0);
    struct link_event own = event(LINK_EVENT_OUT, 3, 10 * SECOND, 5 * SECOND);
    own.auto_return = true;
    assert_int_equal(dateranges_take(&d, &own), 0);
    dateranges_date(&d, &epochs);
    dateranges_expire(&d, 10 * SECOND);
    assert_int_equal(d.count, 4);
    dateranges_expire(&d, 10 * SECOND + 1);
    assert_int_equal(d.count, 3); /* the tag is over */
    dateranges_expire(&d, 15 * SECOND + 1);
    assert_int_equal(d.count, 2); /* the break that ends by itself */
    dateranges_expire(&d, 20 * SECOND + 1);
    assert_int_equal(d.count, 1); /* the one that was ended */
    /* the open one stays until its IN, or until the feed is over */
    dateranges_expire(&d, 5000 * SECOND);
    assert_int_equal(d.count, 1);
    dateranges_close(&d, 6000 * SECOND);
    dateranges_expire(&d, 6000 * SECOND);
    assert_int_equal(d.count, 1);
    dateranges_expire(&d, 6000 * SECOND + 1);
    assert_int_equal(d.count, 0);
    /* what is older than the lists may have been shown once: its ID must not come again */
    assert_int_equal(take(LINK_EVENT_ID3, 0, 10 * SECOND, -1), -EALREADY);
}

static void test_bounds(void **state)
{
    (void)state;
    anchor();
    for (uint32_t i = 0; i < DATERANGES_MAX; i++)
        assert_int_equal(take(LINK_EVENT_OUT, i, 10 * SECOND, -1), 0);
    assert_int_equal(take(LINK_EVENT_OUT, 1000, 10 * SECOND, -1), -ENOSPC);
    assert_int_equal(d.refused, 1);
    assert_int_equal(take(LINK_EVENT_IN, 5, 11 * SECOND, -1), 0); /* what is there goes on */
    /* open breaks that have left the lists make room */
    dateranges_expire(&d, 11 * SECOND);
    assert_int_equal(d.count, DATERANGES_MAX);
    assert_int_equal(take(LINK_EVENT_OUT, 1000, 12 * SECOND, -1), 0);
    assert_int_equal(d.count, DATERANGES_MAX);
    dateranges_close(&d, 11 * SECOND);
    dateranges_expire(&d, 13 * SECOND);
    assert_int_equal(d.count, 0);
    struct link_event big = event(LINK_EVENT_ID3, 0, 14 * SECOND, -1);
    big.len = LINK_EVENT_BYTES;
    for (int i = 0; i < DATERANGES_BYTES / LINK_EVENT_BYTES; i++) {
        big.at_90k += SECOND;
        assert_int_equal(dateranges_take(&d, &big), 0);
    }
    big.at_90k += SECOND;
    assert_int_equal(dateranges_take(&d, &big), -ENOSPC);
    assert_int_equal(d.bytes, DATERANGES_BYTES);
}

/* As bytes, into another process and back: the same tags. Bytes that are cut off are nothing. */
static void test_packed(void **state)
{
    struct dateranges other;
    struct text again;
    uint8_t bytes[4096];
    size_t len = 0;
    (void)state;
    text_init(&again);
    dateranges_init(&other);
    anchor();
    assert_int_equal(0, take(LINK_EVENT_OUT, 1, 10 * SECOND, 30 * SECOND));
    assert_int_equal(0, take(LINK_EVENT_IN, 1, 40 * SECOND, -1));
    assert_int_equal(0, take(LINK_EVENT_OUT, 2, 50 * SECOND, -1));
    dateranges_date(&d, &epochs);
    dateranges_note(&d, 1000000, 1000);
    dateranges_note(&d, 2000000, 1000); /* what was shown then need not be said again */
    for (size_t i = 0; i < d.count; i++) {
        assert_int_equal(0, dateranges_pack(&d, i, bytes, 8));
        len = dateranges_pack(&d, i, bytes, sizeof(bytes));
        assert_true(len > 0);
        assert_int_equal(0, dateranges_unpack(&other, bytes, len));
    }
    assert_int_equal(d.bytes, other.bytes);
    dateranges_render(&text, &d, false);
    dateranges_render(&again, &other, false);
    assert_string_equal(text.data, again.data);
    dateranges_note(&other, 2000001, 1000);
    assert_true(other.skips);
    text_clear(&again);
    dateranges_render(&again, &other, true);
    assert_int_equal(0, again.len);
    while (len-- > 0)
        assert_int_equal(-EPROTO, dateranges_unpack(&other, bytes, len));
    dateranges_fini(&other);
    text_fini(&again);
}

static void test_nonsense(void **state)
{
    (void)state;
    static const struct {
        uint32_t kind, len;
        int64_t at_90k, planned_90k;
    } cases[] = {
        {LINK_EVENT_ID3 + 1, 3, 0, -1},
        {LINK_EVENT_OUT, 0, 0, -1},
        {LINK_EVENT_OUT, LINK_EVENT_BYTES + 1, 0, -1},
        {LINK_EVENT_OUT, 3, -1, -1},
        {LINK_EVENT_OUT, 3, INT64_MAX, -1},
        {LINK_EVENT_OUT, 3, 0, -2},
        {LINK_EVENT_OUT, 3, 0, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct link_event e = event(LINK_EVENT_OUT, 1, cases[i].at_90k, cases[i].planned_90k);
        e.kind = cases[i].kind;
        e.len = cases[i].len;
        assert_int_equal(dateranges_take(&d, &e), -EINVAL);
    }
    assert_int_equal(d.refused, sizeof cases / sizeof cases[0]);
}

#define WITH(name) cmocka_unit_test_setup_teardown(name, begin, end)

#define SPAN_US INT64_C(12000000)

static const char *recent(void)
{
    text_clear(&text);
    text_puts(&text, "");
    dateranges_render(&text, &d, true);
    return text.len ? text.data : "";
}

static const char *removed(void)
{
    text_clear(&text);
    text_puts(&text, "");
    dateranges_render_removed(&text, &d);
    return text.len ? text.data : "";
}

/* Section 6.2.5.1: tags are left out one by one, as each was shown long enough ago. */
static void test_delta_leaves_out(void **state)
{
    (void)state;
    assert_int_equal(take(LINK_EVENT_OUT, 1, 10 * SECOND, 450000), 0);
    dateranges_note(&d, 1000000, SPAN_US); /* has no date yet: it is not shown */
    anchor();
    dateranges_note(&d, 2000000, SPAN_US);
    dateranges_note(&d, 2000000 + SPAN_US, SPAN_US);
    assert_false(d.skips);
    assert_non_null(strstr(recent(), "SCTE35-OUT"));
    assert_int_equal(take(LINK_EVENT_IN, 1, 15 * SECOND, -1), 0);
    dateranges_note(&d, 2000001 + SPAN_US, SPAN_US);
    assert_true(d.skips && !d.whole);
    assert_null(strstr(recent(), "SCTE35-OUT"));
    assert_non_null(strstr(recent(), "SCTE35-IN"));
    assert_non_null(strstr(rendered(), "SCTE35-OUT"));
    dateranges_note(&d, 2000002 + 2 * SPAN_US, SPAN_US);
    assert_string_equal(recent(), "");
}

static void test_delta_names_what_is_gone(void **state)
{
    (void)state;
    anchor();
    assert_int_equal(take(LINK_EVENT_ID3, 0, 9 * SECOND, -1), 0);
    dateranges_expire(&d, 10 * SECOND); /* nobody ever saw that */
    assert_int_equal(take(LINK_EVENT_ID3, 0, 11 * SECOND, -1), 0);
    assert_int_equal(take(LINK_EVENT_OUT, 7, 12 * SECOND, 450000), 0);
    dateranges_note(&d, 1000000, SPAN_US);
    assert_string_equal(removed(), "");
    dateranges_expire(&d, 11 * SECOND + 1);
    assert_int_equal(take(LINK_EVENT_CANCEL, 7, 12 * SECOND, -1), 0);
    dateranges_note(&d, 2000000, SPAN_US);
    assert_string_equal(removed(), "id3-990000\tscte35-7-1080000");
    dateranges_note(&d, 2000000 + SPAN_US, SPAN_US);
    assert_string_equal(removed(), "id3-990000\tscte35-7-1080000");
    dateranges_note(&d, 2000001 + SPAN_US * 5 / 4, SPAN_US);
    assert_string_equal(removed(), "");
}

/* More is gone than can be named: for so long the whole list answers. */
static void test_delta_forgets(void **state)
{
    (void)state;
    anchor();
    for (uint32_t i = 0; i <= DATERANGES_MAX; i++) {
        assert_int_equal(take(LINK_EVENT_OUT, i, 10 * SECOND, 450000), 0);
        dateranges_note(&d, 1000000, SPAN_US);
        assert_false(d.whole);
        assert_int_equal(take(LINK_EVENT_CANCEL, i, 10 * SECOND, -1), 0);
    }
    dateranges_note(&d, 1000000, SPAN_US);
    assert_true(d.whole && d.gone_count == DATERANGES_MAX);
    dateranges_note(&d, 1000001 + SPAN_US * 5 / 4, SPAN_US);
    assert_false(d.whole);
    assert_int_equal(d.gone_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_delta_leaves_out), WITH(test_delta_names_what_is_gone),
        WITH(test_delta_forgets),    WITH(test_a_splice),
        WITH(test_tags_and_points),  WITH(test_repetitions),
        WITH(test_lonely_ends),      WITH(test_cancelled),
        WITH(test_dates_stay),       WITH(test_expiry),
        WITH(test_bounds),           WITH(test_nonsense),
        WITH(test_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
