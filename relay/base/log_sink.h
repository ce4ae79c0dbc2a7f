/* Where log lines leave the process: fd 2, without ever waiting for its reader. */
/* SPDX-License-Identifier: MIT */
/*
 * Owns:   one private descriptor of what fd 2 is, when that is a pipe or a terminal.
 * Thread: any; no lock. Life: works from the first call; follows fd 2 when it is replaced.
 * Fails:  -EAGAIN when the reader lags, else -errno of the write. SIGPIPE is the program's to
 *         ignore: a pipe has no way to ask for its absence.
 *
 * System calls, for whoever writes a sandbox: fstat, write, sendto, poll; open and dup3 only in
 * log_sink_open and after fd 2 was replaced.
 */
#ifndef RELAY_BASE_LOG_SINK_H
#define RELAY_BASE_LOG_SINK_H

#include <stddef.h>

/* Gets ready what the first line would; call it before /proc goes out of reach. */
void log_sink_open(void);
/* Writes the line whole with one system call, or not at all. 0 or -errno. */
int log_sink_write(const char *line, size_t len);

#endif
