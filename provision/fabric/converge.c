/* SPDX-License-Identifier: MIT */
/* Makes what runs equal to a spec, or says what that would take. */
#include "provision/fabric/converge.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "provision/emul/user.h"
#include "provision/fabric/build.h"
#include "provision/fabric/mount.h"
#include "provision/fabric/net.h"
#include "provision/fabric/node.h"
#include "provision/fabric/strays.h"
#include "provision/fabric/work.h"
#include "provision/fabric/worse.h"

#define NODE_FLAGS                                                             \
	(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS |            \
	 CLONE_NEWIPC)
#define CHECK_MS 3000
#define NODE_MS 10000 /* to do what it is told */

void fabric_forget(struct fabric *f, size_t i)
{
	close(f->nodes[i].ctl);
	f->nodes[i] = f->nodes[--f->nnodes];
}

static struct fabric_node *running(struct fabric *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->nnodes; i++)
		if (strcmp(f->nodes[i].name, name) == 0)
			return &f->nodes[i];
	return NULL;
}

static void end_node(struct fabric *f, struct fabric_node *n)
{
	kill(n->pid, SIGKILL);
	while (waitpid(n->pid, NULL, 0) < 0 && errno == EINTR)
		;
	fabric_forget(f, (size_t)(n - f->nodes));
}

/* --- what is no longer wanted ---------------------------------------- */

static void end_nodes(struct work *w)
{
	struct fabric *f = w->f;
	size_t i = f->nnodes;

	while (i-- > 0) {
		struct fabric_node *n = &f->nodes[i];
		const struct emul_node *is, *want;

		is = emul_spec_node(&f->spec, n->name);
		want = emul_spec_node(w->want, n->name);
		if (is && want && emul_node_same(is, want))
			continue;
		if (want) {
			work_note(w, '~', n->name,
				  "other wires or addresses: it starts anew");
			w->states[want - w->want->nodes].told = true;
		} else {
			work_note(w, '-', n->name, "stop the node");
		}
		if (w->apply)
			end_node(f, n);
	}
}

static void end_bridges(struct work *w)
{
	const struct emul_spec *is = &w->f->spec;
	const struct emul_link *l;
	size_t i, k;

	for (i = 0; i < is->nbridges; i++) {
		const char *name = is->bridges[i].name;

		for (k = 0; k < w->want->nbridges; k++)
			if (strcmp(w->want->bridges[k].name, name) == 0)
				break;
		l = emul_link_find(&w->links, name);
		if (k < w->want->nbridges || !l)
			continue;
		work_note(w, '-', NULL, "remove the bridge %s", name);
		if (w->apply)
			emul_del_link(w->f->rtnl, l->index, name);
	}
}

/* --- keys ------------------------------------------------------------ */

static void hand_out_keys(const struct emul_keys *keys, struct emul_spec *spec)
{
	size_t i;

	spec->client_pub = keys->client_pub;
	for (i = 0; i < spec->nnodes; i++) {
		const struct emul_key *k;

		k = emul_keys_find(keys, spec->nodes[i].name);
		spec->nodes[i].key = k ? k->key : NULL;
	}
}

static int adopt(struct work *w, struct emul_spec *spec, struct arena *a,
		 struct err *reterr)
{
	struct fabric *f = w->f;

	hand_out_keys(&f->keys, spec);
	arena_release(&f->spec_arena);
	f->spec_arena = *a;
	*a = (struct arena){0};
	f->spec = *spec;
	w->want = &f->spec;
	return file_write(EMUL_ETC "/hosts", 0644, spec->hosts,
			  strlen(spec->hosts), reterr);
}

/* --- bridges --------------------------------------------------------- */

static void own_addr(struct work *w, const struct emul_bridge *b, int index,
		     bool fresh)
{
	char path[128], text[IP_TEXT_MAX];

	if (!ip_is_set(&b->addr.ip) ||
	    (!fresh && emul_link_has(&w->links, index, &b->addr)))
		return;
	if (!fresh)
		work_note(w, '~', NULL, "add %s to the bridge %s",
			  ipnet_print(&b->addr, text), b->name);
	if (!w->apply)
		return;
	if (b->addr.ip.family == 6) {
		struct err e;

		/* The bridge must exist before its sysctls do. */
		if (rtnl_commit(w->f->rtnl, &e) < 0)
			work_failed(w, &e);
		snprintf(path, sizeof(path), "net/ipv6/conf/%s/disable_ipv6",
			 b->name);
		(void)emul_sysctl(path, "0");
	}
	emul_add_addr(w->f->rtnl, index, b->name, &b->addr);
	emul_quick_route(w->f->rtnl, index, b->name, &b->addr);
}

static void make_bridges(struct work *w)
{
	size_t i;

	for (i = 0; i < w->want->nbridges; i++) {
		const struct emul_bridge *b = &w->want->bridges[i];
		const struct emul_link *l = emul_link_find(&w->links, b->name);
		bool fresh = !l;
		int index = l ? l->index : work_new_bridge(w, b->name);

		if (fresh) {
			work_note(w, '+', NULL, "bridge %s", b->name);
			if (w->apply)
				emul_add_bridge(w->f->rtnl, b, index);
		} else if (!l->up || l->mtu != b->mtu) {
			work_note(w, '~', NULL, "bridge %s: up, MTU %u",
				  b->name, b->mtu);
			if (w->apply)
				emul_set_link(w->f->rtnl, index, b->name,
					      b->mtu, 0);
		}
		own_addr(w, b, index, fresh);
	}
}

/* --- nodes ----------------------------------------------------------- */

static bool order(int ctl, enum emul_order what)
{
	unsigned char byte = (unsigned char)what;

	return send(ctl, &byte, 1, MSG_NOSIGNAL) == 1;
}

static int answer(const struct state *s, int timeout_ms, struct emul_reply *ret,
		  struct err *reterr)
{
	struct pollfd p = {.fd = s->ctl, .events = POLLIN};
	int r;

	do
		r = poll(&p, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return err_set(reterr, -ETIMEDOUT,
			       "%s: PID 1 did not answer in %d ms",
			       s->node->name, timeout_ms);
	if (recv(s->ctl, ret, sizeof(*ret), 0) != sizeof(*ret))
		return err_set(reterr, -ECONNRESET, "%s: PID 1 died",
			       s->node->name);
	ret->msg[sizeof(ret->msg) - 1] = '\0';
	if (ret->code < 0)
		return err_set(reterr, ret->code, "%s: %s", s->node->name,
			       ret->msg);
	return 0;
}

static void find_nodes(struct work *w)
{
	struct fabric_node *n;

	for (size_t i = 0; i < w->want->nnodes; i++) {
		n = running(w->f, w->states[i].node->name);
		if (!n)
			continue;
		w->states[i].pid = n->pid;
		w->states[i].ctl = n->ctl;
	}
}

/* Asks all that run at once, then hears them. */
static void check_nodes(struct work *w)
{
	struct fabric_node *n;
	struct err e;
	size_t i;

	for (i = 0; i < w->want->nnodes; i++) {
		struct state *s = &w->states[i];

		n = s->told ? NULL : running(w->f, s->node->name);
		if (!n)
			continue;
		s->pid = n->pid;
		s->ctl = n->ctl;
		order(s->ctl, EMUL_CHECK);
	}
	for (i = 0; i < w->want->nnodes; i++) {
		struct state *s = &w->states[i];
		struct emul_reply reply = {0};

		if (!s->pid)
			continue;
		if (answer(s, CHECK_MS, &reply, &e) == 0 && !reply.ruined) {
			s->laid = reply.laid;
			s->drift = reply.drift;
			s->missing = reply.missing;
			s->stopped = reply.stopped;
			continue;
		}
		work_note(w, '~', s->node->name,
			  reply.ruined
				  ? "a folder of its own was unmounted: it "
				    "starts anew"
				  : "it does not answer: it starts anew");
		s->told = true;
		s->pid = 0;
		n = running(w->f, s->node->name);
		if (w->apply && n)
			end_node(w->f, n);
	}
}

static int start_node(struct work *w, struct state *s, struct err *reterr)
{
	struct fabric *f = w->f;
	struct fabric_node *n;
	int sv[2];
	pid_t pid;

	if (f->nnodes == ARRAY_LEN(f->nodes))
		return err_set(reterr, -E2BIG, "over %zu nodes",
			       ARRAY_LEN(f->nodes));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return err_sys(reterr, -errno, "%s: socketpair", s->node->name);
	pid = emul_clone(NODE_FLAGS);
	if (pid == 0)
		emul_node_run(w->want, s->node, sv[1]);
	close(sv[1]);
	if (pid < 0) {
		close(sv[0]);
		return err_sys(reterr, pid, "%s: make its namespaces",
			       s->node->name);
	}
	n = &f->nodes[f->nnodes++];
	*n = (struct fabric_node){.pid = pid, .ctl = sv[0]};
	snprintf(n->name, sizeof(n->name), "%s", s->node->name);
	s->pid = pid;
	s->ctl = sv[0];
	s->fresh = true;
	return 0;
}

static void start_nodes(struct work *w)
{
	struct err e;
	size_t i;

	for (i = 0; i < w->want->nnodes; i++) {
		struct state *s = &w->states[i];

		if (s->pid)
			continue;
		if (s->told)
			; /* said already */
		else if (s->node->address)
			work_note(w, '+', s->node->name,
				  "node, with sshd at %s", s->node->address);
		else
			work_note(w, '+', s->node->name, "host outside");
		if (w->apply && start_node(w, s, &e) < 0)
			work_failed(w, &e);
	}
}

/* --- wires ----------------------------------------------------------- */

static bool needs_wire(const struct work *w, const struct state *s, size_t i)
{
	if (s->node->nics[i].vlan)
		return false; /* it is the node's own */
	return s->fresh || (s->missing & UINT32_C(1) << i) ||
	       !emul_link_find(&w->links, s->node->nics[i].port);
}

/* Ports of wires that are made anew: left by a node that died, whose
 * namespace the kernel has not got round to, or cut on the other side. */
static void drop_ports(struct work *w)
{
	struct err e;
	size_t i, k;

	for (i = 0; i < w->want->nnodes; i++) {
		const struct state *s = &w->states[i];

		for (k = 0; s->pid && k < s->node->nnics; k++) {
			const struct emul_link *l;

			if (s->node->nics[k].vlan)
				continue;
			l = emul_link_find(&w->links, s->node->nics[k].port);
			if (l && needs_wire(w, s, k))
				emul_del_link(w->f->rtnl, l->index, l->name);
		}
	}
	/* What has gone by itself meanwhile is as well. */
	if (rtnl_queued(w->f->rtnl))
		(void)rtnl_commit(w->f->rtnl, &e);
}

static unsigned wire_node(struct work *w, struct state *s)
{
	bool turns = w->want->bursts != w->f->spec.bursts;
	char plug[IFNAME_MAX];
	unsigned n = 0;
	size_t i;

	for (i = 0; i < s->node->nnics; i++) {
		const struct emul_nic *nic = &s->node->nics[i];
		const struct emul_link *l;
		int bridge;

		if (nic->vlan)
			continue;
		bridge = work_bridge(
			w, worse_plug(w, (size_t)(s - w->states), i, plug));
		if (needs_wire(w, s, i)) {
			if (!s->fresh && s->pid)
				work_note(w, '+', s->node->name,
					  "wire %s to %s", nic->ifname,
					  nic->bridge);
			if (w->apply)
				emul_add_wire(w->f->rtnl, nic, bridge, s->pid);
			n++;
			continue;
		}
		l = emul_link_find(&w->links, nic->port);
		if (l->up && l->master == bridge && l->mtu == nic->mtu)
			continue;
		if (!(s->turned >> i & 1))
			work_note(w, '~', s->node->name, "plug %s into %s",
				  nic->ifname, nic->bridge);
		if (w->apply)
			emul_set_link(w->f->rtnl, l->index, l->name, nic->mtu,
				      bridge);
	}
	if (w->apply)
		work_commit(w);
	/* The new ones, or all where the lab has become a large one, or is one
	 * no more; a kernel that cannot has wires all the same. */
	for (i = 0; w->apply && i < s->node->nnics; i++)
		if (turns || (n && w->want->bursts && needs_wire(w, s, i)))
			(void)emul_cut_segments(-1, s->node->nics[i].port,
						w->want->bursts);
	return n;
}

static void wire_nodes(struct work *w)
{
	size_t i;

	if (w->apply)
		drop_ports(w);
	for (i = 0; i < w->want->nnodes; i++) {
		struct state *s = &w->states[i];
		unsigned wires;

		if (!s->pid)
			continue; /* could not start, or would be new */
		wires = wire_node(w, s);
		if (w->what == FABRIC_WIRES)
			continue;
		if (!s->fresh && s->drift)
			work_note(w, '~', s->node->name,
				  "%u of its addresses, interfaces or files",
				  s->drift);
		if (s->laid)
			work_note(w, '~', s->node->name,
				  "%u mount%s over its folders: they are taken "
				  "away",
				  s->laid, s->laid == 1 ? "" : "s");
		if (s->stopped)
			work_note(w, '~', s->node->name,
				  "its %s is stopped: another one takes its "
				  "place",
				  s->node->address ? "sshd"
						   : "DNS or web server");
		if (!s->fresh && !wires && !s->drift && !s->stopped && !s->laid)
			continue;
		s->ordered = w->apply && order(s->ctl, EMUL_APPLY);
	}
}

/* What runs already may hold what is another's. */
static void end_strays(struct work *w)
{
	char text[IP_TEXT_MAX];
	struct emul_stray *s;
	struct err e;
	size_t i, k, n;

	for (i = 0; i < w->want->nnodes; i++) {
		const struct state *st = &w->states[i];

		if (!st->pid)
			continue;
		if (w->apply && !st->node->address &&
		    emul_reserve(w->want, st->node, st->pid, &e) < 0)
			work_failed(w, &e);
		if (st->fresh)
			continue;
		if (emul_strays(&w->arena, w->want, st->node, st->pid, w->apply,
				&s, &n, &e) < 0) {
			work_failed(w, &e);
			continue;
		}
		for (k = 0; k < n; k++)
			work_note(w, '-', st->node->name,
				  "address %s on %s, which is %s",
				  ipnet_print(&s[k].addr, text), s[k].dev,
				  s[k].whose);
	}
}

static void hear_nodes(struct work *w)
{
	struct emul_reply reply;
	struct fabric_node *n;
	struct err e;
	size_t i;

	for (i = 0; i < w->want->nnodes; i++) {
		const struct state *s = &w->states[i];

		if (!s->ordered)
			continue;
		if (answer(s, NODE_MS, &reply, &e) == 0) {
			if (!reply.missing)
				continue;
			err_set(&e, -ENODEV, "%s: its wires were lost",
				s->node->name);
		}
		work_failed(w, &e);
		/* Nothing half-made stays: the next try starts it anew. */
		n = running(w->f, s->node->name);
		if (n)
			end_node(w->f, n);
	}
}

/* Where only wires are to change, all else must be as it runs: what is adopted
 * is taken for done by the next request. */
static int runs_so(const struct work *w, struct err *reterr)
{
	for (size_t i = 0; i < w->want->nnodes; i++) {
		const struct emul_node *want = &w->want->nodes[i], *is;

		is = emul_spec_node(&w->f->spec, want->name);
		if (!is || !emul_node_same(is, want))
			return err_set(reterr, -EBUSY,
				       "%s is not what the lab's file has: "
				       "'labctl up' makes it so",
				       want->name);
	}
	return 0;
}

/* Before anything is changed: can it be what it is to be? */
static int begin(struct work *w, struct emul_spec *want, struct arena *a,
		 struct err *reterr)
{
	int r = worse_refuse_all(want, reterr);

	if (r == 0 && w->what == FABRIC_WIRES)
		r = runs_so(w, reterr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < want->nnodes; i++)
		w->states[i].node = &want->nodes[i];
	if (w->what == FABRIC_ALL)
		end_nodes(w);
	r = emul_links_read(&w->arena, w->f->rtnl, &w->links, reterr);
	if (r == 0 && w->what == FABRIC_ALL)
		end_bridges(w);
	return r == 0 && w->apply ? adopt(w, want, a, reterr) : r;
}

int fabric_converge(struct fabric *f, struct emul_spec *want, struct arena *a,
		    enum fabric_what what, bool apply, fabric_tell *tell,
		    void *ctx, unsigned *ret_changes, struct err *reterr)
{
	struct work w = {.f = f,
			 .want = want,
			 .what = what,
			 .apply = apply,
			 .tell = tell,
			 .ctx = ctx};
	int r;

	w.states = arena_array(&w.arena, want->nnodes, sizeof(*w.states));
	r = begin(&w, want, a, reterr);
	if (r < 0) {
		arena_release(&w.arena);
		return r;
	}
	if (what == FABRIC_ALL)
		make_bridges(&w);
	work_commit(&w);
	worse_bridges(&w);
	if (what == FABRIC_ALL) {
		check_nodes(&w);
		start_nodes(&w);
	} else {
		find_nodes(&w);
	}
	wire_nodes(&w);
	worse_finish(&w);
	if (what == FABRIC_ALL) {
		hear_nodes(&w);
		end_strays(&w);
	}
	arena_release(&w.arena);
	*ret_changes = w.changes;
	if (w.first.code < 0)
		return err_set(reterr, w.first.code, "%s", w.first.msg);
	return 0;
}
