/* What feeds carry beside their tracks, as it reaches a room: when it is dated and when it goes. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/beside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct presentation_start start = {.msn = 100, .start_90k = 0};
static struct presentation p;

static bool event(uint32_t kind, int64_t at_90k)
{
    struct link_message m = {.type = LINK_EVENT};
    m.u.event = (struct link_event){
        .kind = kind, .id = 1, .at_90k = at_90k, .planned_90k = -1, .len = 1, .bytes = {0xfc}};
    return beside_take(&p, &m, "test");
}

static void list(uint64_t msn)
{
    struct rendition *r = p.count ? p.renditions[0] : NULL;
    struct arrival a = {.msn = msn,
                        .start_90k = (int64_t)(msn - 100) * 180000,
                        .present_90k = (int64_t)(msn - 100) * 180000,
                        .duration_90k = 180000,
                        .capture_wall_us = INT64_C(1792900800000000),
                        .gap = true};
    p.target_duration_s = 2;
    if (!r)
        assert_int_equal(presentation_claim(&p, CODEC_KIND_VIDEO, 1, &r), 0);
    assert_int_equal(presentation_add(&p, r, &a, 1000000), 0);
    beside_slide(&p);
}

/* A cue that comes before the feed's first segment is dated by that feed's clock, not an older. */
static void test_dates_wait_for_the_session(void **state)
{
    (void)state;
    presentation_init(&p, &start);
    assert_false(event(LINK_EVENT_OUT, 90000));
    list(100);
    uint64_t revision = p.dateranges.revision;
    assert_true(revision > 0);
    presentation_open(&p); /* another feed */
    assert_false(event(LINK_EVENT_POINT, 400000));
    assert_true(p.dateranges.revision == revision);
    list(101);
    assert_true(p.dateranges.revision > revision);
    assert_true(event(LINK_EVENT_ID3, 400000));
    assert_false(event(LINK_EVENT_ID3, 400000));
    presentation_fini(&p);
}

static void test_ranges_leave_with_their_segments(void **state)
{
    (void)state;
    presentation_init(&p, &start);
    for (uint64_t msn = 100; msn < 120; msn++)
        list(msn);
    assert_true(event(LINK_EVENT_ID3, 90000));
    window_slide(&p.renditions[0]->window, 101, 2000000, 0);
    beside_slide(&p);
    assert_int_equal(p.dateranges.count, 0);
    presentation_fini(&p);
}

static void test_captions_only_grow(void **state)
{
    struct link_message m = {.type = LINK_CAPTIONS};

    (void)state;
    presentation_init(&p, &start);
    assert_false(beside_take(&p, &m, "test"));
    m.u.captions.channels = 0xff;
    assert_true(beside_take(&p, &m, "test"));
    assert_int_equal(p.captions.channels, 0x0f);
    m.u.captions.channels = 0;
    m.u.captions.services = UINT64_MAX;
    assert_true(beside_take(&p, &m, "test"));
    assert_int_equal(p.captions.channels, 0x0f);
    assert_true(p.captions.services == UINT64_MAX - 1);
    presentation_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_wait_for_the_session),
        cmocka_unit_test(test_ranges_leave_with_their_segments),
        cmocka_unit_test(test_captions_only_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
