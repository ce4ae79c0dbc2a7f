/* Fuzzes stream ids: whatever comes, a room that is accepted has a valid name. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "relay/ingest/stream_id.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream_id id;

    if (stream_id_parse((const char *)data, size, &id) != STREAM_ID_OK)
        return 0;
    assert(room_name_is_valid(id.room, strlen(id.room)));
    assert(room_name_is_valid(id.role, strlen(id.role)));
    assert(memchr(id.key, '\0', sizeof(id.key)) && memchr(id.user, '\0', sizeof(id.user)));
    return 0;
}
