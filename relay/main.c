/* roomcast: the command line. */
/* SPDX-License-Identifier: MIT */
#include "config/config.h"
#include "config/inspect.h"
#include "config/passed.h"
#include "relay/activation.h"
#include "relay/base/clock.h"
#include "relay/base/log.h"
#include "relay/base/pulse.h"
#include "relay/certificate.h"
#include "relay/front.h"
#include "relay/inheritance.h"
#include "relay/sign.h"
#include "relay/slates.h"
#include "relay/supervisor.h"
#include "relay/upgrade.h"

#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef ROOMCAST_VERSION
#define ROOMCAST_VERSION "0.1.0"
#endif

enum { EXIT_OK = 0, EXIT_CANNOT_START = 1, EXIT_USAGE = 2, OVERRIDES_MAX = 1024 };

struct arguments {
    const char *path;
    struct config_override set[OVERRIDES_MAX];
    size_t set_count;
    bool check;
    int upgrade; /* the process to ask; 0: none */
};

static void usage(FILE *out)
{
    fputs("roomcast: live SRT feeds in, HLS for browsers out.\n\n"
          "usage: roomcast [--config FILE] [--set KEY=VALUE]... [--check]\n"
          "       roomcast --upgrade PID\n"
          "       roomcast sign --room ROOM --expires TIME: a link; roomcast sign --help\n\n"
          "  --config FILE    read this configuration (without it: the embedded defaults)\n"
          "  --set KEY=VALUE  override one key, e.g. --set srt.listen=127.0.0.1:9000\n"
          "  --check          validate, print the effective configuration and exit\n"
          "  --upgrade PID    have the running relay PID replaced by the program at its path\n"
          "  --help-config    every configuration key with its meaning and default\n"
          "  --help           this text\n"
          "  --version        the version\n\n"
          "exit codes: 0 asked to stop, 1 could not start, 2 bad usage or configuration\n"
          "signals:    SIGTERM, SIGINT stop within 10 s; SIGHUP reads the configuration again;\n"
          "            SIGUSR2 goes on with the program that is at its path now\n",
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
        {"config", required_argument, NULL, 'c'}, {"set", required_argument, NULL, 's'},
        {"check", no_argument, NULL, 'k'},        {"upgrade", required_argument, NULL, 'u'},
        {"help", no_argument, NULL, 'h'},         {"help-config", no_argument, NULL, 'H'},
        {"version", no_argument, NULL, 'V'},      {NULL, 0, NULL, 0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "c:s:hV", options, NULL)) != -1) {
        if (o == 'c') {
            a->path = optarg;
        } else if (o == 's' && a->set_count < OVERRIDES_MAX) {
            a->set[a->set_count++].text = optarg;
        } else if (o == 'k') {
            a->check = true;
        } else if (o == 'u' && (a->upgrade = atoi(optarg)) > 0) {
            continue;
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

/* The configuration was read by the new front a moment ago; should it be gone by now, the one that
 * holds goes on. */
static int load(struct config **c, const struct arguments *a, const struct inheritance *from)
{
    int rc = config_load(c, a->path, a->set, a->set_count, stderr);

    if (!rc || from->config < 0)
        return rc;
    inspect_by(NULL, NULL, NULL); /* what was good enough for the program before goes on */
    rc = config_take(c, "inherited", from->config, stderr);
    inspect_by(slates_inspect, certificate_inspect, NULL);
    return rc;
}

/* The front of an upgrade: the supervisor is still the program before. */
static int follow(struct config *c, const struct inheritance *from)
{
    struct journal_file journal;
    struct front_options o = {.config = c,
                              .http = from->http,
                              .https = from->https,
                              .tickets = from->tickets,
                              .threads = from->threads,
                              .workers = from->workers,
                              .control = from->control,
                              .journal = &journal,
                              .questions = from->questions_front,
                              .rooms = from->rooms,
                              .hook_ring = from->hook_ring,
                              .hook_seats = from->hook_seats,
                              .predecessor = from->handover,
                              .report = from->report};
    struct pulse *pulse;

    inspect_by(NULL, NULL, NULL); /* from here on no file can be opened */
    certificate_adopt(from->certificate);
    if (from->front_pulse >= 0 && pulse_map(&pulse, from->front_pulse) == 0)
        pulse_adopt(pulse);
    if (journal_file_adopt(&journal, from->journal_memory, from->journal_disk))
        return EXIT_CANNOT_START;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_NAME, "roomcast-front");
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    _exit(front_run(&o)); /* as a forked one: threads may still run */
}

static int run(const struct arguments *a, char *const *argv, const struct inheritance *from,
               struct activation *activation)
{
    struct supervisor_options o = {.path = a->path,
                                   .set = a->set,
                                   .set_count = a->set_count,
                                   .argv = argv,
                                   .inherited = from,
                                   .activation = activation};
    enum log_level level;
    int rc;

    inspect_by(slates_inspect, certificate_inspect, NULL);
    if (load(&o.config, a, from))
        return EXIT_USAGE;
    if (a->check) {
        rc = config_print(o.config, false, stdout) ? EXIT_CANNOT_START : EXIT_OK;
        config_free(&o.config);
        return rc;
    }
    slates_commit();
    certificate_commit();
    if (log_level_parse(o.config->log.level, &level) == 0)
        log_setup(level);
    warn_of_scale(clock_set_scale(getenv("ROOMCAST_CLOCK_SCALE")));
    return from->role == INHERITANCE_FRONT ? follow(o.config, from) : supervisor_run(&o);
}

int main(int argc, char **argv)
{
    static struct arguments a;
    struct inheritance from;
    struct activation activation;
    int rc;

    if (argc > 1 && strcmp(argv[1], "sign") == 0)
        return sign_command(argc - 1, argv + 1);
    rc = parse(argc, argv, &a);
    if (rc >= 0)
        return rc;
    if (a.upgrade)
        return upgrade_ask(a.upgrade);
    if (inheritance_take(&from)) {
        fputs("roomcast: what the program before left cannot be read\n", stderr);
        return EXIT_CANNOT_START;
    }
    if (activation_take(&activation))
        return EXIT_CANNOT_START;
    return run(&a, argv, &from, &activation);
}
