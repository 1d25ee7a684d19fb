/* SPDX-License-Identifier: MIT */
/*
 * A node: PID 1 of its own namespaces
 * ===================================
 * A fork of the fabric, in namespaces made with it. It lays its own files
 * over the machine's, takes its host name, and then waits for the fabric:
 *
 *   EMUL_CHECK  look at lo and the nics; say what is missing or different
 *   EMUL_APPLY  the wires are there: sysctls, addresses, up; start sshd, or
 *               the Internet's servers on the host outside
 *
 * Both may come any number of times. Otherwise it does what PID 1 does: it
 * reaps what dies, and starts sshd again where that died, a little later each
 * time it dies young; one that was stopped it ends first, when told to apply.
 * It ends by SIGTERM from outside, or with the fabric: the kernel kills all
 * that is in it then.
 *
 * sshd does not re-execute itself for each connection (-r): that would cost a
 * connection 7 ms, and buys another layout of memory only.
 */
#include "provision/fabric/node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/kernel/ethtool.h"
#include "provision/emul/start.h"
#include "provision/emul/title.h"
#include "provision/fabric/daemon.h"
#include "provision/fabric/internet.h"
#include "provision/fabric/laid.h"
#include "provision/fabric/mount.h"
#include "provision/fabric/net.h"
#include "provision/fabric/spec.h"
#include "provision/fabric/sshd.h"
#include "provision/fabric/vlan.h"

#define SSHD_CONFIG "/run/lab/ssh/sshd_config" /* below EMUL_RUN */
#define SSHD_LOG "/var/log/sshd.log"
#define DAEMONS_MAX (2 + EMUL_INTERNET_DAEMONS) /* sshd, tags */

struct node {
	const struct emul_node *spec;
	struct arena arena;
	struct rtnl *rtnl;
	const char *client_pub; /* whom its sshd lets in */
	struct emul_daemon daemons[DAEMONS_MAX];
	size_t ndaemons;
	struct laid laid;
	bool applied;      /* once */
	struct err broken; /* what went wrong before the first order */
};

static const char *const sshd[] = {EMUL_SSHD, "-D",        "-r", "-e",
				   "-f",      SSHD_CONFIG, NULL};

static void start_all(struct node *nd)
{
	for (size_t i = 0; i < nd->ndaemons; i++)
		if (!nd->daemons[i].wanted)
			emul_daemon_start(&nd->daemons[i]);
		else if (emul_daemon_stopped(&nd->daemons[i]))
			emul_daemon_replace(&nd->daemons[i]);
}

static bool any_stopped(const struct node *nd)
{
	for (size_t i = 0; i < nd->ndaemons; i++)
		if (emul_daemon_stopped(&nd->daemons[i]))
			return true;
	return false;
}

static void reap(struct node *nd)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (size_t i = 0; i < nd->ndaemons; i++)
			if (pid == nd->daemons[i].pid)
				emul_daemon_died(&nd->daemons[i]);
}

/* Before it comes up: what it would send by itself, and whom it would trust. */
static void nic_sysctls(const struct emul_nic *nic)
{
	char path[128];

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/accept_ra", nic->ifname);
	(void)emul_sysctl(path, "0");
	if (!nic->quiet)
		return;
	/* The outside's own addresses may be IPv6; then only autoconf goes. */
	for (size_t i = 0; i < nic->naddrs; i++)
		if (nic->addrs[i].ip.family == 6)
			return;
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/disable_ipv6",
		 nic->ifname);
	(void)emul_sysctl(path, "1");
}

static void look_nic(struct node *nd, const struct emul_links *have,
		     const struct emul_nic *nic, size_t i, bool apply,
		     struct emul_reply *ret)
{
	const struct emul_link *l = emul_link_find(have, nic->ifname);
	bool first = !nd->applied, left;
	size_t k;

	if (!l && nic->vlan) {
		ret->drift++; /* where it applies, it was made before */
		return;
	}
	if (!l) {
		ret->missing |= UINT32_C(1) << i;
		return;
	}
	if (!l->up || l->mtu != nic->mtu) {
		ret->drift++;
		if (apply && !l->up)
			(void)emul_take_bursts(nic->ifname, true);
		if (apply && (first || !l->up))
			nic_sysctls(nic);
		if (apply)
			emul_set_link(nd->rtnl, l->index, l->name, nic->mtu, 0);
	}
	if (nic->whole && ethtool_tx_checksums(nic->ifname, &left) == 0 &&
	    left) {
		ret->drift++;
		if (apply)
			(void)ethtool_set_tx_checksums(nic->ifname, false);
	}
	/* Made with the link, which takes them with it. */
	for (k = 0; apply && !l->up && k < nic->ngroups; k++)
		emul_add_group(nd->rtnl, l->index, l->name, &nic->groups[k]);
	for (k = 0; k < nic->naddrs; k++) {
		if (emul_link_has(have, l->index, &nic->addrs[k]))
			continue;
		ret->drift++;
		if (apply)
			emul_add_addr(nd->rtnl, l->index, l->name,
				      &nic->addrs[k]);
	}
}

static int look(struct node *nd, bool apply, struct emul_reply *ret,
		struct err *reterr)
{
	auto_arena struct arena a = {0};
	const struct emul_link *lo;
	struct emul_links have;
	size_t i;
	int r;

	for (i = 0; apply && i < nd->spec->nnics; i++) {
		if (!nd->spec->nics[i].vlan)
			continue;
		r = emul_vlan_make(&nd->spec->nics[i], reterr);
		if (r < 0)
			return r;
	}
	r = emul_links_read(&a, nd->rtnl, &have, reterr);
	if (r < 0)
		return r;
	lo = emul_link_find(&have, "lo");
	if (lo && !lo->up) {
		ret->drift++;
		if (apply)
			emul_set_link(nd->rtnl, lo->index, "lo", 0, 0);
	}
	for (i = 0; lo && i < nd->spec->nown; i++) {
		if (emul_link_has(&have, lo->index, &nd->spec->own[i]))
			continue;
		ret->drift++;
		if (apply)
			emul_add_addr(nd->rtnl, lo->index, "lo",
				      &nd->spec->own[i]);
	}
	for (i = 0; i < nd->spec->nnics; i++)
		look_nic(nd, &have, &nd->spec->nics[i], i, apply, ret);
	r = emul_routes_mend(&a, nd->rtnl, &have, nd->spec->routes,
			     nd->spec->nroutes, apply, reterr);
	if (r < 0)
		return r;
	ret->drift += (unsigned)r;
	return rtnl_queued(nd->rtnl) ? rtnl_commit(nd->rtnl, reterr) : 0;
}

/* The names that the host outside tells; its first daemon is who tells them. */
static void look_names(struct node *nd, bool apply, struct emul_reply *ret,
		       struct err *reterr)
{
	if (!nd->applied || !emul_internet_changed(nd->spec))
		return;
	ret->drift++;
	if (!apply)
		return;
	if (emul_internet_mend(nd->spec, reterr) < 0)
		ret->code = reterr->code;
	else if (nd->daemons[0].pid)
		emul_daemon_replace(&nd->daemons[0]);
}

static void obey(struct node *nd, enum emul_order order, struct emul_reply *ret)
{
	struct err e = nd->broken;

	if (e.code == 0)
		e.code = laid_look(&nd->laid, order == EMUL_APPLY, &ret->laid,
				   &ret->ruined, &e);
	if (e.code == 0)
		e.code = emul_ssh_files(nd->spec, nd->client_pub,
					order == EMUL_APPLY, &ret->drift, &e);
	if (e.code == 0)
		e.code = look(nd, order == EMUL_APPLY, ret, &e);
	if (e.code < 0) {
		ret->code = e.code;
		memcpy(ret->msg, e.msg, sizeof(ret->msg));
		return;
	}
	look_names(nd, order == EMUL_APPLY, ret, &e);
	if (ret->code < 0)
		memcpy(ret->msg, e.msg, sizeof(ret->msg));
	ret->stopped = any_stopped(nd);
	if (order != EMUL_APPLY)
		return;
	nd->applied = true;
	start_all(nd);
}

static void serve(struct node *nd, int ctl)
{
	struct emul_reply reply = {0};
	unsigned char order;

	if (recv(ctl, &order, 1, 0) != 1)
		return; /* the fabric is gone, and with it this process */
	obey(nd, order, &reply);
	(void)send(ctl, &reply, sizeof(reply), MSG_NOSIGNAL);
}

static int prepare(struct node *nd, const struct emul_spec *s,
		   struct err *reterr)
{
	unsigned fresh = 0;
	int r;

	if (sethostname(nd->spec->name, strlen(nd->spec->name)) < 0)
		return err_sys(reterr, -errno, "set the host name");
	nd->client_pub = s->client_pub;
	r = emul_mount_node(nd->spec, reterr);
	if (r == 0)
		r = emul_ssh_files(nd->spec, nd->client_pub, true, &fresh,
				   reterr);
	if (r < 0)
		return r;
	r = emul_internet_prepare(&nd->arena, nd->spec, nd->daemons,
				  &nd->ndaemons, reterr);
	if (r < 0)
		return r;
	nd->daemons[nd->ndaemons] = emul_vlan_daemon(&nd->arena, nd->spec);
	nd->ndaemons += nd->daemons[nd->ndaemons].argv != NULL;
	if (nd->spec->address)
		nd->daemons[nd->ndaemons++] =
			(struct emul_daemon){.argv = sshd, .log = SSHD_LOG};
	r = rtnl_open(&nd->rtnl, -1, reterr);
	return r == 0 ? laid_note(&nd->laid, &nd->arena, reterr) : r;
}

static int wait_ms(const struct node *nd)
{
	int least = -1, ms;

	for (size_t i = 0; i < nd->ndaemons; i++) {
		ms = emul_daemon_wait_ms(&nd->daemons[i]);
		if (ms >= 0 && (least < 0 || ms < least))
			least = ms;
	}
	return least;
}

static void start_due(struct node *nd)
{
	for (size_t i = 0; i < nd->ndaemons; i++)
		if (emul_daemon_wait_ms(&nd->daemons[i]) == 0)
			emul_daemon_start(&nd->daemons[i]);
}

static void loop(struct node *nd, int ctl, int sig)
{
	struct pollfd p[] = {{.fd = ctl, .events = POLLIN},
			     {.fd = sig, .events = POLLIN}};
	struct signalfd_siginfo si;

	for (;;) {
		if (poll(p, 2, wait_ms(nd)) < 0 && errno != EINTR)
			return;
		if (p[1].revents && read(sig, &si, sizeof(si)) == sizeof(si)) {
			if (si.ssi_signo != SIGCHLD)
				return;
			reap(nd);
		}
		if (p[0].revents)
			serve(nd, ctl);
		start_due(nd);
	}
}

_Noreturn void emul_node_run(const struct emul_spec *s,
			     const struct emul_node *n, int ctl)
{
	char owner[16];
	const char *words[] = {"labctl", "node",    s->lab,
			       n->name,  "--owner", owner};
	struct node nd = {.spec = n};
	sigset_t all;
	int sig;

	snprintf(owner, sizeof(owner), "%u", s->owner);
	emul_title(words, ARRAY_LEN(words));
	(void)prctl(PR_SET_NAME, "labctl-node");
	if (ctl > EMUL_FABRIC_FD)
		(void)close_range(EMUL_FABRIC_FD, (unsigned)ctl - 1, 0);
	(void)close_range((unsigned)ctl + 1, ~0u, 0);
	/* The fabric's signals stay blocked: here they are read as well. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	sigaddset(&all, SIGTERM);
	sig = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sig < 0)
		err_sys(&nd.broken, -errno, "signalfd");
	else
		nd.broken.code = prepare(&nd, s, &nd.broken);
	loop(&nd, ctl, sig);
	_exit(0);
}
