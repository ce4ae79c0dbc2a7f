/* Which process the kernel ends when memory runs out. */
/* SPDX-License-Identifier: MIT */
/*
 * Standard: proc(5), /proc/pid/oom_score_adj. Owns: nothing. Thread: any. Life: no state; before
 * the sandbox, which opens no files. Fails: silently, the kernel then chooses by size alone.
 *
 * The supervisor must be the last one: its children die with it, and it brings them back. The front
 * before workers: what rooms hold is freed with it, while publishers stay and numbers go on.
 */
#ifndef RELAY_BASE_OOM_SCORE_H
#define RELAY_BASE_OOM_SCORE_H

/* above the supervisor's own */
enum { OOM_SCORE_WORKER = 200, OOM_SCORE_FRONT = 300, OOM_SCORE_PICTURE = 600 };

void oom_score_raise(int by);

#endif
