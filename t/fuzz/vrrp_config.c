/* SPDX-License-Identifier: MIT */
/*
 * An engine's file of any bytes: it is refused with words, or it is a
 * configuration whose parts are all there.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lib/auto.h"
#include "vrrp/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	auto_buf struct buf errs = {0};
	struct vrrp_config c;

	if (vrrp_config_parse("f", (const char *)data, len, &c, &errs) < 0) {
		if (!errs.len)
			abort();
		return 0;
	}
	if (errs.len || !c.control)
		abort();
	for (size_t i = 0; i < c.n; i++) {
		const struct vrrp_router_config *r = &c.routers[i];

		if (!r->name || !r->id || !r->dev || !r->netns ||
		    !r->set.vrid || !r->nadvert || r->nadvert > r->naddrs)
			abort();
		for (size_t k = 0; k < r->naddrs; k++)
			if (!r->addrs[k].dev || !ip_is_set(&r->addrs[k].net.ip))
				abort();
	}
	vrrp_config_release(&c);
	return 0;
}
