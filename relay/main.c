/* roomcast: the command line. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/inspect.h"
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/slates.h"
#include "relay/supervisor.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef ROOMCAST_VERSION
#define ROOMCAST_VERSION "0.1.0"
#endif

enum { EXIT_OK = 0, EXIT_CANNOT_START = 1, EXIT_USAGE = 2, OVERRIDES_MAX = 1024 };

struct arguments {
    const char *path;
    struct config_override set[OVERRIDES_MAX];
    size_t set_count;
    bool check;
};

static void usage(FILE *out)
{
    fputs("roomcast: live SRT feeds in, HLS for browsers out.\n\n"
          "usage: roomcast [--config FILE] [--set KEY=VALUE]... [--check]\n\n"
          "  --config FILE    read this configuration (without it: the embedded defaults)\n"
          "  --set KEY=VALUE  override one key, e.g. --set srt.listen=127.0.0.1:9000\n"
          "  --check          validate, print the effective configuration and exit\n"
          "  --help-config    every configuration key with its meaning and default\n"
          "  --help           this text\n"
          "  --version        the version\n\n"
          "exit codes: 0 asked to stop, 1 could not start, 2 bad usage or configuration\n"
          "signals:    SIGTERM, SIGINT stop within 10 s; SIGHUP reads the configuration again\n",
          out);
}

/* What is done when the program is only asked something; -1: nothing, go on. */
static int answer(int option)
{
    switch (option) {
    case 'h':
        usage(stdout);
        return EXIT_OK;
    case 'V':
        puts("roomcast " ROOMCAST_VERSION);
        return EXIT_OK;
    case 'H':
        config_describe(stdout);
        return EXIT_OK;
    default: /* getopt has said what is wrong */
        fputs("try: roomcast --help\n", stderr);
        return EXIT_USAGE;
    }
}

static int parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'},
        {"check", no_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},
        {"help-config", no_argument, NULL, 'H'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "c:s:hV", options, NULL)) != -1) {
        if (o == 'c') {
            a->path = optarg;
        } else if (o == 's' && a->set_count < OVERRIDES_MAX) {
            a->set[a->set_count++].text = optarg;
        } else if (o == 'k') {
            a->check = true;
        } else {
            return answer(o);
        }
    }
    if (optind < argc) {
        fprintf(stderr, "roomcast: unexpected argument \"%s\"\n", argv[optind]);
        return answer('?');
    }
    return -1;
}

/* Nobody may publish a festival like that without knowing. */
static void warn_of_scale(unsigned scale)
{
    if (scale != 1)
        log_warn("supervisor",
                 "clock_scaled scale=%u what=\"THIS IS FOR TESTS: dates and the rooms' "
                 "patience run faster than time, because ROOMCAST_CLOCK_SCALE is set\"",
                 scale);
}

int main(int argc, char **argv)
{
    static struct arguments a;
    struct config *c;
    enum log_level level;
    int rc = parse(argc, argv, &a);

    if (rc >= 0)
        return rc;
    inspect_by(slates_inspect, NULL);
    if (config_load(&c, a.path, a.set, a.set_count, stderr))
        return EXIT_USAGE;
    if (a.check) {
        rc = config_print(c, false, stdout) ? EXIT_CANNOT_START : EXIT_OK;
        config_free(&c);
        return rc;
    }
    if (log_level_parse(c->log.level, &level) == 0)
        log_setup(level);
    warn_of_scale(clock_set_scale(getenv("ROOMCAST_CLOCK_SCALE")));
    return supervisor_run(c, a.path, a.set, a.set_count);
}
