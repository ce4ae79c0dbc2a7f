/* Judging the files that a configuration names, by whoever knows what is in them. */
/* SPDX-License-Identifier: MIT */
#include "config/inspect.h"

static config_inspector *inspector;
static void *inspector_ctx;

void inspect_by(config_inspector *fn, void *ctx)
{
    inspector = fn;
    inspector_ctx = ctx;
}

void inspect_file(struct faults *f, struct place at, const char *path, const struct key *k,
                  const char *name)
{
    char why[INSPECT_WHY_SIZE];
    if (k->type == KEY_FILE && name[0] != '\0' && inspector &&
        inspector(inspector_ctx, name, why, sizeof why) != 0)
        fault_report(f, at, path, "%s", why);
}
