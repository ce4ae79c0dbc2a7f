/* The one place where threads are born: named, signals blocked, small stack. */
/* SPDX-License-Identifier: MIT */
#ifndef RELAY_BASE_THREAD_H
#define RELAY_BASE_THREAD_H

#include <pthread.h>

/* Starts fn(arg) in a joinable thread called name (15 characters at most), all signals blocked,
 * 512 KiB of stack. 0 or -errno. */
__attribute__((warn_unused_result)) int thread_start(pthread_t *id, const char *name,
                                                     void *(*fn)(void *), void *arg);

#endif
