/* SPDX-License-Identifier: MIT */
#include "verify/looks/capture/libpcap.h"

struct libpcap libpcap;

#define SYMBOL(f) {"pcap_" #f, &libpcap.f},

static const struct lazy_symbol symbols[] = {LIBPCAP_FUNCTIONS(SYMBOL)};

static struct lazy lib = LAZY("libpcap.so.0.8", symbols);

int libpcap_load(struct err *reterr)
{
	return lazy_load(&lib, reterr);
}
