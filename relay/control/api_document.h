/* The OpenAPI 3.1 document of /api/v1/, made from the table of its routes. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: control. Life: a pure function. Fails: as text does. */
#ifndef RELAY_CONTROL_API_DOCUMENT_H
#define RELAY_CONTROL_API_DOCUMENT_H

#include "relay/control/api_route.h"

void api_document_put(struct text *t, const struct api_route *routes, size_t count);

#endif
