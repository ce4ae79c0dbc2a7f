/* Starts and joins them. */
/* SPDX-License-Identifier: MIT */
#include "tests/bench/lib/each_room.h"

#include <pthread.h>

bool each_room(void *watches, size_t size, unsigned rooms, void *(*run)(void *watch))
{
    pthread_t threads[EACH_ROOM_MAX];
    unsigned started = 0;

    while (started < rooms && started < EACH_ROOM_MAX &&
           pthread_create(&threads[started], NULL, run, (char *)watches + started * size) == 0)
        started++;
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return started == rooms;
}
