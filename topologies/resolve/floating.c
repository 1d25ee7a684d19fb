/* SPDX-License-Identifier: MIT */
/*
 * Floating addresses: a router's, on its external network, for one address of
 * an instance in a subnet that the router joins. So which router it is
 * follows from the instance.
 */
#include "topologies/resolve/floating.h"

#include "lib/auto.h"
#include "topologies/dangling.h"
#include "topologies/error.h"

/* The place of a complaint about the instance, or about the network. */
static const struct doc *place(const struct raw_floating *f)
{
	return f->instance.at ? f->instance.at : f->at;
}

static bool has_v4(const struct raw_net *net)
{
	for (size_t i = 0; i < net->nsubnets; i++)
		if (net->subnets[i]->cidr.ip.family == 4)
			return true;
	return false;
}

/* The external network that the file names: NULL, with ok false where that is
 * wrong. */
static const struct raw_net *named(struct raw *raw,
				   const struct raw_floating *f, bool *ok)
{
	const struct raw_net *net;

	*ok = true;
	if (!f->network.name)
		return NULL;
	net = map_gets(&raw->net_names, f->network.name);
	*ok = net && (net->external || !net->external_known);
	if (!net)
		raw_dangling(raw, &f->network, "network", raw->nets,
			     raw->nnets);
	else if (!*ok)
		raw_wrong(raw, f->network.at,
			  "network '%s' is not external (line %u), so it has "
			  "no floating addresses",
			  net->name, net->at->line);
	return net;
}

/* The subnet of the fixed address: the one that the file tells, or the first
 * of IPv4 from where there is a way out. */
static struct raw_subnet *inside_of(struct raw *raw,
				    const struct raw_floating *f,
				    const struct raw_net *ext)
{
	const struct raw_net *net = f->of->net;
	struct raw_subnet *first = NULL;
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < net->nsubnets; i++) {
		struct raw_subnet *s = net->subnets[i];

		if (s->cidr.ip.family != 4)
			continue;
		if (ip_is_set(&f->fixed.ip)) {
			if (ipnet_contains(&s->cidr, &f->fixed.ip))
				return s;
			continue;
		}
		if (!first)
			first = s;
		if (s->router && s->router->ext &&
		    (!ext || s->router->ext == ext))
			return s;
	}
	if (first)
		return first;
	if (ip_is_set(&f->fixed.ip) && has_v4(net))
		raw_wrong(raw, f->fixed.at,
			  "%s is in no IPv4 subnet of network '%s', where "
			  "instance '%s' is",
			  ip_print(&f->fixed.ip, text), net->name, f->of->name);
	else
		raw_wrong(raw, place(f),
			  "instance '%s' has no IPv4 address for a floating "
			  "one to lead to",
			  f->of->name);
	return NULL;
}

/* Why nothing leads from outside to a subnet; false with the reason said. */
static bool leads(struct raw *raw, const struct raw_floating *f,
		  const struct raw_net *ext)
{
	const struct raw_subnet *s = f->inside;
	const struct raw_router *r = s->router;

	if (!r)
		raw_wrong(raw, place(f),
			  "subnet '%s' of instance '%s' is on no router, so no "
			  "floating address leads there",
			  s->name, f->of->name);
	else if (!r->ext && !r->gateway.name)
		raw_wrong(raw, place(f),
			  "router '%s' (line %u), by which instance '%s' is "
			  "reached, has no gateway network for floating "
			  "addresses",
			  r->name, r->at->line, f->of->name);
	else if (r->ext && ext && r->ext != ext)
		raw_wrong(raw, f->network.at,
			  "router '%s' (line %u), by which instance '%s' is "
			  "reached, has its gateway on '%s', not on '%s'",
			  r->name, r->at->line, f->of->name, r->ext->name,
			  ext->name);
	else if (r->ext && !has_v4(r->ext))
		raw_wrong(raw, place(f),
			  "network '%s' has no IPv4 subnet for floating "
			  "addresses",
			  r->ext->name);
	else
		return r->ext != NULL; /* else that was said */
	return false;
}

static void check(struct raw *raw, struct raw_floating *f)
{
	const struct raw_floating *o;
	const struct raw_net *ext;
	bool ok;

	ext = named(raw, f, &ok);
	if (!ok || !f->of || !f->of->net)
		return;
	f->inside = inside_of(raw, f, ext);
	if (!f->inside || !leads(raw, f, ext))
		return;
	for (o = f->of->floatings; o; o = o->next)
		if (o->inside == f->inside)
			break;
	if (o) {
		raw_wrong(raw, place(f),
			  "instance '%s' has a floating address for subnet "
			  "'%s' already (line %u)",
			  f->of->name, f->inside->name, place(o)->line);
		return;
	}
	f->next = f->of->floatings;
	f->of->floatings = f;
	f->router = f->inside->router;
}

void raw_check_floatings(struct raw *raw)
{
	struct raw_floating **named_ones = raw->floatings;
	size_t n = raw->nfloatings, i;
	struct map instances = {0};

	raw->floatings = NULL;
	raw->nfloatings = 0;
	for (i = 0; i < raw->ninstances; i++) {
		struct raw_instance *in = raw->instances[i];

		map_puts(raw->a, &instances, in->name, in);
		if (!in->own)
			continue;
		in->own->of = in;
		*(struct raw_floating **)arena_push(
			raw->a, &raw->floatings, &raw->nfloatings,
			sizeof(struct raw_floating *)) = in->own;
	}
	for (i = 0; i < n; i++) {
		struct raw_floating *f = named_ones[i];

		if (f->instance.name)
			f->of = map_gets(&instances, f->instance.name);
		if (f->instance.name && !f->of)
			raw_dangling(raw, &f->instance, "instance",
				     raw->instances, raw->ninstances);
		*(struct raw_floating **)arena_push(
			raw->a, &raw->floatings, &raw->nfloatings,
			sizeof(struct raw_floating *)) = f;
	}
	for (i = 0; i < raw->nfloatings; i++)
		check(raw, raw->floatings[i]);
}
