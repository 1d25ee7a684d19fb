/* SPDX-License-Identifier: MIT */
/*
 * A keepalived.conf of any bytes: it is refused with words, or the engine
 * takes what comes of it, and as printed says the same again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "vrrp/import/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_again(const struct vrrp_config *c)
{
	auto_buf struct buf text = {0}, again = {0}, errs = {0};
	struct vrrp_config d = {0};

	vrrp_config_print(c, &text);
	if (vrrp_config_parse("f", text.data, text.len, &d, &errs) < 0)
		abort();
	vrrp_config_print(&d, &again);
	if (strcmp(text.data, again.data) != 0)
		abort();
	vrrp_config_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* The first byte: whether by force. */
	struct vrrp_import how = {.control = "/run/x.sock",
				  .force = len && data[0] == '!'};
	auto_buf struct buf errs = {0}, notes = {0};
	struct vrrp_config c = {0};

	if (vrrp_import_text(&how, "a/ha_confs/x/k", (const char *)data, len,
			     &c, &errs, &notes) < 0 ||
	    vrrp_import_check(&how, &c, &errs) < 0) {
		if (!errs.len)
			abort();
	} else {
		if (errs.len || !c.n)
			abort();
		read_again(&c);
	}
	vrrp_config_release(&c);
	return 0;
}
