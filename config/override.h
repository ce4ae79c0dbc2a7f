/* --set KEY=VALUE: one value of the table, or of a room that is made when it is not there. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   nothing; what it stores belongs to the configuration. Thread: one at a time.
 * Life:   one load. Fails: faults are reported; -ENOMEM.
 *
 * "srt.tick_ms=10", "rooms.list.main-stage.key=abc". A room's name may contain dots: what stands
 * between "rooms.list." and the last dot before "=" is the name.
 */
#ifndef CONFIG_OVERRIDE_H
#define CONFIG_OVERRIDE_H

#include "config/config.h"
#include "config/fault.h"
#include "config/survey.h"

__attribute__((warn_unused_result)) int override_apply(struct config *c, struct places *places,
                                                       const struct config_override *set,
                                                       struct faults *f);

#endif
