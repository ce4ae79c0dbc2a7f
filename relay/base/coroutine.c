/* Coroutines on a bare switch of stacks (elsewhere on ucontext); sanitizers are told of each. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/coroutine.h"

#include "relay/base/context.h"
#include "relay/base/sanitizer.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef CONTEXT_NATIVE
#include <ucontext.h>
#endif

#ifdef UNDER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef UNDER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

struct coroutine {
#ifdef CONTEXT_NATIVE
    void *self, *owner;
#else
    ucontext_t self, owner;
#endif
    void (*fn)(void *arg);
    void *arg;
    uint8_t *map; /* guard page, then the stack */
    size_t map_bytes, page, stack_bytes;
    bool started, running, done;
#ifdef UNDER_ASAN
    void *self_fake, *owner_fake;
    const void *owner_stack;
    size_t owner_stack_bytes;
#endif
#ifdef UNDER_TSAN
    void *self_fiber, *owner_fiber;
#endif
};

/* Leaving the owner for the coroutine, or (last time: dying) the coroutine for its owner. */
static void switch_in_begin(struct coroutine *c)
{
#ifdef UNDER_ASAN
    __sanitizer_start_switch_fiber(&c->owner_fake, c->map + c->page, c->stack_bytes);
#endif
#ifdef UNDER_TSAN
    c->owner_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(c->self_fiber, 0);
#endif
    (void)c;
}

static void switch_in_end(struct coroutine *c)
{
#ifdef UNDER_ASAN
    __sanitizer_finish_switch_fiber(c->self_fake, &c->owner_stack, &c->owner_stack_bytes);
#endif
    (void)c;
}

static void switch_out_begin(struct coroutine *c, bool dying)
{
#ifdef UNDER_ASAN
    __sanitizer_start_switch_fiber(dying ? NULL : &c->self_fake, c->owner_stack,
                                   c->owner_stack_bytes);
#endif
#ifdef UNDER_TSAN
    __tsan_switch_to_fiber(c->owner_fiber, 0);
#endif
    (void)c;
    (void)dying;
}

static void switch_out_end(struct coroutine *c)
{
#ifdef UNDER_ASAN
    __sanitizer_finish_switch_fiber(c->owner_fake, NULL, NULL);
#endif
    (void)c;
}

/* Which coroutine is entered for the first time: an entry function has no arguments. */
static _Thread_local struct coroutine *entering;

static void go_in(struct coroutine *c)
{
#ifdef CONTEXT_NATIVE
    context_switch(&c->owner, c->self);
#else
    swapcontext(&c->owner, &c->self);
#endif
}

static void go_out(struct coroutine *c)
{
#ifdef CONTEXT_NATIVE
    context_switch(&c->self, c->owner);
#else
    swapcontext(&c->self, &c->owner);
#endif
}

static void entry(void)
{
    struct coroutine *c = entering;

    switch_in_end(c);
    c->fn(c->arg);
    c->done = true;
    switch_out_begin(c, true);
    go_out(c);
    abort(); /* what is done is never resumed */
}

static int make_context(struct coroutine *c)
{
#ifdef CONTEXT_NATIVE
    c->self = context_make(c->map + c->page, c->stack_bytes, entry);
#else
    if (getcontext(&c->self))
        return -ENOMEM;
    c->self.uc_stack.ss_sp = c->map + c->page;
    c->self.uc_stack.ss_size = c->stack_bytes;
    c->self.uc_link = NULL;
    makecontext(&c->self, entry, 0);
#endif
    return 0;
}

int coroutine_new(struct coroutine **out, size_t stack_bytes, void (*fn)(void *arg), void *arg)
{
    struct coroutine *c = calloc(1, sizeof(*c));

    *out = NULL;
    if (!c)
        return -ENOMEM;
    c->page = (size_t)sysconf(_SC_PAGESIZE);
    c->stack_bytes = (stack_bytes + c->page - 1) / c->page * c->page;
    c->map_bytes = c->stack_bytes + c->page;
    c->map = mmap(NULL, c->map_bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (c->map == MAP_FAILED || mprotect(c->map, c->page, PROT_NONE) || make_context(c)) {
        if (c->map != MAP_FAILED)
            munmap(c->map, c->map_bytes);
        free(c);
        return -ENOMEM;
    }
    c->fn = fn;
    c->arg = arg;
#ifdef UNDER_TSAN
    c->self_fiber = __tsan_create_fiber(0);
#endif
    *out = c;
    return 0;
}

void coroutine_resume(struct coroutine *c)
{
    assert(!c->done && !c->running);
    c->started = c->running = true;
    entering = c;
    switch_in_begin(c);
    go_in(c);
    switch_out_end(c);
    c->running = false;
}

void coroutine_yield(struct coroutine *c)
{
    assert(c->running);
    switch_out_begin(c, false);
    go_out(c);
    switch_in_end(c);
}

bool coroutine_is_done(const struct coroutine *c)
{
    return c->done;
}

size_t coroutine_stack_used(const struct coroutine *c)
{
    size_t pages = c->stack_bytes / c->page;
    unsigned char resident;
    size_t i;

    /* pages are touched from the top down, so the lowest resident one is the high-water mark */
    for (i = 0; i < pages; i++)
        if (mincore(c->map + c->page * (i + 1), c->page, &resident) == 0 && (resident & 1))
            break;
    return (pages - i) * c->page;
}

void coroutine_free(struct coroutine **c)
{
    if (!*c)
        return;
    assert((*c)->done || !(*c)->started);
#ifdef UNDER_TSAN
    __tsan_destroy_fiber((*c)->self_fiber);
#endif
    munmap((*c)->map, (*c)->map_bytes);
    free(*c);
    *c = NULL;
}
