# Roomcast: one Makefile, no configure step. `make help` lists what it can do.
# SPDX-License-Identifier: MIT
#
# Variables: SAN=address|undefined|thread (built under build-$SAN/), CC=gcc|clang, B=folder,
# CI=1 (warnings are errors; not with SAN, under which gcc warns wrongly), V=1 (print commands),
# ARGS='--set KEY=VALUE ...' (run, demo), TEST=path (flow, browser), FUZZ_SECONDS, PREFIX, DESTDIR.
ifeq ($(origin CC),default)
CC := gcc
endif
B       := build$(if $(SAN),-$(SAN))
PREFIX  ?= /usr/local
FUZZ_SECONDS ?= 20
Q       := $(if $(V),,@)

PKGS    := libavformat libavcodec libavutil libswscale libevent_core libevent_pthreads libcyaml libseccomp \
           nettle zlib libssl libcrypto libnghttp2 sqlite3
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
           -Wcast-qual -Wwrite-strings -Wundef -Wvla $(if $(CI),$(if $(SAN),,-Werror))
OPT     ?= -O2 -g

# SAN=fuzz is what `make fuzz` builds with: clang, and libFuzzer's hooks beside the sanitizers.
SAN_FLAGS_address   := address,undefined
SAN_FLAGS_undefined := undefined
SAN_FLAGS_thread    := thread
SAN_FLAGS_fuzz      := fuzzer-no-link,address,undefined
ifneq ($(SAN),)
ifeq ($(SAN_FLAGS_$(SAN)),)
$(error SAN=$(SAN) is not known: address, undefined or thread)
endif
SANFLAGS := -fsanitize=$(SAN_FLAGS_$(SAN)) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

CFLAGS  += $(OPT) -std=c11 -D_GNU_SOURCE $(WARN) $(SANFLAGS) -pthread -fno-strict-aliasing -I. -I$(B) \
           $(if $(SAN),-DBUILT_WITH_SANITIZER) $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS  := $(CFLAGS)
LDFLAGS += $(SANFLAGS)
# The GnuTLS flavour by name: it is the one that libavformat loads, and two SRT cores in one process
# overwrite each other's symbols.
LDLIBS  := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -l:libsrt-gnutls.so.1.5 -lm -pthread

SRC   := $(sort $(shell find relay codecs config -name '*.c'))
OBJ   := $(SRC:%.c=$(B)/%.o) $(B)/page_assets.o
LIB   := $(filter-out $(B)/relay/main.o,$(OBJ))
UNIT  := $(patsubst %.c,$(B)/%,$(sort $(shell find tests/unit -name '*_test.c')))
BENCH := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/bench/*.c) $(filter-out %/preload_clock.c,$(wildcard tests/faults/*.c))))
BENCH_LIB := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tests/bench/lib/*.c tests/faults/lib/*.c)))
TOOLS := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/faults/tools/*.c)))
FUZZ  := $(patsubst %.c,$(B)/%,$(sort $(shell find tests/fuzz -name '*_fuzz.c')))
PAGE  := $(sort $(shell find relay/web/page -type f))
FORMATTED = $(shell find relay codecs config tests -name '*.[ch]')

.PHONY: all run demo test test-obs test-players unit unit-build flow browser faults soak fuzz \
        fuzz-build fuzz-long bench bench-capacity bench-build lint format screenshots install deb \
        test-deb clean help deps
.DELETE_ON_ERROR:
all: $(B)/roomcast $(B)/hls-check  ## build the relay, build/roomcast, and the checker, build/hls-check

$(B)/roomcast: $(B)/relay/main.o $(B)/libroomcast.a
	@echo '  LD    $@'
	$(Q)$(CC) $(LDFLAGS) -o $@ $< $(B)/libroomcast.a $(LDLIBS)

$(B)/hls-check: scripts/hls-check
	@mkdir -p $(@D); printf '#!/bin/sh\nexec node "%s/$<" "$$@"\n' '$(CURDIR)' >$@; chmod +x $@

$(B)/libroomcast.a: $(LIB)
	@rm -f $@
	@ar rcs $@ $(LIB)

COMPILE = @mkdir -p $(@D); echo '  CC    $<'; $(if $(V),set -x;) $(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/%.o: %.c | $(B)/.ready
	$(COMPILE)

# The pages and hls.js, embedded.
$(B)/page_assets.o: $(B)/page_assets.c
	$(COMPILE)
$(B)/page_assets.c: scripts/embed $(PAGE) node_modules/.package-lock.json
	@mkdir -p $(@D); echo '  EMBED $@'; scripts/embed $@
node_modules/.package-lock.json: package.json package-lock.json | $(B)/.ready
	npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

# Says in one sentence what is missing, instead of a page of compiler errors.
$(B)/.ready: scripts/setup
	@scripts/setup check build && mkdir -p $(@D) && touch $@

LINK = @mkdir -p $(@D); echo '  TEST  $@'; $(if $(V),set -x;) $(CC) $(CFLAGS) -MMD -MP -MF $@.d -MT $@ $(LDFLAGS)
LIBS = $(B)/libroomcast.a $(LDLIBS)
$(UNIT): $(B)/%: %.c $(B)/libroomcast.a
	$(LINK) -o $@ $< $(LIBS) -lcmocka
$(BENCH): $(B)/%: %.c $(BENCH_LIB) $(B)/libroomcast.a
	$(LINK) -o $@ $< $(BENCH_LIB) $(LIBS)
$(TOOLS): $(B)/%: %.c | $(B)/.ready
	@mkdir -p $(@D); echo '  TOOL  $@'; $(CC) $(CFLAGS) $(if $(filter %/failing,$@),-fPIC -shared) -o $@ $<
$(FUZZ): $(B)/%: %.c $(B)/libroomcast.a
	$(LINK) -fsanitize=fuzzer -o $@ $< $(LIBS)
deps:  ## install what the build needs (apt, as root or with sudo)
	@scripts/setup build

run:  ## install what is missing, build, start on port 9000 (SRT) and 8080 (HTTP)
	@scripts/setup run
	@$(MAKE) --no-print-directory all
	@scripts/run $(ARGS)
demo:  ## the same with four made-up feeds, one of them 4K and one HEVC
	@scripts/setup demo
	@$(MAKE) --no-print-directory all
	@scripts/demo $(ARGS)
test:  ## everything but OBS: unit, sanitizers, fuzz smoke, flow, browser
	@scripts/setup test
	@scripts/test
test-obs:  ## the real OBS, headless, against the relay
	@scripts/setup obs
	@$(MAKE) --no-print-directory all
	@TEST_TIMEOUT=400 scripts/run-tests obs tests/obs/obs.test.mjs
test-players: all  ## a minute of low latency in hls.js; GStreamer, VLC and mpv
	@scripts/setup players && scripts/run-tests players $(or $(TEST),$(sort $(wildcard tests/players/*.test.mjs)))
unit-build: $(UNIT)
unit: $(UNIT)  ## unit tests only (also with SAN=...)
	@scripts/run-unit $(UNIT)
FLOW_TOOLS := $(addprefix $(B)/tests/,bench/part_swarm bench/part_watch bench/srt_push faults/mark_push) $(TOOLS)
flow: all $(FLOW_TOOLS)  ## flow tests only: real SRT in, HLS out; TEST=tests/flow/x.test.mjs for one
	@scripts/run-tests flow $(or $(TEST),$(sort $(wildcard tests/flow/*.test.mjs)))
faults: all $(FLOW_TOOLS)  ## the long forms of the fault suite, SEEDS=20 times; TEST=... for one
	@scripts/setup test && scripts/faults $(or $(SEEDS),20) $(TEST)
soak: all $(FLOW_TOOLS)  ## HOURS=48 of media at 60 times real time, with faults that SEED chooses
	@TEST_TIMEOUT=20000 scripts/run-tests soak tests/faults/soak/soak.test.mjs
browser: all  ## browser tests only, in Chromium
	@scripts/run-tests browser $(or $(TEST),$(sort $(wildcard tests/browser/*.test.mjs)))
fuzz:  ## every fuzz target for FUZZ_SECONDS each, under ASan and UBSan
	@scripts/setup fuzz
	@$(MAKE) --no-print-directory fuzz-build SAN=fuzz CC=clang
	@scripts/run-fuzz $(FUZZ_SECONDS)
fuzz-long: FUZZ_SECONDS = 1800
fuzz-long: fuzz  ## the same for half an hour each
fuzz-build: $(FUZZ)
bench-build: all $(BENCH)
bench:  ## figures beside a bare libsrt sink and nginx, in one run
	@scripts/setup bench
	@$(MAKE) --no-print-directory bench-build
	@scripts/bench
bench-capacity:  ## how many rooms and viewers this machine carries, and what gives way first
	@scripts/setup bench
	@$(MAKE) --no-print-directory bench-build
	@scripts/bench-capacity
lint:  ## format, static analysis, layers, size limits, both compilers
	@scripts/setup lint
	@scripts/lint
format:  ## clang-format everything
	clang-format -i $(FORMATTED)
screenshots: all  ## pictures of every page, phone and desktop, English and Chinese: build/screenshots
	@scripts/setup screenshots && scripts/screenshots
deb: all  ## a Debian package in build/deb
	@scripts/setup deb && scripts/deb $(B)/roomcast build/deb
test-deb: all  ## the package in a fresh Debian: installed, upgraded while it runs, purged (root)
	@scripts/setup test-deb && scripts/test-deb $(B)/roomcast
install: all  ## binary, manual, configuration, systemd units under DESTDIR and PREFIX
	@scripts/install $(B)/roomcast "$(DESTDIR)" "$(PREFIX)"
clean:  ## remove everything that was built
	rm -rf build build-*
help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 14

-include $(OBJ:.o=.d) $(BENCH_LIB:.o=.d) $(addsuffix .d,$(UNIT) $(BENCH) $(FUZZ))
