/* SPDX-License-Identifier: MIT */
/* A vrrp_instance: its words, and the router that comes of them. */
#include "vrrp/import/instance.h"

#include <string.h>

#include "lib/auto.h"
#include "lib/parse.h"
#include "vrrp/import/addresses.h"

#define HA_CONFS "ha_confs"
#define NEUTRON_CHECK "ha_health_check_"

static void take_state(struct import *im, const struct ka_stmt *s, void *obj)
{
	const struct ka_word *w = import_value(im, s);

	(void)obj;
	if (!w)
		return;
	if (strcmp(w->s, "MASTER") == 0)
		import_note(
			im, w,
			"'state MASTER': the engine always listens first; the "
			"greatest priority becomes Active");
	else if (strcmp(w->s, "BACKUP") != 0)
		import_wrong(im, w, "'state' is MASTER or BACKUP, not '%s'",
			     w->s);
}

static void take_interface(struct import *im, const struct ka_stmt *s,
			   void *obj)
{
	const struct ka_word *w = import_value(im, s);

	if (w)
		((struct import_instance *)obj)->r.dev = w->s;
}

static void take_vrid(struct import *im, const struct ka_stmt *s, void *obj)
{
	unsigned n;

	if (import_number(im, s, 1, 255, &n))
		((struct import_instance *)obj)->r.set.vrid = (uint8_t)n;
}

static void take_priority(struct import *im, const struct ka_stmt *s, void *obj)
{
	unsigned n;

	if (import_number(im, s, 1, 255, &n))
		((struct import_instance *)obj)->r.set.priority = (uint8_t)n;
}

static void take_version(struct import *im, const struct ka_stmt *s, void *obj)
{
	unsigned n;

	if (import_number(im, s, 2, 3, &n))
		((struct import_instance *)obj)->r.set.version = (uint8_t)n;
}

static void take_interval(struct import *im, const struct ka_stmt *s, void *obj)
{
	const struct ka_word *w = import_value(im, s);
	struct import_instance *in = obj;

	if (!w)
		return;
	if (parse_duration(w->s, &in->r.set.interval_ns) < 0 ||
	    !strchr("0123456789", w->s[strlen(w->s) - 1]))
		import_wrong(im, w, "'%s' is no number of seconds", w->s);
	else
		in->interval = s;
}

static void take_source(struct import *im, const struct ka_stmt *s, void *obj)
{
	const struct ka_word *w = import_value(im, s);
	struct ip ip;

	if (!w)
		return;
	if (ip_parse(w->s, &ip) < 0 || ip.family != 4)
		import_wrong(im, w, "'%s' is no IPv4 address", w->s);
	else
		((struct import_instance *)obj)->r.set.source =
			vrrp_addr_of(&ip);
}

static void take_nopreempt(struct import *im, const struct ka_stmt *s,
			   void *obj)
{
	(void)im;
	(void)s;
	((struct import_instance *)obj)->r.set.preempt = false;
}

static void take_preempt_delay(struct import *im, const struct ka_stmt *s,
			       void *obj)
{
	const struct ka_word *w = import_value(im, s);
	int64_t ns;

	(void)obj;
	if (w && (parse_duration(w->s, &ns) < 0 || ns))
		import_wrong(im, w,
			     "'preempt_delay': the engine preempts at once or, "
			     "with nopreempt, never");
}

static void take_garp_delay(struct import *im, const struct ka_stmt *s,
			    void *obj)
{
	(void)import_number(im, s, 0, 86400,
			    &((struct import_instance *)obj)->delay_s);
}

static void take_garp_repeat(struct import *im, const struct ka_stmt *s,
			     void *obj)
{
	(void)import_number(im, s, 1, 100,
			    &((struct import_instance *)obj)->repeat);
}

static void take_garp_refresh(struct import *im, const struct ka_stmt *s,
			      void *obj)
{
	(void)import_number(im, s, 0, 86400,
			    &((struct import_instance *)obj)->refresh_s);
}

static void track_one(struct import *im, struct import_instance *in,
		      const char *dev)
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
			import_wrong(im, &one->w[1],
				     "'%s': a tracked interface that fails "
				     "takes the "
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
	((struct import_instance *)obj)->track_own = false;
}

static void take_authentication(struct import *im, const struct ka_stmt *s,
				void *obj)
{
	(void)obj;
	for (size_t i = 0; i < s->nsub; i++)
		if (strcmp(s->sub[i].w->s, "auth_type") == 0 &&
		    s->sub[i].n > 1 && strcmp(s->sub[i].w[1].s, "NONE") == 0)
			return;
	import_wrong(
		im, s->w,
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
	import_wrong(im, s->w,
		     "'%s': the engine speaks to the group " IMPORT_GROUP
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
	struct import_instance *in = obj;

	for (size_t i = 0; i < s->nsub; i++) {
		const struct ka_stmt *check = neutron_check(im, s->sub[i].w->s);

		if (!check) {
			import_wrong(
				im, s->sub[i].w,
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
				import_wrong(im, &check->sub[k].w[1],
					     "'%s' is no number of seconds",
					     check->sub[k].w[1].s);
	}
}

/* clang-format off */
static const struct import_row instance_rows[] = {
	{"state", IMPORT_TAKE, NULL, take_state},
	{"interface", IMPORT_TAKE, NULL, take_interface},
	{"virtual_router_id", IMPORT_TAKE, NULL, take_vrid},
	{"priority", IMPORT_TAKE, NULL, take_priority},
	{"version", IMPORT_TAKE, NULL, take_version},
	{"advert_int", IMPORT_TAKE, NULL, take_interval},
	{"mcast_src_ip", IMPORT_TAKE, NULL, take_source},
	{"nopreempt", IMPORT_TAKE, NULL, take_nopreempt},
	{"preempt", IMPORT_QUIET, NULL, NULL},
	{"preempt_delay", IMPORT_TAKE, NULL, take_preempt_delay},
	{"garp_master_delay", IMPORT_TAKE, NULL, take_garp_delay},
	{"garp_master_repeat", IMPORT_TAKE, NULL, take_garp_repeat},
	{"garp_master_refresh", IMPORT_TAKE, NULL, take_garp_refresh},
	{"garp_master_refresh_repeat", IMPORT_NOTE,
	 "a refresh is one round of announcements", NULL},
	{"garp_lower_prio_delay", IMPORT_NOTE, "the winner of an old split always "
	 "announces again", NULL},
	{"garp_lower_prio_repeat", IMPORT_NOTE, "the winner of an old split always "
	 "announces again", NULL},
	{"lower_prio_no_advert", IMPORT_NOTE, "an Active answers lower priorities, at "
	 "most ten times an interval", NULL},
	{"higher_prio_send_advert", IMPORT_NOTE, "an Active that yields says nothing "
	 "more", NULL},
	{"track_interface", IMPORT_TAKE, NULL, take_track},
	{"dont_track_primary", IMPORT_TAKE, NULL, take_dont_track},
	{"track_src_ip", IMPORT_NOTE, "an engine without a source address waits in "
	 "any case", NULL},
	{"virtual_ipaddress", IMPORT_TAKE, NULL, import_take_advertised},
	{"virtual_ipaddress_excluded", IMPORT_TAKE, NULL, import_take_excluded},
	{"virtual_routes", IMPORT_TAKE, NULL, import_take_routes},
	{"virtual_rules", IMPORT_NEVER, "the engine adds addresses and routes, no "
	 "rules", NULL},
	{"authentication", IMPORT_TAKE, NULL, take_authentication},
	{"unicast_peer", IMPORT_TAKE, NULL, take_unicast},
	{"unicast_src_ip", IMPORT_TAKE, NULL, take_unicast},
	{"unicast_ttl", IMPORT_TAKE, NULL, take_unicast},
	{"track_script", IMPORT_TAKE, NULL, take_track_script},
	{"track_process", IMPORT_NEVER, "only interfaces are tracked", NULL},
	{"track_file", IMPORT_NEVER, "only interfaces are tracked", NULL},
	{"track_bfd", IMPORT_NEVER, "only interfaces are tracked", NULL},
	{"notify", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"notify_master", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"notify_backup", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"notify_fault", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"notify_stop", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"notify_deleted", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"notify_master_rx_lower_pri", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"notify_priority_changes", IMPORT_QUIET, NULL, NULL},
	{"smtp_alert", IMPORT_NOTE, "the engine sends no mail", NULL},
	{"use_vmac", IMPORT_NEVER, "addresses stand on the interface's own MAC, not "
	 "on 00:00:5e:00:01:VRID", NULL},
	{"vmac_xmit_base", IMPORT_NEVER, "there is no virtual MAC", NULL},
	{"use_ipvlan", IMPORT_NEVER, "there is no link of the engine's own", NULL},
	{"native_ipv6", IMPORT_NEVER, "adverts go over IPv4", NULL},
	{"accept", IMPORT_QUIET, NULL, NULL},
	{"no_accept", IMPORT_NEVER, "the kernel takes packets for the addresses that "
	 "it has", NULL},
	{"promote_secondaries", IMPORT_NOTE, "the engine holds each address by "
	 "itself", NULL},
	{"strict_mode", IMPORT_NOTE, "the engine keeps to the RFCs in any case", NULL},
	{"skip_check_adv_addr", IMPORT_NOTE, "lists are compared each time", NULL},
	{"linkbeat_use_polling", IMPORT_QUIET, NULL, NULL},
	{"kernel_rx_buf_size", IMPORT_QUIET, NULL, NULL},
	{"lvs_sync_daemon_interface", IMPORT_NEVER, "the engine balances no load",
	 NULL},
	{"lvs_sync_daemon", IMPORT_NEVER, "the engine balances no load", NULL},
	{"debug", IMPORT_QUIET, NULL, NULL},
	{"thread_timer_expired", IMPORT_QUIET, NULL, NULL},
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

static void end_addresses(struct import *im, struct import_instance *in)
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

static void end_health(struct import *im, struct import_instance *in)
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

static void end_settings(struct import *im, struct import_instance *in)
{
	struct vrrp_settings *s = &in->r.set;
	const struct ka_word *at = in->interval ? &in->interval->w[1] : NULL;

	if (s->version == 2 && s->interval_ns % NS_PER_S) {
		import_wrong(im, at,
			     "an interval of VRRP version 2 is whole seconds; "
			     "version 3 has finer ones");
		s->interval_ns = NS_PER_S;
	}
	if (s->interval_ns % NS_PER_CS || s->interval_ns < NS_PER_CS) {
		import_wrong(im, at,
			     "an interval is a multiple of 0.01 seconds");
		s->interval_ns = NS_PER_S;
	}
	s->announce_rounds = (uint8_t)in->repeat;
	s->refresh_ns = in->refresh_s * NS_PER_S;
	s->second_burst_ns = in->delay_s * NS_PER_S;
	in->r.track_addresses = !in->no_track;
}

void import_take_instance(struct import *im, const struct ka_stmt *s, void *obj)
{
	struct import_instance in = {
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
		import_wrong(im, s->w,
			     "'vrrp_instance' needs a name and a block");
		return;
	}
	import_rows(im, s->sub, s->nsub, instance_rows,
		    ARRAY_LEN(instance_rows), &in);
	if (!in.r.dev)
		import_lacks(im, &s->w[1], "the instance has no 'interface'");
	if (!in.r.set.vrid)
		import_lacks(im, &s->w[1],
			     "the instance has no 'virtual_router_id'");
	if (!in.nin)
		import_lacks(im, &s->w[1],
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
