/* A configuration arrives whole, secrets too; what is none is refused. */
/* SPDX-License-Identifier: MIT */
#include "config/passed.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static const char yaml[] =
    "srt: {latency_ms: 321}\nrooms: {list: [{name: stage, key: only-for-the-host}]}\n";

static int memfd_of(const char *text)
{
    int fd = memfd_create("text", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static void test_whole(void **state)
{
    struct config *sent, *got;
    (void)state;
    assert_int_equal(config_parse(&sent, "sent", yaml, strlen(yaml), NULL, 0, stderr), 0);
    int fd = config_pass(sent);
    assert_true(fd >= 0);
    assert_int_equal(config_take(&got, "got", fd, stderr), 0);
    assert_int_equal(got->srt.latency_ms, 321);
    assert_string_equal(config_find_room(got, "stage")->key, "only-for-the-host");
    config_free(&got);
    assert_int_equal(config_take(&got, "again", fd, stderr), 0); /* it is not used up */
    config_free(&got);
    config_free(&sent);
    close(fd);
}

static void test_none(void **state)
{
    struct config *got = (struct config *)state;
    FILE *said = tmpfile();
    int empty = memfd_of(""), wrong = memfd_of("srt:\n  latency_ms: soon\n"),
        long_one = memfd_of("");
    char line[200] = "";
    assert_int_equal(ftruncate(long_one, 9 << 20), 0);
    assert_int_equal(config_take(&got, "none", -1, said), -EINVAL);
    assert_null(got);
    assert_int_equal(config_take(&got, "empty", empty, said), -EINVAL);
    assert_int_equal(config_take(&got, "long", long_one, said), -EINVAL);
    assert_int_equal(ftell(said), 0);
    assert_int_equal(config_take(&got, "wrong", wrong, said), -EINVAL);
    assert_null(got);
    rewind(said);
    assert_non_null(fgets(line, sizeof line, said));
    assert_ptr_equal(strstr(line, "wrong:2: "), line);
    fclose(said);
    close(empty);
    close(wrong);
    close(long_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
