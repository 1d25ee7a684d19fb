/* SPDX-License-Identifier: MIT */
/*
 * A lab that wants a program which is not here would come up and not work:
 * that is said before anything is touched.
 */
#include "provision/emul/programs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kernel/datapath.h"
#include "lib/kernel/ipset.h"
#include "provision/emul/probe.h"
#include "provision/fabric/mount.h"

static bool has_dhcp(const struct lab *lab)
{
	for (size_t i = 0; i < lab->nnetworks; i++)
		if (lab->networks[i].ndhcp)
			return true;
	return false;
}

static bool has_metadata(const struct lab *lab)
{
	for (size_t i = 0; has_dhcp(lab) && i < lab->nnodes; i++)
		if (lab->nodes[i].agents & TOPO_AGENT_METADATA)
			return true;
	return false;
}

static bool has_slaac(const struct lab *lab)
{
	for (size_t i = 0; i < lab->nrouters; i++)
		for (size_t k = 0; k < lab->routers[i].nqr; k++)
			if (lab->routers[i].qr[k]->addrs[0].subnet->ipv6 !=
			    TOPO_IPV6_NONE)
				return true;
	return false;
}

static bool has_groups(const struct lab *lab)
{
	return lab->nsecgroups;
}

static bool has_rules(const struct lab *lab)
{
	return has_groups(lab) || has_dhcp(lab) || has_slaac(lab);
}

static bool has_leases(const struct lab *lab)
{
	for (size_t i = 0; i < lab->ninstances; i++) {
		const struct topo_port *p = lab->instances[i].port;

		for (size_t k = 0; k < p->naddrs; k++)
			if (topo_leased(p, &p->addrs[k]))
				return true;
	}
	return false;
}

static bool has_dhcpv6(const struct lab *lab)
{
	for (size_t i = 0; i < lab->ninstances; i++) {
		const struct topo_port *p = lab->instances[i].port;

		for (size_t k = 0; k < p->naddrs; k++)
			if (p->addrs[k].subnet &&
			    topo_dhcpv6(p->addrs[k].subnet->ipv6) &&
			    topo_leased(p, &p->addrs[k]))
				return true;
	}
	return false;
}

static bool has_keepalived(const struct lab *lab)
{
	for (size_t i = 0; i < lab->nrouters; i++)
		if (lab->routers[i].is_ha &&
		    lab->routers[i].ha.engine == TOPO_ENGINE_KEEPALIVED)
			return true;
	return false;
}

static bool has_openvswitch(const struct lab *lab)
{
	return topo_uses(lab, TOPO_OPENVSWITCH);
}

const struct emul_program emul_programs[] = {
	{"dnsmasq", "dnsmasq-base", "labs with DHCP", has_dhcp},
	{"iptables-nft-restore", "iptables", "labs with DHCP or SLAAC",
	 has_rules},
	{"ebtables-nft-restore", "iptables", "labs with security groups",
	 has_groups},
	{"busybox", "busybox", "labs whose instances boot", has_leases},
	{"dhclient", "isc-dhcp-client", "labs whose instances use DHCPv6",
	 has_dhcpv6},
	{"haproxy", "haproxy", "labs with DHCP and a metadata agent",
	 has_metadata},
	{"radvd", "radvd", "labs with SLAAC", has_slaac},
	{"keepalived", "keepalived", "routers with its engine", has_keepalived},
	{"ovs-vswitchd", "openvswitch-switch", "labs with Open vSwitch",
	 has_openvswitch},
};
const size_t emul_nprograms = ARRAY_LEN(emul_programs);

const char *emul_find_program(struct arena *a, const char *name)
{
	const char *dir = EMUL_PATH;
	size_t len;

	for (; *dir; dir += len + (dir[len] == ':')) {
		const char *path;

		len = strcspn(dir, ":");
		path = arena_printf(a, "%.*s/%s", (int)len, dir, name);
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

/* What the kernel must have for groups, as far as can be told from here. */
static int lacks_filters(struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct ipset *sets;
	size_t n;

	if (access("/proc/sys/net/bridge/bridge-nf-call-iptables", F_OK) < 0)
		return err_set(
			reterr, -EOPNOTSUPP,
			"this kernel has no br_netfilter loaded, without "
			"which security groups filter nothing: as root, "
			"modprobe br_netfilter");
	/* Whoever may not ask is told when it is tried. */
	return ipset_list(-1, &a, &sets, &n, reterr) == -EOPNOTSUPP
		       ? -EOPNOTSUPP
		       : 0;
}

const struct topo_node *emul_bridges(const struct lab *lab, enum topo_type type,
				     const struct topo_network **ret_net)
{
	for (size_t i = 0; i < lab->nnetworks; i++)
		for (size_t k = 0; k < lab->nnodes; k++) {
			*ret_net = &lab->networks[i];
			if ((*ret_net)->type == type &&
			    lab->nodes[k].mechanism == TOPO_LINUXBRIDGE &&
			    topo_network_on(lab, *ret_net, &lab->nodes[k]))
				return &lab->nodes[k];
		}
	*ret_net = NULL;
	return NULL;
}

/* Whether the kernel can do what Linux bridges have VLANs by. */
static int lacks_vlans(const struct lab *lab, struct err *reterr)
{
	struct emul_probe_result res = {0};
	const struct topo_network *net;
	const struct topo_node *n = emul_bridges(lab, TOPO_VLAN, &net);

	/* That nothing can be tried is told when it is done. */
	if (!n || emul_probe_one(false, EMUL_PROBE_VLAN, &res, NULL) < 0 ||
	    !res.code)
		return 0;
	return err_set(reterr, res.code,
		       "node %s: network '%s' is VLAN %u, and there Linux "
		       "bridges need an interface of the kernel's: %s; as "
		       "root, modprobe 8021q (CONFIG_VLAN_8021Q), or "
		       "'mechanism: openvswitch', which tags without it",
		       n->name, net->name, net->vlan, res.words);
}

/* Whether the kernel moves frames for Open vSwitch, where it is to. */
static int lacks_datapath(const struct lab *lab, struct err *reterr)
{
	for (size_t i = 0; i < lab->nnodes; i++) {
		const struct topo_node *n = &lab->nodes[i];

		if (n->mechanism != TOPO_OPENVSWITCH ||
		    n->role == TOPO_CONTROLLER ||
		    n->datapath != TOPO_DATAPATH_KERNEL || datapath_in_kernel())
			continue;
		return err_set(reterr, -EOPNOTSUPP,
			       "node %s: this kernel has no datapath of Open "
			       "vSwitch's: as root, modprobe openvswitch "
			       "(CONFIG_OPENVSWITCH), or 'datapath: "
			       "userspace', which needs none",
			       n->name);
	}
	return 0;
}

int emul_lacks(const struct lab *lab, struct err *reterr)
{
	int r;

	auto_arena struct arena a = {0};

	for (size_t i = 0; i < emul_nprograms; i++) {
		const struct emul_program *p = &emul_programs[i];

		if (p->wanted(lab) && !emul_find_program(&a, p->name))
			return err_set(reterr, -ENOENT,
				       "there is no %s here, which %s want: "
				       "apt-get install %s",
				       p->name, p->labs, p->package);
	}
	r = lacks_vlans(lab, reterr);
	if (r == 0)
		r = lacks_datapath(lab, reterr);
	return r == 0 && has_groups(lab) ? lacks_filters(reterr) : r;
}
