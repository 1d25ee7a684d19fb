/* SPDX-License-Identifier: MIT */
/*
 * keepalived's configuration, read
 * ================================
 * Three answers to each of its words: it is taken; it is left out with a note,
 * where nothing on the wire or on an interface depends on it; or it is an
 * error, with its place and the reason, since whoever runs the engine in
 * keepalived's place must not find out by an outage what it does not do
 * (scripts, authentication, unicast, groups, virtual MACs, load balancing).
 *
 * Defaults are keepalived's, not ours: five announcements and five more after
 * five seconds, preemption, priority 100, one second, its own interface
 * tracked. Addresses without an interface stand on that one, those without a
 * length are hosts.
 *
 * What became of it is printed and read again by the engine's own reader
 * (vrrp_import_check()), so nothing comes out of here that it would refuse.
 */
#include "vrrp/import/import.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/file.h"
#include "lib/parse.h"
#include "vrrp/import/keepalived.h"

#define HA_CONFS "ha_confs"
#define GROUP "224.0.0.18"
#define NEUTRON_CHECK "ha_health_check_"

struct import {
	struct vrrp_import *how;
	const char *path;
	const char *real; /* the same without symlinks */
	struct arena *a, *scratch;
	struct vrrp_config *c;
	struct buf *errs, *notes;
	unsigned nerrs;
	/* what the file says of all its routers */
	unsigned version;
	unsigned garp_repeat, garp_refresh_s, garp_delay_s;
	const char *netns;
	const struct ka_stmt **scripts; /* vrrp_script */
	size_t nscripts;
};

/* One vrrp_instance, while it is read. */
struct instance {
	struct vrrp_router_config r;
	const struct ka_stmt *at;
	const struct ka_stmt *interval;
	struct vrrp_vaddr *in, *ex;
	size_t nin, nex;
	bool track_own, no_track;
	unsigned repeat, refresh_s, delay_s;
};

static void told(struct buf *b, const struct import *im,
		 const struct ka_word *at, const char *head, const char *text)
{
	buf_printf(b, "%s:%u:%u: %s%s\n", im->path, at->line, at->col, head,
		   text);
}

__attribute__((format(printf, 3, 4))) static void wrong(
	struct import *im, const struct ka_word *at, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(im->scratch, fmt, ap);
	va_end(ap);
	if (im->how->force)
		told(im->notes, im, at, "left out: ", text);
	else if (im->nerrs++ < IMPORT_ERRORS_MAX)
		told(im->errs, im, at, "", text);
}

/* What --force does not pass over: without it there is no router. */
static void lacks(struct import *im, const struct ka_word *at, const char *text)
{
	if (im->nerrs++ < IMPORT_ERRORS_MAX)
		told(im->errs, im, at, "", text);
}

static void note(struct import *im, const struct ka_word *at, const char *text)
{
	told(im->notes, im, at, "left out: ", text);
}

/* --- words ---------------------------------------------------------------- */

enum answer {
	TAKE,  /* by fn */
	QUIET, /* nothing that the engine does depends on it */
	NOTE,  /* left out, and why */
	NEVER  /* an error, and why */
};

struct row {
	const char *word;
	enum answer answer;
	const char *why;
	void (*fn)(struct import *im, const struct ka_stmt *s, void *obj);
};

#define NEAR_MAX 128

static void unknown(struct import *im, const struct ka_stmt *s,
		    const struct row *rows, size_t n)
{
	const char *names[NEAR_MAX], *near;
	size_t i;

	for (i = 0; i < n && i < NEAR_MAX; i++)
		names[i] = rows[i].word;
	near = parse_nearest(s->w->s, names, i);
	wrong(im, s->w, "'%s' is no word of keepalived's here%s%s%s", s->w->s,
	      near ? "; did you mean '" : "", near ? near : "",
	      near ? "'?" : "");
}

static void read_rows(struct import *im, const struct ka_stmt *list, size_t n,
		      const struct row *rows, size_t nrows, void *obj)
{
	for (; n; n--, list++) {
		const struct row *row = rows;

		if (strchr("@$~", *list->w->s) && *list->w->s) {
			wrong(im, list->w,
			      "'%s': conditions and definitions are not "
			      "followed; write the file as it is meant here",
			      list->w->s);
			continue;
		}
		while (row < rows + nrows && strcmp(row->word, list->w->s) != 0)
			row++;
		if (row == rows + nrows)
			unknown(im, list, rows, nrows);
		else if (row->answer == TAKE)
			row->fn(im, list, obj);
		else if (row->answer == NEVER)
			wrong(im, list->w, "'%s': %s", row->word, row->why);
		else if (row->answer == NOTE)
			note(im, list->w,
			     arena_printf(im->scratch, "'%s': %s", row->word,
					  row->why));
	}
}

/* The one value of a statement, or NULL having said what lacks. */
static const struct ka_word *value(struct import *im, const struct ka_stmt *s)
{
	if (s->n == 2 && !s->block)
		return &s->w[1];
	wrong(im, s->n > 2 ? &s->w[2] : s->w, "'%s' takes one value", s->w->s);
	return NULL;
}

static bool number(struct import *im, const struct ka_stmt *s, unsigned min,
		   unsigned max, unsigned *ret)
{
	const struct ka_word *w = value(im, s);
	uint32_t n;

	if (!w)
		return false;
	if (parse_u32(w->s, min, max, &n) < 0) {
		wrong(im, w, "'%s' must be a number from %u to %u, not '%s'",
		      s->w->s, min, max, w->s);
		return false;
	}
	*ret = n;
	return true;
}

/* --- addresses and routes ------------------------------------------------- */

/* The scope is the address's own. */
static void scope(struct import *im, const struct ka_word *w,
		  const struct ip *ip)
{
	const char *is = ip_is_link_local(ip) ? "link" : "global";

	if (strcmp(w->s, is) != 0)
		wrong(im, w,
		      "an address of scope %s: the engine gives this "
		      "one scope %s",
		      w->s, is);
}

/* What stands behind an address. */
static void address_words(struct import *im, struct instance *in,
			  const struct ka_stmt *s, struct vrrp_vaddr *v)
{
	for (size_t i = 1; i < s->n; i++) {
		const struct ka_word *w = &s->w[i], *arg = w + 1;
		bool more = i + 1 < s->n;

		if (strcmp(w->s, "no_track") == 0) {
			in->no_track = true;
		} else if (strcmp(w->s, "-nodad") == 0 ||
			   strcmp(w->s, "home") == 0) {
			continue; /* none of the engine's is probed for */
		} else if (strcmp(w->s, "dev") == 0 && more) {
			v->dev = arg->s;
			i++;
		} else if (strcmp(w->s, "scope") == 0 && more) {
			scope(im, arg, &v->net.ip);
			i++;
		} else if ((strcmp(w->s, "label") == 0 ||
			    strcmp(w->s, "brd") == 0 ||
			    strcmp(w->s, "broadcast") == 0) &&
			   more) {
			note(im, w,
			     arena_printf(im->scratch,
					  "'%s %s': an address has no such "
					  "thing of its own",
					  w->s, arg->s));
			i++;
		} else {
			wrong(im, w,
			      "'%s': the engine cannot say this of an "
			      "address",
			      w->s);
			return;
		}
	}
}

static void addresses(struct import *im, struct instance *in,
		      const struct ka_stmt *s, struct vrrp_vaddr **list,
		      size_t *n, bool advertised)
{
	for (size_t i = 0; i < s->nsub; i++) {
		const struct ka_stmt *one = &s->sub[i];
		struct vrrp_vaddr v = {.dev = NULL};

		if (ipnet_parse_host(one->w->s, &v.net) < 0) {
			wrong(im, one->w, "'%s' is no address", one->w->s);
			continue;
		}
		address_words(im, in, one, &v);
		if (advertised && v.net.ip.family != 4) {
			wrong(im, one->w,
			      "adverts go over IPv4: put '%s' under "
			      "virtual_ipaddress_excluded, beside an IPv4 one "
			      "here",
			      one->w->s);
			continue;
		}
		*(struct vrrp_vaddr *)arena_push(im->a, list, n, sizeof(v)) = v;
	}
}

static void take_in(struct import *im, const struct ka_stmt *s, void *obj)
{
	struct instance *in = obj;

	addresses(im, in, s, &in->in, &in->nin, true);
}

static void take_ex(struct import *im, const struct ka_stmt *s, void *obj)
{
	struct instance *in = obj;

	addresses(im, in, s, &in->ex, &in->nex, false);
}

static bool destination(const struct ka_word *w, struct ipnet *ret)
{
	static const char *const all[] = {"default", "default6", "0.0.0.0/0"};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (strcmp(w->s, all[i]) == 0) {
			*ret = (struct ipnet){.ip.family = i == 1 ? 6 : 4};
			return true;
		}
	return ipnet_parse_host(w->s, ret) == 0;
}

static void route(struct import *im, struct instance *in,
		  const struct ka_stmt *s)
{
	struct vrrp_vroute v = {.dev = NULL};
	bool to = false, whole = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct ka_word *w = &s->w[i], *arg = w + 1;
		bool more = i + 1 < s->n;

		if (strcmp(w->s, "to") == 0 && more) {
			continue;
		} else if ((strcmp(w->s, "via") == 0 ||
			    strcmp(w->s, "gw") == 0) &&
			   more) {
			if (ip_parse(arg->s, &v.via) < 0) {
				wrong(im, arg, "'%s' is no address", arg->s);
				return;
			}
			i++;
		} else if (strcmp(w->s, "dev") == 0 && more) {
			v.dev = arg->s;
			i++;
		} else if (strcmp(w->s, "scope") == 0 && more &&
			   (strcmp(arg->s, "link") == 0 ||
			    strcmp(arg->s, "global") == 0)) {
			i++;
		} else if (!to && destination(w, &v.to)) {
			to = true;
			whole = strcmp(w->s, "default") == 0;
		} else {
			wrong(im, w,
			      "'%s': a route of the engine's is to DEST [via "
			      "GATEWAY] [dev DEV], no more",
			      w->s);
			return;
		}
	}
	if (!to) {
		wrong(im, s->w, "a route needs a destination");
		return;
	}
	if (whole && v.via.family == 6)
		v.to.ip.family = 6;
	if (ip_is_set(&v.via) && v.via.family != v.to.ip.family) {
		wrong(im, s->w, "the gateway is of another family");
		return;
	}
	v.to.ip = ipnet_network(&v.to);
	*(struct vrrp_vroute *)arena_push(im->a, &in->r.routes, &in->r.nroutes,
					  sizeof(v)) = v;
}

static void take_routes(struct import *im, const struct ka_stmt *s, void *obj)
{
	for (size_t i = 0; i < s->nsub; i++)
		route(im, obj, &s->sub[i]);
}

/* --- an instance ---------------------------------------------------------- */

static void take_state(struct import *im, const struct ka_stmt *s, void *obj)
{
	const struct ka_word *w = value(im, s);

	(void)obj;
	if (!w)
		return;
	if (strcmp(w->s, "MASTER") == 0)
		note(im, w,
		     "'state MASTER': the engine always listens first; the "
		     "greatest priority becomes Active");
	else if (strcmp(w->s, "BACKUP") != 0)
		wrong(im, w, "'state' is MASTER or BACKUP, not '%s'", w->s);
}

static void take_interface(struct import *im, const struct ka_stmt *s,
			   void *obj)
{
	const struct ka_word *w = value(im, s);

	if (w)
		((struct instance *)obj)->r.dev = w->s;
}

static void take_vrid(struct import *im, const struct ka_stmt *s, void *obj)
{
	unsigned n;

	if (number(im, s, 1, 255, &n))
		((struct instance *)obj)->r.set.vrid = (uint8_t)n;
}

static void take_priority(struct import *im, const struct ka_stmt *s, void *obj)
{
	unsigned n;

	if (number(im, s, 1, 255, &n))
		((struct instance *)obj)->r.set.priority = (uint8_t)n;
}

static void take_version(struct import *im, const struct ka_stmt *s, void *obj)
{
	unsigned n;

	if (number(im, s, 2, 3, &n))
		((struct instance *)obj)->r.set.version = (uint8_t)n;
}

static void take_interval(struct import *im, const struct ka_stmt *s, void *obj)
{
	const struct ka_word *w = value(im, s);
	struct instance *in = obj;

	if (!w)
		return;
	if (parse_duration(w->s, &in->r.set.interval_ns) < 0 ||
	    !strchr("0123456789", w->s[strlen(w->s) - 1]))
		wrong(im, w, "'%s' is no number of seconds", w->s);
	else
		in->interval = s;
}

static void take_source(struct import *im, const struct ka_stmt *s, void *obj)
{
	const struct ka_word *w = value(im, s);
	struct ip ip;

	if (!w)
		return;
	if (ip_parse(w->s, &ip) < 0 || ip.family != 4)
		wrong(im, w, "'%s' is no IPv4 address", w->s);
	else
		((struct instance *)obj)->r.set.source = vrrp_addr_of(&ip);
}

static void take_nopreempt(struct import *im, const struct ka_stmt *s,
			   void *obj)
{
	(void)im;
	(void)s;
	((struct instance *)obj)->r.set.preempt = false;
}

static void take_preempt_delay(struct import *im, const struct ka_stmt *s,
			       void *obj)
{
	const struct ka_word *w = value(im, s);
	int64_t ns;

	(void)obj;
	if (w && (parse_duration(w->s, &ns) < 0 || ns))
		wrong(im, w,
		      "'preempt_delay': the engine preempts at once or, "
		      "with nopreempt, never");
}

static void take_garp_delay(struct import *im, const struct ka_stmt *s,
			    void *obj)
{
	(void)number(im, s, 0, 86400, &((struct instance *)obj)->delay_s);
}

static void take_garp_repeat(struct import *im, const struct ka_stmt *s,
			     void *obj)
{
	(void)number(im, s, 1, 100, &((struct instance *)obj)->repeat);
}

static void take_garp_refresh(struct import *im, const struct ka_stmt *s,
			      void *obj)
{
	(void)number(im, s, 0, 86400, &((struct instance *)obj)->refresh_s);
}

static void track_one(struct import *im, struct instance *in, const char *dev)
{
	for (size_t i = 0; i < in->r.ntracks; i++)
		if (strcmp(in->r.tracks[i].dev, dev) == 0)
			return;
	((struct vrrp_track *)arena_push(im->a, &in->r.tracks, &in->r.ntracks,
					 sizeof(struct vrrp_track)))
		->dev = dev;
}

static void take_track(struct import *im, const struct ka_stmt *s, void *obj)
{
	for (size_t i = 0; i < s->nsub; i++) {
		const struct ka_stmt *one = &s->sub[i];

		if (one->n > 1 &&
		    !(one->n == 3 && strcmp(one->w[1].s, "weight") == 0 &&
		      strcmp(one->w[2].s, "0") == 0))
			wrong(im, &one->w[1],
			      "'%s': a tracked interface that fails takes the "
			      "role away; it cannot change the priority",
			      one->w[1].s);
		else
			track_one(im, obj, one->w->s);
	}
}

static void take_dont_track(struct import *im, const struct ka_stmt *s,
			    void *obj)
{
	(void)im;
	(void)s;
	((struct instance *)obj)->track_own = false;
}

static void take_authentication(struct import *im, const struct ka_stmt *s,
				void *obj)
{
	(void)obj;
	for (size_t i = 0; i < s->nsub; i++)
		if (strcmp(s->sub[i].w->s, "auth_type") == 0 &&
		    s->sub[i].n > 1 && strcmp(s->sub[i].w[1].s, "NONE") == 0)
			return;
	wrong(im, s->w,
	      "'authentication': the engine sends none and refuses what has "
	      "any: a password that goes in clear text to a whole segment "
	      "keeps nobody out, and RFC 3768 took it away; take the block "
	      "out on every host");
}

static void take_unicast(struct import *im, const struct ka_stmt *s, void *obj)
{
	(void)obj;
	if (strcmp(s->w->s, "unicast_peer") == 0 && s->block && !s->nsub)
		return;
	wrong(im, s->w,
	      "'%s': the engine speaks to the group " GROUP
	      ", as RFC 3768 and 9568 have it, and not to single peers",
	      s->w->s);
}

/* Neutron's health check, which the engine has of its own: it asks the gateways
 * of the routes. */
static const struct ka_stmt *neutron_check(const struct import *im,
					   const char *name)
{
	for (size_t i = 0; i < im->nscripts; i++)
		if (im->scripts[i]->n > 1 &&
		    strcmp(im->scripts[i]->w[1].s, name) == 0)
			return strncmp(name, NEUTRON_CHECK,
				       strlen(NEUTRON_CHECK)) == 0
				       ? im->scripts[i]
				       : NULL;
	return NULL;
}

static void take_track_script(struct import *im, const struct ka_stmt *s,
			      void *obj)
{
	struct instance *in = obj;

	for (size_t i = 0; i < s->nsub; i++) {
		const struct ka_stmt *check = neutron_check(im, s->sub[i].w->s);

		if (!check) {
			wrong(im, s->sub[i].w,
			      "'track_script': the engine runs no scripts; "
			      "'health' of its configuration pings gateways");
			continue;
		}
		in->r.health_ns = NS_PER_S;
		for (size_t k = 0; k < check->nsub; k++)
			if (strcmp(check->sub[k].w->s, "interval") == 0 &&
			    check->sub[k].n == 2 &&
			    parse_duration(check->sub[k].w[1].s,
					   &in->r.health_ns) < 0)
				wrong(im, &check->sub[k].w[1],
				      "'%s' is no number of seconds",
				      check->sub[k].w[1].s);
	}
}

#define SCRIPTS                                                                \
	"the engine runs no scripts; `labctl vrrp watch` tells of each "       \
	"transition"

/* clang-format off */
static const struct row instance_rows[] = {
	{"state", TAKE, NULL, take_state},
	{"interface", TAKE, NULL, take_interface},
	{"virtual_router_id", TAKE, NULL, take_vrid},
	{"priority", TAKE, NULL, take_priority},
	{"version", TAKE, NULL, take_version},
	{"advert_int", TAKE, NULL, take_interval},
	{"mcast_src_ip", TAKE, NULL, take_source},
	{"nopreempt", TAKE, NULL, take_nopreempt},
	{"preempt", QUIET, NULL, NULL},
	{"preempt_delay", TAKE, NULL, take_preempt_delay},
	{"garp_master_delay", TAKE, NULL, take_garp_delay},
	{"garp_master_repeat", TAKE, NULL, take_garp_repeat},
	{"garp_master_refresh", TAKE, NULL, take_garp_refresh},
	{"garp_master_refresh_repeat", NOTE,
	 "a refresh is one round of announcements", NULL},
	{"garp_lower_prio_delay", NOTE, "the winner of an old split always "
	 "announces again", NULL},
	{"garp_lower_prio_repeat", NOTE, "the winner of an old split always "
	 "announces again", NULL},
	{"lower_prio_no_advert", NOTE, "an Active answers lower priorities, at "
	 "most ten times an interval", NULL},
	{"higher_prio_send_advert", NOTE, "an Active that yields says nothing "
	 "more", NULL},
	{"track_interface", TAKE, NULL, take_track},
	{"dont_track_primary", TAKE, NULL, take_dont_track},
	{"track_src_ip", NOTE, "an engine without a source address waits in "
	 "any case", NULL},
	{"virtual_ipaddress", TAKE, NULL, take_in},
	{"virtual_ipaddress_excluded", TAKE, NULL, take_ex},
	{"virtual_routes", TAKE, NULL, take_routes},
	{"virtual_rules", NEVER, "the engine adds addresses and routes, no "
	 "rules", NULL},
	{"authentication", TAKE, NULL, take_authentication},
	{"unicast_peer", TAKE, NULL, take_unicast},
	{"unicast_src_ip", TAKE, NULL, take_unicast},
	{"unicast_ttl", TAKE, NULL, take_unicast},
	{"track_script", TAKE, NULL, take_track_script},
	{"track_process", NEVER, "only interfaces are tracked", NULL},
	{"track_file", NEVER, "only interfaces are tracked", NULL},
	{"track_bfd", NEVER, "only interfaces are tracked", NULL},
	{"notify", NEVER, SCRIPTS, NULL},
	{"notify_master", NEVER, SCRIPTS, NULL},
	{"notify_backup", NEVER, SCRIPTS, NULL},
	{"notify_fault", NEVER, SCRIPTS, NULL},
	{"notify_stop", NEVER, SCRIPTS, NULL},
	{"notify_deleted", NEVER, SCRIPTS, NULL},
	{"notify_master_rx_lower_pri", NEVER, SCRIPTS, NULL},
	{"notify_priority_changes", QUIET, NULL, NULL},
	{"smtp_alert", NOTE, "the engine sends no mail", NULL},
	{"use_vmac", NEVER, "addresses stand on the interface's own MAC, not "
	 "on 00:00:5e:00:01:VRID", NULL},
	{"vmac_xmit_base", NEVER, "there is no virtual MAC", NULL},
	{"use_ipvlan", NEVER, "there is no link of the engine's own", NULL},
	{"native_ipv6", NEVER, "adverts go over IPv4", NULL},
	{"accept", QUIET, NULL, NULL},
	{"no_accept", NEVER, "the kernel takes packets for the addresses that "
	 "it has", NULL},
	{"promote_secondaries", NOTE, "the engine holds each address by "
	 "itself", NULL},
	{"strict_mode", NOTE, "the engine keeps to the RFCs in any case", NULL},
	{"skip_check_adv_addr", NOTE, "lists are compared each time", NULL},
	{"linkbeat_use_polling", QUIET, NULL, NULL},
	{"kernel_rx_buf_size", QUIET, NULL, NULL},
	{"lvs_sync_daemon_interface", NEVER, "the engine balances no load",
	 NULL},
	{"lvs_sync_daemon", NEVER, "the engine balances no load", NULL},
	{"debug", QUIET, NULL, NULL},
	{"thread_timer_expired", QUIET, NULL, NULL},
};
/* clang-format on */

/* Where Neutron's agent keeps it: the router's id, or NULL. */
static const char *neutron_id(struct import *im, const char **ret_folder)
{
	const char *slash = strrchr(im->real, '/'), *s, *id;

	if (!slash)
		return NULL;
	s = memrchr(im->real, '/', (size_t)(slash - im->real));
	id = s ? s + 1 : NULL;
	if (!s || id == slash || s - im->real < (ptrdiff_t)strlen(HA_CONFS) ||
	    strncmp(s - strlen(HA_CONFS), HA_CONFS, strlen(HA_CONFS)) != 0 ||
	    (s - im->real > (ptrdiff_t)strlen(HA_CONFS) &&
	     s[-(ptrdiff_t)strlen(HA_CONFS) - 1] != '/'))
		return NULL;
	*ret_folder =
		arena_strndup(im->a, im->real, (size_t)(slash - im->real));
	return arena_strndup(im->a, id, (size_t)(slash - id));
}

static bool has_id(const struct vrrp_config *c, const char *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->routers[i].id, id) == 0)
			return true;
	return false;
}

/* A route without one leaves where its gateway is. */
static const char *dev_towards(const struct vrrp_router_config *r,
			       const struct ip *via)
{
	for (size_t i = 0; i < r->naddrs; i++)
		if (r->addrs[i].net.ip.family == via->family &&
		    ipnet_contains(&r->addrs[i].net, via))
			return r->addrs[i].dev;
	return NULL;
}

static void end_addresses(struct import *im, struct instance *in)
{
	struct vrrp_router_config *r = &in->r;
	size_t i;

	r->addrs = arena_array(im->a, in->nin + in->nex, sizeof(*r->addrs));
	for (i = 0; i < in->nin + in->nex; i++) {
		r->addrs[i] = i < in->nin ? in->in[i] : in->ex[i - in->nin];
		if (!r->addrs[i].dev)
			r->addrs[i].dev = r->dev;
	}
	r->nadvert = in->nin;
	r->naddrs = in->nin + in->nex;
	for (i = 0; i < r->nroutes; i++) {
		struct vrrp_vroute *v = &r->routes[i];

		if (!v->dev && ip_is_set(&v->via))
			v->dev = dev_towards(r, &v->via);
		if (!v->dev)
			v->dev = r->dev;
	}
}

static void end_health(struct import *im, struct instance *in)
{
	struct vrrp_router_config *r = &in->r;

	for (size_t i = 0;
	     r->health_ns && i < r->nroutes && r->ngateways < VRRP_GATEWAYS_MAX;
	     i++)
		if (!r->routes[i].to.len && ip_is_set(&r->routes[i].via))
			*(struct ip *)arena_push(
				im->a, &r->gateways, &r->ngateways,
				sizeof(struct ip)) = r->routes[i].via;
	if (!r->ngateways)
		r->health_ns = 0;
}

static void end_settings(struct import *im, struct instance *in)
{
	struct vrrp_settings *s = &in->r.set;
	const struct ka_word *at = in->interval ? &in->interval->w[1] : NULL;

	if (s->version == 2 && s->interval_ns % NS_PER_S) {
		wrong(im, at,
		      "an interval of VRRP version 2 is whole seconds; "
		      "version 3 has finer ones");
		s->interval_ns = NS_PER_S;
	}
	if (s->interval_ns % NS_PER_CS || s->interval_ns < NS_PER_CS) {
		wrong(im, at, "an interval is a multiple of 0.01 seconds");
		s->interval_ns = NS_PER_S;
	}
	s->announce_rounds = (uint8_t)in->repeat;
	s->refresh_ns = in->refresh_s * NS_PER_S;
	s->second_burst_ns = in->delay_s * NS_PER_S;
	in->r.track_addresses = !in->no_track;
}

static void take_instance(struct import *im, const struct ka_stmt *s, void *obj)
{
	struct instance in = {
		.r = {.netns = "",
		      .csum = VRRP_CSUM_PSEUDO,
		      .set = {.version = (uint8_t)im->version,
			      .priority = 100,
			      .preempt = true,
			      .interval_ns = NS_PER_S,
			      .promote_delay_ns = VRRP_DELAY_DERIVED}},
		.at = s,
		.track_own = true,
		.repeat = im->garp_repeat,
		.refresh_s = im->garp_refresh_s,
		.delay_s = im->garp_delay_s};
	const char *folder = NULL, *id;
	size_t i;

	(void)obj;
	if (s->n != 2 || !s->block) {
		wrong(im, s->w, "'vrrp_instance' needs a name and a block");
		return;
	}
	read_rows(im, s->sub, s->nsub, instance_rows, ARRAY_LEN(instance_rows),
		  &in);
	if (!in.r.dev)
		lacks(im, &s->w[1], "the instance has no 'interface'");
	if (!in.r.set.vrid)
		lacks(im, &s->w[1], "the instance has no 'virtual_router_id'");
	if (!in.nin)
		lacks(im, &s->w[1],
		      "the instance has no IPv4 address under "
		      "'virtual_ipaddress'");
	if (!in.r.dev || !in.r.set.vrid || !in.nin)
		return;
	end_settings(im, &in);
	end_addresses(im, &in);
	end_health(im, &in);
	if (in.track_own)
		track_one(im, &in, in.r.dev);
	in.r.name = s->w[1].s;
	id = neutron_id(im, &folder);
	in.r.id = id && !has_id(im->c, id) ? id : in.r.name;
	if (has_id(im->c, in.r.id))
		in.r.id = arena_printf(im->a, "%s:%s", im->path, in.r.name);
	if (id) {
		in.r.netns = arena_printf(im->a, "qrouter-%s", id);
		in.r.state_file = arena_printf(im->a, "%s/state", folder);
	}
	if (im->netns)
		in.r.netns = im->netns;
	if (im->how->netns)
		in.r.netns = im->how->netns;
	for (i = 0; i < in.r.ntracks; i++)
		in.r.tracks[i].netns = in.r.netns;
	*(struct vrrp_router_config *)arena_push(
		im->a, &im->c->routers, &im->c->n, sizeof(in.r)) = in.r;
	*(const char **)arena_push(im->a, &im->how->at, &im->how->nat,
				   sizeof(char *)) =
		arena_printf(im->a, "%s:%u:%u", im->path, s->w[1].line,
			     s->w[1].col);
}

/* --- the file ------------------------------------------------------------- */

static void take_all_version(struct import *im, const struct ka_stmt *s,
			     void *obj)
{
	(void)obj;
	(void)number(im, s, 2, 3, &im->version);
}

static void take_all_delay(struct import *im, const struct ka_stmt *s,
			   void *obj)
{
	(void)obj;
	(void)number(im, s, 0, 86400, &im->garp_delay_s);
}

static void take_all_repeat(struct import *im, const struct ka_stmt *s,
			    void *obj)
{
	(void)obj;
	(void)number(im, s, 1, 100, &im->garp_repeat);
}

static void take_all_refresh(struct import *im, const struct ka_stmt *s,
			     void *obj)
{
	(void)obj;
	(void)number(im, s, 0, 86400, &im->garp_refresh_s);
}

static void take_netns(struct import *im, const struct ka_stmt *s, void *obj)
{
	const struct ka_word *w = value(im, s);

	(void)obj;
	if (w)
		im->netns = w->s;
}

static void take_group4(struct import *im, const struct ka_stmt *s, void *obj)
{
	const struct ka_word *w = value(im, s);

	(void)obj;
	if (w && strcmp(w->s, GROUP) != 0)
		wrong(im, w, "adverts go to " GROUP ", not to %s", w->s);
}

/* clang-format off */
static const struct row global_rows[] = {
	{"vrrp_version", TAKE, NULL, take_all_version},
	{"vrrp_garp_master_delay", TAKE, NULL, take_all_delay},
	{"vrrp_garp_master_repeat", TAKE, NULL, take_all_repeat},
	{"vrrp_garp_master_refresh", TAKE, NULL, take_all_refresh},
	{"net_namespace", TAKE, NULL, take_netns},
	{"vrrp_mcast_group4", TAKE, NULL, take_group4},
	{"vrrp_mcast_group6", QUIET, NULL, NULL},
	{"router_id", QUIET, NULL, NULL},
	{"notification_email", QUIET, NULL, NULL},
	{"notification_email_from", QUIET, NULL, NULL},
	{"smtp_server", QUIET, NULL, NULL},
	{"smtp_connect_timeout", QUIET, NULL, NULL},
	{"smtp_helo_name", QUIET, NULL, NULL},
	{"smtp_alert", NOTE, "the engine sends no mail", NULL},
	{"smtp_alert_vrrp", NOTE, "the engine sends no mail", NULL},
	{"smtp_alert_checker", QUIET, NULL, NULL},
	{"no_email_faults", QUIET, NULL, NULL},
	{"script_user", QUIET, NULL, NULL},
	{"enable_script_security", QUIET, NULL, NULL},
	{"max_auto_priority", QUIET, NULL, NULL},
	{"min_auto_priority_delay", QUIET, NULL, NULL},
	{"vrrp_priority", QUIET, NULL, NULL},
	{"vrrp_no_swap", QUIET, NULL, NULL},
	{"vrrp_rt_priority", QUIET, NULL, NULL},
	{"vrrp_rlimit_rttime", QUIET, NULL, NULL},
	{"vrrp_cpu_affinity", QUIET, NULL, NULL},
	{"process_names", QUIET, NULL, NULL},
	{"vrrp_process_name", QUIET, NULL, NULL},
	{"use_symlink_paths", QUIET, NULL, NULL},
	{"dynamic_interfaces", QUIET, NULL, NULL},
	{"default_interface", QUIET, NULL, NULL},
	{"log_unknown_vrids", QUIET, NULL, NULL},
	{"umask", QUIET, NULL, NULL},
	{"instance", QUIET, NULL, NULL},
	{"enable_dbus", QUIET, NULL, NULL},
	{"dbus_service_name", QUIET, NULL, NULL},
	{"enable_snmp_keepalived", QUIET, NULL, NULL},
	{"enable_snmp_vrrp", QUIET, NULL, NULL},
	{"enable_snmp_checker", QUIET, NULL, NULL},
	{"enable_snmp_rfc", QUIET, NULL, NULL},
	{"enable_snmp_rfcv2", QUIET, NULL, NULL},
	{"enable_snmp_rfcv3", QUIET, NULL, NULL},
	{"enable_traps", QUIET, NULL, NULL},
	{"snmp_socket", QUIET, NULL, NULL},
	{"vrrp_garp_interval", NOTE, "announcements are paced so that no "
	 "advert waits for them", NULL},
	{"vrrp_gna_interval", NOTE, "announcements are paced so that no "
	 "advert waits for them", NULL},
	{"vrrp_garp_master_refresh_repeat", NOTE, "a refresh is one round of "
	 "announcements", NULL},
	{"vrrp_garp_lower_prio_delay", NOTE, "the winner of an old split "
	 "always announces again", NULL},
	{"vrrp_garp_lower_prio_repeat", NOTE, "the winner of an old split "
	 "always announces again", NULL},
	{"vrrp_lower_prio_no_advert", NOTE, "an Active answers lower "
	 "priorities, at most ten times an interval", NULL},
	{"vrrp_higher_prio_send_advert", NOTE, "an Active that yields says "
	 "nothing more", NULL},
	{"vrrp_strict", NOTE, "the engine keeps to the RFCs in any case", NULL},
	{"vrrp_skip_check_adv_addr", NOTE, "lists are compared each time",
	 NULL},
	{"vrrp_check_unicast_src", NOTE, "there is no unicast", NULL},
	{"vrrp_iptables", NOTE, "the engine makes no rules", NULL},
	{"vrrp_ipsets", NOTE, "the engine makes no rules", NULL},
	{"vrrp_nftables", NOTE, "the engine makes no rules", NULL},
	{"vrrp_notify_fifo", NEVER, SCRIPTS, NULL},
	{"vrrp_notify_fifo_script", NEVER, SCRIPTS, NULL},
	{"notify_fifo", NEVER, SCRIPTS, NULL},
	{"notify_fifo_script", NEVER, SCRIPTS, NULL},
	{"lvs_sync_daemon", NEVER, "the engine balances no load", NULL},
	{"lvs_flush", QUIET, NULL, NULL},
};
/* clang-format on */

static void take_globals(struct import *im, const struct ka_stmt *s, void *obj)
{
	read_rows(im, s->sub, s->nsub, global_rows, ARRAY_LEN(global_rows),
		  obj);
}

/* A group of one is none. */
static void take_group(struct import *im, const struct ka_stmt *s, void *obj)
{
	size_t n = 0;

	(void)obj;
	for (size_t i = 0; i < s->nsub; i++) {
		const struct ka_stmt *one = &s->sub[i];

		if (strcmp(one->w->s, "group") == 0)
			n += one->nsub;
		else if (strncmp(one->w->s, "notify", 6) == 0)
			wrong(im, one->w, "'%s': " SCRIPTS, one->w->s);
		else if (strncmp(one->w->s, "track_", 6) == 0)
			wrong(im, one->w,
			      "'%s' of a group: write it in each "
			      "instance",
			      one->w->s);
	}
	if (n > 1)
		wrong(im, s->w,
		      "'vrrp_sync_group': the engine moves each router by "
		      "itself; what must move together is one vrrp_instance, "
		      "with the other's addresses under "
		      "virtual_ipaddress_excluded and its interface under "
		      "track_interface");
}

static void take_script(struct import *im, const struct ka_stmt *s, void *obj)
{
	(void)obj;
	*(const struct ka_stmt **)arena_push(im->scratch, &im->scripts,
					     &im->nscripts, sizeof(s)) = s;
}

#define NO_LVS "the engine balances no load"
#define NO_STATIC "the engine has what moves; what stays is the system's"

/* clang-format off */
static const struct row file_rows[] = {
	{"vrrp_instance", TAKE, NULL, take_instance},
	{"global_defs", TAKE, NULL, take_globals},
	{"vrrp_sync_group", TAKE, NULL, take_group},
	{"vrrp_script", TAKE, NULL, take_script},
	{"net_namespace", TAKE, NULL, take_netns},
	{"vrrp_track_process", NEVER, "only interfaces are tracked", NULL},
	{"vrrp_track_file", NEVER, "only interfaces are tracked", NULL},
	{"track_file", NEVER, "only interfaces are tracked", NULL},
	{"bfd_instance", NEVER, "only interfaces are tracked", NULL},
	{"garp_group", NOTE, "announcements are paced so that no advert waits "
	 "for them", NULL},
	{"linkbeat_interfaces", QUIET, NULL, NULL},
	{"instance", QUIET, NULL, NULL},
	{"include", NEVER, "other files are not followed; name them on the "
	 "command line, or paste them here", NULL},
	{"static_ipaddress", NEVER, NO_STATIC, NULL},
	{"static_routes", NEVER, NO_STATIC, NULL},
	{"static_rules", NEVER, NO_STATIC, NULL},
	{"virtual_server", NEVER, NO_LVS, NULL},
	{"virtual_server_group", NEVER, NO_LVS, NULL},
	{"SSL", NEVER, NO_LVS, NULL},
};
/* clang-format on */

/* What stands behind the instances holds for them, too. */
static void read_file(struct import *im, const struct ka_stmt *list, size_t n)
{
	for (unsigned pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < n; i++)
			if ((strcmp(list[i].w->s, "vrrp_instance") == 0) ==
			    (pass == 1))
				read_rows(im, &list[i], 1, file_rows,
					  ARRAY_LEN(file_rows), NULL);
}

static int read_text(struct vrrp_import *how, const char *path,
		     const char *real, const char *text, size_t len,
		     struct vrrp_config *c, struct buf *errs, struct buf *notes)
{
	auto_arena struct arena scratch = {0};
	struct import im = {.how = how,
			    .a = &c->arena,
			    .scratch = &scratch,
			    .c = c,
			    .errs = errs,
			    .notes = notes,
			    .version = 2,
			    .garp_repeat = 5,
			    .garp_delay_s = 5};
	const struct ka_stmt *list;
	size_t n, before = c->n;
	struct err err;
	int r;

	im.path = arena_strdup(&c->arena, path);
	im.real = arena_strdup(&c->arena, real);
	c->control =
		c->control ? c->control : arena_strdup(&c->arena, how->control);
	r = ka_parse(&c->arena, text, len, &list, &n, &err);
	if (r < 0) {
		buf_printf(errs, "%s:%s\n", path, err.msg);
		return r;
	}
	read_file(&im, list, n);
	if (im.nerrs > IMPORT_ERRORS_MAX)
		buf_printf(errs, "%s: and %u more\n", path,
			   im.nerrs - IMPORT_ERRORS_MAX);
	if (!im.nerrs && c->n == before) {
		buf_printf(errs, "%s:1:1: there is no vrrp_instance\n", path);
		return -EINVAL;
	}
	return im.nerrs ? -EINVAL : 0;
}

int vrrp_import_text(struct vrrp_import *how, const char *path,
		     const char *text, size_t len, struct vrrp_config *c,
		     struct buf *errs, struct buf *notes)
{
	return read_text(how, path, path, text, len, c, errs, notes);
}

int vrrp_import_file(struct vrrp_import *how, const char *path,
		     struct vrrp_config *c, struct buf *errs, struct buf *notes)
{
	char real[PATH_MAX];
	auto_buf struct buf text = {0};
	int r = file_read(path, DOC_SIZE_MAX, &text);

	if (r < 0) {
		buf_printf(errs, "%s: %s\n", path, strerror(-r));
		return r;
	}
	return read_text(how, path, realpath(path, real) ? real : path,
			 text.data ? text.data : "", text.len, c, errs, notes);
}

/* Of a line of a printed configuration, the router that it is about. */
static size_t router_of_line(const char *text, unsigned line)
{
	size_t n = 0;

	for (; *text && line; line--) {
		n += strncmp(text, "- name: ", 8) == 0;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return n;
}

int vrrp_import_check(const struct vrrp_import *how,
		      const struct vrrp_config *c, struct buf *errs)
{
	auto_buf struct buf text = {0}, why = {0};
	struct vrrp_config again = {0};
	const char *s, *end;
	int r;

	vrrp_config_print(c, &text);
	r = vrrp_config_parse("", text.data, text.len, &again, &why);
	vrrp_config_release(&again);
	/* ":LINE:COLUMN: what" of the printed text. */
	for (s = why.data; r < 0 && s && *s; s = *end ? end + 1 : end) {
		unsigned line = 0, col = 0;
		size_t i;
		int at = 0;

		end = s + strcspn(s, "\n");
		if (sscanf(s, ":%u:%u: %n", &line, &col, &at) < 2 || !at)
			at = 0;
		i = router_of_line(text.data, line);
		buf_printf(errs, "%s: %.*s\n",
			   i && i <= how->nat ? how->at[i - 1] : how->control,
			   (int)(end - s - at), s + at);
	}
	return r;
}
