/* SPDX-License-Identifier: MIT */
/*
 * A wire is named NODE.NETWORK, as the file names both. What it does to frames
 * it does in each direction, so that a delay is met twice by a ping. The names
 * are judged with the rest of the file; whether the node is plugged into that
 * network only the finished lab tells.
 */
#include "topologies/links.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "lib/parse.h"
#include "topologies/error.h"
#include "topologies/keys/keys.h"

#define OUTSIDE "outside"

/* --- words and numbers ---------------------------------------------------- */

/* Digits, perhaps with a fraction of at most `digits`, in units of the last. */
static int fixed_parse(const char *text, unsigned digits, const char **ret_end,
		       uint64_t *ret)
{
	uint64_t n = 0;
	bool any = false, point = false;

	for (; *text; text++) {
		if (*text == '.' && !point && any) {
			point = true;
			any = false;
			continue;
		}
		if (*text < '0' || *text > '9')
			break;
		any = true;
		if (point && !digits--)
			return -EINVAL;
		if (n > UINT64_MAX / 100)
			return -ERANGE;
		n = n * 10 + (uint64_t)(*text - '0');
	}
	if (!any)
		return -EINVAL;
	for (; digits; digits--) {
		if (n > UINT64_MAX / 100)
			return -ERANGE;
		n *= 10;
	}
	*ret_end = text;
	*ret = n;
	return 0;
}

int topo_loss_parse(const char *text, uint32_t *ret_ppm)
{
	const char *end;
	uint64_t n;
	int r = fixed_parse(text, 4, &end, &n);

	if (r == -EINVAL || (r == 0 && strcmp(end, "%") != 0))
		return -EINVAL;
	if (r < 0 || n > TOPO_PPM)
		return -ERANGE;
	*ret_ppm = (uint32_t)n;
	return 0;
}

static const struct {
	const char *name;
	uint64_t bits;
} rate_units[] = {
	{"gbit", 1000000000}, {"mbit", 1000000}, {"kbit", 1000}, {"bit", 1}};

int topo_rate_parse(const char *text, uint64_t *ret)
{
	const char *end;
	uint64_t n;
	int r = fixed_parse(text, 3, &end, &n);

	if (r < 0)
		return r;
	if (!n && !*end)
		return -ERANGE;
	for (size_t i = 0; i < ARRAY_LEN(rate_units); i++) {
		if (strcmp(end, rate_units[i].name) != 0)
			continue;
		if (n > TOPO_RATE_MAX * 1000 / rate_units[i].bits)
			return -ERANGE;
		n = n * rate_units[i].bits / 1000;
		if (n < TOPO_RATE_MIN)
			return -ERANGE;
		*ret = n;
		return 0;
	}
	return -EINVAL;
}

static void rate_print(uint64_t rate, struct buf *out)
{
	size_t i = 0;

	while (rate % rate_units[i].bits)
		i++;
	buf_printf(out, "%llu%s",
		   (unsigned long long)(rate / rate_units[i].bits),
		   rate_units[i].name);
}

void topo_impair_print(const struct topo_impair *i, bool yaml, struct buf *out)
{
	const char *is = yaml ? ": " : " ", *between = yaml ? "{" : "";
	char text[DURATION_TEXT_MAX];

	if (i->delay_us) {
		buf_printf(out, "%sdelay%s%s", between, is,
			   duration_print(i->delay_us * NS_PER_US, text));
		between = ", ";
	}
	if (i->jitter_us) {
		buf_printf(out, "%sjitter%s%s", between, is,
			   duration_print(i->jitter_us * NS_PER_US, text));
		between = ", ";
	}
	if (i->loss_ppm) {
		buf_printf(out, "%sloss%s%g%%", between, is,
			   i->loss_ppm / 10000.0);
		between = ", ";
	}
	if (i->rate) {
		buf_printf(out, "%srate%s", between, is);
		rate_print(i->rate, out);
	}
	if (!i->delay_us && !i->jitter_us && !i->loss_ppm && !i->rate)
		buf_adds(out, yaml ? "{loss: 0%" : "nothing");
	if (yaml)
		buf_addc(out, '}');
}

/* --- names ---------------------------------------------------------------- */

struct names {
	const char **nodes, **phys;
	size_t nnodes, nphys;
};

static size_t index_of(const char *name, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			break;
	return i;
}

static const char *no_such(struct arena *a, const char *what, const char *name,
			   const char *const *names, size_t n)
{
	const char *near = parse_nearest(name, names, n);

	return arena_printf(a, "no %s is named '%s'%s%s%s", what, name,
			    near ? "; did you mean '" : "", near ? near : "",
			    near ? "'?" : "");
}

/* Which wire a name means; *ret_node is nnodes for the host outside. NULL, or
 * why it is none. */
static const char *find(struct arena *a, const struct names *n,
			const char *name, size_t *ret_node, size_t *ret_phys)
{
	const char *dot = strchr(name, '.'), *node;

	if (!dot || dot == name || !dot[1])
		return arena_printf(a,
				    "'%s' names no wire: a node and a physical "
				    "network do, such as '%s.%s'",
				    name, n->nnodes ? n->nodes[0] : "network1",
				    n->nphys ? n->phys[0] : "tunnel");
	node = arena_strndup(a, name, (size_t)(dot - name));
	*ret_node = index_of(node, n->nodes, n->nnodes);
	*ret_phys = index_of(dot + 1, n->phys, n->nphys);
	if (*ret_node == n->nnodes && strcmp(node, OUTSIDE) != 0)
		return no_such(a, "node", node, n->nodes, n->nnodes);
	if (*ret_phys == n->nphys)
		return no_such(a, "physical network", dot + 1, n->phys,
			       n->nphys);
	return NULL;
}

void raw_check_links(struct raw *raw)
{
	struct names n = {
		.nodes = arena_array(raw->a, raw->nnodes + 1, sizeof(char *)),
		.phys = arena_array(raw->a, raw->nphys + 1, sizeof(char *)),
		.nnodes = raw->nnodes,
		.nphys = raw->nphys};
	size_t i, node, phys;

	for (i = 0; i < raw->nnodes; i++)
		n.nodes[i] = raw->nodes[i]->name;
	for (i = 0; i < raw->nphys; i++)
		n.phys[i] = raw->phys[i]->name;
	for (i = 0; i < raw->nlinks; i++) {
		const struct raw_link *l = raw->links[i];
		const char *why = find(raw->a, &n, l->name, &node, &phys);

		if (why)
			raw_wrong(raw, l->at, "%s", why);
	}
}

/* --- links of a lab ------------------------------------------------------- */

/* The host outside is plugged in where it has a gateway's address. */
static bool outside_on(const struct lab *lab, const struct topo_phys *p)
{
	for (size_t i = 0; i < lab->nnetworks; i++) {
		const struct topo_network *net = &lab->networks[i];

		for (size_t k = 0;
		     net->external && net->phys == p && k < net->nsubnets; k++)
			if (ip_is_set(&net->subnets[k]->gateway))
				return true;
	}
	return false;
}

/* The wire of a lab that a name means, or why it is none. */
static const char *wire_of(struct arena *a, const struct lab *lab,
			   const char *name, struct topo_link *ret)
{
	struct names n = {
		.nodes = arena_array(a, lab->nnodes + 1, sizeof(char *)),
		.phys = arena_array(a, lab->nphys + 1, sizeof(char *)),
		.nnodes = lab->nnodes,
		.nphys = lab->nphys};
	const char *why;
	size_t i, node, phys;

	for (i = 0; i < lab->nnodes; i++)
		n.nodes[i] = lab->nodes[i].name;
	for (i = 0; i < lab->nphys; i++)
		n.phys[i] = lab->phys[i].name;
	why = find(a, &n, name, &node, &phys);
	if (why)
		return why;
	ret->node = node < lab->nnodes ? &lab->nodes[node] : NULL;
	ret->phys = &lab->phys[phys];
	if (ret->node ? topo_nic_on(ret->node, ret->phys) != NULL
		      : outside_on(lab, ret->phys))
		return NULL;
	return arena_printf(a, "%s%s is not plugged into '%s'",
			    ret->node ? "node " : "the host ",
			    ret->node ? ret->node->name : OUTSIDE,
			    ret->phys->name);
}

static int resolve(struct arena *work, struct lab *lab,
		   struct raw_link *const *links, size_t n, bool by_hand,
		   struct topo_link *list, size_t *ret_n,
		   struct topo_errors *errs)
{
	const char *why;
	size_t i, k;
	int r = 0;

	for (i = 0; i < n; i++) {
		struct topo_link l = {.impair = links[i]->impair,
				      .by_hand = by_hand,
				      .of_file = !by_hand,
				      .filed = links[i]->impair};

		why = wire_of(work, lab, links[i]->name, &l);
		if (why && errs) {
			topo_error_add(errs, links[i]->at, "%s", why);
			r = -EINVAL;
		}
		if (why)
			continue;
		l.name = arena_strdup(&lab->arena, links[i]->name);
		for (k = 0; k < *ret_n; k++)
			if (list[k].node == l.node && list[k].phys == l.phys)
				break;
		if (k < *ret_n) {
			l.of_file = list[k].of_file;
			l.filed = list[k].filed;
		}
		list[k] = l;
		*ret_n += k == *ret_n;
	}
	return r;
}

int topo_links_resolve(const struct raw *raw, struct lab *lab,
		       struct topo_errors *errs)
{
	lab->links = arena_array(&lab->arena, raw->nlinks, sizeof(*lab->links));
	return resolve(raw->a, lab, raw->links, raw->nlinks, false, lab->links,
		       &lab->nlinks, errs);
}

struct laid {
	struct raw_link **links;
	size_t n;
};

static const struct key laid_rows[] = {
	{"links", KEY_NAMED, KEY_ITEMS(struct laid, links, n),
	 .table = &link_keys_table, .flags = KEY_EMPTY | KEY_POINTERS,
	 .max = TOPO_LINKS_MAX},
};

static const struct key_table laid_table =
	KEY_TABLE("record of links", struct laid, laid_rows);

static void report(struct keys *ks, const struct key_fault *f)
{
	if (ks->ctx)
		topo_error_add(ks->ctx, f->at, "%s",
			       keys_fault_print(ks->a, f));
}

int topo_links_lay(struct lab *lab, const char *text, size_t len,
		   struct topo_errors *errs)
{
	auto_arena struct arena a = {0};
	struct keys ks = {.a = &a, .report = report, .ctx = errs};
	struct topo_link *list;
	struct doc_error where;
	struct laid laid = {0};
	struct doc *root;
	size_t n;

	if (doc_parse(&a, text, len, &root, &where) < 0) {
		if (errs)
			topo_error_at(errs, where.line, where.col, 1, "%s",
				      where.msg);
		return -EINVAL;
	}
	if (keys_read(&ks, root, &laid_table, &laid, root, "the links") < 0)
		return -EINVAL;
	list = arena_array(&lab->arena, lab->nlinks + laid.n, sizeof(*list));
	n = lab->nlinks;
	if (n)
		memcpy(list, lab->links, n * sizeof(*list));
	if (resolve(&a, lab, laid.links, laid.n, true, list, &n, errs) < 0)
		return -EINVAL;
	lab->links = list;
	lab->nlinks = n;
	return 0;
}

void topo_links_laid(const struct lab *lab, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < lab->nlinks; i++) {
		if (!lab->links[i].by_hand)
			continue;
		buf_printf(out, "%s  %s: ", any ? "" : "links:\n",
			   lab->links[i].name);
		topo_impair_print(&lab->links[i].impair, true, out);
		buf_addc(out, '\n');
		any = true;
	}
}

size_t topo_links_forget(struct lab *lab, const char *name)
{
	size_t i, n = 0, gone = 0;

	for (i = 0; i < lab->nlinks; i++) {
		struct topo_link *l = &lab->links[i];

		if (l->by_hand && (!name || strcmp(l->name, name) == 0)) {
			l->by_hand = false;
			l->impair = l->filed;
			gone++;
			if (!l->of_file)
				continue;
		}
		lab->links[n++] = *l;
	}
	lab->nlinks = n;
	return gone;
}

const struct topo_link *topo_link(const struct lab *lab,
				  const struct topo_node *node,
				  const struct topo_phys *phys)
{
	for (size_t i = 0; i < lab->nlinks; i++)
		if (lab->links[i].node == node && lab->links[i].phys == phys)
			return &lab->links[i];
	return NULL;
}

/* --- theory --------------------------------------------------------------- */

static struct topo_way one_wire(const struct lab *lab,
				const struct topo_node *node,
				const struct topo_phys *phys)
{
	const struct topo_link *l = topo_link(lab, node, phys);

	if (!l)
		return (struct topo_way){0};
	return (struct topo_way){
		.delay_ns =
			(l->impair.delay_us + l->impair.jitter_us) * NS_PER_US,
		.jitter_ns = l->impair.jitter_us * NS_PER_US,
		.lost = (double)l->impair.loss_ppm / TOPO_PPM,
	};
}

struct topo_way topo_way_add(struct topo_way a, struct topo_way b)
{
	return (struct topo_way){a.delay_ns + b.delay_ns,
				 a.jitter_ns + b.jitter_ns,
				 1 - (1 - a.lost) * (1 - b.lost)};
}

struct topo_way topo_way_worse(struct topo_way a, struct topo_way b)
{
	return (struct topo_way){
		a.delay_ns > b.delay_ns ? a.delay_ns : b.delay_ns,
		a.jitter_ns > b.jitter_ns ? a.jitter_ns : b.jitter_ns,
		a.lost > b.lost ? a.lost : b.lost};
}

struct topo_way topo_way(const struct lab *lab, const struct topo_node *from,
			 const struct topo_node *to,
			 const struct topo_phys *phys)
{
	if (from == to || !phys)
		return (struct topo_way){0};
	return topo_way_add(one_wire(lab, from, phys), one_wire(lab, to, phys));
}

#define SELDOM 1e-6

size_t topo_losses(size_t n, double share)
{
	double p = 1, tail;
	size_t i, k;

	if (share <= 0)
		return 0;
	if (share >= 1)
		return n;
	/* The binomial distribution, from none on. */
	for (i = 0; i < n; i++)
		p *= 1 - share;
	/* None at all is too seldom for a double: any number may be lost. */
	if (p < 1e-300)
		return n;
	tail = 1 - p;
	for (k = 0; k < n && tail > SELDOM; k++) {
		p *= (double)(n - k) / (double)(k + 1) * share / (1 - share);
		tail -= p;
	}
	return k;
}

size_t topo_losses_in_a_row(double share)
{
	double p = 1;
	size_t n = 0;

	if (share <= 0)
		return 0;
	while (p > SELDOM && n < 1000) {
		p *= share;
		n++;
	}
	return n;
}
