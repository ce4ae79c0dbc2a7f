/* What requests that the store is asked for have in common: bodies, values, refusals. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns: nothing. Thread: control. Life: no state.
 * Fails: with a status, and a sentence in the action; 0 is well.
 */
#ifndef RELAY_CONTROL_EDIT_H
#define RELAY_CONTROL_EDIT_H

#include "config/lists.h"
#include "relay/control/action.h"
#include "relay/control/flat_json.h"
#include "relay/store/store_message.h"

int edit_fail(struct action *a, int status, const char *detail);
/* 422. field: of the body; it is named in the sentence, and apart for programs. */
int edit_fail_field(struct action *a, const char *field, const char *expected);
/* 503, to be asked again. */
int edit_later(struct action *a, const char *detail);
/* What is too long is refused with the words of its key in l. */
int edit_read_body(struct action *a, struct flat_json *j, const struct key_list *l);
/* Is there a store, and is what it has known? */
int edit_may_write(struct action *a);
void edit_begin(const struct action *a, struct store_request *q, enum store_act act,
                const char *name);
/* One value of a key of that list, which is there. */
int edit_take_value(struct action *a, struct store_request *q, const struct key_list *l,
                    const struct flat_json_member *m);
/* Asks the store; a->pending is what the answer waits for. key: what is shown with it; "": none. */
int edit_ask(struct action *a, struct store_request *q, const char *key);
/* With a new key, or token, in q. */
int edit_ask_with_key(struct action *a, struct store_request *q);

/* A value as JSON; absent ones are null, and of secrets only whether there is one. */
void edit_put_value(struct text *t, const struct key *k, const void *entry);
/* As JSON Schema: what is answered, and what may be given of a secret. */
void edit_describe_value(struct text *t, const struct key *k);
void edit_describe_secret(struct text *t, const struct key *k);

#endif
