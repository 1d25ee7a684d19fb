/* SPDX-License-Identifier: MIT */
/*
 * The agent's looking operations on a real kernel, in a network namespace of
 * this test alone (with a user namespace around it where there is no root): a
 * veth pair whose far end answers pings and hears adverts.
 */
#include "verify/looks/look.h"
#include "verify/looks/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "t/lib/tap.h"
#include "verify/looks/capture/capture.h"
#include "verify/looks/capture/hear.h"
#include "verify/looks/hop.h"
#include "verify/looks/ping.h"
#include "verify/looks/probe.h"
#include "verify/looks/tracked.h"
#include "verify/tries_frame.h"

#define NS "lookfar"

static int stop_fds[2] = {-1, -1};

/* The agent's, for operations that run in this program's children. */
int agent_stop_fd(void)
{
	return stop_fds[0];
}

/* An operation that goes on in a child. */
struct running {
	int from, stop;
	pid_t pid;
};

static agent_fn *op_fn(const char *name)
{
	const struct agent_op *op;

	for (op = verify_agent_ops; op->name; op++)
		if (strcmp(op->name, name) == 0)
			return op->fn;
	abort();
}

static struct running start(const char *name, const char *members)
{
	struct running r;
	int out[2];

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(stop_fds, O_CLOEXEC) < 0)
		abort();
	fflush(stdout);
	r.pid = fork();
	if (r.pid == 0) {
		struct arena a = {0};
		struct buf b = {0};
		struct err err = {0};
		struct doc *req;
		struct json j;
		char text[8192];
		ssize_t n;
		int e;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(out[0]);
		close(stop_fds[1]);
		n = snprintf(text, sizeof(text), "{%s}", members);
		e = doc_parse_line(&a, text, (size_t)n, &req, &err);
		json_init(&j, &b, 0);
		json_obj(&j);
		if (e == 0)
			e = op_fn(name)(req, &j, &err);
		if (e < 0) {
			buf_reset(&b);
			json_init(&j, &b, 0);
			json_obj(&j);
			json_kstr(&j, "failed", err.msg);
			json_kint(&j, "errno", -e);
		}
		json_obj_end(&j);
		for (size_t at = 0; at < b.len; at += (size_t)n) {
			n = write(out[1], b.data + at, b.len - at);
			if (n < 0)
				_exit(1);
		}
		_exit(0);
	}
	close(out[1]);
	close(stop_fds[0]);
	r.from = out[0];
	r.stop = stop_fds[1];
	return r;
}

static void stop(struct running *r)
{
	if (write(r->stop, "", 1) != 1)
		abort();
}

/* Waits until a capture has its packet socket, and a little for its filter. */
static void listens(const struct running *r)
{
	char path[64], line[256];
	size_t n = 0;
	FILE *f;
	int ms;

	snprintf(path, sizeof(path), "/proc/%d/net/packet", (int)r->pid);
	for (ms = 0; ms < 20000 && n < 2; ms += 20) {
		clock_sleep_ms(20);
		f = fopen(path, "re");
		for (n = 0; f && fgets(line, sizeof(line), f);)
			n++;
		if (f)
			fclose(f);
	}
	clock_sleep_ms(100);
}

/* The whole answer; an empty document where there was none. */
static const struct doc *finish(struct arena *a, struct running *r)
{
	auto_buf struct buf b = {0};
	struct doc *d = NULL;
	ssize_t n;

	while ((n = read(r->from, buf_room(&b, 65536), 65536)) > 0)
		b.len += (size_t)n;
	close(r->from);
	close(r->stop);
	waitpid(r->pid, NULL, 0);
	if (doc_parse_line(a, b.data ? b.data : "", b.len, &d, NULL) < 0)
		d = NULL;
	return d;
}

static int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int sh(const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int status;
	pid_t pid;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Whether near is up, without asking a shell. */
static bool near_is_up(void)
{
	char b[16] = "";
	int fd = open("/sys/class/net/near/flags", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, b, sizeof(b) - 1);

	if (fd >= 0)
		close(fd);
	return n > 0 && (strtoul(b, NULL, 16) & 1);
}

static bool becomes(bool up, int ms)
{
	for (; ms > 0; ms -= 10) {
		if (near_is_up() == up)
			return true;
		clock_sleep_ms(10);
	}
	return false;
}

static void captures(void)
{
	auto_arena struct arena a = {0};
	struct seen_frames f;
	const struct doc *d;
	struct running r, p;
	int64_t before = clock_real_ns();
	size_t i, requests = 0, cooked = 0;
	bool ordered = true;

	r = start("capture", "dev: near, filter: icmp, max_frames: 6");
	listens(&r);
	p = start("ping", "dst: 192.0.2.2, count: 5, interval_us: 20000");
	d = finish(&a, &r);
	capture_answer(&a, d, &f);
	finish(&a, &p);
	is_int(doc_int(d, "linktype", 0), DECODE_ETHERNET, "capture: Ethernet");
	is_int(f.n, 6, "capture: ends at max_frames");
	for (i = 0; i < f.n; i++) {
		requests += f.frames[i].kind == FRAME_ICMP &&
			    f.frames[i].icmp.type == 8;
		ordered &= f.frames[i].t > before &&
			   f.frames[i].t < clock_real_ns() &&
			   (!i || f.frames[i].t > f.frames[i - 1].t);
	}
	is_int(requests, 3, "capture: requests and replies");
	ok(ordered, "capture: the kernel's stamps, in order");

	r = start("capture", "netns: " NS ", dev: any, filter: icmp, "
			     "snaplen: 200");
	listens(&r);
	p = start("ping", "dst: 192.0.2.2, count: 2, interval_us: 20000");
	finish(&a, &p);
	stop(&r);
	d = finish(&a, &r);
	capture_answer(&a, d, &f);
	for (i = 0; i < f.n; i++)
		cooked += f.frames[i].ifindex != 0 &&
			  f.frames[i].outgoing == (f.frames[i].icmp.type == 0);
	is_int(cooked, 4,
	       "capture: any interface, with directions, until stop");

	before = clock_real_ns();
	r = start("capture", "dev: near, filter: ip proto 112, "
			     "duration_ms: 300");
	d = finish(&a, &r);
	ok(d && !doc_get(d, "failed") && doc_len(doc_get(d, "frames")) == 0 &&
		   clock_real_ns() - before >= 300 * NS_PER_MS,
	   "capture: ends after duration_ms with nothing");
	r = start("capture", "dev: nothere");
	d = finish(&a, &r);
	is_int(doc_int(d, "errno", 0), ENODEV, "capture: no interface: %s",
	       doc_str(d, "failed", ""));
	r = start("capture", "dev: near, filter: 'ip and and'");
	d = finish(&a, &r);
	is_int(doc_int(d, "errno", 0), EINVAL, "capture: bad filter: %s",
	       doc_str(d, "failed", ""));
	r = start("capture", "dev: near, snaplen: 0");
	d = finish(&a, &r);
	is_int(doc_int(d, "errno", 0), EINVAL, "capture: out of range: %s",
	       doc_str(d, "failed", ""));
	r = start("capture", "dev: near, netns: gone");
	d = finish(&a, &r);
	is_int(doc_int(d, "errno", 0), ENOENT, "capture: no namespace: %s",
	       doc_str(d, "failed", ""));
}

/* The link goes down and up in the middle. */
static void capture_through_down(void)
{
	auto_arena struct arena a = {0};
	struct seen_frames f;
	struct running r, p;
	const struct doc *d;

	r = start("capture", "dev: near, filter: icmp");
	listens(&r);
	p = start("ping", "dst: 192.0.2.2, count: 1");
	finish(&a, &p);
	sh("ip link set near down; sleep 0.1; ip link set near up");
	sh("ip addr add 2001:db8::1/64 dev near nodad 2>/dev/null");
	p = start("ping", "dst: 192.0.2.2, count: 1");
	finish(&a, &p);
	stop(&r);
	d = finish(&a, &r);
	capture_answer(&a, d, &f);
	is_int(f.n, 4, "capture: goes on when the link was down (%s)",
	       doc_str(d, "error", "nothing was said"));
}

/* Adverts as a raw packet each, from the far end. */
static void send_adverts(const char *from, int count, unsigned ms)
{
	/* vrid 1, prio 50, intvl 2 s, 169.254.0.1 */
	static const uint8_t body[20] = {0x21, 1,    50,   1,    0, 2,
					 0x02, 0xfc, 0xa9, 0xfe, 0, 1};
	char text[512] = "";
	size_t n = 0;

	for (size_t i = 0; i < sizeof(body); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%02x",
				      body[i]);
	sh("ip netns exec " NS " perl -MSocket=:all -e '"
	   "socket(my $s, AF_INET, SOCK_RAW, 112) or die;"
	   "setsockopt($s, IPPROTO_IP, IP_MULTICAST_TTL, 255) or die;"
	   "my $own = inet_aton(\"%s\"); bind($s, pack_sockaddr_in(0, $own)) "
	   "or die;"
	   "setsockopt($s, IPPROTO_IP, IP_MULTICAST_IF, $own) or die;"
	   "for (1 .. %d) { send($s, pack(\"H*\", \"%s\"), 0,"
	   "pack_sockaddr_in(0, inet_aton(\"224.0.0.18\"))) or die;"
	   "select(undef, undef, undef, %u / 1000) }'",
	   from, count, text, ms);
}

static void enough(void)
{
	auto_arena struct arena a = {0};
	struct seen_frames f;
	const struct doc *d;
	struct running r;
	int64_t t;

	t = clock_real_ns();
	r = start("capture", "dev: near, filter: 'ip proto 112', "
			     "enough_frames: 2, enough_flows: 1, "
			     "duration_ms: 120000");
	listens(&r);
	send_adverts("192.0.2.2", 4, 100);
	d = finish(&a, &r);
	capture_answer(&a, d, &f);
	is_int(f.n, 2, "capture: ends when it has enough adverts");
	ok(clock_real_ns() - t < 60 * NS_PER_S, "capture: and not later");
	ok(f.n && f.frames[0].kind == FRAME_ADVERT &&
		   f.frames[0].advert.vrid == 1 && f.frames[0].ttl == 255 &&
		   !f.frames[0].advert.fault,
	   "capture: the advert's fields");

	r = start("capture", "dev: near, filter: 'ip proto 112', "
			     "enough_frames: 2, enough_flows: 1, "
			     "at_least_ms: 4000, duration_ms: 120000");
	listens(&r);
	send_adverts("192.0.2.2", 6, 10);
	d = finish(&a, &r);
	capture_answer(&a, d, &f);
	is_int(f.n, 6, "capture: many at once do not end it early");
	ok(clock_real_ns() - t < 60 * NS_PER_S, "capture: but it ends");
}

static void pings(void)
{
	auto_arena struct arena a = {0};
	struct seen_pings p;
	const struct doc *d;
	struct running r;
	size_t i, lost = 0, late = 0, elsewhere = 0;
	int64_t down, back, t;

	r = start("ping", "dst: 192.0.2.2, count: 4, interval_us: 50000");
	ping_answer(&a, finish(&a, &r), &p);
	for (i = 0; i < p.n; i++)
		lost += p.probes[i].rtt < 0 || p.probes[i].ttl != 64;
	ok(p.n == 4 && !lost && !p.send_error, "ping: 4 of 4, ttl 64");
	ok(p.n && p.probes[0].rtt < NS_PER_S, "ping: a time");
	r = start("ping", "dst: '2001:db8::2', count: 4, interval_us: 50000");
	ping_answer(&a, finish(&a, &r), &p);
	for (i = lost = 0; i < p.n; i++)
		lost += p.probes[i].rtt < 0 || p.probes[i].ttl != 64;
	ok(p.n == 4 && !lost, "ping: 4 of 4 by IPv6, hop limit 64");

	/* Losses must not bend the schedule; what waits for its neighbour's
	 * address all the time and is answered then is a loss, too. */
	r = start("ping", "dst: 192.0.2.2, count: 0, interval_us: 10000, "
			  "timeout_ms: 100");
	clock_sleep_ms(300);
	down = clock_real_ns() - 100 * NS_PER_MS; /* replies under way */
	sh("ip -n " NS " link set far down");
	clock_sleep_ms(500);
	sh("ip -n " NS " link set far up");
	sh("ip -n " NS " -6 addr add 2001:db8::2/64 dev far nodad 2>/dev/null");
	back = clock_real_ns() + 1400 * NS_PER_MS;
	clock_sleep_ms(1500); /* its neighbour is asked for each second */
	stop(&r);
	ping_answer(&a, finish(&a, &r), &p);
	/* Who waits for a lost one sends the next after the timeout. */
	for (i = lost = 0; i < p.n; i++) {
		if (p.probes[i].rtt >= 0)
			continue;
		lost++;
		elsewhere += p.probes[i].sent < down || p.probes[i].sent > back;
		late += i + 1 < p.n && p.probes[i + 1].sent - p.probes[i].sent >
					       60 * NS_PER_MS;
	}
	ok(lost >= 40 && elsewhere <= lost / 10,
	   "ping: lost %zu, %zu of them while there was a way", lost,
	   elsewhere);
	ok(p.n > 120 && late <= lost / 4,
	   "ping: %zu probes, %zu late after a lost one", p.n, late);
	ok(p.n && p.probes[p.n - 1].rtt >= 0, "ping: replies at the end");

	t = clock_real_ns();
	r = start("ping", "dst: 192.0.2.99, count: 3, interval_us: 10000, "
			  "timeout_ms: 200");
	ping_answer(&a, finish(&a, &r), &p);
	ok(p.n == 3 && p.probes[0].rtt == -1 &&
		   clock_real_ns() - t < 20 * NS_PER_S,
	   "ping: nobody there");
	r = start("ping", "dst: 203.0.113.1, count: 2, interval_us: 10000");
	ping_answer(&a, finish(&a, &r), &p);
	is(p.send_error, "Network is unreachable", "ping: no way to send");
	r = start("ping", "dst: router, count: 2");
	d = finish(&a, &r);
	is_int(doc_int(d, "errno", 0), EINVAL, "ping: %s",
	       doc_str(d, "failed", ""));
}

static bool saw(const struct doc *d, const char *what, const char *dev,
		const char *text)
{
	const struct doc *list = doc_get(d, "events"), *e;

	DOC_FOREACH (e, list)
		if (strcmp(doc_str(e, "what", ""), what) == 0 &&
		    strcmp(doc_str(e, "dev", ""), dev) == 0 &&
		    strcmp(doc_str(e, "text", ""), text) == 0)
			return true;
	return false;
}

/* Datagrams from two namespaces, seen in one of them. */
static bool heard(const struct hear_place *p, uint32_t id)
{
	for (size_t i = 0; i < p->nids; i++)
		if (p->ids[i] == id)
			return true;
	return false;
}

/* Packets of every sort arrive at the far end, as what they are. */
static void utterances(void)
{
	struct hear_place places[] = {{.netns = NS, .dev = "far"},
				      {.netns = "", .dev = "near", .out = true},
				      {.netns = "", .dev = "none"}};
	struct tries_packet pkt[] = {
		{.protocol = 1, .dport = 8 << 8},
		{.protocol = 6, .dport = 22},
		{.protocol = 17, .dport = 53},
		{.protocol = 58, .dport = 128 << 8},
		{.protocol = 17, .dport = 53, .has_mac = true},
		{.arp = true, .has_mac = true},
		{.protocol = 58, .dport = 134 << 8, .has_mac = true},
		{.protocol = 58, .dport = 136 << 8, .has_mac = true},
	};
	struct utter_frame frames[ARRAY_LEN(pkt) + 2];
	auto_buf struct buf hear = {0}, utter = {0};
	auto_arena struct arena a = {0};
	struct running c, u;
	size_t i, there = 0, left = 0;

	for (i = 0; i < ARRAY_LEN(pkt); i++) {
		bool six = pkt[i].protocol == 58;

		ip_parse(six ? "2001:db8::1" : "192.0.2.1", &pkt[i].src);
		ip_parse(six ? "2001:db8::2" : "192.0.2.2", &pkt[i].dst);
		mac_parse("02:00:00:00:00:07", &pkt[i].smac);
		mac_parse("ff:ff:ff:ff:ff:ff", &pkt[i].dmac);
		frames[i] = (struct utter_frame){
			.netns = "", .dev = pkt[i].has_mac ? "near" : NULL};
		frames[i].bytes = tries_packet(&a, &pkt[i], (uint32_t)i + 70,
					       &frames[i].len);
	}
	frames[i] = frames[0];
	frames[i++].netns = "none";
	frames[i] = frames[5];
	frames[i++].dev = "none";
	hear_ask(places, ARRAY_LEN(places), 60000, &hear);
	buf_addc(&hear, '\0');
	c = start("hear", hear.data);
	listens(&c);
	utter_ask(frames, ARRAY_LEN(frames), &utter);
	buf_addc(&utter, '\0');
	u = start("utter", utter.data);
	utter_answer(&a, finish(&a, &u), frames, ARRAY_LEN(frames));
	clock_sleep_ms(200);
	stop(&c);
	hear_answer(&a, finish(&a, &c), places, ARRAY_LEN(places));
	for (i = 0; i < ARRAY_LEN(pkt); i++) {
		is(frames[i].error, NULL, "utter: frame %zu", i);
		there += heard(&places[0], (uint32_t)i + 70);
		left += heard(&places[1], (uint32_t)i + 70);
	}
	ok(frames[i].error && strstr(frames[i].error, "none"),
	   "utter: no such namespace");
	ok(frames[i + 1].error, "utter: no such interface");
	is_int(there, ARRAY_LEN(pkt), "hear: all came to the far end");
	is_int(left, ARRAY_LEN(pkt), "hear: all left the near one");
	is_int(places[0].nids, ARRAY_LEN(pkt),
	       "hear: what the far end answered is not heard as its own");
	ok(places[2].error && strstr(places[2].error, "none"),
	   "hear: no such interface");
	/* Wrong checksums are counted. */
	is_int(sh("ip netns exec " NS
		  " cat /proc/net/snmp | awk '/^Icmp: [0-9]/"
		  "{exit $4}'"),
	       0, "utter: no ICMP with a wrong checksum");
	is_int(sh("ip netns exec " NS " cat /proc/net/snmp | awk '/^Udp: [0-9]/"
		  "{exit $8} '"),
	       0, "utter: no UDP with a wrong checksum");
	is_int(sh("ip netns exec " NS " cat /proc/net/snmp | awk '/^Tcp: [0-9]/"
		  "{exit $16}'"),
	       0, "utter: no TCP with a wrong checksum");
	is_int(sh("ip netns exec " NS " awk '/^Icmp6InErrors/{exit $2}' "
		  "/proc/net/snmp6"),
	       0, "utter: no ICMPv6 with a wrong checksum");
}

static void tracking(void)
{
	struct seen_tracked t[] = {
		{.netns = ""}, {.netns = NS}, {.netns = "none"}};
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	struct running r;

	if (access("/proc/sys/net/netfilter/nf_conntrack_max", R_OK) < 0) {
		tap_skip("connections are not tracked here", "tracked");
		return;
	}
	tracked_ask(t, ARRAY_LEN(t), &b);
	buf_addc(&b, '\0');
	r = start("tracked", b.data);
	tracked_answer(&a, finish(&a, &r), t, ARRAY_LEN(t));
	is(t[0].error, NULL, "tracked: the own namespace");
	is(t[1].error, NULL, "tracked: another");
	ok(t[1].max > 0 && t[1].count >= 0 && t[1].count <= t[1].max,
	   "tracked: so many");
	ok(t[2].error && strstr(t[2].error, "none"), "tracked: no such one");
}

/* Who is there, asked from a MAC that the link has not. */
static void hops(void)
{
	struct ip targets[4];
	const struct hop_ask ask = {.netns = "",
				    .dev = "near",
				    .mac = {{0xfa, 0x16, 0x3e, 1, 2, 3}},
				    .targets = targets,
				    .n = ARRAY_LEN(targets),
				    .duration_ms = 300};
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	struct running r;
	struct seen_hops h;

	ok(ip_parse("192.0.2.2", &targets[0]) == 0 &&
		   ip_parse("192.0.2.99", &targets[1]) == 0 &&
		   ip_parse("2001:db8::2", &targets[2]) == 0 &&
		   ip_parse("2001:db8::99", &targets[3]) == 0,
	   "hop: addresses");
	sh("ip -n " NS " -6 addr replace 2001:db8::2/64 dev far nodad");
	hop_ask(&ask, &b);
	buf_addc(&b, '\0');
	r = start("hop", b.data);
	hop_answer(&a, finish(&a, &r), &h);
	is(h.error, NULL, "hop: asked");
	ok(h.n == 2 && ip_equal(&h.answers[0], &targets[0]) !=
			       ip_equal(&h.answers[0], &targets[2]),
	   "hop: who is there, and nobody else (%zu)", h.n);
	/* What was asked from a foreign MAC leaves the far end with the right
	 * one for the near address. */
	is_int(sh("ip -n " NS " neigh show 192.0.2.1 | grep -qi fa:16:3e"), 1,
	       "hop: nobody learned a wrong MAC");
}

static void probes(void)
{
	auto_arena struct arena a = {0};
	struct seen_sent sent[5];
	struct seen_frames f;
	const struct doc *d;
	struct running r, c;
	size_t i, there = 0;

	c = start("capture", "netns: " NS ", dev: far, filter: udp dst port 9, "
			     "enough_dsts: 2, duration_ms: 120000");
	listens(&c);
	r = start("probe",
		  "count: 2, interval_us: 10000, from: [{dst: 192.0.2.2}, "
		  "{dst: '2001:db8::2'}, {dst: 203.0.113.1}, "
		  "{netns: none, dst: 192.0.2.1}, "
		  "{netns: " NS ", dst: 192.0.2.1}]");
	probe_answer(&a, finish(&a, &r), sent, 5);
	ok(sent[0].sent == 2 && sent[1].sent == 2 && sent[4].sent == 2,
	   "probe: two from each place");
	is(sent[0].error, NULL, "probe: without an error");
	ok(!sent[2].sent && sent[2].error &&
		   strstr(sent[2].error, "Network is unreachable"),
	   "probe: no way to send");
	ok(!sent[3].sent && sent[3].error && strstr(sent[3].error, "none"),
	   "probe: no such namespace");
	capture_answer(&a, finish(&a, &c), &f);
	for (i = 0; i < f.n; i++)
		there += f.frames[i].ip_dst.family != 0;
	ok(!f.error && there >= 2 && f.n == there,
	   "capture: ends when frames to so many addresses were seen");
	r = start("probe", "from: [{dst: nowhere}]");
	d = finish(&a, &r);
	is_int(doc_int(d, "errno", 0), EINVAL, "probe: %s",
	       doc_str(d, "failed", ""));
}

static void watches(void)
{
	auto_arena struct arena a = {0};
	const struct doc *d;
	struct running r = start("watch", "netns: " NS);

	clock_sleep_ms(200);
	sh("ip -n " NS " addr add 203.0.113.101/24 dev far");
	sh("ip -n " NS " addr add fd00::1/64 dev far nodad");
	sh("ip -n " NS " route add default via 192.0.2.1 dev far");
	sh("ip -n " NS " route del default");
	sh("ip -n " NS " addr del 203.0.113.101/24 dev far");
	sh("ip -n " NS " link add gone type veth peer name gone2");
	sh("ip -n " NS " link del gone");
	clock_sleep_ms(100);
	stop(&r);
	d = finish(&a, &r);
	ok(saw(d, "+addr", "far", "203.0.113.101/24"), "watch: address added");
	ok(saw(d, "+addr", "far", "fd00::1/64"), "watch: IPv6 address added");
	ok(saw(d, "-addr", "far", "203.0.113.101/24"),
	   "watch: address removed");
	ok(saw(d, "+route", "far", "default via 192.0.2.1"),
	   "watch: route added");
	ok(saw(d, "-route", "far", "default via 192.0.2.1"),
	   "watch: route removed");
	ok(saw(d, "link", "gone", "gone"), "watch: link gone, with its name");
	ok(d && !doc_bool(d, "overrun", true), "watch: nothing missed");
}

static void faults(void)
{
	auto_arena struct arena a = {0};
	const struct doc *d;
	struct running r;
	int64_t before = clock_real_ns(), down, up;

	r = start("fault", "dev: near");
	ok(becomes(false, 60000), "fault: the link goes down");
	clock_sleep_ms(100);
	ok(!near_is_up(), "fault: and stays down");
	stop(&r);
	d = finish(&a, &r);
	down = doc_int(d, "down", 0);
	up = doc_int(d, "up", 0);
	ok(near_is_up(), "fault: up again on stop");
	ok(down > before && up - down >= 100 * NS_PER_MS &&
		   up < clock_real_ns(),
	   "fault: tells when");
	is(doc_str(d, "ended", ""), "asked", "fault: and who ended it");
	ok(!doc_get(d, "mended"), "fault: nobody else did");
	is_int(sh("ip route | grep -q 'default via 192.0.2.2'"), 0,
	       "fault: the routes over the link are back");

	r = start("fault", "dev: near, max_ms: 300");
	ok(becomes(false, 60000), "fault with an end: down");
	d = finish(&a, &r);
	ok(near_is_up() && doc_int(d, "up", 0), "fault with an end: up again");
	is(doc_str(d, "ended", ""), "time", "fault with an end: and says so");

	r = start("fault", "dev: near");
	becomes(false, 60000);
	sh("ip link set near up");
	clock_sleep_ms(100);
	before = clock_real_ns();
	stop(&r);
	d = finish(&a, &r);
	is(doc_str(d, "ended", ""), "other", "fault: another hand ended it");
	ok(doc_int(d, "mended", 0) > doc_int(d, "down", 0) &&
		   doc_int(d, "mended", 0) < before,
	   "fault: and when it did");

	r = start("fault", "dev: near");
	becomes(false, 60000);
	kill(r.pid, SIGKILL);
	finish(&a, &r);
	ok(becomes(true, 60000), "fault: up again where its agent is killed");

	sh("ip link set near down");
	r = start("fault", "dev: near");
	d = finish(&a, &r);
	is_int(doc_int(d, "errno", 0), EALREADY, "fault: %s",
	       doc_str(d, "failed", ""));
	ok(!near_is_up(), "fault: what was down before stays down");
	sh("ip link set near up");
}

static bool far_answers(void)
{
	return sh("ping -c 1 -W 1 192.0.2.2 >/dev/null 2>&1") == 0;
}

static bool far_comes_to(bool answers)
{
	int i;

	for (i = 0; i < 30 && far_answers() != answers; i++)
		clock_sleep_ms(20);
	return far_answers() == answers;
}

static void cuts(void)
{
	auto_arena struct arena a = {0};
	const struct doc *d;
	struct running r;

	ok(far_answers(), "cut: the far end answers before");
	r = start("cut", "devs: [near]");
	if (!far_comes_to(false)) {
		stop(&r);
		d = finish(&a, &r);
		tap_skip(doc_str(d, "failed", "?"), "cut: a kernel's hooks");
		return;
	}
	ok(near_is_up(), "cut: nothing gets through, and the link stays up");
	stop(&r);
	d = finish(&a, &r);
	ok(far_comes_to(true), "cut: undone on stop");
	is(doc_str(d, "ended", ""), "asked", "cut: and who ended it");
	ok(doc_int(d, "up", 0) > doc_int(d, "down", 0), "cut: and when");

	r = start("cut", "devs: [near], max_ms: 300");
	d = finish(&a, &r);
	is(doc_str(d, "ended", ""), "time", "cut with an end: ended by it");
	ok(far_comes_to(true), "cut with an end: undone");

	r = start("cut", "devs: [near]");
	far_comes_to(false);
	kill(r.pid, SIGKILL);
	finish(&a, &r);
	ok(far_comes_to(true), "cut: undone where its agent is killed");

	r = start("cut", "devs: []");
	d = finish(&a, &r);
	is_int(doc_int(d, "errno", 0), EINVAL, "cut of nothing: %s",
	       doc_str(d, "failed", ""));
	r = start("kill", "state_dir: /nonexistent");
	d = finish(&a, &r);
	is_int(doc_int(d, "errno", 0), ENOENT, "kill without an engine: %s",
	       doc_str(d, "failed", ""));
}

static const struct seen_tcp *tcp_of(const struct seen_tcps *s, unsigned id)
{
	static const struct seen_tcp none;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->items[i].id == id && s->items[i].speaks)
			return &s->items[i];
	return &none;
}

static void connections(void)
{
	auto_arena struct arena a = {0};
	const char *calls = "patience_ms: 400, connect: "
			    "[{id: 1, dst: 192.0.2.2, port: 4022}, "
			    "{id: 2, dst: 192.0.2.2, port: 4022, they: true}, "
			    "{id: 3, dst: '2001:db8::2', port: 4022}]";
	struct seen_tcps here, there;
	struct running l, c;

	/* Lost with the link of an earlier test. */
	sh("ip addr replace 2001:db8::1/64 dev near nodad");
	l = start("tcp", "netns: " NS ", listen: 4022, patience_ms: 400");
	c = start("tcp", calls);
	clock_sleep_ms(400);
	stop(&l);
	stop(&c);
	tcp_answer(&a, finish(&a, &c), &here);
	tcp_answer(&a, finish(&a, &l), &there);
	is_int(here.n, 3, "tcp: three called");
	is_int(there.n, 3, "tcp: three were called");
	ok(tcp_of(&here, 1)->open && tcp_of(&here, 1)->fate == TCP_GOES_ON,
	   "tcp: the one that calls speaks, and is answered");
	ok(tcp_of(&there, 2)->open && tcp_of(&there, 2)->fate == TCP_GOES_ON,
	   "tcp: the one that is called, too");
	is_int(tcp_of(&here, 3)->fate, TCP_GOES_ON, "tcp: over IPv6");

	l = start("tcp", "netns: " NS ", listen: 4022, patience_ms: 400");
	c = start("tcp", calls);
	clock_sleep_ms(400);
	kill(l.pid, SIGKILL);
	finish(&a, &l);
	clock_sleep_ms(100);
	stop(&c);
	tcp_answer(&a, finish(&a, &c), &here);
	is_int(tcp_of(&here, 1)->fate, TCP_RESET, "tcp: its end is told");

	l = start("tcp", "netns: " NS ", listen: 4022, patience_ms: 400");
	c = start("tcp", calls);
	clock_sleep_ms(400);
	sh("ip -n " NS " link set far down");
	stop(&c);
	stop(&l);
	tcp_answer(&a, finish(&a, &c), &here);
	finish(&a, &l);
	is_int(tcp_of(&here, 1)->fate, TCP_SILENT, "tcp: silence is told");
	sh("ip -n " NS " link set far up; ip -n " NS
	   " addr add 2001:db8::2/64 dev far nodad");

	c = start("tcp", "patience_ms: 100, connect: "
			 "[{id: 1, dst: 192.0.2.2, port: 4023}]");
	stop(&c);
	tcp_answer(&a, finish(&a, &c), &here);
	ok(here.n == 0 && here.error != NULL, "tcp: nobody listens: %s",
	   here.error ? here.error : "?");
}

/* Namespaces of this test's own; false where the system does not let us. */
static bool prepare(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int fd;

	if (uid != 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			return false;
		fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, "deny", 4) != 4)
			return false;
		close(fd);
		snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
		fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, map, strlen(map)) < 0)
			return false;
		close(fd);
		snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
		fd = open("/proc/self/gid_map", O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, map, strlen(map)) < 0)
			return false;
		close(fd);
	}
	return unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 &&
	       mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("run", "/run", "tmpfs", 0, NULL) == 0 &&
	       mount("sysfs", "/sys", "sysfs", 0, NULL) == 0;
}

int main(void)
{
	if (!prepare()) {
		printf("1..0 # SKIP no namespaces here: %s\n", strerror(errno));
		return 0;
	}
	is_int(sh("set -e; ip netns add " NS "; ip link set lo up\n"
		  "ip link add near type veth peer name far netns " NS "\n"
		  "ip link set near up; ip -n " NS " link set far up\n"
		  "ip addr add 192.0.2.1/24 dev near\n"
		  "ip -n " NS " addr add 192.0.2.2/24 dev far\n"
		  "ip addr add 2001:db8::1/64 dev near nodad\n"
		  "ip -n " NS " addr add 2001:db8::2/64 dev far nodad\n"),
	       0, "two namespaces and a wire");
	captures();
	capture_through_down();
	enough();
	pings();
	hops();
	probes();
	utterances();
	tracking();
	watches();
	sh("ip route add default via 192.0.2.2 dev near");
	faults();
	cuts();
	connections();
	return tap_done();
}
