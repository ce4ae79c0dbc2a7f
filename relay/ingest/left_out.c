/* What of a publisher's program is not carried, in words for the log, the status and the API. */
/* SPDX-License-Identifier: MIT */
#include "relay/ingest/left_out.h"

#include "relay/base/log.h"

#include <stdio.h>
#include <string.h>

bool left_out_update(struct left_out *l, const char *log_name, const struct ts_layout *layout,
                     const struct packager *packager, struct link_message *m)
{
    struct left_out next = {.count = layout->left_out_count};
    size_t len;

    snprintf(next.text, sizeof(next.text), "%s", layout->left_out);
    for (uint32_t i = 0; packager && i < layout->count; i++) {
        if (!packager_is_left_out(packager, i))
            continue;
        next.count++;
        len = strlen(next.text);
        snprintf(next.text + len, sizeof(next.text) - len,
                 "%s0x%02x MPEG audio of layer I (no HLS player takes it)", len ? ", " : "",
                 layout->tracks[i].type);
    }
    if (next.count == l->count && strcmp(next.text, l->text) == 0)
        return false;
    *l = next;
    memcpy(m->u.program.text, next.text, sizeof(m->u.program.text));
    log_warn(log_name, "left_out streams=%u what=\"%s\"", next.count, next.text);
    return true;
}
