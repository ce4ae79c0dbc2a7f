/* What a room's feeds suffer from, as viewers' pages, the log and other processes are told. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/diagnosis.h"
#include "relay/room/room_inside.h"
#include "tests/unit/relay/room/pair_actors.h"
#include "tests/unit/relay/room/well_feed.h"

#include <sys/mman.h>

static int saved_stderr = -1;

static void begin_log(void)
{
    int file = memfd_create("log", MFD_CLOEXEC);
    saved_stderr = dup(STDERR_FILENO);
    assert_true(file >= 0 && saved_stderr >= 0);
    assert_int_equal(STDERR_FILENO, dup2(file, STDERR_FILENO));
    close(file);
}

/* How many lines have all of the words. */
static int end_log(const char *event, const char *word)
{
    static char text[1 << 16];
    ssize_t len = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);
    int lines = 0;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    text[len > 0 ? len : 0] = '\0';
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        lines += strstr(line, event) && strstr(line, word);
    return lines;
}

static bool says(struct stage *s, const char *what)
{
    stage_pass(s, 1100000); /* status.json is made anew once a second */
    return strstr(stage_text(s, "hall", "status.json"), what) != NULL;
}

static const struct room *hall(struct stage *s)
{
    return rooms_find(s->rooms, "hall");
}

static void test_one_feed(void **state)
{
    struct stage *s = *state;
    uint32_t second = 1;
    stage_open(s, 1, "hall");
    tracks(s, 1, "video init");
    for (; second < 10; second++)
        beat(s, 1, second, 2000);
    assert_true(says(s, "\"health\":{\"light\":\"green\",\"checked\":false,\"findings\":[]}"));
    beat(s, 1, second++, 2000);
    assert_true(says(s, "\"light\":\"green\",\"checked\":true"));
    begin_log();
    for (int i = 0; i < 30; i++)
        beat(s, 1, second++, 10000);
    assert_int_equal(1, end_log("WARN room/hall unhealthy finding=keyframe_interval severity=red",
                                "text=\"Keyframes are 10.0 s apart, "));
    assert_true(says(s, "\"light\":\"red\",\"checked\":true,\"findings\":[{\"id\":"
                        "\"keyframe_interval\",\"severity\":\"red\",\"role\":\"main\",\"since\":"
                        "\"2026-10-25T04:00:15.200Z\",\"text\":{\"en\":\"Keyframes are 10.0 s"));
    assert_true(says(s, "\"zh\":\"关键帧相隔 10.0 秒"));
    begin_log();
    for (int i = 0; i < 30; i++)
        beat(s, 1, second++, 2000);
    assert_int_equal(1, end_log("INFO room/hall mended", "finding=keyframe_interval role=main"));
    assert_true(says(s, "\"light\":\"green\",\"checked\":true,\"findings\":[]"));
}

static void test_nothing_comes(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    assert_true(says(s, "\"health\":{\"light\":\"green\",\"checked\":false"));
    for (int i = 0; i < 20; i++) /* the same packets again: nothing is known anew */
        beat(s, 1, 1, 10000);
    assert_true(says(s, "\"light\":\"green\""));
    tracks(s, 1, "video init");
    struct link_message m = stage_segment(s, 1, 0, 0);
    stage_deliver(s, &m);
    stage_close(s, 1, LINK_CLOSE_ENDED);
    assert_true(says(s, "\"health\":{\"light\":null,\"checked\":false,\"findings\":[]}"));
}

/* A feed at rest is nobody's picture yet. */
static void test_at_rest(void **state)
{
    struct stage *s = *state;
    struct room_facts f;
    enum doctor_light light;
    open_as(s, 1, "main");
    tracks(s, 1, "video init");
    open_as(s, 2, "backup");
    for (uint32_t second = 1; second < 20; second++) {
        beat(s, 1, second, 2000);
        beat(s, 2, second, 12000);
    }
    assert_true(says(s, "\"health\":{\"light\":\"amber\",\"checked\":true,\"findings\":[{\"id\":"
                        "\"keyframe_interval\",\"severity\":\"red\",\"role\":\"backup\""));
    room_facts(hall(s), &f);
    assert_true(diagnosis_light(&f, &light));
    assert_int_equal(DOCTOR_AMBER, light);
    assert_int_equal(1, diagnosis_count(&f, DOCTOR_RED));
    assert_int_equal(0, diagnosis_count(&f, DOCTOR_AMBER));
}

/* A line that breaks and mends all the time does not fill the log. */
static void test_log_is_bounded(void **state)
{
    struct stage *s = *state;
    stage_open(s, 1, "hall");
    begin_log();
    for (uint32_t second = 1; second <= 300; second++) {
        struct link_message m = {.type = LINK_FEED_STATS, .worker = 1, .feed = 1};
        m.u.feed_stats.packets = second;
        m.u.vitals.watched_s = 4;
        bool ill = second % 12 < 3;
        m.u.vitals.dts_back = ill ? 100 : 0;
        m.u.vitals.ts_errors = ill ? 100 : 0;
        m.u.vitals.audio_tracks = ill ? 3 : 1;
        m.u.vitals.audio_heard = ill ? 0 : 1;
        m.u.vitals.lost = ill ? 900 : 0;
        m.u.vitals.packets = 1000;
        stage_pass(s, 1000000);
        stage_tell(s, &m, -1);
    }
    assert_true(end_log("room/hall", " finding=") > 0);
    assert_in_range(hall(s)->health_log.lines, 1, 1000); /* whoever would write has asked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_feed, set_pair, stage_strike),
        cmocka_unit_test_setup_teardown(test_nothing_comes, set_pair, stage_strike),
        cmocka_unit_test_setup_teardown(test_at_rest, set_pair, stage_strike),
        cmocka_unit_test_setup_teardown(test_log_is_bounded, set_pair, stage_strike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
