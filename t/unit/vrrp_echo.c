/* SPDX-License-Identifier: MIT */
/* Pings of an Active's gateways as bytes, and what configures them. */
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "t/lib/tap.h"
#include "vrrp/config/config.h"
#include "vrrp/kernel/echo.h"

/* --- bytes -----------------------------------------------------------------
 */

static void echoes(void)
{
	const struct vrrp_echo e = {.id = 0x1234, .seq = 7, .nonce = 0};
	static const uint8_t header[20] = {0x45};
	uint8_t p[60] = {0}, out[VRRP_ECHO_LEN];
	struct vrrp_echo got;

	vrrp_echo_write(4, &e, out);
	ok(memcmp(out, "\x08\0\xe5\xc4\x12\x34\0\x07", 8) == 0,
	   "a request of IPv4, with its checksum");
	vrrp_echo_write(6, &e, out);
	ok(memcmp(out, "\x80\0\0\0\x12\x34\0\x07", 8) == 0,
	   "of IPv6, whose checksum is the kernel's");
	out[0] = 129;
	ok(vrrp_echo_read(6, out, sizeof(out), &got) && got.seq == 7 &&
		   got.id == 0x1234,
	   "a reply");
	ok(!vrrp_echo_read(6, out, sizeof(out) - 1, &got), "cut short");
	out[1] = 1;
	ok(!vrrp_echo_read(6, out, sizeof(out), &got), "of another code");
	memcpy(p, header, sizeof(header));
	memcpy(p + 20, "\0\0\0\0\x12\x34\0\x07", 8);
	ok(vrrp_echo_read(4, p, 36, &got) && got.seq == 7,
	   "a reply behind an IP header");
	ok(!vrrp_echo_read(4, p, 35, &got), "cut short");
	p[0] = 0x4f;
	ok(!vrrp_echo_read(4, p, 36, &got), "with a header that is longer");
	p[0] = 0x44;
	ok(!vrrp_echo_read(4, p, 36, &got), "or shorter than one is");
	ok(!vrrp_echo_read(4, p, 0, &got), "or nothing");
	p[0] = 0x45;
	p[20] = 8;
	ok(!vrrp_echo_read(4, p, 36, &got), "a request is no reply");
}

/* --- its configuration -----------------------------------------------------
 */

static const struct {
	const char *health, *says; /* NULL: taken */
	const char *more;
} files[] = {
	{"{interval: 30s, gateways: [192.0.2.1, \"fd00::1\"]}", NULL, ""},
	{"{interval: 0, gateways: [192.0.2.1]}", NULL, ""},
	{"{interval: 100ms, gateways: [192.0.2.1]}", NULL, ""},
	{"{interval: 99ms, gateways: [192.0.2.1]}",
	 "'interval' of health is 100ms to 1h, or 0 for none", ""},
	{"{interval: 1s}", "'health' needs 'gateways'", ""},
	{"{interval: 1s, gateways: 192.0.2.1}",
	 "'gateways' must be a list of 16 addresses at most", ""},
	{"{interval: 1s, gateways: [x]}", "this is no address", ""},
	{"{interval: 1s, gateways: [192.0.2.1]}",
	 "the owner of the addresses (priority 255) cannot hand over: it has "
	 "no 'health'",
	 "  priority: 255\n"},
};

static void configurations(void)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		auto_buf struct buf text = {0}, errs = {0}, out = {0};
		struct vrrp_config c = {0};
		int r;

		buf_printf(&text,
			   "control: /run/x\nrouters:\n- name: a\n"
			   "  interface: e\n  vrid: 1\n%s  health: %s\n"
			   "  virtual_addresses: [{address: 10.0.0.1/24, dev: "
			   "e}]\n",
			   files[i].more, files[i].health);
		buf_adds(&errs, "");
		r = vrrp_config_parse("f", text.data, text.len, &c, &errs);
		ok(files[i].says ? r < 0 && strstr(errs.data, files[i].says)
				 : r == 0,
		   "health: %s%s", files[i].health, errs.data);
		if (r == 0 && c.routers[0].health_ns) {
			vrrp_config_print(&c, &out);
			ok(strstr(out.data, "  health: {interval: "),
			   "and is printed");
		}
		vrrp_config_release(&c);
	}
}

int main(void)
{
	echoes();
	configurations();
	return tap_done();
}
