/* Adding up the watched time without a beat. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/vigil.h"

int64_t vigil_look(struct vigil *v, uint64_t beats, bool owes, int64_t now_us)
{
    int64_t since_us = now_us - v->looked_us;

    if (beats != v->beats || !v->owed || since_us > VIGIL_LATE_US)
        v->still_us = 0;
    else
        v->still_us += since_us;
    v->beats = beats;
    v->owed = owes;
    v->looked_us = now_us;
    return v->still_us;
}
