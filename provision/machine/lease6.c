/* SPDX-License-Identifier: MIT */
/*
 * As lease.c has it: each word is parsed for what it should be and nothing else
 * passes, for all of it comes from whoever answered.
 */
#include "provision/machine/lease6.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "lib/parse.h"

#define FOR_EVER UINT32_MAX
#define ANSWER_S 10 /* what is told of one answer, is told in less */
#define DUID_LL 3   /* its type: RFC 8415, section 11.4 */
#define ETHERNET 1
#define NAME_SET                                                               \
	"abcdefghijklmnopqrstuvwxyz"                                           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                           \
	"0123456789-."

/* --- DUIDs ---------------------------------------------------------------- */

char *lease6_duid_print(const uint8_t *duid, size_t n,
			char out[LEASE6_DUID_TEXT])
{
	size_t i;

	*out = '\0';
	for (i = 0; i < n && i < LEASE6_DUID_MAX; i++)
		snprintf(out + 3 * i - (i > 0), 4, "%s%02x", i ? ":" : "",
			 duid[i]);
	return out;
}

size_t lease6_duid_of(const struct mac *mac, uint8_t out[LEASE6_DUID_MAX])
{
	static const uint8_t head[] = {0, DUID_LL, 0, ETHERNET};

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), mac->b, sizeof(mac->b));
	return sizeof(head) + sizeof(mac->b);
}

char *lease6_duid_text(const struct mac *mac, char out[LEASE6_DUID_TEXT])
{
	uint8_t duid[LEASE6_DUID_MAX];
	size_t n = lease6_duid_of(mac, duid);

	return lease6_duid_print(duid, n, out);
}

/* "0:3:0:1:fa:16:3e:0:9:2", as dhclient writes it. */
static bool read_duid(const char *text, char out[LEASE6_DUID_TEXT])
{
	uint8_t duid[LEASE6_DUID_MAX];
	size_t n = 0;

	for (; *text; text += *text == ':') {
		unsigned v = 0;
		size_t i;

		for (i = 0;
		     i < 2 && text[i] && strchr("0123456789abcdef", text[i]);
		     i++)
			v = v << 4 |
			    (unsigned)(text[i] <= '9' ? text[i] - '0'
						      : text[i] - 'a' + 10);
		if (!i || n == LEASE6_DUID_MAX || (text[i] && text[i] != ':'))
			return false;
		duid[n++] = (uint8_t)v;
		text += i;
	}
	lease6_duid_print(duid, n, out);
	return n > 0;
}

/* --- reading -------------------------------------------------------------- */

struct reader {
	lease_env *env;
	void *ctx;
	struct buf *notes;
};

/* A hostile value in words, as in lease.c. */
static void note(const struct reader *r, const char *option, const char *value)
{
	size_t i;

	buf_printf(r->notes, "%s '", option);
	for (i = 0; value[i] && i < 40; i++)
		buf_addc(r->notes,
			 value[i] >= ' ' && value[i] <= '~' ? value[i] : '?');
	buf_adds(r->notes, "'... left out\n");
}

static const char *text(const struct reader *r, const char *name)
{
	const char *v = r->env(r->ctx, name);

	if (!v || !*v)
		return NULL;
	if (strlen(v) < LEASE_TEXT_MAX)
		return v;
	note(r, name, v);
	return NULL;
}

/* One that a host can have and others can reach: not loopback, multicast,
 * of the link alone, or IPv4's. */
static bool host_ok(const struct ip *ip)
{
	static const uint8_t none[12];

	return ip->family == 6 && ip->b[0] != 0xff && !ip_is_link_local(ip) &&
	       memcmp(ip->b, none, 10) != 0;
}

static bool next_word(const char **at, char *word, size_t size)
{
	size_t len;

	*at += strspn(*at, " ");
	len = strcspn(*at, " ");
	word[0] = '\0';
	if (len < size) {
		memcpy(word, *at, len);
		word[len] = '\0';
	}
	*at += len;
	return len > 0;
}

static void read_dns(const struct reader *r, struct lease6 *l)
{
	const char *at = text(r, "new_dhcp6_name_servers");
	char word[IP_TEXT_MAX];
	struct ip ip;

	while (at && next_word(&at, word, sizeof(word)))
		if (l->ndns == LEASE_DNS_MAX || ip_parse(word, &ip) < 0 ||
		    !host_ok(&ip))
			note(r, "dns", word);
		else
			l->dns[l->ndns++] = ip;
}

static bool name_ok(const char *name)
{
	return strlen(name) <= LEASE_NAME_MAX &&
	       !name[strspn(name, NAME_SET)] && name[0] != '-' &&
	       name[0] != '.';
}

/* Names end in the root's dot there. */
static void read_domain(const struct reader *r, struct lease6 *l)
{
	const char *at = text(r, "new_dhcp6_domain_search");
	char word[LEASE_NAME_MAX + 2];
	size_t n;

	if (!at || !next_word(&at, word, sizeof(word)))
		return;
	n = strlen(word);
	if (n && word[n - 1] == '.')
		word[n - 1] = '\0';
	if (*word && name_ok(word))
		memcpy(l->domain, word, strlen(word) + 1);
	else
		note(r, "domain", word);
}

static int read_addr(const struct reader *r, struct lease6 *l,
		     struct err *reterr)
{
	const char *ip = text(r, "new_ip6_address");
	const char *valid = text(r, "new_max_life");
	const char *preferred = text(r, "new_preferred_life");
	struct lease6_addr *a = &l->addrs[0];

	if (!ip)
		return 0;
	if (ip_parse(ip, &a->addr) < 0 || !host_ok(&a->addr))
		return err_set(reterr, -EINVAL, "no usable address");
	if (!valid || parse_u32(valid, 1, FOR_EVER, &a->valid) < 0)
		return err_set(reterr, -EINVAL, "no usable lease time");
	if (!preferred || parse_u32(preferred, 0, a->valid, &a->preferred) < 0)
		a->preferred = a->valid;
	l->naddrs = 1;
	return 0;
}

int lease6_read(lease_env *env, void *ctx, struct lease6 *ret,
		struct buf *notes, struct err *reterr)
{
	const struct reader r = {env, ctx, notes};
	const char *device = text(&r, "interface");
	const char *server = text(&r, "new_dhcp6_server_id");
	struct lease6 l = {0};
	int e;

	if (!device || strlen(device) >= sizeof(l.device) ||
	    strchr(device, '/') || strchr(device, ' '))
		return err_set(reterr, -EINVAL, "no interface is named");
	memcpy(l.device, device, strlen(device) + 1);
	e = read_addr(&r, &l, reterr);
	if (e < 0)
		return e;
	if (server && !read_duid(server, l.duid)) {
		l.duid[0] = '\0';
		note(&r, "server", server);
	}
	read_dns(&r, &l);
	read_domain(&r, &l);
	*ret = l;
	return 0;
}

bool lease6_has(const struct lease6 *l, const struct ip *addr)
{
	size_t i;

	for (i = 0; i < l->naddrs; i++)
		if (ip_equal(&l->addrs[i].addr, addr))
			return true;
	return false;
}

/* After so many seconds; false where it is over. */
static bool later(struct lease6_addr *a, int64_t s)
{
	if (a->valid == FOR_EVER)
		return true;
	if (a->valid <= s)
		return false;
	a->valid -= (uint32_t)s;
	a->preferred = a->preferred > s ? a->preferred - (uint32_t)s : 0;
	return true;
}

void lease6_merge(struct lease6 *l, const struct lease6 *before)
{
	int64_t s = (l->at_ns - before->at_ns) / NS_PER_S;
	size_t i;

	/* Told one by one, they are of one answer all the same. */
	if (s < ANSWER_S)
		s = 0;
	for (i = 0; i < before->naddrs; i++) {
		struct lease6_addr a = before->addrs[i];

		if (!lease6_has(l, &a.addr) && l->naddrs < LEASE6_ADDRS_MAX &&
		    later(&a, s))
			l->addrs[l->naddrs++] = a;
	}
}

bool lease6_drop(struct lease6 *l, const struct ip *addr)
{
	size_t i, n = 0;
	bool had = lease6_has(l, addr);

	for (i = 0; i < l->naddrs; i++)
		if (!ip_equal(&l->addrs[i].addr, addr))
			l->addrs[n++] = l->addrs[i];
	l->naddrs = n;
	return had;
}

/* --- telling -------------------------------------------------------------- */

void lease6_print(const struct lease6 *l, struct buf *out)
{
	char t[IP_TEXT_MAX];
	size_t i;

	if (!l->naddrs)
		buf_printf(out, "%s: DHCPv6 answer", l->device);
	for (i = 0; i < l->naddrs; i++)
		buf_printf(out, "%s%s%s", i ? ", " : l->device,
			   i ? "" : ": DHCPv6 lease of ",
			   ip_print(&l->addrs[i].addr, t));
	if (*l->duid)
		buf_printf(out, " from the server %s", l->duid);
	if (l->naddrs && l->addrs[0].valid == FOR_EVER)
		buf_adds(out, " for ever");
	else if (l->naddrs)
		buf_printf(out, " for %" PRIu32 " s", l->addrs[0].valid);
	buf_addc(out, '\n');
	for (i = 0; i < l->ndns; i++)
		buf_printf(out, "  DNS server %s\n", ip_print(&l->dns[i], t));
	if (*l->domain)
		buf_printf(out, "  domain %s\n", l->domain);
}

void lease6_resolv(const struct lease6 *l, struct buf *out)
{
	char t[IP_TEXT_MAX];
	size_t i;

	if (*l->domain)
		buf_printf(out, "search %s\n", l->domain);
	for (i = 0; i < l->ndns; i++)
		buf_printf(out, "nameserver %s\n", ip_print(&l->dns[i], t));
}

void lease6_encode(const struct lease6 *l, struct json *j)
{
	char t[IP_TEXT_MAX];
	size_t i;

	json_obj(j);
	json_kstr(j, "device", l->device);
	json_key(j, "addresses");
	json_arr(j);
	for (i = 0; i < l->naddrs; i++) {
		json_obj(j);
		json_kstr(j, "address", ip_print(&l->addrs[i].addr, t));
		json_kint(j, "valid", l->addrs[i].valid);
		json_kint(j, "preferred", l->addrs[i].preferred);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_kstr(j, "server", l->duid);
	json_key(j, "dns");
	json_arr(j);
	for (i = 0; i < l->ndns; i++)
		json_str(j, ip_print(&l->dns[i], t));
	json_arr_end(j);
	json_kstr(j, "domain", l->domain);
	json_kint(j, "at_ns", l->at_ns);
	json_obj_end(j);
}

static int decode_addr(const struct doc *d, struct lease6 *l)
{
	int64_t valid = doc_int(d, "valid", 0);
	int64_t preferred = doc_int(d, "preferred", 0);
	struct lease6_addr *a = &l->addrs[l->naddrs];

	if (l->naddrs == LEASE6_ADDRS_MAX ||
	    ip_parse(doc_str(d, "address", ""), &a->addr) < 0 ||
	    !host_ok(&a->addr) || valid < 1 || valid > FOR_EVER ||
	    preferred < 0 || preferred > valid)
		return -EINVAL;
	a->valid = (uint32_t)valid;
	a->preferred = (uint32_t)preferred;
	l->naddrs++;
	return 0;
}

int lease6_decode(const struct doc *d, struct lease6 *ret, struct err *reterr)
{
	const char *device = doc_str(d, "device", NULL);
	const char *server = doc_str(d, "server", "");
	const char *domain = doc_str(d, "domain", "");
	struct lease6 l = {.at_ns = doc_int(d, "at_ns", 0)};
	const struct doc *item;
	int e = 0;

	if (!device || strlen(device) >= sizeof(l.device) || !name_ok(domain) ||
	    (*server && !read_duid(server, l.duid)))
		return err_set(reterr, -EINVAL, "this is no lease");
	memcpy(l.device, device, strlen(device) + 1);
	memcpy(l.domain, domain, strlen(domain) + 1);
	DOC_FOREACH (item, doc_get(d, "addresses"))
		if (e == 0)
			e = decode_addr(item, &l);
	DOC_FOREACH (item, doc_get(d, "dns")) {
		if (l.ndns == LEASE_DNS_MAX || !item->str ||
		    ip_parse(item->str, &l.dns[l.ndns++]) < 0)
			e = -EINVAL;
	}
	if (e < 0)
		return err_set(reterr, e, "this is no lease");
	*ret = l;
	return 0;
}

bool lease6_parse(struct arena *a, struct buf *text, struct lease6 *ret)
{
	struct doc_error where;
	struct doc *d = NULL;

	return text->len &&
	       doc_parse(a, text->data, text->len, &d, &where) == 0 &&
	       lease6_decode(d, ret, NULL) == 0;
}
