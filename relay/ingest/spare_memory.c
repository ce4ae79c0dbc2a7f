/* A reserve and a new-handler. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/spare_memory.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    RESERVE_BYTES = 1 << 20,
    NAP_US = 10000,
    NAPS_MAX = 100, /* then abort: a new worker is worth more than one that hangs */
};

static _Atomic(void *) reserve;
static atomic_uint asked, naps;

/* In the thread that lacks memory: no allocation here, no log. Returning means "try again". */
static void on_no_memory(void)
{
    const struct timespec nap = {.tv_nsec = NAP_US * 1000L};
    void *mine = atomic_exchange(&reserve, NULL);

    atomic_fetch_add(&asked, 1);
    if (mine) {
        free(mine);
        return;
    }
    if (atomic_fetch_add(&naps, 1) >= NAPS_MAX)
        abort();
    nanosleep(&nap, NULL);
}

static void gather(void)
{
    void *bytes = atomic_load(&reserve) ? NULL : malloc(RESERVE_BYTES);

    if (!bytes)
        return;
    memset(bytes, 1, RESERVE_BYTES); /* touched: else it is only a promise */
    atomic_store(&reserve, bytes);
    atomic_store(&naps, 0);
}

bool spare_memory_init(void)
{
    typedef void handler(void);
    handler *(*set)(handler *);
    /* std::set_new_handler, by the name it has in every C++ library of this ABI: the library is
     * loaded with libsrt, but a C program does not link with it */
    void *found = dlsym(RTLD_DEFAULT, "_ZSt15set_new_handlerPFvvE");

    if (!found)
        return false;
    memcpy(&set, &found, sizeof(set));
    gather();
    set(on_no_memory);
    return true;
}

uint32_t spare_memory_refill(void)
{
    gather();
    return atomic_exchange(&asked, 0);
}
