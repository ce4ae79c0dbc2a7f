/* What libsrt's `new` does when there is no memory: waits a moment, instead of ending the worker.
 */
/* SPDX-License-Identifier: MIT */
/*
 * libsrt is C++: where an allocation fails, std::bad_alloc leaves one of its threads and the
 * process is aborted, with every room in it. C++ asks a handler first (ISO/IEC 14882
 * [new.handler]): ours gives a reserve back and lets it try again, for a second at most. Our own C
 * code is not concerned: it looks at what malloc returns.
 *
 * Owns:   the reserve. Thread: init and refill: the worker's loop; the handler runs in any.
 * Life:   the process. Fails: init says false where the C++ library is not to be found.
 */
#ifndef RELAY_INGEST_SPARE_MEMORY_H
#define RELAY_INGEST_SPARE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

bool spare_memory_init(void);
/* Once a second: gathers the reserve anew. How often the handler was asked since the last call. */
uint32_t spare_memory_refill(void);

#endif
