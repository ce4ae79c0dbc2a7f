/* roomcast sign: makes a link for a room that only signed links open. */
/* SPDX-License-Identifier: MIT */
/* Owns: nothing. Thread: main. Life: the call. Fails: by an exit code, after a sentence on stderr.
 */
#ifndef RELAY_SIGN_H
#define RELAY_SIGN_H

/* argv[0] is "sign". The exit code: 0 written, 1 it could not be, 2 bad usage or configuration. */
int sign_command(int argc, char **argv);

#endif
