/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_LOOKS_CAPTURE_LIBPCAP_H
#define LABCTL_VERIFY_LOOKS_CAPTURE_LIBPCAP_H

/* libpcap, for who captures: libpcap.create() is pcap_create(). */

#include <pcap/pcap.h>

#include "lib/lazy.h"

/* clang-format off */
#define LIBPCAP_FUNCTIONS(X) \
	X(activate) \
	X(close) \
	X(compile) \
	X(create) \
	X(datalink) \
	X(dispatch) \
	X(freecode) \
	X(get_selectable_fd) \
	X(geterr) \
	X(set_buffer_size) \
	X(set_datalink) \
	X(set_immediate_mode) \
	X(set_promisc) \
	X(set_snaplen) \
	X(set_tstamp_precision) \
	X(setfilter) \
	X(setnonblock) \
	X(stats) \
	X(statustostr)
/* clang-format on */

#define LIBPCAP_FIELD(f) __typeof__(pcap_##f) *(f);

extern struct libpcap {
	LIBPCAP_FUNCTIONS(LIBPCAP_FIELD)
} libpcap;

/* Before the first of them; any number of times, in any thread. */
int libpcap_load(struct err *reterr);

#endif
