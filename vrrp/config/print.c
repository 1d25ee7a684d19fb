/* SPDX-License-Identifier: MIT */
/*
 * A configuration as a person would write it. What is as it would be anyhow
 * is left out, but for what tells routers apart.
 */
#include <ctype.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/parse.h"
#include "vrrp/config/config.h"

/* In quotes where YAML, or a reader, could take it for something else. */
static void word(struct buf *b, const char *s)
{
	const char *c = s;
	struct json j;

	for (; isalnum((unsigned char)*c) || (*c && strchr("._/@-", *c)); c++)
		;
	if (*s && !*c && isalpha((unsigned char)*s)) {
		buf_adds(b, s);
		return;
	}
	if (*s == '/' && !*c) {
		buf_adds(b, s);
		return;
	}
	json_init(&j, b, 0);
	json_str(&j, s);
}

static void key(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "  %s: ", name);
	word(b, value);
	buf_addc(b, '\n');
}

static void duration(struct buf *b, const char *name, int64_t ns)
{
	char text[DURATION_TEXT_MAX];

	buf_printf(b, "  %s: %s\n", name, duration_print(ns, text));
}

/* Both start with a letter or a digit; IPv6 has what flow maps end at. */
static void quoted(struct buf *b, const char *text)
{
	buf_printf(b, strchr(text, ':') ? "\"%s\"" : "%s", text);
}

static void addresses(struct buf *b, const char *name,
		      const struct vrrp_vaddr *v, size_t n)
{
	char text[IP_TEXT_MAX];

	if (!n)
		return;
	buf_printf(b, "  %s:\n", name);
	for (; n; n--, v++) {
		buf_adds(b, "  - {address: ");
		quoted(b, ipnet_print(&v->net, text));
		buf_adds(b, ", dev: ");
		word(b, v->dev);
		buf_adds(b, "}\n");
	}
}

static void routes(struct buf *b, const struct vrrp_router_config *r)
{
	char text[IP_TEXT_MAX];

	if (r->nroutes)
		buf_adds(b, "  virtual_routes:\n");
	for (size_t i = 0; i < r->nroutes; i++) {
		const struct vrrp_vroute *v = &r->routes[i];

		buf_adds(b, "  - {to: ");
		quoted(b, ipnet_print(&v->to, text));
		if (ip_is_set(&v->via)) {
			buf_adds(b, ", via: ");
			quoted(b, ip_print(&v->via, text));
		}
		buf_adds(b, ", dev: ");
		word(b, v->dev);
		buf_adds(b, "}\n");
	}
}

static void track(struct buf *b, const struct vrrp_router_config *r)
{
	if (r->ntracks)
		buf_adds(b, "  track:\n");
	for (size_t i = 0; i < r->ntracks; i++) {
		buf_adds(b, "  - {interface: ");
		word(b, r->tracks[i].dev);
		if (*r->tracks[i].netns) {
			buf_adds(b, ", netns: ");
			word(b, r->tracks[i].netns);
		}
		buf_adds(b, "}\n");
	}
	if (!r->track_addresses)
		buf_adds(b, "  track_addresses: false\n");
	if (r->nforwarding)
		buf_adds(b, "  forwarding:\n");
	for (size_t i = 0; i < r->nforwarding; i++) {
		buf_adds(b, "  - ");
		word(b, r->forwarding[i]);
		buf_addc(b, '\n');
	}
}

static void health(struct buf *b, const struct vrrp_router_config *r)
{
	char text[DURATION_TEXT_MAX], ip[IP_TEXT_MAX];

	if (!r->health_ns)
		return;
	buf_printf(b, "  health: {interval: %s, gateways: [",
		   duration_print(r->health_ns, text));
	for (size_t i = 0; i < r->ngateways; i++) {
		buf_adds(b, i ? ", " : "");
		quoted(b, ip_print(&r->gateways[i], ip));
	}
	buf_adds(b, "]}\n");
}

static void garp(struct buf *b, const struct vrrp_settings *s)
{
	char text[DURATION_TEXT_MAX];

	buf_printf(b, "  garp: {repeat: %u, refresh: %s", s->announce_rounds,
		   duration_print(s->refresh_ns, text));
	buf_printf(b, ", delay: %s}\n",
		   duration_print(s->second_burst_ns, text));
}

static void router(struct buf *b, const struct vrrp_router_config *r)
{
	const struct vrrp_settings *s = &r->set;
	char text[IP_TEXT_MAX];
	struct ip ip = {.family = s->source.family};

	buf_adds(b, "- name: ");
	word(b, r->name);
	buf_addc(b, '\n');
	if (strcmp(r->id, r->name) != 0)
		key(b, "id", r->id);
	if (*r->netns)
		key(b, "netns", r->netns);
	key(b, "interface", r->dev);
	buf_printf(b, "  version: %u\n  vrid: %u\n  priority: %u\n", s->version,
		   s->vrid, s->priority);
	duration(b, "interval", s->interval_ns);
	buf_printf(b, "  preempt: %s\n", s->preempt ? "true" : "false");
	if (ip.family) {
		memcpy(ip.b, s->source.b, sizeof(ip.b));
		key(b, "source", ip_print(&ip, text));
	}
	addresses(b, "virtual_addresses", r->addrs, r->nadvert);
	addresses(b, "excluded_addresses", r->addrs + r->nadvert,
		  r->naddrs - r->nadvert);
	routes(b, r);
	garp(b, s);
	track(b, r);
	health(b, r);
	if (s->promote_delay_ns != VRRP_DELAY_DERIVED)
		duration(b, "promote_delay", s->promote_delay_ns);
	if (r->state_file && *r->state_file)
		key(b, "state_file", r->state_file);
	if (r->csum != VRRP_CSUM_PSEUDO)
		buf_adds(b, "  checksum: message\n");
}

void vrrp_config_print(const struct vrrp_config *c, struct buf *out)
{
	if (c->node && *c->node) {
		buf_adds(out, "node: ");
		word(out, c->node);
		buf_addc(out, '\n');
	}
	buf_adds(out, "control: ");
	word(out, c->control);
	buf_adds(out, c->n ? "\nrouters:\n" : "\nrouters: []\n");
	for (size_t i = 0; i < c->n; i++)
		router(out, &c->routers[i]);
}
