/* SPDX-License-Identifier: MIT */
#include "verify/looks/dns.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "verify/looks/op.h"

/* A message: RFC 1035, section 4.1. */
#define HEADER 12
#define TYPE_A 1
#define CLASS_IN 1
#define FLAG_ANSWER 0x80
#define FLAG_RECURSE 0x01
#define CODE_MASK 0x0f
#define LABEL_MAX 63
#define MESSAGE_MAX 4096
#define PORT 53
#define AGAIN (700 * NS_PER_MS)

static const char no_answer[] = "no answer";

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

int dns_query(const char *name, uint16_t id, uint8_t *out)
{
	uint8_t *p = out + HEADER;
	size_t len = strlen(name), n;

	if (!len || len > DNS_NAME_MAX)
		return -EINVAL;
	memset(out, 0, HEADER);
	out[0] = (uint8_t)(id >> 8);
	out[1] = (uint8_t)id;
	out[2] = FLAG_RECURSE;
	out[5] = 1; /* question */
	for (;;) {
		n = strcspn(name, ".");
		if (!n || n > LABEL_MAX)
			return -EINVAL;
		*p++ = (uint8_t)n;
		memcpy(p, name, n);
		p += n;
		if (!name[n])
			break;
		name += n + 1;
	}
	*p++ = 0;
	*p++ = 0;
	*p++ = TYPE_A;
	*p++ = 0;
	*p++ = CLASS_IN;
	return (int)(p - out);
}

/* As a socket of both families has it (RFC 4291, section 2.5.5.2). */
static struct in6_addr mapped(const struct ip *ip)
{
	struct in6_addr to = {0};

	if (ip->family == 6) {
		memcpy(&to, ip->b, 16);
		return to;
	}
	to.s6_addr[10] = to.s6_addr[11] = 0xff;
	memcpy(to.s6_addr + 12, ip->b, 4);
	return to;
}

/* Behind a name that begins at; len where there is no end of it. */
static size_t skip_name(const uint8_t *p, size_t len, size_t at)
{
	while (at < len) {
		if (!p[at])
			return at + 1;
		if (p[at] > LABEL_MAX)
			return at + 2 <= len ? at + 2 : len;
		at += 1u + p[at];
	}
	return len;
}

bool dns_read(const uint8_t *p, size_t len, uint16_t id, unsigned *ret_code,
	      struct ip ret[DNS_ADDRS_MAX], size_t *ret_n)
{
	size_t at = HEADER;
	unsigned i, n;

	*ret_n = 0;
	if (len < HEADER || get16(p) != id || !(p[2] & FLAG_ANSWER))
		return false;
	*ret_code = p[3] & CODE_MASK;
	for (i = 0, n = get16(p + 4); i < n && at < len; i++)
		at = skip_name(p, len, at) + 4;
	for (i = 0, n = get16(p + 6); i < n; i++) {
		size_t size;

		at = skip_name(p, len, at);
		if (at + 10 > len)
			break;
		size = get16(p + at + 8);
		if (at + 10 + size > len)
			break;
		if (get16(p + at) == TYPE_A && get16(p + at + 2) == CLASS_IN &&
		    size == 4 && *ret_n < DNS_ADDRS_MAX) {
			struct ip *to = &ret[(*ret_n)++];

			*to = (struct ip){.family = 4};
			memcpy(to->b, p + at + 10, 4);
		}
		at += 10 + size;
	}
	return true;
}

static const char *code_text(unsigned code)
{
	static const char *const names[] = {NULL,       "FORMERR", "SERVFAIL",
					    "NXDOMAIN", "NOTIMP",  "REFUSED"};

	return code < ARRAY_LEN(names) ? names[code] : "an error";
}

struct asking {
	int fd;
	uint16_t id;
	struct seen_name items[DNS_SERVERS_MAX];
	size_t n, left; /* that have not answered */
};

static void ask_all(struct asking *k, const uint8_t *query, size_t len)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		struct sockaddr_in6 to = {.sin6_family = AF_INET6,
					  .sin6_port = htons(PORT),
					  .sin6_addr =
						  mapped(&k->items[i].server)};

		if (k->items[i].error != no_answer)
			continue;
		/* Who cannot be sent to does not answer. */
		(void)sendto(k->fd, query, len, MSG_NOSIGNAL,
			     (const struct sockaddr *)&to, sizeof(to));
	}
}

static void receive(struct asking *k)
{
	struct sockaddr_in6 from = {0};
	socklen_t size = sizeof(from);
	struct in6_addr want;
	uint8_t p[MESSAGE_MAX];
	unsigned code;
	ssize_t r;
	size_t i;

	while ((r = recvfrom(k->fd, p, sizeof(p), MSG_DONTWAIT,
			     (struct sockaddr *)&from, &size)) >= 0)
		for (i = 0; i < k->n; i++) {
			struct seen_name *s = &k->items[i];

			want = mapped(&s->server);
			if (s->error != no_answer ||
			    from.sin6_port != htons(PORT) ||
			    memcmp(&from.sin6_addr, &want, sizeof(want)) != 0 ||
			    !dns_read(p, (size_t)r, k->id, &code, s->addrs,
				      &s->naddrs))
				continue;
			s->error = code_text(code);
			k->left--;
		}
}

static void ask_and_wait(struct asking *k, const uint8_t *query, size_t len,
			 int64_t ms)
{
	struct mono now = clock_mono(), due = now;
	struct mono end = mono_add(now, ms * NS_PER_MS);
	unsigned wake = 0;

	while (!(wake & LOOK_STOP) && k->left && mono_before(now, end)) {
		if (!mono_before(now, due)) {
			ask_all(k, query, len);
			due = mono_add(now, AGAIN);
		}
		wake = look_wait(k->fd, mono_min(due, end));
		receive(k);
		now = clock_mono();
	}
}

/* --- requests and answers ---------------------------------------------- */

static const struct key ask_rows[] = {
	{"netns", KEY_TEXT, KEY_FIELD(struct dns_ask, netns), .def_text = ""},
	{"name", KEY_TEXT, KEY_FIELD(struct dns_ask, name),
	 .flags = KEY_REQUIRED},
	{"timeout_ms", KEY_UINT, KEY_FIELD(struct dns_ask, timeout_ms),
	 .min = 1, .max = LOOK_DURATION_MAX_MS, .def = 2000},
	{"servers", KEY_IPS, KEY_ITEMS(struct dns_ask, servers, n),
	 .max = DNS_SERVERS_MAX},
};

static const struct key_table ask_table =
	KEY_TABLE("request", struct dns_ask, ask_rows);

static const struct key name_rows[] = {
	{"server", KEY_IP, KEY_FIELD(struct seen_name, server)},
	{"error", KEY_TEXT, KEY_FIELD(struct seen_name, error)},
	{"addrs", KEY_IPS, KEY_ARRAY(struct seen_name, addrs, naddrs)},
};

static const struct key_table name_table =
	KEY_TABLE("server's answer", struct seen_name, name_rows);

static const struct key answer_rows[] = {
	{"answers", KEY_LIST, KEY_ITEMS(struct seen_names, items, n),
	 .flags = KEY_REQUIRED, .max = DNS_SERVERS_MAX, .table = &name_table},
};

static const struct key_table answer_table =
	KEY_TABLE("answer", struct seen_names, answer_rows);

int look_dns(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_arena struct arena a = {0};
	uint8_t query[DNS_QUERY_MAX];
	auto_close int fd = -1;
	struct asking k = {0};
	struct dns_ask q = {0};
	int r, len;
	int both = 0;

	r = look_request(&a, req, &ask_table, &q, reterr);
	if (r == 0)
		r = look_enter(q.netns, reterr);
	if (r < 0)
		return r;
	for (k.n = 0; k.n < q.n; k.n++)
		k.items[k.n] = (struct seen_name){.server = q.servers[k.n],
						  .error = no_answer};
	k.left = k.n;
	if (getrandom(&k.id, sizeof(k.id), 0) != sizeof(k.id))
		return err_sys(reterr, -errno, "random numbers");
	len = dns_query(q.name, k.id, query);
	if (len < 0)
		return err_set(reterr, len, "'%.64s' is no name to ask for",
			       q.name);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof(both)) < 0)
		return err_sys(reterr, -errno, "open a socket");
	k.fd = fd;
	ask_and_wait(&k, query, (size_t)len, q.timeout_ms);
	keys_write(&answer_table,
		   &(struct seen_names){.items = k.items, .n = k.n}, j);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void dns_ask(const struct dns_ask *q, struct buf *out)
{
	look_ask(&ask_table, q, out);
}

void dns_answer(struct arena *a, const struct doc *d, struct seen_names *ret)
{
	*ret = (struct seen_names){0};
	ret->error = look_read_loose(a, d, &answer_table, ret);
}
