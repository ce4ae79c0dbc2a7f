/* What is measured of a feed, now and over the last hour, as JSON and its description. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; tables are constant. Thread: control. Life: pure functions. Fails: never. */
#ifndef RELAY_CONTROL_SCHEMA_VITALS_H
#define RELAY_CONTROL_SCHEMA_VITALS_H

#include "relay/control/schema.h"

extern const struct schema schema_vitals;  /* subject: struct session */
extern const struct schema schema_history; /* subject: struct room_facts */

#endif
