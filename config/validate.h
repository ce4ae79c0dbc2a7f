/* What one key says about another. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: one at a time. Life: one load. Fails: faults are reported. */
#ifndef CONFIG_VALIDATE_H
#define CONFIG_VALIDATE_H

#include "config/config.h"
#include "config/fault.h"
#include "config/survey.h"

/* c: every value allowed on its own. places: where each was said. */
void validate(const struct config *c, const struct places *places, struct faults *f);

#endif
