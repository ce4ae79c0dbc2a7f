/* Fuzzes what the picture helper takes: messages, an init segment, a keyframe of a stranger's. */
/* SPDX-License-Identifier: MIT */
/* Input: the init segment's length in two bytes, the init segment, a moof and what follows. */
#include "relay/link/picture_link.h"
#include "relay/picture/picture_job.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* The same bytes as messages: what is called sound keeps its promises. */
static void judge_messages(const uint8_t *data, size_t size)
{
    struct picture_ask ask = {0};
    struct picture_answer answer = {0};

    memcpy(&ask, data, size < sizeof(ask) ? size : sizeof(ask));
    memcpy(&answer, data, size < sizeof(answer) ? size : sizeof(answer));
    if (picture_ask_is_sound(&ask))
        check(strlen(ask.room) < sizeof(ask.room) && ask.bytes <= PICTURE_KEYFRAME_MAX);
    if (picture_answer_is_sound(&answer, true))
        check(answer.result == PICTURE_MADE && answer.bytes <= PICTURE_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snapshot s;
    size_t init;

    snapshot_quiet();
    judge_messages(data, size);
    if (size < 2)
        return 0;
    init = (size_t)data[0] << 8 | data[1];
    data += 2;
    size -= 2;
    init = init < size ? init : size;
    if (picture_job_make(data, init, data + init, size - init, &s) == PICTURE_MADE) {
        check(s.len > 4 && s.len <= PICTURE_BYTES_MAX && s.jpeg[0] == 0xff && s.jpeg[1] == 0xd8);
        check(s.width > 0 && s.width <= PICTURE_WIDTH_MAX);
        check(s.height > 0 && s.height <= PICTURE_HEIGHT_MAX);
    }
    snapshot_fini(&s);
    return 0;
}
