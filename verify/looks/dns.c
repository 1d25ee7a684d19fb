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

static void write_answers(struct json *j, const struct asking *k)
{
	char text[IP_TEXT_MAX];
	size_t i, m;

	json_key(j, "answers");
	json_arr(j);
	for (i = 0; i < k->n; i++) {
		const struct seen_name *s = &k->items[i];

		json_obj(j);
		json_kstr(j, "server", ip_print(&s->server, text));
		if (s->error)
			json_kstr(j, "error", s->error);
		json_key(j, "addrs");
		json_arr(j);
		for (m = 0; m < s->naddrs; m++)
			json_str(j, ip_print(&s->addrs[m], text));
		json_arr_end(j);
		json_obj_end(j);
	}
	json_arr_end(j);
}

int look_dns(const struct doc *req, struct json *j, struct err *reterr)
{
	const char *name = doc_str(req, "name", "");
	uint8_t query[DNS_QUERY_MAX];
	auto_close int fd = -1;
	struct asking k = {0};
	const struct doc *item;
	int64_t ms;
	int r, len;
	int both = 0;

	DOC_FOREACH (item, doc_get(req, "servers")) {
		struct seen_name *s = &k.items[k.n];

		if (k.n == DNS_SERVERS_MAX)
			return err_set(reterr, -E2BIG,
				       "more than %d servers to ask",
				       DNS_SERVERS_MAX);
		if (!item->str || ip_parse(item->str, &s->server) < 0)
			return err_set(reterr, -EINVAL,
				       "'%.64s' is no server's address",
				       item->str ? item->str : "");
		s->error = no_answer;
		k.n++;
	}
	k.left = k.n;
	r = look_number(req, "timeout_ms", 1, LOOK_DURATION_MAX_MS, 2000, &ms,
			reterr);
	if (r == 0)
		r = look_enter(req, reterr);
	if (r < 0)
		return r;
	if (getrandom(&k.id, sizeof(k.id), 0) != sizeof(k.id))
		return err_sys(reterr, -errno, "random numbers");
	len = dns_query(name, k.id, query);
	if (len < 0)
		return err_set(reterr, len, "'%.64s' is no name to ask for",
			       name);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof(both)) < 0)
		return err_sys(reterr, -errno, "open a socket");
	k.fd = fd;
	ask_and_wait(&k, query, (size_t)len, ms);
	write_answers(j, &k);
	return 0;
}

/* --- the other side: the request and its answer ---------------------- */

void dns_ask(const struct dns_ask *q, struct buf *out)
{
	char text[IP_TEXT_MAX];
	struct json j;
	size_t i;

	json_init(&j, out, 0);
	json_kstr(&j, "netns", q->netns);
	json_kstr(&j, "name", q->name);
	json_kint(&j, "timeout_ms", q->timeout_ms);
	json_key(&j, "servers");
	json_arr(&j);
	for (i = 0; i < q->n; i++)
		json_str(&j, ip_print(&q->servers[i], text));
	json_arr_end(&j);
}

static void read_addrs(const struct doc *list, struct seen_name *s)
{
	const struct doc *item;

	DOC_FOREACH (item, list)
		if (item->str && s->naddrs < DNS_ADDRS_MAX &&
		    ip_parse(item->str, &s->addrs[s->naddrs]) == 0)
			s->naddrs++;
}

void dns_answer(struct arena *a, const struct doc *d, struct seen_names *ret)
{
	const struct doc *list = doc_get(d, "answers"), *item;
	const char *error;

	*ret = (struct seen_names){0};
	if (!list) {
		ret->error = "its answer is missing";
		return;
	}
	DOC_FOREACH (item, list) {
		struct seen_name *s;

		if (ret->n == DNS_SERVERS_MAX)
			break;
		s = arena_push(a, &ret->items, &ret->n, sizeof(*s));
		error = doc_str(item, "error", NULL);
		s->error = error ? arena_strdup(a, error) : NULL;
		if (ip_parse(doc_str(item, "server", ""), &s->server) < 0)
			s->server = (struct ip){0};
		read_addrs(doc_get(item, "addrs"), s);
	}
}
