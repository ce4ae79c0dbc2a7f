/* Judging the files that a configuration names, by whoever knows what is in them. */
/* SPDX-License-Identifier: MIT */
#include "config/inspect.h"

#include <unistd.h>

static config_inspector *inspector;
static config_pair_inspector *pair_inspector;
static void *inspector_ctx;

void inspect_by(config_inspector *fn, config_pair_inspector *pair, void *ctx)
{
    inspector = fn;
    pair_inspector = pair;
    inspector_ctx = ctx;
}

int inspect_pair(const char *certificate, const char *key, bool *in_key, char *why, size_t size)
{
    *in_key = false;
    return pair_inspector ? pair_inspector(inspector_ctx, certificate, key, in_key, why, size) : 0;
}

bool inspect_may_read(const char *path)
{
    return !pair_inspector || access(path, R_OK) == 0;
}

void inspect_file(struct faults *f, struct place at, const char *path, const struct key *k,
                  const char *name)
{
    char why[INSPECT_WHY_SIZE];
    if (k->type == KEY_FILE && name[0] != '\0' && inspector &&
        inspector(inspector_ctx, name, why, sizeof why) != 0)
        fault_report(f, at, path, "%s", why);
}
