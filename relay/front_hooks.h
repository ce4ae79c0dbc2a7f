/* The front's side of the web hooks: it writes down what happens, and waits for nobody. */
/* SPDX-License-Identifier: MIT */
/* Owns: f->hooks. Thread: control. Life: front_run. Fails: without its memory nothing is told. */
#ifndef RELAY_FRONT_HOOKS_H
#define RELAY_FRONT_HOOKS_H

struct front;
struct front_options;
struct link_message;

/* When the rooms are there. */
void front_hooks_start(struct front *f, const struct front_options *o);
/* What a worker says, or is told. */
void front_hooks_hear(struct front *f, const struct link_message *m);
void front_hooks_tick(struct front *f);
/* The last feeds have ended. */
void front_hooks_stop(struct front *f);

#endif
