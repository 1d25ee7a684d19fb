/* SPDX-License-Identifier: MIT */
/*
 * Tries what a lab does, in namespaces of its own that vanish with the child
 * that holds them: the way to know is to do it. Each try is one record through
 * a pipe.
 */
#include "provision/emul/probe.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/kernel/ipset.h"
#include "lib/kernel/rtmsg.h"
#include "lib/kernel/rtnl.h"
#include "provision/emul/space.h"
#include "provision/emul/user.h"
#include "provision/fabric/mount.h"
#include "provision/fabric/net.h"
#include "provision/fabric/spec.h"
#include "provision/kinds/rules/compile.h"

#define NODE_FLAGS                                                             \
	(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS |            \
	 CLONE_NEWIPC)
#define PROBE_MS 10000

const char *const emul_probe_names[] = {
	[EMUL_PROBE_MOUNTS] = "mounts of its own",
	[EMUL_PROBE_SYSCTL] = "sysctls of its own",
	[EMUL_PROBE_BRIDGE] = "bridge",
	[EMUL_PROBE_VETH] = "veth",
	[EMUL_PROBE_VXLAN] = "vxlan",
	[EMUL_PROBE_PACKET] = "packet sockets",
	[EMUL_PROBE_RAW] = "raw sockets",
	[EMUL_PROBE_NODE] = "a node's namespaces",
	[EMUL_PROBE_FILTER] = "filters",
	[EMUL_PROBE_VLAN] = "VLAN interfaces",
};
_Static_assert(ARRAY_LEN(emul_probe_names) == EMUL_PROBES, "a name for each");

static int try_link(const char *kind, uint32_t vni)
{
	struct rtnl *r = NULL;
	struct rtmsg_kind k;
	struct nl_msg *m;
	int e;

	e = rtnl_open(&r, -1, NULL);
	if (e < 0)
		return e;
	m = rtmsg_link_new(r, 0, kind, RTMSG_AS_IS);
	k = rtmsg_kind(m, kind);
	if (vni) {
		(void)nla_put_u32(m, IFLA_VXLAN_ID, vni);
		(void)nla_put_u16(m, IFLA_VXLAN_PORT, htons(8472));
	}
	rtmsg_kind_end(m, &k);
	e = rtnl_commit(r, NULL);
	rtnl_free(r);
	return e;
}

/* It stands on another link. */
static int try_vlan(void)
{
	struct rtnl *r = NULL;
	struct rtmsg_kind k;
	struct nl_msg *m;
	int e;

	(void)try_link("veth", 0); /* it may be there from another trial */
	e = rtnl_open(&r, -1, NULL);
	if (e < 0)
		return e;
	m = rtmsg_link_new(r, 0, "vlan", RTMSG_AS_IS);
	(void)nla_put_u32(m, IFLA_LINK, if_nametoindex("veth"));
	k = rtmsg_kind(m, "vlan");
	(void)nla_put_u16(m, IFLA_VLAN_ID, 7);
	rtmsg_kind_end(m, &k);
	e = rtnl_commit(r, NULL);
	rtnl_free(r);
	return e;
}

static int try_socket(int domain, int type, int protocol)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* A node below the fabric: namespaces again, and mounts in them. */
static int try_node(struct err *reterr)
{
	static const struct emul_node node = {.name = "probe"};
	struct err e;
	int status;
	pid_t pid;

	pid = emul_clone(NODE_FLAGS);
	if (pid == 0)
		_exit(emul_mount_node(&node, &e) < 0 ? -e.code & 0xff : 0);
	if (pid < 0)
		return err_sys(reterr, pid, "clone");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(reterr, -errno, "waitpid");
	status = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	return status ? err_sys(reterr, -status, "its mounts") : 0;
}

/* What security groups stand on: br_netfilter, sets, and the matches. */
static int try_filter(struct err *reterr)
{
	static const char rules[] =
		"*raw\n-A PREROUTING -m physdev --physdev-in tap0 -j CT --zone "
		"4097\nCOMMIT\n"
		"*filter\n-A FORWARD -m physdev --physdev-out tap0 "
		"--physdev-is-bridged -m mac --mac-source fa:16:3e:00:00:01 -m "
		"set --match-set NIPv4probe src -m conntrack --ctstate INVALID "
		"-j DROP\nCOMMIT\n";
	static const struct ipset set = {.name = "NIPv4probe", .family = 4};
	auto_buf struct buf said = {0};
	int r = emul_sysctl("net/bridge/bridge-nf-call-iptables", "1");

	if (r < 0)
		return err_set(reterr, r,
			       "br_netfilter is not there: bridged frames come "
			       "by no rule");
	r = ipset_put(-1, &set, reterr);
	return r < 0 ? r
		     : rules_run("iptables-nft-restore", rules, &said, reterr);
}

static int try(enum emul_probe what, struct err *reterr)
{
	int r = 0;

	switch (what) {
	case EMUL_PROBE_MOUNTS:
		return emul_mount_fabric(emul_is_root(), reterr);
	case EMUL_PROBE_SYSCTL:
		r = emul_sysctl("net/ipv4/ip_forward", "1");
		break;
	case EMUL_PROBE_BRIDGE:
		r = try_link("bridge", 0);
		break;
	case EMUL_PROBE_VETH:
		r = try_link("veth", 0);
		break;
	case EMUL_PROBE_VXLAN:
		r = try_link("vxlan", 7);
		break;
	case EMUL_PROBE_PACKET:
		r = try_socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
		break;
	case EMUL_PROBE_RAW:
		r = try_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
		break;
	case EMUL_PROBE_NODE:
		return try_node(reterr);
	case EMUL_PROBE_FILTER:
		return try_filter(reterr);
	case EMUL_PROBE_VLAN:
		r = try_vlan();
		if (r == -EOPNOTSUPP)
			return err_set(reterr, r, "the kernel lacks 8021q");
		break;
	case EMUL_PROBES:
		break;
	}
	return r < 0 ? err_set(reterr, r, "%s", strerror(-r)) : 0;
}

/* What is tried: n from the first on. */
struct trial {
	enum emul_probe first;
	int n;
};

static _Noreturn void probe_child(int go, int out, const struct emul_space *sp,
				  const struct trial *t)
{
	struct emul_probe_result res;
	struct err e;
	char byte;
	int i;

	if (read(go, &byte, 1) != 1)
		_exit(1);
	if (sp->user && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		_exit(1);
	for (i = 0; i < t->n; i++) {
		res = (struct emul_probe_result){0};
		e = (struct err){0};
		res.code = try(t->first + (enum emul_probe)i, &e);
		snprintf(res.words, sizeof(res.words), "%.*s",
			 (int)sizeof(res.words) - 1, e.msg);
		if (write(out, &res, sizeof(res)) != sizeof(res))
			break;
	}
	_exit(0);
}

static int read_results(int fd, const struct trial *t,
			struct emul_probe_result *ret)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int i;

	for (i = 0; i < t->n; i++) {
		if (poll(&p, 1, PROBE_MS) <= 0 ||
		    read(fd, &ret[i], sizeof(ret[i])) != sizeof(ret[i]))
			return -EIO;
		ret[i].words[sizeof(ret[i].words) - 1] = '\0';
	}
	return 0;
}

static int run(bool privileged, const struct trial *t,
	       struct emul_probe_result *ret, struct err *reterr)
{
	auto_close int go_in = -1, go = -1, in = -1, out = -1;
	struct emul_space sp;
	int gofd[2], fd[2], r = 0;
	pid_t pid;

	/* Ids that lack are told of elsewhere. */
	r = emul_space_of("", privileged, &sp, reterr);
	if (r < 0 && emul_is_root())
		return r;
	if (r < 0)
		sp = (struct emul_space){.user = true};
	if (pipe(gofd) < 0)
		return err_sys(reterr, -errno, "pipe");
	go_in = gofd[0];
	go = gofd[1];
	if (pipe(fd) < 0)
		return err_sys(reterr, -errno, "pipe");
	in = fd[0];
	out = fd[1];
	pid = emul_space_clone(&sp, reterr);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		close(take_fd(&go));
		close(take_fd(&in));
		probe_child(go_in, out, &sp, t);
	}
	close(take_fd(&out));
	r = emul_space_map(&sp, pid, reterr);
	if (r < 0 && !sp.root)
		r = emul_map_root(pid, reterr);
	if (r == 0 && write(go, "", 1) != 1)
		r = err_sys(reterr, -errno, "pipe");
	if (r == 0 && read_results(in, t, ret) < 0)
		r = err_set(reterr, -EIO, "the trial process died");
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

int emul_probe(bool privileged, struct emul_probe_result ret[EMUL_PROBES],
	       struct err *reterr)
{
	const struct trial all = {(enum emul_probe)0, EMUL_PROBES};

	return run(privileged, &all, ret, reterr);
}

int emul_probe_one(bool privileged, enum emul_probe what,
		   struct emul_probe_result *ret, struct err *reterr)
{
	const struct trial one = {what, 1};

	return run(privileged, &one, ret, reterr);
}
