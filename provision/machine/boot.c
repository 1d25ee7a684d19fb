/* SPDX-License-Identifier: MIT */
/*
 * PID 1 of a machine
 * ==================
 * It boots: lays out its files, takes its name, waits until its link is up,
 * and starts a DHCP client. Then it does what PID 1 does: it reaps what dies,
 * and has its client back when that died, after pauses that double. The
 * kernel's events tell it of its link (a link made anew has no address, so the
 * client begins anew) and of what router advertisements brought, for the log;
 * IPv6 is the kernel's business. But where a router says that addresses, or
 * other things, are to be had by DHCPv6 (RFC 4861, section 4.2: its flags M and
 * O), a machine that has a client for it starts that. One that was begun goes
 * on when another router says nothing of it. SIGHUP has it ask now what it
 * would ask later.
 *
 * It dies with the process that made it, and all that is in the machine with
 * it.
 */
#include <errno.h>
#include <limits.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
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
#include "lib/kernel/solicit.h"
#include "provision/machine/client.h"
#include "provision/machine/inside.h"
#include "provision/machine/rdnss.h"

#define EVENTS_MAX 32768
#define TOLD_MAX 16 /* IPv6 addresses that the log tells of */

/* What it asks for beside an address. */
#define CLIENT6_CONF                                                           \
	"request;\n"                                                           \
	"also request dhcp6.name-servers, dhcp6.domain-search;\n"

/* When it asks for the rest again: RFC 8415, section 21.23. */
#define REFRESH_NS (86400 * NS_PER_S)

/* Seconds between its questions, and how many before it pauses. */
#define CLIENT_TIMEOUT_S "3"
#define CLIENT_TRIES "10"

/* The kernel's (include/net/if_inet6.h): what the last advertisement said. */
#define RA_MANAGED 0x40u
#define RA_OTHER 0x80u

/* What is asked of DHCPv6 servers, of which more is asked later on, not less.
 */
enum ask6 { ASK6_NOTHING, ASK6_REST, ASK6_ADDRESS };

struct boot {
	const struct machine *m;
	int signals, events;
	unsigned index; /* of the link that the clients were started for */
	bool up;
	struct client dhcp, dhcp6;
	enum ask6 ask6;
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

	if (up && b->index && index != b->index) {
		client_kill(&b->dhcp);
		client_kill(&b->dhcp6);
		if (b->ask6 == ASK6_REST && !b->dhcp6.pid)
			b->dhcp6.again = clock_mono();
	}
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
	/* One of DHCPv6 its hook tells of. */
	if ((flags & IFA_F_PERMANENT) || n.ip.family != 6 || n.len == 128 ||
	    told(b, &n.ip))
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

/* Told by the kernel when it changes; a link that has none of IPv6 tells none.
 */
static void on_flags(struct boot *b, const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	struct nlattr *tb[IFLA_MAX + 1], *in[IFLA_INET6_MAX + 1];
	enum ask6 ask;
	uint32_t flags;

	if (!b->m->dhcp6 ||
	    !rtmsg_parse(h, RTM_NEWLINK, sizeof(*ifi), tb, IFLA_MAX) ||
	    ifi->ifi_family != AF_INET6 ||
	    (unsigned)ifi->ifi_index != if_nametoindex(b->m->device) ||
	    !tb[IFLA_PROTINFO] ||
	    nla_parse_nested(in, IFLA_INET6_MAX, tb[IFLA_PROTINFO], NULL) < 0 ||
	    !in[IFLA_INET6_FLAGS])
		return;
	flags = rtmsg_u32(in[IFLA_INET6_FLAGS]);
	ask = flags & RA_MANAGED ? ASK6_ADDRESS
	      : flags & RA_OTHER ? ASK6_REST
				 : ASK6_NOTHING;
	if (ask <= b->ask6)
		return;
	b->ask6 = ask;
	machine_say("%s: a router says that %s to be had by DHCPv6\n",
		    b->m->device,
		    ask == ASK6_ADDRESS ? "addresses are" : "DNS servers are");
	client_kill(&b->dhcp6);
	b->dhcp6.again = clock_mono();
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
	on_flags(b, h);
	on_option(b, h);
	return 0;
}

/* What came before anybody listened, or was lost. */
static void look_at_ipv6(struct boot *b)
{
	const struct ifaddrmsg ifa = {.ifa_family = AF_INET6};
	const struct rtmsg rtm = {.rtm_family = AF_INET6};
	const struct ifinfomsg ifi = {.ifi_family = AF_INET6};
	struct rtnl *r = NULL;

	if (rtnl_open(&r, -1, NULL) < 0)
		return;
	(void)rtmsg_dump(r, RTM_GETADDR, &ifa, sizeof(ifa), on_message, NULL, b,
			 NULL);
	(void)rtmsg_dump(r, RTM_GETROUTE, &rtm, sizeof(rtm), on_message, NULL,
			 b, NULL);
	(void)rtmsg_dump(r, RTM_GETLINK, &ifi, sizeof(ifi), on_message, NULL, b,
			 NULL);
	rtnl_free(r);
}

/*
 * The kernel keeps of an advertisement what is its own; the rest, DNS servers
 * among it, is told once. Where a router was heard before anybody listened, it
 * is asked to say all of it again.
 */
static void solicit(const struct boot *b)
{
	if (ip_is_set(&b->router))
		solicit_routers(b->index);
}

static int listen_to_kernel(void)
{
	const struct sockaddr_nl to = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV6_ROUTE | RTMGRP_IPV6_IFINFO |
			     1u << (RTNLGRP_ND_USEROPT - 1),
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
	if (lost)
		solicit(b);
}

/* --- its client ----------------------------------------------------------- */

static void start_dhcp(struct boot *b)
{
	static const char hook[] = MACHINE_HOOK_PATH;
	char name[256];
	const char *const argv[] = {"busybox",
				    "udhcpc",
				    "-f",
				    "-i",
				    b->m->device,
				    "-s",
				    hook,
				    "-x",
				    name,
				    "-O",
				    "121",
				    "-O",
				    "mtu",
				    "-t",
				    CLIENT_TRIES,
				    "-T",
				    CLIENT_TIMEOUT_S,
				    "-A",
				    CLIENT_TIMEOUT_S,
				    NULL};

	snprintf(name, sizeof(name), "hostname:%s", b->m->hostname);
	client_start(&b->dhcp, argv);
}

/* It remembers leases of its own: those of a former run are nothing to it, as
 * what it was lent is in its hook's file. */
static void start_dhcp6(struct boot *b)
{
	static const char hook[] = MACHINE_HOOK_PATH,
			  conf_path[] = MACHINE_CONF6,
			  leases[] = MACHINE_LEASES6, pid[] = MACHINE_PID6;
	const char *argv[] = {
		MACHINE_CLIENT6, "-6",      "-d",         "-q",   "-D",  "LL",
		"-cf",           conf_path, "-lf",        leases, "-pf", pid,
		"-sf",           hook,      b->m->device, NULL,   NULL};
	static const char conf[] = CLIENT6_CONF;

	if (b->ask6 == ASK6_REST)
		argv[ARRAY_LEN(argv) - 2] = "-S";
	(void)unlink(MACHINE_LEASES6);
	(void)file_replace(MACHINE_CONF6, 0644, conf, sizeof(conf) - 1, NULL);
	client_start(&b->dhcp6, argv);
}

/* One that asks for no address ends when it was told the rest. */
static bool has_rest(const struct boot *b, int status)
{
	return b->ask6 == ASK6_REST && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0 && access(MACHINE_LEASE6, F_OK) == 0;
}

static void reap(struct boot *b)
{
	struct signalfd_siginfo info;
	bool now = false;
	int status;
	pid_t pid;

	while (read(b->signals, &info, sizeof(info)) == sizeof(info))
		now |= info.ssi_signo == SIGHUP;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == b->dhcp6.pid && has_rest(b, status))
			client_done(&b->dhcp6, REFRESH_NS);
		else if (!client_ended(&b->dhcp, pid, status))
			(void)client_ended(&b->dhcp6, pid, status);
	if (now && b->ask6 != ASK6_NOTHING && !b->dhcp6.pid)
		b->dhcp6.again = clock_mono();
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
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	b->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (b->signals < 0)
		return err_sys(reterr, -errno, "signalfd");
	b->events = listen_to_kernel();
	if (b->events < 0)
		return err_sys(reterr, b->events, "the kernel's events");
	return 0;
}

/* When a client is to be started, or MONO_NEVER. */
static struct mono client_due(const struct boot *b, const struct client *c)
{
	return b->up && !c->pid ? c->again : MONO_NEVER;
}

static int wait_ms(const struct boot *b)
{
	struct mono due = mono_min(
		mono_min(client_due(b, &b->dhcp), client_due(b, &b->dhcp6)),
		rdnss_next(&b->dns));
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
	struct boot b = {
		.m = m,
		.dhcp = {.what = "DHCP client",
			 .program = "busybox",
			 .again = MONO_NEVER},
		.dhcp6 = {.what = "DHCPv6 client",
			  .program = "dhclient (isc-dhcp-client)",
			  .again = MONO_NEVER},
	};
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
		b.dhcp.again = mono_add(clock_mono(),
					(int64_t)m->delay_ms * NS_PER_MS);
	else if (!m->dhcp6)
		machine_say("%s: addresses are written, not leased\n",
			    m->device);
	look_at_link(&b);
	look_at_ipv6(&b);
	solicit(&b);
	p[0].fd = b.signals;
	p[1].fd = b.events;
	for (;;) {
		if (!mono_before(clock_mono(), client_due(&b, &b.dhcp)))
			start_dhcp(&b);
		if (!mono_before(clock_mono(), client_due(&b, &b.dhcp6)))
			start_dhcp6(&b);
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
