/* SPDX-License-Identifier: MIT */
#include "provision/libssh.h"

struct libssh libssh;

#define SYMBOL(f) {"ssh_" #f, &libssh.f},

static const struct lazy_symbol symbols[] = {LIBSSH_FUNCTIONS(SYMBOL)};

static struct lazy lib = LAZY("libssh.so.4", symbols);

int libssh_load(struct err *reterr)
{
	return lazy_load(&lib, reterr);
}
