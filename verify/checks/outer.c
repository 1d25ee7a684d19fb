/* SPDX-License-Identifier: MIT */
/*
 * Judges of what instances have of the world around them: metadata, names of
 * the Internet, and being reached from there.
 */
#include <string.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "provision/fabric/internet.h"
#include "verify/check.h"
#include "verify/checks/sight.h"
#include "verify/command.h"
#include "verify/scopes.h"
#include "verify/ways.h"

/* --- metadata ------------------------------------------------------------- */

static const struct topo_addr *first_v4(const struct topo_port *p)
{
	size_t i;

	for (i = 0; i < p->naddrs; i++)
		if (p->addrs[i].addr.ip.family == 4)
			return &p->addrs[i];
	return NULL;
}

/* The member of OpenStack's JSON; "" where it is none. */
static const char *uuid_of(struct arena *a, const char *body)
{
	struct doc_error where;
	struct doc *d;

	if (doc_parse(a, body, strlen(body), &d, &where) < 0)
		return "";
	return doc_str(d, "uuid", "");
}

static void judge_said(const char *what, const char *want, const char *said,
		       unsigned status, struct verdict *v)
{
	verdict_want(v, "%s %s", what, want);
	if (status != 200)
		verdict_saw(v, false, "%s: HTTP status %u", what, status);
	else
		verdict_saw(v, strcmp(said, want) == 0, "%s %.200s", what,
			    said);
}

static void judge_metadata(const struct evidence *e, const struct subject *s,
			   struct verdict *v)
{
	const struct topo_instance *in = s->instance;
	const struct seen_http *seen = &s->boot->metadata;
	char text[IP_TEXT_MAX] = "";
	const char *want[METADATA_ASKED] = {in->uuid, in->name, "", ""};
	static const char *const what[] = {"uuid", "hostname", "local-ipv4",
					   "public-ipv4"};
	const char *said;
	size_t i;

	(void)e;
	if (seen->error) {
		verdict_blind(v, "%s: %s", in->name, seen->error);
		return;
	}
	want[METADATA_LOCAL] = arena_strdup(
		v->arena, ip_print(&first_v4(in->port)->addr.ip, text));
	if (in->floating)
		want[METADATA_PUBLIC] = arena_strdup(
			v->arena, ip_print(&in->floating->addr, text));
	for (i = 0; i < METADATA_ASKED && seen->said[i].status; i++) {
		said = seen->said[i].body;
		judge_said(what[i], want[i],
			   i == METADATA_ID ? uuid_of(v->arena, said) : said,
			   seen->said[i].status, v);
	}
	if (i == METADATA_ASKED)
		return;
	verdict_want(v, "%s %s", what[i], want[i]);
	verdict_saw(v, false, "169.254.169.254: %s",
		    seen->trouble ? seen->trouble : "no answer");
}

static void command_metadata(const struct evidence *e, const struct subject *s,
			     struct buf *out)
{
	(void)e;
	buf_printf(out,
		   "labctl exec %s -- busybox wget -q -O - "
		   "http://169.254.169.254%s",
		   s->instance->name, evidence_metadata_paths[METADATA_ID]);
}

/* --- outside-name --------------------------------------------------------- */

static void judge_outside_name(const struct evidence *e,
			       const struct subject *s, struct verdict *v)
{
	const struct seen_names *seen = &s->boot->outside;
	char server[IP_TEXT_MAX], addr[IP_TEXT_MAX];
	struct ip want;
	size_t i, k;

	(void)e;
	if (seen->error) {
		verdict_blind(v, "%s: %s", s->instance->name, seen->error);
		return;
	}
	(void)ip_parse(EMUL_OPENSTACK, &want);
	for (i = 0; i < seen->n; i++) {
		const struct seen_name *n = &seen->items[i];

		ip_print(&n->server, server);
		verdict_want(
			v, "%s says that " EVIDENCE_NAME " is " EMUL_OPENSTACK,
			server);
		if (n->error)
			verdict_saw(v, false, "%s: %s", server, n->error);
		else if (!n->naddrs)
			verdict_saw(v, false, "%s knows no " EVIDENCE_NAME,
				    server);
		for (k = 0; !n->error && k < n->naddrs; k++)
			verdict_saw(v, ip_equal(&n->addrs[k], &want),
				    "%s says that " EVIDENCE_NAME " is %s",
				    server, ip_print(&n->addrs[k], addr));
	}
	if (!seen->n)
		verdict_blind(v, "%s: nobody was asked", s->instance->name);
}

static void command_outside_name(const struct evidence *e,
				 const struct subject *s, struct buf *out)
{
	(void)e;
	buf_printf(out, "labctl exec %s -- getent ahosts " EVIDENCE_NAME,
		   s->instance->name);
}

/* --- outside-ipv6 --------------------------------------------------------- */

static void judge_outside_ipv6(const struct evidence *e,
			       const struct subject *s, struct verdict *v)
{
	const struct seen_replies *r = &s->reach->replies;
	unsigned least = ways_replies(
		EVIDENCE_PROBES,
		s->router ? ways_through(e->lab, s->router, s->instance)
			  : (struct topo_way){0});

	if (r->error) {
		verdict_blind(v, "%s", r->error);
		return;
	}
	verdict_want(v, "%u of %d replies, ttl 63", least, EVIDENCE_PROBES);
	if (r->n)
		verdict_saw(v, r->n >= least && r->ttl == 63,
			    "%u of %d replies, ttl %u", r->n, EVIDENCE_PROBES,
			    r->ttl);
	else
		verdict_saw(v, false, "none of %d replies%s%s", EVIDENCE_PROBES,
			    r->send_error ? ": " : "",
			    r->send_error ? r->send_error : "");
	if (v->kind == VERDICT_OK && s->reach->tries > 1)
		v->note = "some replies were missing at first; all came when "
			  "tried again";
}

static void command_outside_ipv6(const struct evidence *e,
				 const struct subject *s, struct buf *out)
{
	char text[IP_TEXT_MAX];

	(void)e;
	buf_printf(out, "labctl exec outside -- ping -c %d %s", EVIDENCE_PROBES,
		   ip_print(&s->reach->dst, text));
}

/* clang-format off */
const struct check outer_checks[] = {
	{"outside-ipv6", scope_reached, NEEDS_REACH,
	 "answers from outside by IPv6, 4 of 4",
	 "each instance's IPv6 address, pinged from the external network",
	 judge_outside_ipv6, command_outside_ipv6},
	{"metadata", scope_metadata, NEEDS_WEB,
	 "is told its own metadata",
	 "169.254.169.254 as each instance sees it: uuid, hostname, addresses",
	 judge_metadata, command_metadata},
	{"outside-name", scope_resolvers, NEEDS_OUTSIDE,
	 "can ask for names of the Internet",
	 EVIDENCE_NAME ", asked of each of an instance's DNS servers",
	 judge_outside_name, command_outside_name},
	{NULL, NULL, NEEDS_TABLES, NULL, NULL, NULL, NULL},
};
/* clang-format on */
