/* SPDX-License-Identifier: MIT */
/*
 * A request is one line of JSON, then as many bytes of the lab's own text as
 * it says:
 *
 *   {"protocol": 3, "version": "0.1.0", "op": "up" | "plan" | "wires",
 *    "program": "labctl", "client_key": PEM, "client_pub": KEY,
 *    "keys": [{"name": NODE, "key": PEM, "pub": KEY}],
 *    "links": "links:\n  network1.tunnel: {loss: 1%}\n", "text": 1234}
 *
 * Loading a text gives the same lab everywhere, and the same program is at
 * both ends: so the fabric makes of it what labctl would have made. Of another
 * version that cannot be said, and it is refused.
 */
#include "provision/fabric/request.h"

#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "provision/fabric/build.h"
#include "topologies/links.h"
#include "topologies/topo.h"

#define KEY_TEXT_MAX 4096u

void emul_request_print(const struct emul_request *q, const char *text,
			struct buf *ret)
{
	struct json j;
	size_t i;

	json_init(&j, ret, 0);
	json_obj(&j);
	json_kint(&j, "protocol", EMUL_PROTOCOL);
	json_kstr(&j, "version", LABCTL_VERSION);
	json_kstr(&j, "op", q->wires ? "wires" : q->apply ? "up" : "plan");
	json_kstr(&j, "program", q->program);
	if (q->keys.client_key) {
		json_kstr(&j, "client_key", q->keys.client_key);
		json_kstr(&j, "client_pub", q->keys.client_pub);
	}
	json_key(&j, "keys");
	json_arr(&j);
	for (i = 0; i < q->keys.nnodes; i++) {
		json_obj(&j);
		json_kstr(&j, "name", q->keys.nodes[i].name);
		json_kstr(&j, "key", q->keys.nodes[i].key);
		json_kstr(&j, "pub", q->keys.nodes[i].pub);
		json_obj_end(&j);
	}
	json_arr_end(&j);
	json_kstr(&j, "links", q->links ? q->links : "");
	json_kint(&j, "text", (int64_t)q->text_len);
	json_obj_end(&j);
	buf_addc(ret, '\n');
	buf_add(ret, text, q->text_len);
}

static int text_of(const struct doc *d, const char *key, size_t max,
		   const char **ret, struct err *reterr)
{
	const char *s = doc_str(d, key, NULL);

	if (!s || !*s || strlen(s) > max)
		return err_set(reterr, -EPROTO, "a request without a good '%s'",
			       key);
	*ret = s;
	return 0;
}

static int parse_keys(struct arena *a, const struct doc *d,
		      struct emul_keys *ret, struct err *reterr)
{
	const struct doc *list = doc_get(d, "keys"), *item;
	struct emul_keys k = {0};
	int r;

	if (doc_get(d, "client_key") &&
	    ((r = text_of(d, "client_key", KEY_TEXT_MAX, &k.client_key,
			  reterr)) < 0 ||
	     (r = text_of(d, "client_pub", KEY_TEXT_MAX, &k.client_pub,
			  reterr)) < 0))
		return r;
	if (doc_len(list) > TOPO_NODES_MAX)
		return err_set(reterr, -E2BIG, "keys of over %d nodes",
			       TOPO_NODES_MAX);
	k.nodes = arena_array(a, doc_len(list), sizeof(*k.nodes));
	DOC_FOREACH (item, list) {
		struct emul_key *to = &k.nodes[k.nnodes++];

		if ((r = text_of(item, "name", TOPO_NAME_MAX, &to->name,
				 reterr)) < 0 ||
		    (r = text_of(item, "key", KEY_TEXT_MAX, &to->key, reterr)) <
			    0 ||
		    (r = text_of(item, "pub", KEY_TEXT_MAX, &to->pub, reterr)) <
			    0)
			return r;
	}
	*ret = k;
	return 0;
}

int emul_request_parse(struct arena *a, const char *line, size_t len,
		       struct emul_request *ret, struct err *reterr)
{
	struct emul_request q = {.program = ""};
	struct doc *d;
	const char *op = "";
	int64_t size;
	int r;

	r = doc_parse_line(a, line, len, &d, reterr);
	if (r < 0)
		return r;
	if (doc_int(d, "protocol", 0) != EMUL_PROTOCOL ||
	    strcmp(doc_str(d, "version", ""), LABCTL_VERSION) != 0)
		return err_set(reterr, -EPROTO,
			       "this lab was started by another version of "
			       "labctl; bring it down and up again");
	r = text_of(d, "op", TOPO_NAME_MAX, &op, reterr);
	if (r == 0)
		r = text_of(d, "program", TOPO_NAME_MAX, &q.program, reterr);
	if (r == 0)
		r = parse_keys(a, d, &q.keys, reterr);
	if (r < 0)
		return r;
	q.wires = strcmp(op, "wires") == 0;
	q.apply = q.wires || strcmp(op, "up") == 0;
	q.links = arena_strdup(a, doc_str(d, "links", ""));
	if (!q.apply && strcmp(op, "plan") != 0)
		return err_set(reterr, -EPROTO, "no operation '%s'", op);
	if (strchr(q.program, '/'))
		return err_set(reterr, -EPROTO, "the program '%s' is a path",
			       q.program);
	size = doc_int(d, "text", 0);
	if (size <= 0)
		return err_set(reterr, -EPROTO,
			       "a request without a good "
			       "'text'");
	if (size > TOPO_FILE_MAX)
		return err_set(reterr, -E2BIG, "a lab file over %u bytes",
			       TOPO_FILE_MAX);
	q.text_len = (size_t)size;
	*ret = q;
	return 0;
}

int emul_request_spec(struct arena *a, const char *text, size_t len,
		      bool kernel, const char *links, struct emul_spec *ret,
		      struct err *reterr)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct lab *lab;
	int r;

	if (topo_load_text("the lab's file", text, len, &lab, &errs) < 0) {
		if (!errs.n)
			return err_set(reterr, -EINVAL, "not a lab's file");
		return err_set(reterr, -EINVAL, "the lab's file:%u:%u: %s",
			       errs.items[0].line, errs.items[0].col,
			       errs.items[0].msg);
	}
	topo_settle(lab, kernel);
	if (links && *links)
		(void)topo_links_lay(lab, links, strlen(links), NULL);
	r = emul_spec_build(a, lab, ret, reterr);
	lab_free(lab);
	return r;
}
