/* SPDX-License-Identifier: MIT */
/* Can this machine run emulated labs, and if not, what helps? Looks only. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/kernel/datapath.h"
#include "lib/kernel/neightab.h"
#include "lib/parse.h"
#include "provision/emul/emul.h"
#include "provision/emul/limits.h"
#include "provision/emul/probe.h"
#include "provision/emul/programs.h"
#include "provision/emul/space.h"
#include "provision/emul/state.h"
#include "provision/emul/user.h"
#include "provision/fabric/mount.h"
#include "provision/fabric/worse.h"
#include "topologies/links.h"

#define KERNEL_MAJOR 5
#define KERNEL_MINOR 12
#define NEIGHBOURS_PERCENT 80u /* taken, from where on it is told as scarce */

struct report {
	struct arena *a;
	const struct lab *lab; /* or NULL: any */
	struct emul_need *needs;
	size_t n;
};

static struct emul_need *add(struct report *r, const char *name, bool required,
			     bool ok)
{
	struct emul_need *n;

	n = arena_push(r->a, &r->needs, &r->n, sizeof(*n));
	n->name = name;
	n->required = required;
	n->ok = ok;
	n->found = "";
	return n;
}

/* Number in a file of /proc/sys, or def where there is none. */
static uint32_t sysctl_u32(const char *path, uint32_t def)
{
	auto_buf struct buf b = {0};
	uint32_t v;

	if (file_read(path, 64, &b) < 0)
		return def;
	b.data[strcspn(b.data, "\n")] = '\0';
	return parse_u32(b.data, 0, UINT32_MAX, &v) < 0 ? def : v;
}

static void look_kernel(struct report *r)
{
	struct emul_need *n;
	struct utsname u;
	unsigned major = 0, minor = 0;

	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return;
	n = add(r, "kernel", true,
		major > KERNEL_MAJOR ||
			(major == KERNEL_MAJOR && minor >= KERNEL_MINOR));
	n->found = arena_printf(r->a, "Linux %s", u.release);
	if (!n->ok)
		n->cure = arena_printf(r->a, "Linux %d.%d or newer",
				       KERNEL_MAJOR, KERNEL_MINOR);
}

static void look_program(struct report *r, const char *name, bool required,
			 const char *package, const char *what_for)
{
	const char *path = emul_find_program(r->a, name);
	struct emul_need *n = add(r, name, required, path);

	n->found = path ? path : arena_printf(r->a, "not found; %s", what_for);
	if (!path)
		n->cure = arena_printf(r->a, "apt-get install %s", package);
}

static void look_sshd_user(struct report *r)
{
	const struct passwd *pw = getpwnam(EMUL_SSHD_USER);
	struct emul_need *n = add(r, "sshd's user", true, pw);

	n->found =
		pw ? arena_printf(r->a, "%s, uid %u", pw->pw_name, pw->pw_uid)
		   : "no user " EMUL_SSHD_USER;
	if (!pw)
		n->cure = "apt-get install openssh-server";
}

static void look_ids(struct report *r)
{
	struct emul_range uids, gids;
	struct emul_need *n;
	bool good = emul_subids(&uids, &gids, NULL) == 0;

	n = add(r, "subordinate ids", true, good);
	if (good) {
		n->found = arena_printf(r->a, "%u from %u", uids.count,
					uids.first);
		return;
	}
	n->found = arena_printf(r->a,
				"fewer than %u in /etc/subuid or "
				"/etc/subgid",
				EMUL_IDS_MIN);
	n->cure = emul_subid_cure(r->a);
}

/* Why an ordinary user may not make a user namespace here. */
static const char *userns_cure(void)
{
	if (sysctl_u32("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0)
		return "as root: sysctl kernel.unprivileged_userns_clone=1";
	if (sysctl_u32("/proc/sys/user/max_user_namespaces", 1) == 0)
		return "as root: sysctl user.max_user_namespaces=10000";
	if (sysctl_u32("/proc/sys/kernel/"
		       "apparmor_restrict_unprivileged_userns",
		       0))
		return "as root: sysctl "
		       "kernel.apparmor_restrict_unprivileged_userns=0, or an "
		       "AppArmor profile that allows labctl userns";
	return "run labctl as root, or where user namespaces are allowed "
	       "(a container must allow them itself)";
}

static const char *probe_cure(enum emul_probe p)
{
	switch (p) {
	case EMUL_PROBE_MOUNTS:
	case EMUL_PROBE_NODE:
		return "in a container: let it see all of /proc and mount "
		       "(docker: --privileged); else Linux 5.12 or newer";
	case EMUL_PROBE_SYSCTL:
		return "in a container: /proc/sys must be writable";
	case EMUL_PROBE_BRIDGE:
		return "as root: modprobe bridge (CONFIG_BRIDGE)";
	case EMUL_PROBE_VETH:
		return "as root: modprobe veth (CONFIG_VETH)";
	case EMUL_PROBE_VXLAN:
		return "as root: modprobe vxlan (CONFIG_VXLAN)";
	case EMUL_PROBE_PACKET:
		return "as root: modprobe af_packet (CONFIG_PACKET)";
	case EMUL_PROBE_FILTER:
		return "for labs with security groups: as root, modprobe "
		       "br_netfilter ip_set_hash_net xt_set xt_physdev; "
		       "apt-get install iptables";
	case EMUL_PROBE_VLAN:
		return "for Linux bridges with VLANs: as root, modprobe 8021q "
		       "(CONFIG_VLAN_8021Q); or 'mechanism: openvswitch', "
		       "which tags without it";
	case EMUL_PROBE_RAW:
	case EMUL_PROBES:
		break;
	}
	return "a kernel that has it";
}

static bool all_work(const struct emul_probe_result *res, int code)
{
	int i;

	for (i = 0; code == 0 && i < EMUL_PROBES_NEEDED; i++)
		code = res[i].code;
	return code == 0;
}

/* In its own user namespace a lab of root's does not work; without, it does. */
static void look_privileged(struct report *r,
			    const struct emul_probe_result *res, int code,
			    const struct err *e)
{
	struct emul_need *n = add(r, "user namespace", false, false);
	int i;

	for (i = 0; code == 0 && i < EMUL_PROBES_NEEDED - 1 && !res[i].code;
	     i++)
		;
	n->found = code < 0 ? arena_strdup(r->a, e->msg)
			    : arena_printf(r->a, "%s: %s", emul_probe_names[i],
					   res[i].words);
	n->cure = "'labctl up --privileged' works without it; root in the lab "
		  "is then root here";
}

static void look_tun(struct report *r)
{
	auto_close int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	struct emul_need *n = add(r, "/dev/net/tun", r->lab, fd >= 0);

	n->found = fd >= 0 ? "open"
			   : arena_printf(r->a,
					  "%s; Open vSwitch's ports without a "
					  "kernel module need it",
					  strerror(errno));
	if (fd < 0)
		n->cure = emul_is_root()
				  ? "modprobe tun (CONFIG_TUN)"
				  : "as root: modprobe tun; chmod 666 "
				    "/dev/net/tun (a udev rule keeps it so)";
}

static void look_prompt(struct report *r)
{
	enum emul_prompt_how how = emul_space_prompt();
	bool good = how != EMUL_PROMPT_NOT;
	struct emul_need *n = add(r, "real-time limits", false, good);

	n->found = how == EMUL_PROMPT_ALL ? "can be had"
		   : good ? "the VRRP engine's schedule can be had, locked "
			    "memory not"
			  : "none; the VRRP engine is scheduled as any program";
	if (good)
		return;
	n->cure = emul_is_root()
			  ? "root with CAP_SYS_NICE or CAP_SYS_RESOURCE (in "
			    "docker: --cap-add SYS_NICE); or as it is"
			  : "as root, in /etc/security/limits.conf: rtprio 10 "
			    "and memlock unlimited for you; or as it is";
}

/* Of a lab that is known, only what it needs. */
static bool wants_probe(const struct report *r, int probe)
{
	const struct topo_network *net;

	if (!r->lab)
		return true;
	if (probe == EMUL_PROBE_FILTER)
		return r->lab->nsecgroups;
	if (probe == EMUL_PROBE_VLAN)
		return emul_bridges(r->lab, TOPO_VLAN, &net);
	if (probe == EMUL_PROBE_VXLAN)
		return emul_bridges(r->lab, TOPO_VXLAN, &net);
	return true;
}

/* What was found, and of a lab, whose it is. */
static const char *found(const struct report *r, int probe,
			 const struct emul_probe_result *res)
{
	const struct topo_network *net;
	const struct topo_node *n;

	if (res->code == 0)
		return "works";
	n = r->lab && probe == EMUL_PROBE_VLAN
		    ? emul_bridges(r->lab, TOPO_VLAN, &net)
		    : NULL;
	if (!n)
		return arena_strdup(r->a, res->words);
	return arena_printf(r->a, "%s; node %s needs it for network '%s'",
			    res->words, n->name, net->name);
}

static void look_probes(struct report *r)
{
	struct emul_probe_result res[EMUL_PROBES];
	bool privileged = false, root = emul_is_root();
	struct emul_need *n;
	struct err e;
	int i, code;

	code = emul_probe(false, res, &e);
	if (root && !all_work(res, code)) {
		/* Root has a way out, which is told where it helps. */
		struct emul_probe_result less[EMUL_PROBES];

		privileged = all_work(less, emul_probe(true, less, NULL));
	}
	if (privileged) {
		look_privileged(r, res, code, &e);
		return;
	}
	n = add(r, root ? "namespaces" : "user namespace", true, code == 0);
	if (code < 0) {
		n->found = arena_strdup(r->a, e.msg);
		n->cure = emul_is_root()
				  ? "root without CAP_SYS_ADMIN (a container?) "
				    "cannot: run it with that, or as an "
				    "ordinary user with user namespaces"
				  : userns_cure();
		return;
	}
	n->found = "network, mount, PID, UTS, IPC";
	for (i = 0; i < EMUL_PROBES; i++) {
		if (!wants_probe(r, i))
			continue;
		n = add(r, emul_probe_names[i],
			i < EMUL_PROBES_NEEDED || r->lab, res[i].code == 0);
		n->found = found(r, i, &res[i]);
		if (!n->ok)
			n->cure = probe_cure((enum emul_probe)i);
	}
}

/* Only a node that asks for the kernel's datapath must have it. */
static void look_datapath(struct report *r)
{
	bool has = datapath_in_kernel(), must = false;
	struct emul_need *n;

	for (size_t i = 0; r->lab && i < r->lab->nnodes; i++)
		must |= r->lab->nodes[i].mechanism == TOPO_OPENVSWITCH &&
			r->lab->nodes[i].datapath == TOPO_DATAPATH_KERNEL;
	if (r->lab && !must)
		return;
	n = add(r, "Open vSwitch's module", must, has);
	n->found = has ? "works"
		       : "not in this kernel; its own datapath does without";
	if (!has)
		n->cure = must ? "as root: modprobe openvswitch "
				 "(CONFIG_OPENVSWITCH), or 'datapath: "
				 "userspace'"
			       : "as root: modprobe openvswitch, for labs with "
				 "'datapath: kernel'";
}

/* How the wires of labs can be made worse; of a known lab, whether its can. */
static void look_wires(struct report *r)
{
	unsigned can = r->lab && !r->lab->nlinks ? WORSE_NETEM : worse_can();
	struct emul_need *n;

	for (size_t i = 0; r->lab && i < r->lab->nlinks; i++) {
		const struct topo_link *l = &r->lab->links[i];
		const char *why = worse_lacks(&l->impair, can);
		auto_buf struct buf b = {0};

		topo_impair_print(&l->impair, false, &b);
		n = add(r, arena_printf(r->a, "wire %s", l->name), true, !why);
		n->found = arena_printf(r->a, "%s: %s", b.data,
					why ? "not on this kernel" : "works");
		n->cure = why;
	}
	if (r->lab)
		return;
	n = add(r, "netem", false, can & WORSE_NETEM);
	n->found = n->ok ? "works"
			 : "not in this kernel; wires with a delay need it, "
			   "those with loss or a rate do not";
	if (!n->ok)
		n->cure = "as root: modprobe sch_netem "
			  "(CONFIG_NET_SCH_NETEM)";
}

static void look_limits(struct report *r)
{
	struct emul_limit *all;
	struct emul_uses u;
	struct emul_need *need;
	size_t n;

	emul_uses(r->lab, &u);
	emul_limits(r->a, &u, "", &all, &n);
	for (size_t i = 0; i < n; i++) {
		need = add(r, all[i].name, all[i].fit == EMUL_NEVER,
			   all[i].fit == EMUL_FITS);
		need->found = all[i].found;
		need->cure = all[i].cure;
	}
}

/* Shared with all that this machine does; a warning, for it may be quiet when
 * the lab is up. */
static void look_neighbours(struct report *r)
{
	static const char *const names[] = {
		[NEIGHTAB_ARP] = "IPv4 neighbours",
		[NEIGHTAB_ND] = "IPv6 neighbours",
	};
	struct neightab_watch w;
	enum neightab_family f;

	neightab_watch(&w);
	for (f = 0; f < NEIGHTABS; f++) {
		const struct neightab *t = &w.first[f];
		struct emul_need *n;

		/* Another namespace than the machine's first is not told. */
		if (w.fds[f] < 0 || !t->max)
			continue;
		n = add(r, names[f], false,
			(uint64_t)t->entries * 100 <
				(uint64_t)t->max * NEIGHBOURS_PERCENT);
		n->found = arena_printf(
			r->a,
			"%u in the machine's table for %u (those "
			"that labs reserve are among them and "
			"take no place), full %llu times since "
			"it began",
			t->entries, t->max, (unsigned long long)t->fulls);
		if (!n->ok)
			n->cure = arena_printf(r->a,
					       "less to run at a time, or as "
					       "root: sysctl %s=%u",
					       neightab_sysctls[f], t->max * 8);
	}
	neightab_watch_end(&w);
}

static void look_state(struct report *r)
{
	struct emul_need *n;
	const char *path;
	struct err e;
	bool good = emul_state_look(r->a, &path, &e) == 0;

	n = add(r, "state folder", true, good);
	n->found = good ? path : arena_strdup(r->a, e.msg);
	if (!good)
		n->cure = "LABCTL_STATE=/a/folder/of/your/own labctl ...";
}

int emul_doctor(struct arena *a, const struct lab *lab, struct emul_need **ret,
		size_t *ret_n)
{
	struct report r = {.a = a, .lab = lab};

	look_kernel(&r);
	if (!emul_is_root()) {
		look_program(&r, "newuidmap", true, "uidmap",
			     "maps ids without root");
		look_program(&r, "newgidmap", true, "uidmap",
			     "maps ids without root");
		look_ids(&r);
	}
	look_probes(&r);
	look_wires(&r);
	look_datapath(&r);
	if (!lab || topo_any_userspace(lab))
		look_tun(&r);
	look_prompt(&r);
	look_program(&r, "sshd", true, "openssh-server",
		     "nodes are reached by it");
	look_sshd_user(&r);
	look_state(&r);
	look_limits(&r);
	look_neighbours(&r);
	for (size_t i = 0; i < emul_nprograms; i++) {
		const struct emul_program *p = &emul_programs[i];

		if (lab && !p->wanted(lab))
			continue;
		look_program(&r, p->name, lab, p->package,
			     lab ? "this lab wants it"
				 : arena_printf(a, "%s want it", p->labs));
	}
	look_program(&r, "ip", false, "iproute2", "to look around by hand");
	if (!lab)
		look_program(&r, "prove", false, "perl", "runs the tests");
	*ret = r.needs;
	*ret_n = r.n;
	return 0;
}
