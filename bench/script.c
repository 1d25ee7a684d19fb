/* SPDX-License-Identifier: MIT */
/*
 * script up|down FILE: prints a shell script that builds the lab of FILE on
 * one machine with single `ip` commands and without SSH, or removes it: what
 * `labctl up` is measured beside. A network namespace for each node, for the
 * host outside and for the fabric, each with the lab's name before its own;
 * then every node's plan, as `labctl plan -o sh` has it, and the services that
 * run from the start, in the background, with their files in /run/NODE. A node
 * with Open vSwitch has daemons of its own, which begin before all that, in
 * /run/NODE/openvswitch (/run/daemons has when they began and when they ran);
 * then each bridge, port and flow is a command.
 */
#include <stdio.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/kinds/kind.h"
#include "provision/plan/plan.h"
#include "provision/services/service.h"
#include "topologies/topo.h"

static void wire(const struct lab *lab, const struct topo_node *n,
		 struct buf *out)
{
	char text[IP_TEXT_MAX], mac[MAC_TEXT_MAX];
	size_t i;

	buf_printf(out, "ip netns add %s-%s\n", lab->name, n->name);
	buf_printf(out, "ip -n %s-%s link set lo up\n", lab->name, n->name);
	for (i = 0; i < n->nnics; i++) {
		const struct topo_nic *nic = &n->nics[i];

		buf_printf(out,
			   "ip -n %s-fabric link add w%zu.%zu type veth peer "
			   "name %s netns %s-%s\n",
			   lab->name, n->index, i, nic->ifname, lab->name,
			   n->name);
		buf_printf(out,
			   "ip -n %s-fabric link set w%zu.%zu master p%zu\n",
			   lab->name, n->index, i, nic->phys->index);
		buf_printf(out, "ip -n %s-fabric link set w%zu.%zu up\n",
			   lab->name, n->index, i);
		buf_printf(out, "ip -n %s-%s link set %s address %s mtu %u\n",
			   lab->name, n->name, nic->ifname,
			   mac_print(&nic->mac, mac), nic->phys->mtu);
		buf_printf(out, "ip -n %s-%s link set %s up\n", lab->name,
			   n->name, nic->ifname);
		if (ip_is_set(&nic->addr.ip))
			buf_printf(out, "ip -n %s-%s addr add %s dev %s\n",
				   lab->name, n->name,
				   ipnet_print(&nic->addr, text), nic->ifname);
	}
}

/* The host outside: one interface on each provider network. */
static void outside(const struct lab *lab, struct buf *out)
{
	char text[IP_TEXT_MAX];
	size_t i, k;

	buf_printf(out, "ip netns add %s-outside\n", lab->name);
	for (i = 0; i < lab->nphys; i++) {
		if (lab->phys[i].use != TOPO_PROVIDER)
			continue;
		buf_printf(out,
			   "ip -n %s-fabric link add o%zu type veth peer name "
			   "eth%zu netns %s-outside\n"
			   "ip -n %s-fabric link set o%zu master p%zu\n"
			   "ip -n %s-fabric link set o%zu up\n"
			   "ip -n %s-outside link set eth%zu up\n",
			   lab->name, i, i, lab->name, lab->name, i, i,
			   lab->name, i, lab->name, i);
		for (k = 0; k < lab->nsubnets; k++) {
			const struct topo_subnet *s = &lab->subnets[k];
			struct ipnet gw = {s->gateway, s->cidr.len};

			if (!s->network->external ||
			    s->network->phys != &lab->phys[i] ||
			    !ip_is_set(&s->gateway))
				continue;
			buf_printf(
				out,
				"ip -n %s-outside addr add %s dev eth%zu%s\n",
				lab->name, ipnet_print(&gw, text), i,
				gw.ip.family == 6 ? " nodad" : "");
		}
	}
}

/* Words of one node's plan, and what they are where all nodes share files and
 * names of namespaces. */
struct other {
	const char *from, *to;
};

static void put_text(const char *s, const struct other *o, size_t n,
		     struct buf *out)
{
	size_t i, len;

	while (*s) {
		for (i = 0; i < n; i++) {
			len = strlen(o[i].from);
			if (strncmp(s, o[i].from, len) == 0)
				break;
		}
		if (i < n) {
			buf_adds(out, o[i].to);
			s += strlen(o[i].from);
		} else {
			buf_addc(out, *s++);
		}
	}
}

static struct other *others(struct arena *a, const struct plan *p,
			    const struct where *w, size_t *ret)
{
	struct other *o = arena_array(a, p->n + 2, sizeof(*o));
	size_t i, n = 0;

	o[n++] = (struct other){p->state_dir,
				arena_printf(a, "/run/%s", w->node)};
	o[n++] = (struct other){SERVICE_NEUTRON_DIR,
				arena_printf(a, "/run/%s/neutron/", w->node)};
	for (i = 0; i < p->n; i++) {
		auto_buf struct buf name = {0};

		if (p->res[i].kind != RES_NETNS)
			continue;
		where_name(w, p->res[i].netns, &name);
		o[n++] = (struct other){p->res[i].netns,
					arena_strndup(a, name.data, name.len)};
	}
	*ret = n;
	return o;
}

static bool has_switch(const struct topo_node *n)
{
	return n->mechanism == TOPO_OPENVSWITCH && n->role != TOPO_CONTROLLER;
}

/* Its database and its switch, as the documents' packages start them. */
static void daemons(const struct lab *lab, struct buf *out)
{
	for (size_t i = 0; i < lab->nnodes; i++) {
		const char *node = lab->nodes[i].name;

		if (!has_switch(&lab->nodes[i]))
			continue;
		buf_printf(out,
			   "d=/run/%s-%s/openvswitch; mkdir -p $d\n"
			   "export OVS_RUNDIR=$d OVS_DBDIR=$d OVS_LOGDIR=$d\n"
			   "ovsdb-tool create $d/conf.db "
			   "/usr/share/openvswitch/vswitch.ovsschema\n"
			   "ip netns exec %s-%s ovsdb-server $d/conf.db "
			   "--remote=punix:$d/db.sock --pidfile --detach "
			   "--no-chdir -vconsole:off -vsyslog:off\n"
			   "ovs-vsctl --no-wait init\n"
			   "ip netns exec %s-%s ovs-vswitchd unix:$d/db.sock "
			   "--pidfile --detach --no-chdir -vconsole:off "
			   "-vsyslog:off\n",
			   lab->name, node, lab->name, node, lab->name, node);
	}
}

/* Each flow by itself. */
static void flows(const struct res_flows *f, const struct where *w,
		  struct buf *out)
{
	const char *s = f->text;
	size_t len;

	for (; *s; s += len + (s[len] == '\n')) {
		len = strcspn(s, "\n");
		where_exec(w, "", out);
		buf_printf(out, "ovs-ofctl add-flow %s '%.*s'\n", f->bridge,
			   (int)len, s);
	}
}

static bool is_switch(const struct res_service *s)
{
	return strncmp(s->name, "ovs", 3) == 0;
}

static void service(const struct res_service *s, const struct where *w,
		    const struct plan *p, struct buf *out)
{
	auto_arena struct arena a = {0};
	size_t i, n;
	const struct other *o = others(&a, p, w, &n);
	char path[512];

	if (s->when)
		return; /* not at once: its router is not active */
	for (i = 0; i < s->nfiles; i++) {
		auto_buf struct buf to = {0};
		const char *slash;

		if (service_file_path(p->state_dir, s->files[i].path, path,
				      sizeof(path)) < 0)
			continue;
		put_text(path, o, n, &to);
		slash = to.data ? strrchr(to.data, '/') : NULL;
		if (!slash)
			continue;
		buf_printf(out, "mkdir -p '%.*s'\ncat >'%s' <<'EOF'\n",
			   (int)(slash - to.data), to.data, to.data);
		put_text(s->files[i].text, o, n, out);
		buf_adds(out, "\nEOF\n");
	}
	/* Our own mount /sys themselves, which `ip netns exec` has done. */
	if (strcmp(s->argv[0], "labctl") == 0) {
		buf_adds(out, "nsenter --net=/run/netns/");
		where_name(w, s->netns ? s->netns : "", out);
		buf_adds(out, " \"$LABCTL\" ");
	} else {
		where_exec(w, s->netns ? s->netns : "", out);
		buf_printf(out, "'%s' ", s->argv[0]);
	}
	for (i = 1; i < s->nargs; i++) {
		buf_addc(out, '\'');
		put_text(s->argv[i], o, n, out);
		buf_adds(out, "' ");
	}
	buf_adds(out, ">/dev/null 2>&1 &\n");
}

static void script_up(const struct lab *lab, struct buf *out)
{
	size_t i, k;

	buf_printf(out, "set -e\nip netns add %s-fabric\n", lab->name);
	for (i = 0; i < lab->nphys; i++)
		buf_printf(out,
			   "ip -n %s-fabric link add p%zu type bridge "
			   "forward_delay 0 mcast_snooping 0\n"
			   "ip -n %s-fabric link set p%zu up\n",
			   lab->name, i, lab->name, i);
	for (i = 0; i < lab->nnodes; i++)
		wire(lab, &lab->nodes[i], out);
	outside(lab, out);
	if (topo_uses(lab, TOPO_OPENVSWITCH)) {
		buf_adds(out, "date +%s%N >/run/daemons\n");
		daemons(lab, out);
		buf_adds(out, "date +%s%N >>/run/daemons\n");
	}
	for (i = 0; i < lab->nnodes; i++) {
		auto_arena struct arena a = {0};
		auto_buf struct buf name = {0};
		struct where w;
		struct plan p;

		plan_build(&a, lab, &lab->nodes[i], &p);
		buf_printf(&name, "%s-%s", lab->name, lab->nodes[i].name);
		w.node = name.data;
		if (has_switch(&lab->nodes[i]))
			buf_printf(out,
				   "export OVS_RUNDIR=/run/%s/openvswitch\n",
				   name.data);
		for (k = 0; k < p.n; k++)
			if (p.res[k].kind == RES_SERVICE &&
			    is_switch(&p.res[k].service))
				; /* it runs */
			else if (p.res[k].kind == RES_SERVICE)
				service(&p.res[k].service, &w, &p, out);
			else if (p.res[k].kind == RES_FLOWS)
				flows(&p.res[k].flows, &w, out);
			else if (kind_of(&p.res[k])->shell)
				kind_of(&p.res[k])->shell(&p.res[k], &w, out);
	}
}

static void script_down(const struct lab *lab, struct buf *out)
{
	buf_printf(out,
		   "for n in $(ip netns list | sed -n 's/^\\(%s-[^ "
		   "]*\\).*/\\1/p'); "
		   "do ip netns del \"$n\"; done\n",
		   lab->name);
}

int main(int argc, char **argv)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf out = {0};
	struct lab *lab = NULL;

	if (argc != 3 ||
	    (strcmp(argv[1], "up") != 0 && strcmp(argv[1], "down") != 0)) {
		fputs("usage: script up|down FILE\n", stderr);
		return 2;
	}
	if (topo_load(argv[2], &lab, &errs) < 0) {
		topo_errors_print(&errs, argv[2], 0, false, &out);
		fwrite(out.data, 1, out.len, stderr);
		return 2;
	}
	if (strcmp(argv[1], "up") == 0)
		script_up(lab, &out);
	else
		script_down(lab, &out);
	fwrite(out.data, 1, out.len, stdout);
	lab_free(lab);
	return fflush(stdout) == 0 ? 0 : 3;
}
