/* A function on a stack of its own that its owner resumes and that yields back to its owner. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   its stack (mmap, a guard page below) until coroutine_free.
 * Thread: only the one that made it. Nothing thread-local and no lock may be held across a yield.
 * Life:   coroutine_new; resumed until its function returns; then coroutine_free. A suspended
 *         coroutine cannot be freed: resume it until it is done (its function must see to that).
 * Fails:  -ENOMEM.
 */
#ifndef RELAY_BASE_COROUTINE_H
#define RELAY_BASE_COROUTINE_H

#include <stdbool.h>
#include <stddef.h>

struct coroutine;

__attribute__((warn_unused_result)) int coroutine_new(struct coroutine **out, size_t stack_bytes,
                                                      void (*fn)(void *arg), void *arg);
/* Runs it until it yields or returns. Never call it from inside itself or when it is done. */
void coroutine_resume(struct coroutine *c);
/* From inside only: back to the owner. */
void coroutine_yield(struct coroutine *c);
bool coroutine_is_done(const struct coroutine *c);
/* How deep the stack was ever used, in whole pages. */
size_t coroutine_stack_used(const struct coroutine *c);
/* Accepts NULL. Asserts that it is done or was never resumed. */
void coroutine_free(struct coroutine **c);

#endif
