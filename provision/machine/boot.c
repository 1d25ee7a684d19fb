/* SPDX-License-Identifier: MIT */
/*
 * PID 1 of a machine
 * ==================
 * It boots: lays out its files, takes its name, waits until its link is up,
 * and starts a DHCP client. Then it does what PID 1 does: it reaps what dies,
 * and has its client back when that died, after pauses that double. The
 * kernel's events tell it of its link (a link made anew has no address, so the
 * client begins anew) and of what router advertisements brought, for the log;
 * IPv6 is the kernel's business.
 *
 * It dies with the process that made it, and all that is in the machine with
 * it.
 */
#include <errno.h>
#include <limits.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/kernel/rtmsg.h"
#include "provision/machine/inside.h"
#include "provision/machine/rdnss.h"

#define PAUSE_FIRST_NS (200 * NS_PER_MS)
#define PAUSE_MOST_NS (5 * NS_PER_S)
#define LIVED_NS (10 * NS_PER_S) /* a client that ran so long was right */
#define EVENTS_MAX 32768
#define TOLD_MAX 16 /* IPv6 addresses that the log tells of */

/* Seconds between its questions, and how many before it pauses. */
#define CLIENT_TIMEOUT_S "3"
#define CLIENT_TRIES "10"

struct boot {
	const struct machine *m;
	int signals, events;
	unsigned index; /* of the link that the client was started for */
	bool up;
	pid_t client;
	struct mono started, again; /* MONO_NEVER: not to be started */
	int64_t pause_ns;
	struct ip told[TOLD_MAX]; /* of IPv6, and the last router */
	size_t ntold;
	struct ip router;
	struct rdnss dns; /* of router advertisements */
};

/* --- its link ------------------------------------------------------------- */

/* Index of the device where it is up and has a carrier, else 0. */
static unsigned running_index(const char *device)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {0};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr) < 0 ||
	    !(ifr.ifr_flags & IFF_UP) || !(ifr.ifr_flags & IFF_RUNNING))
		return 0;
	return if_nametoindex(device);
}

/* The client's own idea of the link is of its start. */
static void look_at_link(struct boot *b)
{
	const char *device = b->m->device;
	unsigned index = running_index(device);
	bool up = index != 0;

	if (up && b->index && index != b->index && b->client)
		kill(b->client, SIGKILL);
	if (up != b->up)
		machine_say("%s: link %s\n", device, up ? "up" : "down");
	b->up = up;
	if (up)
		b->index = index;
}

/* --- what the kernel tells ------------------------------------------------ */

static bool told(struct boot *b, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < b->ntold; i++)
		if (ip_equal(&b->told[i], ip))
			return true;
	if (b->ntold < TOLD_MAX)
		b->told[b->ntold++] = *ip;
	return b->ntold == TOLD_MAX;
}

static void on_addr(struct boot *b, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct nlattr *tb[IFA_MAX + 1];
	char addr[IP_TEXT_MAX], net[IP_TEXT_MAX];
	struct ipnet n, prefix;
	uint32_t flags;

	if (!rtmsg_parse(h, RTM_NEWADDR, sizeof(*ifa), tb, IFA_MAX) ||
	    ifa->ifa_family != AF_INET6 || ifa->ifa_scope != RT_SCOPE_UNIVERSE)
		return;
	flags = tb[IFA_FLAGS] ? rtmsg_u32(tb[IFA_FLAGS]) : ifa->ifa_flags;
	n = (struct ipnet){.ip = rtmsg_ip(tb[IFA_ADDRESS]),
			   .len = ifa->ifa_prefixlen};
	if ((flags & IFA_F_PERMANENT) || n.ip.family != 6 || told(b, &n.ip))
		return;
	prefix = (struct ipnet){.ip = ipnet_network(&n), .len = n.len};
	machine_say("%s: address %s, router advertisement of prefix %s\n",
		    b->m->device, ipnet_print(&n, addr),
		    ipnet_print(&prefix, net));
}

static void on_route(struct boot *b, const struct nlmsghdr *h)
{
	const struct rtmsg *rtm = NLMSG_DATA(h);
	struct nlattr *tb[RTA_MAX + 1];
	char text[IP_TEXT_MAX];
	struct ip via;

	if (!rtmsg_parse(h, RTM_NEWROUTE, sizeof(*rtm), tb, RTA_MAX) ||
	    rtm->rtm_protocol != RTPROT_RA || rtm->rtm_dst_len)
		return;
	via = rtmsg_ip(tb[RTA_GATEWAY]);
	if (via.family != 6 || ip_equal(&via, &b->router))
		return;
	b->router = via;
	machine_say("%s: default route via %s, which advertised itself\n",
		    b->m->device, ip_print(&via, text));
}

/* Of its own link; the file has it as resolv.conf does. */
static void dns_changed(struct boot *b)
{
	auto_buf struct buf lines = {0};
	char text[IP_TEXT_MAX];
	struct err err = {0};
	size_t i;
	int e;

	buf_adds(&lines, "");
	for (i = 0; i < b->dns.n; i++)
		buf_printf(&lines, "nameserver %s\n",
			   ip_print(&b->dns.addrs[i], text));
	e = file_replace(MACHINE_RDNSS, 0644, lines.data, lines.len, &err);
	if (e == 0)
		e = machine_resolv_write(&err);
	if (e < 0)
		machine_say("%s\n", err.msg);
	for (i = 0; i < b->dns.n; i++)
		machine_say("%s: DNS server %s, router advertisement\n",
			    b->m->device, ip_print(&b->dns.addrs[i], text));
	if (!b->dns.n)
		machine_say("%s: routers name no DNS server any more\n",
			    b->m->device);
}

/* What the kernel leaves to others of an advertisement that it believed. */
static void on_option(struct boot *b, const struct nlmsghdr *h)
{
	const struct nduseroptmsg *o = NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWNDUSEROPT ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*o)) ||
	    o->nduseropt_family != AF_INET6 ||
	    (unsigned)o->nduseropt_ifindex != b->index ||
	    o->nduseropt_opts_len > h->nlmsg_len - NLMSG_LENGTH(sizeof(*o)))
		return;
	if (rdnss_hear(&b->dns, (const uint8_t *)(o + 1), o->nduseropt_opts_len,
		       clock_mono()))
		dns_changed(b);
}

static int on_message(const struct nlmsghdr *h, void *ctx)
{
	struct boot *b = ctx;

	on_addr(b, h);
	on_route(b, h);
	on_option(b, h);
	return 0;
}

static void forget(void *ctx)
{
	(void)ctx;
}

/* What came before anybody listened, or was lost. */
static void look_at_ipv6(struct boot *b)
{
	const struct ifaddrmsg ifa = {.ifa_family = AF_INET6};
	const struct rtmsg rtm = {.rtm_family = AF_INET6};
	struct rtnl *r = NULL;

	if (rtnl_open(&r, -1, NULL) < 0)
		return;
	(void)rtmsg_dump(r, RTM_GETADDR, &ifa, sizeof(ifa), on_message, forget,
			 b, NULL);
	(void)rtmsg_dump(r, RTM_GETROUTE, &rtm, sizeof(rtm), on_message, forget,
			 b, NULL);
	rtnl_free(r);
}

static int listen_to_kernel(void)
{
	const struct sockaddr_nl to = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV6_ROUTE | 1u << (RTNLGRP_ND_USEROPT - 1),
	};
	auto_close int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return take_fd(&fd);
}

static void hear(struct boot *b)
{
	_Alignas(struct nlmsghdr) char in[EVENTS_MAX];
	const struct nlmsghdr *h;
	bool lost = false;
	ssize_t n;
	ssize_t left;

	for (;;) {
		n = recv(b->events, in, sizeof(in), 0);
		if (n < 0 && errno == ENOBUFS) {
			lost = true;
			continue;
		}
		if (n <= 0)
			break;
		left = n;
		for (h = (const void *)in; NLMSG_OK(h, left);
		     h = NLMSG_NEXT(h, left))
			(void)on_message(h, b);
	}
	if (lost)
		look_at_ipv6(b);
	look_at_link(b);
}

/* --- its client ----------------------------------------------------------- */

static void no_signals_blocked(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void start_client(struct boot *b)
{
	static const char hook[] = MACHINE_HOOK_PATH;
	char name[256];
	const char *const argv[] = {"udhcpc", "-f",
				    "-i",     b->m->device,
				    "-s",     hook,
				    "-x",     name,
				    "-O",     "121",
				    "-O",     "mtu",
				    "-t",     CLIENT_TRIES,
				    "-T",     CLIENT_TIMEOUT_S,
				    "-A",     CLIENT_TIMEOUT_S,
				    NULL};

	snprintf(name, sizeof(name), "hostname:%s", b->m->hostname);
	b->again = MONO_NEVER;
	b->started = clock_mono();
	b->client = fork();
	if (b->client > 0)
		return;
	if (b->client == 0) {
		no_signals_blocked();
		execvp("busybox", (char *const *)(uintptr_t)argv);
		machine_say("cannot run busybox, whose udhcpc is the DHCP "
			    "client: %s\n",
			    strerrordesc_np(errno));
		_exit(127);
	}
	b->client = 0;
	b->again = mono_add(b->started, PAUSE_MOST_NS);
}

static void client_ended(struct boot *b, int status)
{
	struct mono now = clock_mono();

	b->client = 0;
	if (mono_sub(now, b->started) > LIVED_NS)
		b->pause_ns = 0;
	b->pause_ns = b->pause_ns ? b->pause_ns * 2 : PAUSE_FIRST_NS;
	if (b->pause_ns > PAUSE_MOST_NS)
		b->pause_ns = PAUSE_MOST_NS;
	b->again = mono_add(now, b->pause_ns);
	if (WIFSIGNALED(status))
		machine_say("the DHCP client was killed by SIG%s; it is "
			    "started again\n",
			    sigabbrev_np(WTERMSIG(status)));
	else
		machine_say("the DHCP client ended with status %d; it is "
			    "started again\n",
			    WEXITSTATUS(status));
}

static void reap(struct boot *b)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(b->signals, &info, sizeof(info)) == sizeof(info))
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == b->client)
			client_ended(b, status);
}

/* --- all of it ------------------------------------------------------------ */

static int prepare(struct boot *b, struct err *reterr)
{
	const struct machine *m = b->m;
	sigset_t set;
	int e;

	if (sethostname(m->hostname, strlen(m->hostname)) < 0)
		return err_sys(reterr, -errno, "the host name %s", m->hostname);
	e = machine_mount(m, reterr);
	if (e < 0)
		return e;
	setenv("PATH", MACHINE_PATH, 1);
	setenv("HOME", "/root", 1);
	if (chdir("/root") < 0 && chdir("/") < 0)
		return err_sys(reterr, -errno, "/");
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_SETMASK, &set, NULL);
	b->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (b->signals < 0)
		return err_sys(reterr, -errno, "signalfd");
	b->events = listen_to_kernel();
	if (b->events < 0)
		return err_sys(reterr, b->events, "the kernel's events");
	return 0;
}

/* When its client is to be started, or MONO_NEVER. */
static struct mono client_due(const struct boot *b)
{
	return b->up && !b->client ? b->again : MONO_NEVER;
}

static int wait_ms(const struct boot *b)
{
	struct mono due = mono_min(client_due(b), rdnss_next(&b->dns));
	int64_t ns;

	if (mono_is_never(due))
		return -1;
	ns = mono_sub(due, clock_mono());
	return ns <= 0                    ? 0
	       : ns / NS_PER_MS < INT_MAX ? (int)(ns / NS_PER_MS) + 1
					  : INT_MAX;
}

int machine_boot(const struct machine *m)
{
	struct boot b = {.m = m, .again = MONO_NEVER};
	struct pollfd p[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct err err = {0};

	prctl(PR_SET_NAME, "labctl"); /* it was started as /proc/self/exe */
	if (prepare(&b, &err) < 0) {
		(void)!write(STDERR_FILENO, err.msg, strlen(err.msg));
		(void)!write(STDERR_FILENO, "\n", 1);
		return 1;
	}
	machine_say("%s boots\n", m->hostname);
	if (m->dhcp)
		b.again = mono_add(clock_mono(),
				   (int64_t)m->delay_ms * NS_PER_MS);
	else
		machine_say("%s: addresses are written, not leased\n",
			    m->device);
	look_at_link(&b);
	look_at_ipv6(&b);
	p[0].fd = b.signals;
	p[1].fd = b.events;
	for (;;) {
		if (!mono_before(clock_mono(), client_due(&b)))
			start_client(&b);
		if (rdnss_expire(&b.dns, clock_mono()))
			dns_changed(&b);
		if (poll(p, 2, wait_ms(&b)) < 0 && errno != EINTR)
			return 1;
		if (p[0].revents)
			reap(&b);
		if (p[1].revents)
			hear(&b);
	}
}
