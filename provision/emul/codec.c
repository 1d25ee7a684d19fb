/* SPDX-License-Identifier: MIT */
/* The spec as JSON: what labctl sends to a fabric that it starts or finds. */
#include <errno.h>
#include <string.h>

#include "provision/emul/int.h"

static void encode_nic(const struct emul_nic *n, struct json *j)
{
	char text[IP_TEXT_MAX];
	size_t i;

	json_obj(j);
	json_kstr(j, "ifname", n->ifname);
	json_kstr(j, "port", n->port);
	json_kstr(j, "bridge", n->bridge);
	json_kstr(j, "mac", mac_print(&n->mac, text));
	json_kint(j, "mtu", n->mtu);
	json_kbool(j, "quiet", n->quiet);
	json_key(j, "addrs");
	json_arr(j);
	for (i = 0; i < n->naddrs; i++)
		json_str(j, ipnet_print(&n->addrs[i], text));
	json_arr_end(j);
	json_obj_end(j);
}

void emul_spec_encode(const struct emul_spec *s, struct json *j)
{
	char text[IP_TEXT_MAX];
	size_t i, k;

	json_kstr(j, "lab", s->lab);
	json_kstr(j, "hosts", s->hosts);
	json_kstr(j, "client_key", s->client_key);
	json_kstr(j, "client_pub", s->client_pub);
	json_key(j, "bridges");
	json_arr(j);
	for (i = 0; i < s->nbridges; i++) {
		const struct emul_bridge *b = &s->bridges[i];

		json_obj(j);
		json_kstr(j, "name", b->name);
		json_kstr(j, "mac", mac_print(&b->mac, text));
		json_kint(j, "mtu", b->mtu);
		if (ip_is_set(&b->addr.ip))
			json_kstr(j, "addr", ipnet_print(&b->addr, text));
		json_obj_end(j);
	}
	json_arr_end(j);
	json_key(j, "nodes");
	json_arr(j);
	for (i = 0; i < s->nnodes; i++) {
		const struct emul_node *n = &s->nodes[i];

		json_obj(j);
		json_kstr(j, "name", n->name);
		json_kstr(j, "address", n->address);
		json_kstr(j, "key", n->key);
		json_kstr(j, "pub", n->pub);
		json_key(j, "nics");
		json_arr(j);
		for (k = 0; k < n->nnics; k++)
			encode_nic(&n->nics[k], j);
		json_arr_end(j);
		json_obj_end(j);
	}
	json_arr_end(j);
}

static const char *text_of(const struct doc *d, const char *key, size_t max,
			   struct err *reterr)
{
	const char *s = doc_str(d, key, NULL);

	if (!s || !*s || strlen(s) > max) {
		err_set(reterr, -EPROTO, "a request without a good '%s'", key);
		return NULL;
	}
	return s;
}

static const char *text_or_null(const struct doc *d, const char *key)
{
	const struct doc *v = doc_get(d, key);

	return v && v->kind == DOC_SCALAR && !doc_is_null(v) ? v->str : NULL;
}

static int decode_mtu(const struct doc *d, unsigned *ret, struct err *reterr)
{
	int64_t mtu = doc_int(d, "mtu", -1);

	if (mtu < 68 || mtu > 65535)
		return err_set(reterr, -EPROTO, "a request without a good MTU");
	*ret = (unsigned)mtu;
	return 0;
}

static int decode_nic(struct arena *a, const struct doc *d, struct emul_nic *n,
		      struct err *reterr)
{
	const struct doc *addrs = doc_get(d, "addrs"), *addr;
	const size_t max = IFNAME_MAX - 1;

	if (!(n->ifname = text_of(d, "ifname", max, reterr)) ||
	    !(n->port = text_of(d, "port", max, reterr)) ||
	    !(n->bridge = text_of(d, "bridge", max, reterr)))
		return -EPROTO;
	if (mac_parse(doc_str(d, "mac", ""), &n->mac) < 0)
		return err_set(reterr, -EPROTO, "a request without a good MAC");
	n->quiet = doc_bool(d, "quiet", false);
	n->addrs = arena_array(a, doc_len(addrs), sizeof(*n->addrs));
	DOC_FOREACH (addr, addrs)
		if (addr->kind != DOC_SCALAR ||
		    ipnet_parse(addr->str, &n->addrs[n->naddrs++]) < 0)
			return err_set(reterr, -EPROTO,
				       "a request without good addresses");
	return decode_mtu(d, &n->mtu, reterr);
}

static int decode_node(struct arena *a, const struct doc *d,
		       struct emul_node *n, struct err *reterr)
{
	const struct doc *nics = doc_get(d, "nics"), *nic;
	int r;

	n->name = text_of(d, "name", TOPO_NAME_MAX, reterr);
	if (!n->name)
		return -EPROTO;
	n->address = text_or_null(d, "address");
	n->key = text_or_null(d, "key");
	n->pub = text_or_null(d, "pub");
	if (doc_len(nics) > EMUL_NICS_MAX)
		return err_set(reterr, -E2BIG, "over %d interfaces on %s",
			       EMUL_NICS_MAX, n->name);
	n->nics = arena_array(a, doc_len(nics), sizeof(*n->nics));
	DOC_FOREACH (nic, nics) {
		r = decode_nic(a, nic, &n->nics[n->nnics++], reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

int emul_spec_decode(struct arena *a, const struct doc *d,
		     struct emul_spec *ret, struct err *reterr)
{
	const struct doc *bridges = doc_get(d, "bridges"), *b;
	const struct doc *nodes = doc_get(d, "nodes"), *n;
	struct emul_spec s = {0};
	const char *addr;
	int r;

	if (!(s.lab = text_of(d, "lab", TOPO_LAB_NAME_MAX, reterr)) ||
	    !(s.hosts = text_of(d, "hosts", EMUL_LINE_MAX, reterr)))
		return -EPROTO;
	s.client_key = text_or_null(d, "client_key");
	s.client_pub = text_or_null(d, "client_pub");
	if (doc_len(bridges) > TOPO_PHYS_MAX ||
	    doc_len(nodes) > TOPO_NODES_MAX + 1)
		return err_set(reterr, -E2BIG, "too many nodes or networks");
	s.bridges = arena_array(a, doc_len(bridges), sizeof(*s.bridges));
	DOC_FOREACH (b, bridges) {
		struct emul_bridge *to = &s.bridges[s.nbridges++];

		to->name = text_of(b, "name", IFNAME_MAX - 1, reterr);
		if (!to->name)
			return -EPROTO;
		r = decode_mtu(b, &to->mtu, reterr);
		if (r < 0)
			return r;
		addr = text_or_null(b, "addr");
		if (mac_parse(doc_str(b, "mac", ""), &to->mac) < 0 ||
		    (addr && ipnet_parse(addr, &to->addr) < 0))
			return err_set(reterr, -EPROTO,
				       "a request without good addresses");
	}
	s.nodes = arena_array(a, doc_len(nodes), sizeof(*s.nodes));
	DOC_FOREACH (n, nodes) {
		r = decode_node(a, n, &s.nodes[s.nnodes++], reterr);
		if (r < 0)
			return r;
	}
	*ret = s;
	return 0;
}
