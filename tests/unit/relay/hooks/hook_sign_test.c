/* Signatures, against the example that the standard's own libraries are tested with. */
/* SPDX-License-Identifier: MIT */
#include "relay/hooks/hook_sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ID   "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define BODY "{\"test\": 2432232314}"

static void test_signature(void **state)
{
    struct hook_secret secrets[HOOK_SECRETS_MAX];
    char out[HOOK_SIGNATURE], why[HOOK_WHY_SIZE];
    int n = hook_list_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw "
                              "2=whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                              secrets, why);
    (void)state;
    assert_int_equal(2, n);
    hook_sign(secrets, n, 1, ID, 1614265330, BODY, strlen(BODY), out);
    assert_string_equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", out);
    hook_sign(secrets, n, 2, ID, 1614265330, BODY, strlen(BODY), out);
    assert_string_equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
                        "v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI=",
                        out);
    hook_sign(secrets + 1, 1, 1, ID, 1614265330, BODY, strlen(BODY), out);
    assert_string_equal("", out);
}

static void test_all_secrets(void **state)
{
    struct hook_secret secrets[HOOK_SECRETS_MAX];
    char out[HOOK_SIGNATURE];
    (void)state;
    for (size_t i = 0; i < HOOK_SECRETS_MAX; i++) {
        secrets[i] = (struct hook_secret){.len = HOOK_SECRET_MOST};
        memset(secrets[i].bytes, (int)i, HOOK_SECRET_MOST);
    }
    hook_sign(secrets, HOOK_SECRETS_MAX, 1, ID, 1, BODY, strlen(BODY), out);
    assert_int_equal(HOOK_SECRETS_MAX * 48 - 1, strlen(out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_all_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
