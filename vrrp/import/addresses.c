/* SPDX-License-Identifier: MIT */
/* Addresses and routes of an instance, in ip(8)'s words. */
#include "vrrp/import/addresses.h"

#include <string.h>

#include "lib/auto.h"

/* The scope is the address's own. */
static void scope(struct import *im, const struct ka_word *w,
		  const struct ip *ip)
{
	const char *is = ip_is_link_local(ip) ? "link" : "global";

	if (strcmp(w->s, is) != 0)
		import_wrong(im, w,
			     "an address of scope %s: the engine gives this "
			     "one scope %s",
			     w->s, is);
}

/* What stands behind an address. */
static void address_words(struct import *im, struct import_instance *in,
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
			import_note(
				im, w,
				arena_printf(im->scratch,
					     "'%s %s': an address has no such "
					     "thing of its own",
					     w->s, arg->s));
			i++;
		} else {
			import_wrong(im, w,
				     "'%s': the engine cannot say this of an "
				     "address",
				     w->s);
			return;
		}
	}
}

static void addresses(struct import *im, struct import_instance *in,
		      const struct ka_stmt *s, struct vrrp_vaddr **list,
		      size_t *n, bool advertised)
{
	for (size_t i = 0; i < s->nsub; i++) {
		const struct ka_stmt *one = &s->sub[i];
		struct vrrp_vaddr v = {.dev = NULL};

		if (ipnet_parse_host(one->w->s, &v.net) < 0) {
			import_wrong(im, one->w, "'%s' is no address",
				     one->w->s);
			continue;
		}
		address_words(im, in, one, &v);
		if (advertised && v.net.ip.family != 4) {
			import_wrong(im, one->w,
				     "adverts go over IPv4: put '%s' under "
				     "virtual_ipaddress_excluded, beside an "
				     "IPv4 one "
				     "here",
				     one->w->s);
			continue;
		}
		*(struct vrrp_vaddr *)arena_push(im->a, list, n, sizeof(v)) = v;
	}
}

void import_take_advertised(struct import *im, const struct ka_stmt *s,
			    void *obj)
{
	struct import_instance *in = obj;

	addresses(im, in, s, &in->in, &in->nin, true);
}

void import_take_excluded(struct import *im, const struct ka_stmt *s, void *obj)
{
	struct import_instance *in = obj;

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

static void route(struct import *im, struct import_instance *in,
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
				import_wrong(im, arg, "'%s' is no address",
					     arg->s);
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
			import_wrong(
				im, w,
				"'%s': a route of the engine's is to DEST [via "
				"GATEWAY] [dev DEV], no more",
				w->s);
			return;
		}
	}
	if (!to) {
		import_wrong(im, s->w, "a route needs a destination");
		return;
	}
	if (whole && v.via.family == 6)
		v.to.ip.family = 6;
	if (ip_is_set(&v.via) && v.via.family != v.to.ip.family) {
		import_wrong(im, s->w, "the gateway is of another family");
		return;
	}
	v.to.ip = ipnet_network(&v.to);
	*(struct vrrp_vroute *)arena_push(im->a, &in->r.routes, &in->r.nroutes,
					  sizeof(v)) = v;
}

void import_take_routes(struct import *im, const struct ka_stmt *s, void *obj)
{
	for (size_t i = 0; i < s->nsub; i++)
		route(im, obj, &s->sub[i]);
}
