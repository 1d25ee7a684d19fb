/* SPDX-License-Identifier: MIT */
/*
 * A node: PID 1 of its own namespaces
 * ===================================
 * A fork of the fabric, in namespaces made with it. It lays its own files
 * over the machine's, takes its host name, and then waits for the fabric:
 *
 *   EMUL_CHECK  look at lo and the nics; say what is missing or different
 *   EMUL_APPLY  the wires are there: sysctls, addresses, up; start sshd
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
#include "provision/emul/node.h"

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
#include "provision/emul/mount.h"
#include "provision/emul/net.h"
#include "provision/emul/spec.h"
#include "provision/emul/start.h"
#include "provision/emul/title.h"

#define SSHD_LOG "/var/log/sshd.log"
#define SSHD_LOG_MAX (1 << 20) /* begun anew beyond this, at a start */
#define AGAIN_MIN_NS (50 * NS_PER_MS)
#define AGAIN_MAX_NS (5 * NS_PER_S)
#define YOUNG_NS (10 * NS_PER_S)

struct node {
	const struct emul_node *spec;
	struct rtnl *rtnl;
	pid_t sshd;
	bool wanted; /* sshd was started once */
	struct mono started, again;
	int64_t wait_ns;
	struct err broken; /* what went wrong before the first order */
};

static _Noreturn void exec_sshd(void)
{
	char *const argv[] = {(char *)EMUL_SSHD,
			      (char *)"-D",
			      (char *)"-r",
			      (char *)"-e",
			      (char *)"-f",
			      (char *)EMUL_RUN "/ssh/sshd_config",
			      NULL};
	char *const env[] = {(char *)"PATH=" EMUL_PATH, NULL};
	struct stat st;
	sigset_t none;
	int log;

	log = open(SSHD_LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log >= 0) {
		if (fstat(log, &st) == 0 && st.st_size > SSHD_LOG_MAX)
			(void)!ftruncate(log, 0);
		dup2(log, STDERR_FILENO);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(EMUL_SSHD, argv, env);
	dprintf(STDERR_FILENO, "cannot run " EMUL_SSHD ": %s\n",
		strerror(errno));
	_exit(127);
}

static void start_sshd(struct node *nd)
{
	nd->started = clock_mono();
	nd->sshd = fork();
	if (nd->sshd == 0)
		exec_sshd();
	nd->wanted = true;
}

static void sshd_died(struct node *nd)
{
	struct mono now = clock_mono();

	nd->sshd = 0;
	if (mono_sub(now, nd->started) > YOUNG_NS)
		nd->wait_ns = 0;
	nd->wait_ns = nd->wait_ns ? nd->wait_ns * 2 : AGAIN_MIN_NS;
	if (nd->wait_ns > AGAIN_MAX_NS)
		nd->wait_ns = AGAIN_MAX_NS;
	nd->again = mono_add(now, nd->wait_ns);
}

static void reap(struct node *nd)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		if (pid == nd->sshd)
			sshd_died(nd);
}

/* By SIGSTOP or a tracer: it lives, and answers nobody. */
static bool sshd_stopped(const struct node *nd)
{
	auto_buf struct buf b = {0};
	char path[64];
	const char *s;

	snprintf(path, sizeof(path), "/proc/%d/stat", nd->sshd);
	if (!nd->sshd || file_read(path, 4096, &b) < 0)
		return false;
	s = strrchr(b.data, ')');
	return s && s[1] == ' ' && (s[2] == 'T' || s[2] == 't');
}

/* Its sessions are processes of their own, and go on. */
static void replace_sshd(struct node *nd)
{
	kill(nd->sshd, SIGKILL);
	while (waitpid(nd->sshd, NULL, 0) < 0 && errno == EINTR)
		;
	start_sshd(nd);
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
	bool first = !nd->wanted;
	size_t k;

	if (!l) {
		ret->missing |= UINT32_C(1) << i;
		return;
	}
	if (!l->up || l->mtu != nic->mtu) {
		ret->drift++;
		if (apply && (first || !l->up))
			nic_sysctls(nic);
		if (apply)
			emul_set_link(nd->rtnl, l->index, l->name, nic->mtu, 0);
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

	r = emul_links_read(&a, nd->rtnl, &have, reterr);
	if (r < 0)
		return r;
	lo = emul_link_find(&have, "lo");
	if (lo && !lo->up) {
		ret->drift++;
		if (apply)
			emul_set_link(nd->rtnl, lo->index, "lo", 0, 0);
	}
	for (i = 0; i < nd->spec->nnics; i++)
		look_nic(nd, &have, &nd->spec->nics[i], i, apply, ret);
	return rtnl_queued(nd->rtnl) ? rtnl_commit(nd->rtnl, reterr) : 0;
}

static void obey(struct node *nd, enum emul_order order, struct emul_reply *ret)
{
	struct err e = nd->broken;

	if (e.code == 0)
		e.code = look(nd, order == EMUL_APPLY, ret, &e);
	if (e.code < 0) {
		ret->code = e.code;
		memcpy(ret->msg, e.msg, sizeof(ret->msg));
		return;
	}
	ret->stopped = sshd_stopped(nd);
	if (order != EMUL_APPLY || !nd->spec->address)
		return;
	if (!nd->wanted)
		start_sshd(nd);
	else if (ret->stopped)
		replace_sshd(nd);
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
	int r;

	if (sethostname(nd->spec->name, strlen(nd->spec->name)) < 0)
		return err_sys(reterr, -errno, "set the host name");
	r = emul_mount_node(nd->spec, s->client_pub, reterr);
	if (r < 0)
		return r;
	return rtnl_open(&nd->rtnl, -1, reterr);
}

static int wait_ms(const struct node *nd)
{
	int64_t ns;

	if (nd->sshd || !nd->wanted)
		return -1;
	ns = mono_sub(nd->again, clock_mono());
	return ns <= 0 ? 0 : (int)(ns / NS_PER_MS) + 1;
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
		if (wait_ms(nd) == 0)
			start_sshd(nd);
	}
}

_Noreturn void emul_node_run(const struct emul_spec *s,
			     const struct emul_node *n, int ctl)
{
	char owner[16];
	const char *words[] = {"labctl", "node",    s->lab,
			       n->name,  "--owner", owner};
	struct node nd = {.spec = n, .again = MONO_NEVER};
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
