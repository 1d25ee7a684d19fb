# SPDX-License-Identifier: MIT
# The only build file. `make help` lists what it can do.

VERSION = 0.1.0

# The user's: CC, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX, DESTDIR.
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
PROVE ?= prove
PKG_CONFIG ?= pkg-config
LD ?= ld
AR ?= ar

MAKEFLAGS += -r
.DELETE_ON_ERROR:
.SUFFIXES:

ifeq ($(origin CC),default)
CC = gcc
endif

O = build
ifneq ($(SANITIZE),)
O = build/san
endif

ifeq ($(V),1)
Q =
say = @:
else
Q = @
say = @echo
endif

# --- libraries -----------------------------------------------------------

LIBS = libssh yaml-0.1 libnl-3.0 libnl-route-3.0 libpcap libmicrohttpd uuid
needs_libs := $(filter-out help deps clean demo mutate uninstall check-layers check-shell check-format,$(or $(MAKECMDGOALS),all))
# With `make deps check` the libraries come with deps, before the build.
ifneq ($(needs_libs),)
ifeq ($(filter deps,$(MAKECMDGOALS)),)
missing := $(strip $(foreach l,$(LIBS),$(shell $(PKG_CONFIG) --exists $(l) || echo $(l))))
ifneq ($(missing),)
$(error missing libraries: $(missing). 'make deps' installs them on Debian)
endif
endif
endif
pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(LIBS) | sed 's/-I/-isystem /g')
# The others are loaded by who needs them (lib/lazy.h).
pkg_libs = $(shell $(PKG_CONFIG) --libs $(filter-out libssh libpcap libmicrohttpd,$(LIBS)))

# --- flags ---------------------------------------------------------------

lab_cppflags = -I. -D_GNU_SOURCE -DLABCTL_VERSION='"$(VERSION)"'
# The same for a program that is not reached through a shell's quotes.
lab_cppflags_plain = -I. -D_GNU_SOURCE -DLABCTL_VERSION="$(VERSION)"
lab_cflags = -std=c17 -pthread -Wall -Wextra -Wpedantic -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wformat=2 -Wundef -Wvla -Wswitch-enum -Wwrite-strings \
	-fno-strict-aliasing -fstack-protector-strong
ifeq ($(DEVELOPER),1)
lab_cflags += -Werror
endif
ifneq ($(SANITIZE),)
lab_cflags += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
	-fno-sanitize-recover=undefined
lab_ldflags += -fsanitize=$(SANITIZE)
endif

# --- sources -------------------------------------------------------------

parts = lib topologies provision verify vrrp
files = $(foreach d,$(1),$(wildcard $(d)/*.$(2) $(d)/*/*.$(2) $(d)/*/*/*.$(2)))
lib_src := $(call files,$(parts),c)
cmd_src := $(call files,cmd,c)
unit_src := $(wildcard t/unit/*.c)
fuzz_src := $(wildcard t/fuzz/*.c)
tlib_src := $(wildcard t/lib/*.c)
headers := $(call files,$(parts) cmd t/lib,h)

obj = $(patsubst %.c,$(O)/%.o,$(1))
unit_bin := $(patsubst t/unit/%.c,$(O)/t/unit/%.t,$(unit_src))
fuzz_bin := $(patsubst t/fuzz/%.c,$(O)/t/fuzz/%.t,$(fuzz_src))
all_src := $(lib_src) $(cmd_src) $(unit_src) $(fuzz_src) $(tlib_src) bench/script.c bench/rules.c bench/path.c

.PHONY: all
all: $(O)/labctl ## build the program

# --- build ---------------------------------------------------------------

# Objects are made anew when compiler or flags change.
stamp_text = $(CC) $(CPPFLAGS) $(CFLAGS) $(lab_cppflags) $(lab_cflags)
$(O)/flags: FORCE
	@mkdir -p $(O)
	@echo '$(subst ','\'',$(stamp_text))' | cmp -s - $@ || \
		echo '$(subst ','\'',$(stamp_text))' > $@
.PHONY: FORCE
FORCE:

$(O)/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	$(say) "  CC      $<"
	$(Q)$(CC) $(lab_cppflags) $(CPPFLAGS) $(pkg_cflags) $(lab_cflags) \
		$(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/liblabctl.a: $(call obj,$(lib_src))
	$(say) "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/labctl: $(call obj,$(cmd_src)) $(O)/liblabctl.a
	$(say) "  LINK    $@"
	$(Q)$(CC) $(lab_cflags) $(CFLAGS) $(lab_ldflags) $(LDFLAGS) -o $@ $^ \
		$(pkg_libs)

$(O)/t/unit/%.t: $(O)/t/unit/%.o $(call obj,$(tlib_src)) $(O)/liblabctl.a
	$(say) "  LINK    $@"
	$(Q)$(CC) $(lab_cflags) $(CFLAGS) $(lab_ldflags) $(LDFLAGS) -o $@ $^ \
		$(pkg_libs)

$(O)/bench/script $(O)/bench/rules $(O)/bench/path: $(O)/bench/%: $(O)/bench/%.o $(O)/liblabctl.a
	$(say) "  LINK    $@"
	$(Q)$(CC) $(lab_cflags) $(CFLAGS) $(lab_ldflags) $(LDFLAGS) -o $@ $^ \
		$(pkg_libs)

# A fuzz target linked with the replayer becomes a test: it feeds the target
# every input in t/corpus/NAME.
$(O)/t/fuzz/%.t: $(O)/t/fuzz/%.o $(call obj,$(tlib_src)) $(O)/liblabctl.a
	$(say) "  LINK    $@"
	$(Q)$(CC) $(lab_cflags) $(CFLAGS) $(lab_ldflags) $(LDFLAGS) -o $@ $^ \
		$(pkg_libs)

-include $(patsubst %.c,$(O)/%.d,$(all_src))

.PHONY: clean
clean: ## remove what was built
	rm -rf build

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | \
		expand -t 16

# --- tests ---------------------------------------------------------------

shell_tests := $(wildcard t/*.t)
# Most tests wait for timers, so more run at once than there are cores.
TEST_JOBS ?= 4
TESTS ?= $(shell_tests) $(unit_bin) $(fuzz_bin)
after_deps := $(if $(filter deps,$(MAKECMDGOALS)),deps)
$(call obj,$(all_src)) $(O)/flags: | $(after_deps)

own_prove = LABCTL=$(CURDIR)/$(O)/labctl $(PROVE) --exec $(CURDIR)/t/lib/own

# A lab test is bound by its lab's timers, and those who run beside it can hold
# it up. So what fails is run once more, alone and last: what fails then fails,
# and what passes then was told above.
.PHONY: check
check: $(O)/labctl $(unit_bin) $(fuzz_bin) ## run all tests under prove
	$(Q)rm -f .prove
	$(own_prove) -j$(TEST_JOBS) --shuffle --state=save $(TESTS) || \
		{ [ -f .prove ] && echo "what failed, once more and alone:" && \
		$(own_prove) --state=failed; }

# Tests that say "# vm: WHAT" need more of a kernel than many machines have.
VM_TESTS ?= $(shell grep -l '^\# vm: ' $(shell_tests))
.PHONY: check-vm
check-vm: $(O)/labctl ## run some tests under Debian's own kernel, emulated
	$(Q)./t/vm $(O) $(VM_TESTS)

.PHONY: unit
unit: $(unit_bin) $(fuzz_bin) ## run the tests that need no lab
	$(PROVE) -j$(TEST_JOBS) --exec '' $(unit_bin) $(fuzz_bin)

.PHONY: generate
generate: $(O)/t/unit/topo_schema.t ## write schema.json and docs/labfile.md anew
	$< --write

.PHONY: mutate
mutate: ## do the tests of the protocol core notice mistakes in it?
	$(Q)CC='$(CC)' O=$(O)/mutate ./t/mutate

.PHONY: demo
demo: $(O)/labctl ## build a lab, check it, make it fail over, remove it
	@LABCTL=$(O)/labctl ./topologies/demo.sh

.PHONY: bench
bench: $(O)/labctl $(O)/bench/script $(O)/bench/rules $(O)/bench/path ## measure beside peers, as ratios
	@LABCTL=$(CURDIR)/$(O)/labctl ./bench/run.sh

.PHONY: bench-scale
bench-scale: $(O)/labctl ## the curve: labs of 10 to 1,000 routers
	@LABCTL=$(CURDIR)/$(O)/labctl ./bench/scale.sh

# --- what a reviewer should not have to say ------------------------------

core_obj = $(call obj,vrrp/core/fsm.c vrrp/core/advert.c vrrp/core/announce.c \
	vrrp/core/health.c)
c_files = $(all_src) $(headers)

.PHONY: lint check-layers check-pure check-headers check-format check-shell
lint: check-layers check-pure check-headers check-format check-shell ## rules of the code

check-layers:
	$(say) "  LAYERS"
	$(Q)awk -f t/lib/layers.awk $(filter-out t/%,$(c_files))
	$(Q)awk -f t/lib/circles.awk $(c_files)

# The core, linked by itself, may leave nothing undefined but mem*().
check-pure: $(core_obj)
	$(say) "  PURE"
	$(Q)$(LD) -r -o $(O)/core.o $^
	$(Q)! nm -u $(O)/core.o | grep -vE ' (mem[a-z]+|__stack_chk_fail|__(asan|ubsan)_.*)$$'

check-headers:
	$(say) "  HEADERS"
	$(Q)for h in $(headers); do \
		printf '#include "%s"\n#include "%s"\nextern int more;\n' \
			$$h $$h | \
		$(CC) $(lab_cppflags) $(pkg_cflags) $(lab_cflags) -Werror \
			-fsyntax-only -x c - || exit 1; \
	done

check-format:
	$(say) "  FORMAT"
	$(Q)clang-format --dry-run -Werror $(c_files)

check-shell:
	$(say) "  SHELL"
	$(Q)shellcheck -x -e SC1091 $(shell_tests) t/vm $(wildcard t/lib/*.sh t/lib/own bench/*.sh \
		topologies/*.sh .ci/*.sh) .ci/run

.PHONY: tidy
tidy: ## clang-tidy over everything
	$(Q)printf '%s\n' $(lib_src) $(cmd_src) | \
		FLAGS='$(lab_cppflags_plain) $(pkg_cflags) -std=c17' xargs -P 2 -n 4 \
		sh -c 'clang-tidy --quiet "$$@" -- $$FLAGS' sh

# --- installation --------------------------------------------------------

.PHONY: deps
deps: ## install what is needed, through apt
	@./.ci/deps.sh

.PHONY: install
install: $(O)/labctl ## install under PREFIX (DESTDIR is honoured)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/labctl/topologies
	install -m 755 $(O)/labctl $(DESTDIR)$(PREFIX)/bin/labctl
	install -m 644 topologies/*.yaml topologies/schema.json \
		$(DESTDIR)$(PREFIX)/share/labctl/topologies
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 docs/labctl.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 644 cmd/labctl.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/labctl

.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/labctl \
		$(DESTDIR)$(PREFIX)/share/man/man1/labctl.1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/labctl
	rm -rf $(DESTDIR)$(PREFIX)/share/labctl
