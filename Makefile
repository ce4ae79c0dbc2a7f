# Roomcast: one Makefile, no configure step. `make help` lists what it can do.
CC      ?= gcc
B       := build$(if $(SAN),-$(SAN))
PKGS    := libavformat libavcodec libavutil libevent_core libevent_pthreads libcyaml zlib
SAFE    := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla $(if $(CI),-Werror)
OPT     ?= -O2 -g
CFLAGS  += $(OPT) $(SAFE) -pthread -fno-strict-aliasing -I. -I$(B) $(shell pkg-config --cflags $(PKGS))
LDLIBS  += $(shell pkg-config --libs $(PKGS)) -l:libsrt-gnutls.so.1.5 -lm -pthread
ifneq ($(SAN),)
CFLAGS  += -fsanitize=$(subst undefined,undefined -fno-sanitize-recover=undefined,$(SAN)) -fno-omit-frame-pointer
ifeq ($(SAN),address)
CFLAGS  += -fsanitize=undefined -fno-sanitize-recover=undefined
endif
LDFLAGS += $(filter -fsanitize=%,$(CFLAGS))
endif

SRC   := $(shell find relay codecs config -name '*.c' | sort)
OBJ   := $(SRC:%.c=$(B)/%.o)
LIB   := $(filter-out $(B)/relay/main.o,$(OBJ))
UNIT  := $(patsubst %.c,$(B)/%,$(shell find tests/unit -name '*_test.c' | sort))
BENCH := $(patsubst %.c,$(B)/%,$(shell find tests/bench -name '*.c' | sort))
FUZZ  := $(patsubst %.c,build-fuzz/%,$(shell find tests/fuzz -name '*_fuzz.c' | sort))

.PHONY: all run demo test test-obs unit flow browser fuzz bench lint format install clean help deps
all: $(B)/roomcast

$(B)/roomcast: $(B)/relay/main.o $(B)/libroomcast.a
	$(CC) $(LDFLAGS) -o $@ $< $(B)/libroomcast.a $(LDLIBS)
$(B)/libroomcast.a: $(LIB)
	@rm -f $@
	ar rcs $@ $(LIB)
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/tests/unit/%_test: tests/unit/%_test.c $(B)/libroomcast.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -o $@ $< $(LDFLAGS) $(B)/libroomcast.a $(LDLIBS) -lcmocka
unit: $(UNIT)
	@scripts/run-unit $(UNIT)
clean:
	rm -rf build build-*
-include $(OBJ:.o=.d) $(UNIT:=.d)
