/* What a multivariant playlist says of closed captions. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/caption_group.h"

enum { VERSION_SERVICE = 7 }; /* section 8: INSTREAM-ID with SERVICE */

bool caption_group_exists(const struct captions *c)
{
    return c->channels != 0 || c->services != 0;
}

unsigned caption_group_version(const struct captions *c)
{
    return c->services != 0 ? VERSION_SERVICE : 1;
}

static void render_member(struct text *t, const char *kind, unsigned number)
{
    text_printf(t,
                "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"captions\",NAME=\"%s%u\","
                "LANGUAGE=\"und\",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID=\"%s%u\"\n",
                kind, number, kind, number);
}

void caption_group_render(struct text *t, const struct captions *c)
{
    for (unsigned i = 0; i < CAPTIONS_CHANNELS; i++)
        if (c->channels & 1u << i)
            render_member(t, "CC", i + 1);
    for (unsigned i = 1; i <= CAPTIONS_SERVICES; i++)
        if (c->services & UINT64_C(1) << i)
            render_member(t, "SERVICE", i);
}

void caption_group_attribute(struct text *t, const struct captions *c, bool shows_video)
{
    if (caption_group_exists(c) && shows_video)
        text_puts(t, ",CLOSED-CAPTIONS=\"captions\"");
    else if (!caption_group_exists(c) && !c->carried)
        text_puts(t, ",CLOSED-CAPTIONS=NONE");
}
