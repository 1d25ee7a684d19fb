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
#include "lib/keys/keys.h"
#include "provision/fabric/build.h"
#include "topologies/links.h"
#include "topologies/topo.h"

#define KEY_TEXT_MAX 4096u

struct told {
	unsigned protocol;
	const char *version, *op, *program, *links;
	struct emul_keys keys;
	int64_t text;
};

static const struct key key_rows[] = {
	{"name", KEY_TEXT, KEY_FIELD(struct emul_key, name),
	 .flags = KEY_REQUIRED, .min = 1, .max = TOPO_NAME_MAX},
	{"key", KEY_TEXT, KEY_FIELD(struct emul_key, key),
	 .flags = KEY_REQUIRED, .min = 1, .max = KEY_TEXT_MAX},
	{"pub", KEY_TEXT, KEY_FIELD(struct emul_key, pub),
	 .flags = KEY_REQUIRED, .min = 1, .max = KEY_TEXT_MAX},
};

static const struct key_table key_table =
	KEY_TABLE("key", struct emul_key, key_rows);

static const struct key rows[] = {
	{"protocol", KEY_UINT, KEY_FIELD(struct told, protocol)},
	{"version", KEY_TEXT, KEY_FIELD(struct told, version)},
	{"op", KEY_TEXT, KEY_FIELD(struct told, op), .flags = KEY_REQUIRED},
	{"program", KEY_TEXT, KEY_FIELD(struct told, program),
	 .flags = KEY_REQUIRED, .min = 1, .max = TOPO_NAME_MAX},
	{"client_key", KEY_TEXT, KEY_FIELD(struct told, keys.client_key),
	 .min = 1, .max = KEY_TEXT_MAX},
	{"client_pub", KEY_TEXT, KEY_FIELD(struct told, keys.client_pub),
	 .min = 1, .max = KEY_TEXT_MAX},
	{"keys", KEY_LIST, KEY_ITEMS(struct told, keys.nodes, keys.nnodes),
	 .max = TOPO_NODES_MAX, .table = &key_table},
	{"links", KEY_TEXT, KEY_FIELD(struct told, links), .def_text = ""},
	{"text", KEY_INT, KEY_FIELD(struct told, text), .flags = KEY_REQUIRED},
};

static const struct key_table table = KEY_TABLE("request", struct told, rows);

void emul_request_print(const struct emul_request *q, const char *text,
			struct buf *ret)
{
	const struct told told = {.protocol = EMUL_PROTOCOL,
				  .version = LABCTL_VERSION,
				  .op = q->wires   ? "wires"
					: q->apply ? "up"
						   : "plan",
				  .program = q->program,
				  .keys = q->keys,
				  .links = q->links ? q->links : "",
				  .text = (int64_t)q->text_len};
	struct json j;

	json_init(&j, ret, 0);
	json_obj(&j);
	keys_write(&table, &told, &j);
	json_obj_end(&j);
	buf_addc(ret, '\n');
	buf_add(ret, text, q->text_len);
}

static int bad(struct err *reterr, const char *what)
{
	return err_set(reterr, -EPROTO, "a request %s", what);
}

int emul_request_parse(struct arena *a, const char *line, size_t len,
		       struct emul_request *ret, struct err *reterr)
{
	struct told told = {0};
	struct err why;
	struct doc *d;
	bool up, wires;
	int r;

	r = doc_parse_line(a, line, len, &d, reterr);
	if (r < 0)
		return r;
	/* Of another version nothing else is known. */
	if (doc_int(d, "protocol", 0) != EMUL_PROTOCOL ||
	    strcmp(doc_str(d, "version", ""), LABCTL_VERSION) != 0)
		return err_set(reterr, -EPROTO,
			       "this lab was started by another version of "
			       "labctl; bring it down and up again");
	if (keys_read_open(a, d, &table, &told, &why) < 0)
		return err_set(reterr, -EPROTO, "a request: %s", why.msg);
	wires = strcmp(told.op, "wires") == 0;
	up = wires || strcmp(told.op, "up") == 0;
	if (!up && strcmp(told.op, "plan") != 0)
		return err_set(reterr, -EPROTO, "no operation '%s'", told.op);
	if (strchr(told.program, '/'))
		return err_set(reterr, -EPROTO, "the program '%s' is a path",
			       told.program);
	if (!told.keys.client_key != !told.keys.client_pub)
		return bad(reterr, "with half of a key");
	if (told.text <= 0)
		return bad(reterr, "without a good 'text'");
	if (told.text > TOPO_FILE_MAX)
		return err_set(reterr, -E2BIG, "a lab file over %u bytes",
			       TOPO_FILE_MAX);
	*ret = (struct emul_request){.apply = up,
				     .wires = wires,
				     .links = told.links,
				     .program = told.program,
				     .keys = told.keys,
				     .text_len = (size_t)told.text};
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
