/* What an organizer does by the API: a feed is kicked, main or backup is chosen. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/action.h"

#include "relay/control/flat_json.h"
#include "relay/room/by_hand.h"
#include "relay/room/doors.h"

#include <stdbool.h>

static int fail(struct action *a, int status, const char *detail)
{
    a->detail = detail;
    return status;
}

/* The body's role, or *role NULL without one; 0 or a status. */
static int read_role(struct action *a, struct flat_json *j, const char **role)
{
    if (a->asked->body_too_long)
        return fail(a, 413, "The request body is too large.");
    if (flat_json_parse(j, a->asked->body, a->asked->body_len) != 0)
        return fail(a, 400, "The body must be a JSON object of strings, numbers and the like.");
    const struct flat_json_member *m = flat_json_member(j, "role");
    if (m && m->kind != FLAT_JSON_STRING)
        return fail(a, 400, "\"role\" must be a string.");
    *role = m ? m->value : NULL;
    if (j->count != (*role != NULL))
        return fail(a, 422, "The only member that is known here is \"role\".");
    return 0;
}

static struct room *find_room(struct action *a)
{
    return rooms_grasp(a->src->rooms, a->room);
}

int action_kick(struct text *t, struct action *a)
{
    struct flat_json j;
    const char *role;
    int status = read_role(a, &j, &role);
    struct room *room = find_room(a);
    if (status)
        return status;
    if (!room)
        return fail(a, 404, "There is no such room now.");
    struct kick k = {.role = role, .who = a->who};
    room_kick(room, &k);
    if (k.missed > 0 && k.told == 0) {
        a->extra = RETRY_SOON;
        return fail(a, 503, "The feed's process cannot be reached now; please ask again.");
    }
    text_printf(t, "{\"kicked\":%zu}\n", k.told);
    return 200;
}

int action_on_air(struct text *t, struct action *a)
{
    struct flat_json j;
    const char *role;
    enum on_air_choice choice;
    int status = read_role(a, &j, &role);
    struct room *room = find_room(a);
    if (status)
        return status;
    if (!room)
        return fail(a, 404, "There is no such room now.");
    if (!role || !on_air_choice_of(role, &choice))
        return fail(a, 422, "\"role\" must be \"main\", \"backup\" or \"auto\".");
    room_choose(room, choice, a->who);
    text_printf(t, "{\"chosen\":\"%s\"}\n", on_air_choice_word(choice));
    return 200;
}

int action_public(struct text *t, struct action *a)
{
    struct flat_json j;
    struct room *room = find_room(a);
    if (a->asked->body_too_long)
        return fail(a, 413, "The request body is too large.");
    if (flat_json_parse(&j, a->asked->body, a->asked->body_len) != 0)
        return fail(a, 400, "The body must be a JSON object; an empty one is enough.");
    if (j.count > 0)
        return fail(a, 422, "No member is known here.");
    if (!room)
        return fail(a, 404, "There is no such room now.");
    doors_open_by_hand(room, a->who);
    text_puts(t, "{\"public\":true}\n");
    return 200;
}
