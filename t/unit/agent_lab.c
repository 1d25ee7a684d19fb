/* SPDX-License-Identifier: MIT */
/*
 * What an agent does with a lab's text: it takes no text that could have it
 * touch what is not the lab's, it says where a text is wrong, and what it
 * plans names nothing but the lab's own things.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/node/agent.h"
#include "provision/node/agent_lab.h"
#include "t/lib/plan_ok.h"
#include "t/lib/tap.h"

/* Does an operation as the agent would; the answer's members in out. */
static int op(const char *name, const char *req, struct buf *out,
	      struct err *reterr)
{
	const struct agent_op *o = agent_provision_ops;
	auto_arena struct arena a = {0};
	struct doc *d = NULL;
	struct json j;
	int e;

	*reterr = (struct err){.msg = ""};
	if (doc_parse_line(&a, req, strlen(req), &d, reterr) < 0)
		return -EBADMSG;
	while (o->name && strcmp(o->name, name) != 0)
		o++;
	if (!o->name)
		return -ENOSYS;
	json_init(&j, out, 0);
	json_obj(&j);
	e = o->fn(d, &j, reterr);
	json_obj_end(&j);
	return e;
}

static int tell(const char *text, const char *node, struct err *reterr)
{
	auto_buf struct buf req = {0}, out = {0};
	struct json j;

	json_init(&j, &req, 0);
	json_obj(&j);
	json_kstr(&j, "file", "x.yaml");
	json_kstr(&j, "text", text);
	json_kstr(&j, "node", node);
	json_obj_end(&j);
	return op("lab", req.data, &out, reterr);
}

#define NODES                                                                  \
	"nodes:\n  n1: {role: network}\n  n2: {role: network}\n"               \
	"  c1: {role: compute}\n"
#define PHYS                                                                   \
	"physical:\n  management: {cidr: 10.0.0.0/24}\n"                       \
	"  tunnel: {cidr: 10.0.1.0/24}\n"
#define NET "networks:\n  a: {project: p, subnets: {s: {cidr: 10.9.0.0/24}}}\n"
#define GOOD "lab: x\n" NODES PHYS NET "routers:\n  r: {interfaces: [s]}\n"

/* What must not come through; each is refused at its place. */
static const struct {
	const char *name, *text, *place;
} bad[] = {
	{"a lab called by a path", "lab: ../../etc\n" NODES PHYS, "x.yaml:1:6"},
	{"a lab that is the folder above", "lab: ..\n" NODES PHYS, "x.yaml:1:"},
	{"a lab without a name", "lab: ''\n" NODES PHYS, "x.yaml:1:6"},
	{"a lab with another's mark in its name",
	 "lab: \"x\\nlabctl:y\"\n" NODES PHYS, "x.yaml:1:6"},
	{"a lab with a colon", "lab: 'x:y'\n" NODES PHYS, "x.yaml:1:6"},
	{"a lab's name too long for a path",
	 "lab: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" NODES PHYS, "x.yaml:1:6"},
	{"a node called by a path",
	 "lab: x\nnodes:\n  ../n: {role: network}\n" PHYS, "x.yaml:3:3"},
	{"a router called by a path",
	 "lab: x\n" NODES PHYS "routers:\n  ../../r: {}\n", "x.yaml:10:3"},
	{"a project called by a path",
	 "lab: x\n" NODES PHYS "routers:\n  r: {project: a/../b}\n",
	 "x.yaml:10:16"},
	{"an instance with a slash",
	 "lab: x\n" NODES PHYS NET
	 "instances:\n  a/b: {node: c1, network: a}\n",
	 "x.yaml:12:3"},
	{"a network with a quote", /* it would stand in the engine's file */
	 "lab: x\n" NODES PHYS "networks:\n  'a\"b': {}\n", "x.yaml:10:3"},
	{"a physical network with a space",
	 "lab: x\n" NODES PHYS "  'a b': {}\n", "x.yaml:9:3"},
	{"a VNI of 25 bits",
	 "lab: x\n" NODES PHYS "networks:\n  a: {segment: 16777216}\n",
	 "x.yaml:10:"},
	{"an MTU out of range", "lab: x\n" NODES PHYS "  w: {mtu: 70000}\n",
	 "x.yaml:9:"},
	{"a MAC that is none",
	 "lab: x\n" NODES PHYS NET
	 "instances:\n  i: {node: c1, network: a, mac: 'fa:16'}\n",
	 "x.yaml:12:"},
	{"an address outside its subnet",
	 "lab: x\n" NODES PHYS NET
	 "instances:\n  i: {node: c1, network: a, address: 10.8.0.1}\n",
	 "x.yaml:12:"},
	{"a VRID of nine bits",
	 "lab: x\n" NODES PHYS "routers:\n  r: {ha: {vrid: 256}}\n",
	 "x.yaml:10:"},
	{"a sysctl", "lab: x\nsysctl: {kernel/core_pattern: '|x'}\n" NODES PHYS,
	 "x.yaml:2:1"},
	{"a state folder", "lab: x\nstate_dir: /etc\n" NODES PHYS,
	 "x.yaml:2:1"},
	{"a mark", "lab: x\nmark: 'labctl:y'\n" NODES PHYS, "x.yaml:2:1"},
	{"a plan in place of a lab",
	 "{\"lab\": \"x\", \"res\": [{\"netns\": \"../x\"}]}", "x.yaml:1:"},
	{"a list", "[1, 2]\n", "x.yaml:1:1"},
	{"not YAML", "lab: {\n", "x.yaml:2:1"},
	{"nothing", "", "x.yaml: the file is empty"},
};

static void refusals(void)
{
	const struct topo_node *node;
	const struct lab *lab;
	struct err err;
	size_t i;
	int e;

	is_int(agent_lab(&lab, &node, &err), -ENOENT, "nothing was told yet");
	{
		auto_buf struct buf out = {0};

		ok(op("converge", "{\"apply\": true}", &out, &err) == -ENOENT &&
			   strstr(err.msg, "no lab was told"),
		   "and nothing is converged to: %s", err.msg);
	}
	is_int(tell(GOOD, "n1", &err), 0, "a lab is told");
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		e = tell(bad[i].text, "n1", &err);
		if (!ok(e == -EINVAL && strncmp(err.msg, bad[i].place,
						strlen(bad[i].place)) == 0,
			"refused: %s", bad[i].name))
			tap_diag("%d %s", e, err.msg);
	}
	ok(tell(GOOD, "n9", &err) == -EINVAL && strstr(err.msg, "no node 'n9'"),
	   "refused: a node that the lab has not");
	ok(agent_lab(&lab, &node, &err) == 0 && strcmp(lab->name, "x") == 0 &&
		   strcmp(node->name, "n1") == 0,
	   "what was told before stays");
	is_int(tell(GOOD, "c1", &err), 0, "another node");
	ok(agent_lab(&lab, &node, &err) == 0 && strcmp(node->name, "c1") == 0,
	   "takes its place");
}

static void too_large(void)
{
	auto_buf struct buf text = {0};
	struct err err;

	buf_adds(&text, GOOD);
	while (text.len <= TOPO_FILE_MAX)
		buf_adds(&text, "# "
				"0123456789012345678901234567890123456789012345"
				"\n");
	ok(tell(text.data, "n1", &err) == -EINVAL &&
		   strstr(err.msg, "larger than 4 MiB"),
	   "refused: a text over the limit: %s", err.msg);
}

static void no_words(void)
{
	auto_buf struct buf out = {0};
	struct err err;

	is_int(op("lab", "{\"text\": [], \"node\": \"n1\"}", &out, &err),
	       -EINVAL, "refused: a text that is a list");
	is_int(op("lab", "{\"text\": \"lab: x\"}", &out, &err), -EINVAL,
	       "refused: no node");
	is_int(op("lab", "[]", &out, &err), -EINVAL, "refused: a list");
}

/* Removal by name: the same names, or nothing. */
static void removals(void)
{
	static const char *const names[] = {
		"..",     "",    "a/b",
		"../etc", "x:y", "-x",
		"a b",    "x\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	auto_arena struct arena a = {0};
	struct err err;
	struct plan p;
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		is_int(plan_none(&a, names[i], &p, &err), -EINVAL,
		       "no lab to remove: '%s'", i == 7 ? "x\\n" : names[i]);
	is_int(plan_none(&a, "demo-1.x", &p, &err), 0, "one to remove");
	is(p.mark, "labctl:demo-1.x", "its mark");
	is(p.state_dir, "/run/labctl/demo-1.x", "its folder");
	ok(p.n == 0 && p.nvirt == 0, "and nothing else");
}

static void plans(const char *path)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_arena struct arena a = {0};
	const char *wrong = NULL;
	struct lab *lab = NULL;
	struct plan p;
	size_t i;

	if (topo_load(path, &lab, &errs) < 0)
		return;
	for (i = 0; i < lab->nnodes && !wrong; i++) {
		plan_build(&a, lab, &lab->nodes[i], &p);
		wrong = plan_wrong(&a, lab, &p);
	}
	if (!ok(!wrong, "%s: names what is its own", path))
		tap_diag("%s", wrong);
	lab_free(lab);
}

/* The guard itself: it sees what it is for. */
static void guard(void)
{
	auto_arena struct arena a = {0};
	const struct topo_node *node;
	const struct lab *lab;
	struct plan p;
	struct err err;

	is_int(tell(GOOD, "n1", &err), 0, "a lab");
	if (agent_lab(&lab, &node, &err) < 0)
		return;
	plan_build(&a, lab, node, &p);
	ok(!plan_wrong(&a, lab, &p), "its plan");
	p.res[0].netns = "../x";
	ok(plan_wrong(&a, lab, &p) != NULL, "a namespace elsewhere is seen");
	p.res[0].netns = "somebody";
	ok(plan_wrong(&a, lab, &p) != NULL, "and somebody's");
	plan_build(&a, lab, node, &p);
	p.mark = "labctl:y";
	ok(plan_wrong(&a, lab, &p) != NULL, "and another's mark");
}

int main(void)
{
	static const char *const folders[] = {"topologies", "t/corpus/topo"};
	char path[600];
	size_t i;

	refusals();
	too_large();
	no_words();
	removals();
	guard();
	for (i = 0; i < ARRAY_LEN(folders); i++) {
		struct dirent *e;
		DIR *d = opendir(folders[i]);

		while (d && (e = readdir(d))) {
			snprintf(path, sizeof(path), "%s/%s", folders[i],
				 e->d_name);
			plans(path);
		}
		if (d)
			closedir(d);
	}
	return tap_done();
}
