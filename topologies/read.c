/* SPDX-License-Identifier: MIT */
/*
 * Values of a lab file, each read with what can be wrong with it said in
 * words. Types are those of YAML 1.2's core schema, and so of the JSON Schema
 * beside this file: "yes" is a text and not true, "1" in quotes is a text and
 * not a number.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/auto.h"
#include "lib/mono.h"
#include "lib/parse.h"
#include "topologies/raw.h"

const char *raw_nearest(struct raw *raw, const char *word,
			const char *const *names, size_t n)
{
	const char *near;

	if (raw->errs->n >= TOPO_ERRORS_MAX)
		return "";
	near = parse_nearest(word, names, n);
	if (!near)
		return "";
	return arena_printf(raw->a, "; did you mean '%s'?", near);
}

static bool is_number(const char *s)
{
	const char *digits = "0123456789";
	size_t n, m = 0;

	s += *s == '-' || *s == '+';
	n = strspn(s, digits);
	if (n == 1 && *s == '0' && s[1] == 'x')
		return s[2] && !s[2 + strspn(s + 2, "0123456789abcdefABCDEF")];
	s += n;
	if (*s == '.') {
		m = strspn(s + 1, digits);
		s += 1 + m;
	}
	if (!n && !m)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		n = strspn(s, digits);
		if (!n)
			return false;
		s += n;
	}
	return !*s;
}

static bool is_bool(const char *s)
{
	return strcmp(s, "true") == 0 || strcmp(s, "false") == 0 ||
	       strcmp(s, "True") == 0 || strcmp(s, "False") == 0 ||
	       strcmp(s, "TRUE") == 0 || strcmp(s, "FALSE") == 0;
}

/* What a value is, for "expected ..., found ...". */
static const char *found(const struct doc *v)
{
	if (v->kind == DOC_LIST)
		return "a list";
	if (v->kind == DOC_MAP)
		return "a map";
	if (v->plain && is_number(v->str))
		return "a number";
	if (v->plain && is_bool(v->str))
		return v->str[0] == 't' || v->str[0] == 'T' ? "true" : "false";
	return "a text";
}

static bool shared_key(struct raw *raw, const struct doc *d, size_t i,
		       struct map *seen)
{
	const struct doc *key = d->keys[i], *first;

	first = map_puts(raw->a, seen, key->str, d->keys[i]);
	if (!first)
		return false;
	raw_wrong(raw, key, "key '%s' is here twice, first in line %u",
		  key->str, first->line);
	return true;
}

static const struct raw_key *find_key(const struct raw_table *t,
				      const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->keys[i].name, name) == 0)
			return &t->keys[i];
	return NULL;
}

/* Returns the table's index of the key that was meant, or t->n. */
static size_t unknown_key(struct raw *raw, const struct doc *key,
			  const struct raw_table *t, const char *what)
{
	const char *names[RAW_KEYS_MAX], *near;
	size_t i;

	if (strcmp(key->str, "<<") == 0) {
		raw_wrong(raw, key,
			  "merge keys ('<<') are not read; alias a whole value "
			  "instead");
		return t->n;
	}
	for (i = 0; i < t->n; i++)
		names[i] = t->keys[i].name;
	/* Not for each of a million keys whose errors nobody is told. */
	if (raw->errs->n >= TOPO_ERRORS_MAX) {
		raw->errs->dropped++;
		return t->n;
	}
	near = parse_nearest(key->str, names, t->n);
	raw_wrong(raw, key, "unknown key '%s' in %s%s%s%s", key->str, what,
		  near ? "; did you mean '" : "", near ? near : "",
		  near ? "'?" : "");
	for (i = 0; i < t->n && near != names[i];)
		i++;
	return i;
}

void raw_map(struct raw *raw, const struct doc *d, const struct raw_table *t,
	     void *obj, const struct doc *at, const char *what)
{
	bool meant[RAW_KEYS_MAX + 1] = {false};
	const struct raw_key *k;
	struct map seen = {0};
	size_t i;

	if (!doc_is_null(d) && d->kind != DOC_MAP) {
		raw_wrong(raw, d, "%s must be a map of keys, found %s", what,
			  found(d));
		return;
	}
	for (i = 0; i < doc_len(d); i++) {
		if (shared_key(raw, d, i, &seen))
			continue;
		k = find_key(t, d->keys[i]->str);
		if (!k)
			meant[unknown_key(raw, d->keys[i], t, what)] = true;
		else if (!doc_is_null(d->items[i]))
			k->read(raw, d->items[i], obj);
		else if (!k->flags)
			raw_wrong(raw, d->keys[i], "key '%s' has no value",
				  k->name);
	}
	/* A slip in a required key is one error, not two. */
	for (i = 0; i < t->n; i++)
		if ((t->keys[i].flags & RAW_REQUIRED) && !meant[i] &&
		    doc_is_null(doc_get(d, t->keys[i].name)))
			raw_wrong(raw, at, "%s needs the key '%s'", what,
				  t->keys[i].name);
}

void raw_named(struct raw *raw, const struct doc *d, const char *kind,
	       size_t max, size_t name_max,
	       void (*add)(struct raw *raw, const struct doc *key,
			   const struct doc *v, void *obj),
	       void *obj)
{
	struct map seen = {0};
	size_t n = 0;

	if (d->kind != DOC_MAP) {
		raw_wrong(raw, d,
			  "expected a map from %s names to what they are, "
			  "found %s",
			  kind, found(d));
		return;
	}
	for (size_t i = 0; i < d->n; i++) {
		if (shared_key(raw, d, i, &seen))
			continue;
		if (n++ >= max) {
			raw_wrong(raw, d->keys[i],
				  "%zu %ss are too many; the limit is %zu",
				  d->n, kind, max);
			return;
		}
		raw_name_ok(raw, d->keys[i], kind, name_max);
		add(raw, d->keys[i], d->items[i], obj);
	}
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const char *article(const char *word)
{
	return strchr("aeio", *word) ? "an" : "a";
}

bool raw_name_ok(struct raw *raw, const struct doc *at, const char *kind,
		 size_t max)
{
	const char *name = at->str;

	if (!*name)
		raw_wrong(raw, at, "%s %s name cannot be empty", article(kind),
			  kind);
	else if (strlen(name) > max)
		raw_wrong(raw, at,
			  "%s %s name has at most %zu characters, this has "
			  "%zu",
			  article(kind), kind, max, strlen(name));
	else if (!strspn(name, LETTERS DIGITS) ||
		 name[strspn(name, LETTERS DIGITS "._-")])
		raw_wrong(raw, at,
			  "'%s' cannot be %s %s name: letters, digits and "
			  "'-', '_', '.' can, after a letter or digit",
			  name, article(kind), kind);
	else
		return true;
	return false;
}

bool raw_host_ok(struct raw *raw, const struct doc *at, const char *kind)
{
	static const char *const reserved[] = {"outside", "fabric",
					       "localhost"};
	const char *name = at->str;
	size_t len = strlen(name);

	/* These were told of by raw_name_ok(). */
	if (!len || len > TOPO_NAME_MAX || !strspn(name, LETTERS DIGITS) ||
	    name[strspn(name, LETTERS DIGITS "._-")])
		return false;
	if (name[strspn(name, LETTERS DIGITS "-")] || name[len - 1] == '-') {
		raw_wrong(raw, at,
			  "'%s' cannot be %s %s name, as it is a host name: "
			  "letters, digits and '-' between them",
			  name, article(kind), kind);
		return false;
	}
	if (!name[strspn(name, DIGITS)]) {
		raw_wrong(raw, at,
			  "'%s' cannot be %s %s name: a host name of digits "
			  "only would be an address",
			  name, article(kind), kind);
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
		if (strcasecmp(name, reserved[i]) != 0)
			continue;
		raw_wrong(raw, at,
			  "the name '%s' is taken by every lab's own parts",
			  name);
		return false;
	}
	return true;
}

const char *raw_text(struct raw *raw, const struct doc *v)
{
	if (v->kind != DOC_SCALAR) {
		raw_wrong(raw, v, "expected a text, found %s", found(v));
		return NULL;
	}
	if (v->plain && (is_number(v->str) || is_bool(v->str))) {
		raw_wrong(raw, v,
			  "expected a text, found %s; in quotes it is one: "
			  "\"%s\"",
			  found(v), v->str);
		return NULL;
	}
	return v->str;
}

bool raw_bool(struct raw *raw, const struct doc *v, bool *ret)
{
	bool b;

	if (v->kind == DOC_SCALAR && v->plain && is_bool(v->str)) {
		*ret = v->str[0] == 't' || v->str[0] == 'T';
		return true;
	}
	if (v->kind == DOC_SCALAR && parse_bool(v->str, &b) == 0)
		raw_wrong(raw, v,
			  "expected true or false, found the text '%s'; "
			  "write %s",
			  v->str, b ? "true" : "false");
	else
		raw_wrong(raw, v, "expected true or false, found %s", found(v));
	return false;
}

bool raw_u32(struct raw *raw, const struct doc *v, uint32_t min, uint32_t max,
	     uint32_t *ret)
{
	int r = -EINVAL;

	if (v->kind == DOC_SCALAR && v->plain)
		r = parse_u32(v->str, min, max, ret);
	if (r == -EINVAL && v->kind == DOC_SCALAR && v->plain &&
	    v->str[0] == '-' && is_number(v->str))
		r = -ERANGE;
	if (r == -ERANGE)
		raw_wrong(raw, v, "%s is out of range: %u to %u", v->str, min,
			  max);
	else if (r < 0)
		raw_wrong(raw, v,
			  "expected a whole number from %u to %u, found %s",
			  min, max, found(v));
	return r == 0;
}

bool raw_seconds(struct raw *raw, const struct doc *v, uint32_t min,
		 uint32_t max, uint32_t *ret)
{
	int64_t ns = 0;
	int r = -EINVAL;

	if (v->kind == DOC_SCALAR)
		r = parse_duration(v->str, &ns);
	if (r == 0 && (ns < min * NS_PER_S || ns > max * NS_PER_S))
		r = -ERANGE;
	if (r == -ERANGE)
		raw_wrong(raw, v, "'%s' is out of range: %us to %us", v->str,
			  min, max);
	else if (r < 0 && v->kind == DOC_SCALAR)
		raw_wrong(raw, v, "'%s' is not a duration such as 2s or 1m",
			  v->str);
	else if (r < 0)
		raw_wrong(raw, v, "expected a duration such as 2s, found %s",
			  found(v));
	else if (ns % NS_PER_S) {
		raw_wrong(raw, v, "'%s' must be whole seconds", v->str);
		return false;
	}
	if (r == 0)
		*ret = (uint32_t)(ns / NS_PER_S);
	return r == 0;
}

bool raw_enum(struct raw *raw, const struct doc *v, const char *what,
	      const char *const *names, size_t n, int *ret)
{
	const char *text = raw_text(raw, v), *all = "";
	size_t i;

	if (!text)
		return false;
	for (i = 0; i < n; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (int)i;
			return true;
		}
		all = arena_printf(raw->a, "%s%s%s", all,
				   i == 0       ? ""
				   : i == n - 1 ? " and "
						: ", ",
				   names[i]);
	}
	raw_wrong(raw, v, "unknown %s '%s'%s (there %s %s)", what, text,
		  raw_nearest(raw, text, names, n), n == 1 ? "is" : "are", all);
	return false;
}

/* Ranges that mean something else and that no lab can hand out. */
static bool ordinary(struct raw *raw, const struct doc *v,
		     const struct ipnet *n)
{
	static const struct {
		const char *net, *what;
	} special[] = {{"0.0.0.0/8", "this network"},
		       {"127.0.0.0/8", "loopback"},
		       {"169.254.0.0/16", "link-local, where HA addresses are"},
		       {"224.0.0.0/3", "multicast and reserved"},
		       {"::/96", "unspecified and loopback"},
		       {"::ffff:0:0/96", "IPv4 inside IPv6"},
		       {"fe80::/10", "link-local"},
		       {"ff00::/8", "multicast"}};
	struct ipnet s = {0};

	for (size_t i = 0; i < ARRAY_LEN(special); i++) {
		ipnet_parse(special[i].net, &s);
		if (!ipnet_overlap(&s, n))
			continue;
		raw_wrong(raw, v, "'%s' is no range for a network: %s is %s",
			  v->str, special[i].net, special[i].what);
		return false;
	}
	return true;
}

bool raw_cidr(struct raw *raw, const struct doc *v, struct ipnet *ret)
{
	char text[IP_TEXT_MAX];
	struct ipnet n, net;
	struct ip ip;

	if (v->kind != DOC_SCALAR) {
		raw_wrong(raw, v,
			  "expected a range such as 192.168.1.0/24, found %s",
			  found(v));
		return false;
	}
	if (ipnet_parse(v->str, &n) < 0) {
		raw_wrong(
			raw, v, "'%s' is not a range such as 192.168.1.0/24%s",
			v->str,
			ip_parse(v->str, &ip) == 0 ? "; its prefix length lacks"
						   : "");
		return false;
	}
	net = (struct ipnet){ipnet_network(&n), n.len};
	if (!ipnet_equal(&n, &net)) {
		raw_wrong(raw, v, "'%s' has host bits set; the range is %s",
			  v->str, ipnet_print(&net, text));
		return false;
	}
	if (n.len + 2u > ip_bits(&n.ip)) {
		raw_wrong(raw, v,
			  "'%s' is too small: /%u is the smallest range",
			  v->str, ip_bits(&n.ip) - 2);
		return false;
	}
	if (!ordinary(raw, v, &n))
		return false;
	*ret = n;
	return true;
}

bool raw_ip(struct raw *raw, const struct doc *v, struct ip *ret)
{
	if (v->kind != DOC_SCALAR) {
		raw_wrong(raw, v, "expected an address, found %s", found(v));
		return false;
	}
	if (ip_parse(v->str, ret) == 0)
		return true;
	raw_wrong(raw, v, "'%s' is not an address%s", v->str,
		  strchr(v->str, '/') ? "; it has no prefix length here" : "");
	return false;
}

bool raw_range(struct raw *raw, const struct doc *v, struct ip *ret_first,
	       struct ip *ret_last)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX], rest;
	struct ip a, b;

	if (v->kind != DOC_SCALAR) {
		raw_wrong(raw, v,
			  "expected a pool such as 192.168.1.10-192.168.1.20,"
			  " found %s",
			  found(v));
		return false;
	}
	if (sscanf(v->str, "%63[0-9a-fA-F:.] - %63[0-9a-fA-F:.]%c", from, to,
		   &rest) != 2 ||
	    ip_parse(from, &a) < 0 || ip_parse(to, &b) < 0) {
		raw_wrong(raw, v,
			  "'%s' is not a pool such as "
			  "192.168.1.10-192.168.1.20",
			  v->str);
		return false;
	}
	if (a.family != b.family) {
		raw_wrong(raw, v,
			  "a pool is from one family, not from IPv%u to "
			  "IPv%u",
			  a.family, b.family);
		return false;
	}
	if (ip_cmp(&a, &b) > 0) {
		raw_wrong(raw, v, "the pool's end is before its beginning");
		return false;
	}
	*ret_first = a;
	*ret_last = b;
	return true;
}

void *raw_new(struct raw *raw, void *list, size_t *n, size_t size)
{
	void *item = arena_alloc(raw->a, size);

	*(void **)arena_push(raw->a, list, n, sizeof(void *)) = item;
	return item;
}

/* "node 'network1'" */
const char *raw_called(struct raw *raw, const char *kind, const struct doc *key)
{
	return arena_printf(raw->a, "%s '%.*s'", kind, TOPO_NAME_MAX, key->str);
}

void raw_ref(struct raw *raw, const struct doc *v, struct raw_ref *ret)
{
	const char *text = raw_text(raw, v);

	if (text)
		*ret = (struct raw_ref){text, v};
}

const char *raw_project_name(struct raw *raw, const struct doc *v,
			     const char *def)
{
	if (!raw_text(raw, v) || !raw_name_ok(raw, v, "project", TOPO_NAME_MAX))
		return def;
	return v->str;
}

/* One address or a list of them. */
void raw_pins(struct raw *raw, const struct doc *v, struct raw_pin **ret,
	      size_t *ret_n)
{
	const struct doc *item;
	struct raw_pin *pin;
	struct ip ip;

	if (v->kind == DOC_SCALAR) {
		if (!raw_ip(raw, v, &ip))
			return;
		pin = arena_push(raw->a, ret, ret_n, sizeof(**ret));
		*pin = (struct raw_pin){ip, v};
		return;
	}
	if (v->kind == DOC_MAP) {
		raw_wrong(raw, v,
			  "expected an address or a list of them, "
			  "found a map");
		return;
	}
	DOC_FOREACH (item, v) {
		if (*ret_n >= TOPO_SUBNETS_MAX) {
			raw_wrong(raw, item, "more than %d addresses",
				  TOPO_SUBNETS_MAX);
			return;
		}
		if (!raw_ip(raw, item, &ip))
			continue;
		pin = arena_push(raw->a, ret, ret_n, sizeof(**ret));
		*pin = (struct raw_pin){ip, item};
	}
}

struct ip raw_first_host(const struct ipnet *n)
{
	return ip_add(ipnet_network(n), 1);
}

struct ip raw_last_host(const struct ipnet *n)
{
	struct ip last = ipnet_last(n);

	/* IPv6 has no broadcast address. */
	return n->ip.family == 4 ? ip_v4(ip_v4_value(&last) - 1) : last;
}
