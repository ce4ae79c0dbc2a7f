/* Which pairs a configuration may name: at a start, and when one is in force already. */
/* SPDX-License-Identifier: MIT */
#include "relay/certificate.h"
#include "tests/unit/relay/web/made_up_certificate.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/roomcast-pair-XXXXXX";
static char certificate[64], key[64], why[400];

static int begin(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(certificate, sizeof certificate, "%s/certificate.pem", folder);
    snprintf(key, sizeof key, "%s/key.pem", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(certificate);
    unlink(key);
    return rmdir(folder);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* The two files say that, and a configuration names them. */
static int inspect(const struct made_pair *p)
{
    bool in_key;
    write_file(certificate, p->certificate);
    write_file(key, p->key);
    certificate_begin();
    return certificate_inspect(NULL, certificate, key, &in_key, why, sizeof why);
}

/* Publishers do not wait for a certificate; but what is good is not given for what is not. */
static void test_wrong_dates(void **state)
{
    struct made_pair ended, also_ended, good;
    (void)state;
    made_pair_fill(&ended, 1, -3600, -60, 0);
    made_pair_fill(&also_ended, 2, -3600, -60, 0);
    made_pair_fill(&good, 3, -60, 3600, 0);

    assert_int_equal(certificate_fd(), -1);
    assert_int_equal(inspect(&ended), 0);
    certificate_commit();
    int first = certificate_fd();
    assert_true(first >= 0);

    assert_int_equal(inspect(&ended), 0); /* the one in force: nothing gets worse */
    certificate_begin();
    assert_int_equal(inspect(&also_ended), -ETIME);
    assert_non_null(strstr(why, certificate));
    certificate_commit(); /* there is nothing to commit */
    assert_int_equal(certificate_fd(), first);

    assert_int_equal(inspect(&good), 0);
    certificate_commit();
    assert_int_equal(inspect(&ended), -ETIME);
    certificate_forget();
    assert_int_equal(certificate_fd(), -1);
}

/* What was read of a configuration that was refused is not what the next one commits. */
static void test_forgotten(void **state)
{
    struct made_pair good;
    (void)state;
    made_pair_fill(&good, 3, -60, 3600, 0);
    assert_int_equal(inspect(&good), 0);
    certificate_begin();
    certificate_commit();
    assert_int_equal(certificate_fd(), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_dates),
        cmocka_unit_test(test_forgotten),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
