/* The program changes under a running packager. */
/* SPDX-License-Identifier: MIT */
#include "relay/package/packager_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool packager_can_turn(const struct packager *p)
{
    return !p->options.joins && !p->options.ts;
}

/* Parameters are read anew: of sound with its next frame, of video with its next IDR. */
static void turn_track(struct packaged_track *t, const struct packager_track *in)
{
    assert(codec_kind(in->codec) == t->kind);
    memcpy(t->language, in->language, sizeof(t->language));
    if (t->codec == in->codec && t->audio_config == in->audio_config)
        return;
    t->codec = in->codec;
    t->audio_config = in->audio_config;
    t->identity = UINT64_MAX;
    t->left_out = t->unplayable = false;
    free(t->awaited);
    t->awaited = NULL;
    if (t->kind != CODEC_KIND_VIDEO)
        return;
    codec_sets_init(t->sets, t->codec);
    t->keyint = 0;
    t->turned = true;
}

int packager_turn(struct packager *p, const struct packager_track *tracks, size_t count)
{
    int rc = 0;

    assert(count > 0 && count <= PACKAGER_TRACKS && packager_can_turn(p));
    for (size_t i = 0; i < count && !rc; i++) {
        if (i < p->count) {
            turn_track(&p->tracks[i], &tracks[i]);
            continue;
        }
        rc = packager_track_init(p, &p->tracks[i], &tracks[i]);
        p->count = i + 1;
    }
    return rc;
}
