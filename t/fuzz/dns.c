/* SPDX-License-Identifier: MIT */
/*
 * A DNS server's answer of any bytes, and a name of any to ask for: nothing
 * is read that did not come, and no more kept than there is room for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "verify/looks/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint16_t id = len < 2 ? 0 : (uint16_t)(data[0] << 8 | data[1]);
	auto_arena struct arena a = {0};
	uint8_t query[DNS_QUERY_MAX];
	struct ip addrs[DNS_ADDRS_MAX];
	unsigned code = 99;
	size_t n = 99;
	int size;

	if (dns_read(data, len, id, &code, addrs, &n)) {
		if (code > 15 || n > DNS_ADDRS_MAX)
			abort();
		for (size_t i = 0; i < n; i++)
			if (addrs[i].family != 4)
				abort();
		if (dns_read(data, len, (uint16_t)(id + 1), &code, addrs, &n))
			abort();
	}
	size = dns_query(arena_strndup(&a, (const char *)data, len), id, query);
	if (size > DNS_QUERY_MAX || (size > 0 && size < 17))
		abort();
	/* A question is no answer. */
	if (size > 0 && dns_read(query, (size_t)size, id, &code, addrs, &n))
		abort();
	return 0;
}
