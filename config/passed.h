/* A configuration on its way from one process to another: its text behind a descriptor. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing; descriptors are the caller's. Thread: any. Life: functions. Fails: as said. */
#ifndef CONFIG_PASSED_H
#define CONFIG_PASSED_H

#include "config/config.h"

/* A memfd with the whole of it, secrets too; or -ENOMEM, -EIO, -errno. Opens no file. */
__attribute__((warn_unused_result)) int config_pass(const struct config *c);
/* Reads what config_pass wrote; name stands for it in messages to err. -EINVAL: also when there is
 * no text of a bearable length; *out is then NULL. */
__attribute__((warn_unused_result)) int config_take(struct config **out, const char *name, int fd,
                                                    FILE *err);

#endif
