/* SPDX-License-Identifier: MIT */
/*
 * Worse wires
 * ===========
 *   node's eth1 ── NODE-eth1 │ #wN-eth1 │ #nN-eth1 ── #fN-eth1 │ tunnel
 *                  (port)      (bridge)   (near)      (far)      (bridge)
 *
 * What the node is to hear waits at the port, what it says at the near end:
 * both send into a veth, and netem stands at both. A kernel without netem has
 * tbf there for a rate, and frames get lost by a rule where they come in.
 *
 * Loss is of frames, so no end may send several in one: the far end cuts
 * segments (as all ends in the fabric do), and so does the node's.
 */
#include "provision/fabric/worse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/kernel/nfloss.h"
#include "lib/kernel/qdisc.h"
#include "lib/kernel/rtmsg.h"
#include "provision/fabric/work.h"
#include "topologies/links.h"

/* --- what a kernel can ---------------------------------------------------- */

#define LO 1 /* its index, in every namespace */

static bool try_qdisc(const struct qdisc *q)
{
	struct rtnl *r = NULL;
	int e = rtnl_open(&r, -1, NULL);

	if (e < 0)
		return false;
	qdisc_set(r, LO, "lo", q);
	e = rtnl_commit(r, NULL);
	rtnl_free(r);
	return e == 0;
}

static bool try_loss(void)
{
	const struct nfloss lo = {"lo", 1};
	struct nfnl *n = NULL;
	int e = nfnl_open(&n, -1, NULL);

	if (e == 0)
		e = nfloss_set(n, &lo, 1, NULL);
	nfnl_free(n);
	return e == 0;
}

static int try_all(void)
{
	const struct qdisc netem = {.kind = QDISC_NETEM, .delay_us = 1};
	const struct qdisc tbf = {.kind = QDISC_TBF, .rate = 1000000};
	int can = 0;

	/* An ordinary user needs a user namespace as well. */
	if (unshare(CLONE_NEWNET) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return 0;
	if (try_qdisc(&netem))
		can |= WORSE_NETEM;
	if (try_qdisc(&tbf))
		can |= WORSE_TBF;
	if (try_loss())
		can |= WORSE_LOSS;
	return can;
}

unsigned worse_can(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(try_all());
	if (pid < 0)
		return 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return WIFEXITED(status) ? (unsigned)WEXITSTATUS(status) : 0;
}

const char *worse_lacks(const struct topo_impair *i, unsigned can)
{
	if (can & WORSE_NETEM)
		return NULL;
	if (i->delay_us || i->jitter_us)
		return "a delay needs netem, which this kernel has not: as "
		       "root, modprobe sch_netem (CONFIG_NET_SCH_NETEM); loss "
		       "and rate can do without";
	if (i->rate && !(can & WORSE_TBF))
		return "a rate needs netem or tbf, which this kernel has not: "
		       "as root, modprobe sch_netem or sch_tbf";
	if (i->loss_ppm && !(can & WORSE_LOSS))
		return "loss needs netem or nf_tables with numgen, which this "
		       "kernel has not: as root, modprobe sch_netem or "
		       "nft_numgen";
	return NULL;
}

int worse_refuse(const char *wire, const struct topo_impair *i, unsigned can,
		 struct err *reterr)
{
	const char *why = worse_lacks(i, can);
	auto_buf struct buf b = {0};

	if (!why)
		return 0;
	topo_impair_print(i, false, &b);
	return err_set(reterr, -EOPNOTSUPP, "%s cannot have %s: %s", wire,
		       b.data, why);
}

bool worse_is(const struct emul_nic *n)
{
	return n->impair.delay_us || n->impair.jitter_us ||
	       n->impair.loss_ppm || n->impair.rate;
}

static bool any_worse(const struct emul_spec *s)
{
	for (size_t i = 0; i < s->nnodes; i++)
		for (size_t k = 0; k < s->nodes[i].nnics; k++)
			if (worse_is(&s->nodes[i].nics[k]))
				return true;
	return false;
}

static int refuse_by(const struct emul_spec *s, unsigned can,
		     struct err *reterr)
{
	int r = 0;

	for (size_t i = 0; i < s->nnodes; i++)
		for (size_t k = 0; r == 0 && k < s->nodes[i].nnics; k++) {
			const struct emul_nic *n = &s->nodes[i].nics[k];

			if (worse_is(n))
				r = worse_refuse(n->wire, &n->impair, can,
						 reterr);
		}
	return r;
}

int worse_refuse_all(const struct emul_spec *s, struct err *reterr)
{
	return any_worse(s) ? refuse_by(s, worse_can(), reterr) : 0;
}

/* --- names ---------------------------------------------------------------- */

/* No name of a file holds a '#'. */
static void name_of(char kind, size_t node, const char *ifname,
		    char out[IFNAME_MAX])
{
	(void)snprintf(out, IFNAME_MAX, "#%c%u-%.8s", kind, (uint8_t)node,
		       ifname);
}

static bool is_ours(const char *name)
{
	return name[0] == '#' && name[1] && strchr("wnf", name[1]) &&
	       name[2] >= '0' && name[2] <= '9';
}

const char *worse_plug(const struct work *w, size_t node, size_t nic,
		       char name[IFNAME_MAX])
{
	const struct emul_nic *n = &w->want->nodes[node].nics[nic];

	if (!worse_is(n))
		return n->bridge;
	name_of('w', node, n->ifname, name);
	return name;
}

/* --- bridges -------------------------------------------------------------- */

static void add_pair(struct work *w, const struct emul_nic *n, const char *near,
		     const char *far, int inner, int outer)
{
	struct nl_msg *m = rtmsg_link_new(w->f->rtnl, 0, near, RTMSG_UP);

	emul_put_pair(m, n->mtu, inner, far);
	emul_set_link(w->f->rtnl, 0, far, n->mtu, outer);
}

static void tell(struct work *w, char sign, size_t node,
		 const struct emul_nic *n)
{
	auto_buf struct buf b = {0};

	topo_impair_print(&n->impair, false, &b);
	work_note(w, sign, w->want->nodes[node].name, "wire %s to %s: %s",
		  n->ifname, n->bridge, b.data);
}

static void one_bridge(struct work *w, size_t node, size_t nic)
{
	const struct emul_nic *n = &w->want->nodes[node].nics[nic];
	char name[IFNAME_MAX], near[IFNAME_MAX], far[IFNAME_MAX];
	const struct emul_link *b, *a, *z;
	int outer = work_bridge(w, n->bridge);

	name_of('w', node, n->ifname, name);
	name_of('n', node, n->ifname, near);
	name_of('f', node, n->ifname, far);
	b = emul_link_find(&w->links, name);
	a = emul_link_find(&w->links, near);
	z = emul_link_find(&w->links, far);
	if (!worse_is(n)) {
		if (!b)
			return;
		work_note(w, '-', w->want->nodes[node].name,
			  "wire %s to %s: nothing gets lost or late on it",
			  n->ifname, n->bridge);
		w->states[node].turned |= UINT32_C(1) << nic;
		return;
	}
	if (b && a && z && b->up && a->up && z->up && a->master == b->index &&
	    z->master == outer && b->mtu == n->mtu && a->mtu == n->mtu &&
	    z->mtu == n->mtu)
		return;
	tell(w, b ? '~' : '+', node, n);
	w->states[node].turned |= UINT32_C(1) << nic;
	if (!w->apply)
		return;
	/* What stands is half: the port is plugged in anew with the rest. */
	if (a || z) {
		emul_del_link(w->f->rtnl, a ? a->index : z->index,
			      a ? near : far);
		work_commit(w);
	}
	if (b) {
		emul_set_link(w->f->rtnl, b->index, name, n->mtu, 0);
	} else {
		const struct emul_bridge own = {
			.name = name, .mac = n->own_mac, .mtu = n->mtu};
		int index = work_new_bridge(w, name);

		emul_add_bridge(w->f->rtnl, &own, index);
		b = emul_link_find(&w->links, name);
	}
	add_pair(w, n, near, far, b->index, outer);
	work_commit(w);
	(void)emul_take_bursts(far, false);
}

void worse_bridges(struct work *w)
{
	for (size_t i = 0; i < w->want->nnodes; i++)
		for (size_t k = 0; k < w->want->nodes[i].nnics; k++)
			one_bridge(w, i, k);
}

/* --- what waits and gets lost --------------------------------------------- */

struct found {
	struct emul_links links;
	struct qdisc *qdiscs; /* as links, by their order */
	struct nfloss *losses;
	size_t nlosses;
};

static int got_qdisc(const struct nlmsghdr *h, void *ctx)
{
	struct found *f = ctx;
	struct qdisc q;
	unsigned index;

	if (!qdisc_read(h, &index, &q))
		return 0;
	for (size_t i = 0; i < f->links.nlinks; i++)
		if (f->links.links[i].index == (int)index)
			f->qdiscs[i] = q;
	return 0;
}

static int look(struct work *w, bool losses, struct found *ret,
		struct err *reterr)
{
	const struct tcmsg all = {.tcm_family = AF_UNSPEC};
	int r = emul_links_read(&w->arena, w->f->rtnl, &ret->links, reterr);

	if (r < 0)
		return r;
	ret->qdiscs =
		arena_array(&w->arena, ret->links.nlinks, sizeof(*ret->qdiscs));
	r = rtmsg_dump(w->f->rtnl, RTM_GETQDISC, &all, sizeof(all), got_qdisc,
		       NULL, ret, reterr);
	/* A kernel without them has none. */
	if (r == -EOPNOTSUPP)
		r = 0;
	if (r == 0 && losses && !w->f->nf)
		r = nfnl_open(&w->f->nf, -1, reterr);
	if (r == 0 && losses)
		r = nfloss_look(w->f->nf, &w->arena, &ret->losses,
				&ret->nlosses, reterr);
	return r;
}

/* The queueing discipline that does what it can of an impairment. */
static struct qdisc wanted(const struct topo_impair *i, bool netem)
{
	if (netem)
		return (struct qdisc){QDISC_NETEM, i->delay_us, i->jitter_us,
				      i->loss_ppm, i->rate};
	if (i->rate)
		return (struct qdisc){.kind = QDISC_TBF, .rate = i->rate};
	return (struct qdisc){.kind = QDISC_NONE};
}

/* True where the end was not as it is to be; then it is made so. */
static bool set_end(struct work *w, const struct found *f, const char *dev,
		    const struct qdisc *want)
{
	const struct emul_link *l = emul_link_find(&f->links, dev);
	const struct qdisc *have;

	if (!l)
		return false;
	have = &f->qdiscs[l - f->links.links];
	if (qdisc_equal(have, want))
		return false;
	/* What is of another kind, or was set by other words, goes first. */
	if (w->apply && have->kind != QDISC_NONE)
		qdisc_set(w->f->rtnl, (unsigned)l->index, dev,
			  &(struct qdisc){.kind = QDISC_NONE});
	if (w->apply && want->kind != QDISC_NONE)
		qdisc_set(w->f->rtnl, (unsigned)l->index, dev, want);
	return true;
}

static uint32_t loss_on(const struct nfloss *list, size_t n, const char *dev)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].dev, dev) == 0)
			return list[i].ppm;
	return 0;
}

static void add_loss(struct work *w, struct nfloss **list, size_t *n,
		     const char *dev, uint32_t ppm)
{
	if (ppm)
		*(struct nfloss *)arena_push(&w->arena, list, n,
					     sizeof(**list)) =
			(struct nfloss){arena_strdup(&w->arena, dev), ppm};
}

/* The node's own end sends frames one by one, or as it likes again. */
static void cut_segments(const struct state *s, const struct emul_nic *n,
			 bool cut)
{
	auto_close int ns = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)s->pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns >= 0)
		(void)emul_cut_segments(ns, n->ifname, cut);
}

static void one_wire(struct work *w, size_t node, size_t nic, bool netem,
		     const struct found *f, struct nfloss **losses,
		     size_t *nlosses, bool *ret_lossy)
{
	const struct state *s = &w->states[node];
	const struct emul_nic *n = &w->want->nodes[node].nics[nic];
	bool turned = s->turned >> nic & 1, worse = worse_is(n), differs;
	struct qdisc want = {.kind = QDISC_NONE};
	uint32_t ppm = worse && !netem ? n->impair.loss_ppm : 0;
	char near[IFNAME_MAX];

	name_of('n', node, n->ifname, near);
	if (worse)
		want = wanted(&n->impair, netem);
	differs = set_end(w, f, n->port, &want);
	if (worse)
		differs |= set_end(w, f, near, &want);
	if (loss_on(f->losses, f->nlosses, n->port) != ppm ||
	    (worse && loss_on(f->losses, f->nlosses, near) != ppm)) {
		differs = true;
		*ret_lossy = true;
	}
	add_loss(w, losses, nlosses, n->port, ppm);
	add_loss(w, losses, nlosses, near, ppm);
	/* Said already; and a new wire is nobody's difference. */
	if (differs && !turned && emul_link_find(&f->links, n->port)) {
		if (worse)
			tell(w, '~', node, n);
		else
			work_note(w, '-', w->want->nodes[node].name,
				  "wire %s to %s: what makes it worse",
				  n->ifname, n->bridge);
	}
	if (w->apply && s->pid && (worse || turned))
		cut_segments(s, n, worse);
}

/* Bridges and pairs of wires that are as any, or not there any more. */
static void remove_rest(struct work *w, const struct found *f)
{
	char name[3][IFNAME_MAX];
	size_t i, k, m;
	bool wanted;

	for (i = 0; i < f->links.nlinks; i++) {
		const struct emul_link *l = &f->links.links[i];

		if (!is_ours(l->name) || l->name[1] == 'f')
			continue;
		for (k = 0, wanted = false; k < w->want->nnodes; k++)
			for (m = 0; m < w->want->nodes[k].nnics; m++) {
				const struct emul_nic *n =
					&w->want->nodes[k].nics[m];

				if (!worse_is(n))
					continue;
				name_of('w', k, n->ifname, name[0]);
				name_of('n', k, n->ifname, name[1]);
				wanted |= strcmp(l->name, name[0]) == 0 ||
					  strcmp(l->name, name[1]) == 0;
			}
		if (!wanted)
			emul_del_link(w->f->rtnl, l->index, l->name);
	}
}

void worse_finish(struct work *w)
{
	bool worse = any_worse(w->want), netem = false, lossy = false;
	struct nfloss *losses = NULL;
	size_t i, k, nlosses = 0;
	struct found f = {0};
	struct err e;

	if (worse)
		netem = worse_can() & WORSE_NETEM;
	if (look(w, (worse && !netem) || w->f->nf, &f, &e) < 0) {
		work_failed(w, &e);
		return;
	}
	for (i = 0; i < w->want->nnodes; i++)
		for (k = 0; k < w->want->nodes[i].nnics; k++)
			if (!w->want->nodes[i].nics[k].vlan)
				one_wire(w, i, k, netem, &f, &losses, &nlosses,
					 &lossy);
	if (!w->apply)
		return;
	if (lossy && nfloss_set(w->f->nf, losses, nlosses, &e) < 0)
		work_failed(w, &e);
	remove_rest(w, &f);
	work_commit(w);
}
