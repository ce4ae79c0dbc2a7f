/* Comparing what must not be guessed. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/secret.h"

#include <string.h>

bool secret_is_same(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    unsigned char differ = n != m;
    for (size_t i = 0; i < n && i < m; i++)
        differ |= (unsigned char)(a[i] ^ b[i]);
    return !differ;
}
