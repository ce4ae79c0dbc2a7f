/* Switching stacks: the few registers that a call preserves, and nothing else. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; a context is a stack pointer. Thread: the caller's. Fails: never.
 *
 * ucontext(3) also saves the signal mask, with two system calls a switch; a worker switches some
 * thousand times a second. x86-64 (System V ABI section 3.2.1) and AArch64 (AAPCS64 section 6.1)
 * are done here; elsewhere CONTEXT_NATIVE is not defined and coroutine.c takes ucontext.
 */
#ifndef RELAY_BASE_CONTEXT_H
#define RELAY_BASE_CONTEXT_H

#include <stddef.h>

#if defined(__x86_64__) || defined(__aarch64__)
#define CONTEXT_NATIVE 1

/* Saves the caller's registers on its stack and its stack pointer in *from, goes on where `to` was
 * saved. */
void context_switch(void **from, void *to);
/* A context that calls fn, which must not return, on the stack [low, low + bytes). */
void *context_make(void *low, size_t bytes, void (*fn)(void));

#endif

#endif
