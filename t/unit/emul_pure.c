/* SPDX-License-Identifier: MIT */
/* The parts of emulation that need no kernel: names, texts, identities. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "provision/emul/emul.h"
#include "provision/emul/ids.h"
#include "provision/emul/prompt.h"
#include "provision/emul/state.h"
#include "provision/emul/title.h"
#include "provision/emul/user.h"
#include "provision/fabric/build.h"
#include "provision/fabric/internet.h"
#include "provision/fabric/mount.h"
#include "provision/fabric/request.h"
#include "t/lib/tap.h"

/* --- command lines --------------------------------------------------- */

static const struct {
	const char *what;
	const char *line;
	size_t len;
	bool ours;
	const char *lab, *node;
} lines[] = {
#define LINE(s) s, sizeof(s) - 1
	{"a fabric", LINE("labctl\0fabric\0lab1\0--owner\0001000\0"), true,
	 "lab1", ""},
	{"a fabric with room behind it",
	 LINE("labctl\0fabric\0lab1\0--owner\0000\0\0\0\0\0"), true, "lab1",
	 ""},
	{"a node", LINE("labctl\0node\0lab1\0network1\0--owner\0000\0"), true,
	 "lab1", "network1"},
	{"nothing", LINE(""), false, NULL, NULL},
	{"a kernel thread's", LINE("\0"), false, NULL, NULL},
	{"another program", LINE("vim\0fabric\0lab1\0--owner\0000\0"), false,
	 NULL, NULL},
	{"an editor of a file called labctl", LINE("vim\0labctl\0fabric\0"),
	 false, NULL, NULL},
	{"labctl by its path",
	 LINE("/usr/bin/labctl\0fabric\0l\0--owner\0000\0"), false, NULL, NULL},
	{"labctl up", LINE("labctl\0up\0fabric\0"), false, NULL, NULL},
	{"the fabric before it has its room",
	 LINE("labctl\0fabric\0lab1\0--owner\0000\0......\0"), false, NULL,
	 NULL},
	{"one word too many",
	 LINE("labctl\0node\0lab1\0n1\0--owner\0000\0more\0"), false, NULL,
	 NULL},
	{"a fabric without owner", LINE("labctl\0fabric\0lab1\0"), false, NULL,
	 NULL},
	{"an owner that is no number",
	 LINE("labctl\0fabric\0lab1\0--owner\0me\0"), false, NULL, NULL},
	{"a lab that is a path", LINE("labctl\0fabric\0../x\0--owner\0000\0"),
	 false, NULL, NULL},
	{"a name over the limit",
	 LINE("labctl\0fabric\0abcdefghijklmnopqrstuvwxyz0123456\0--owner\0000"
	      "\0"),
	 false, NULL, NULL},
	{"a last word that was cut", LINE("labctl\0fabric\0lab1\0--owner\0001"),
	 false, NULL, NULL},
#undef LINE
};

static const struct {
	const char *what;
	const char *line;
	size_t len;
	bool engine;
} engines[] = {
#define LINE(s) s, sizeof(s) - 1
	{"an engine's parent",
	 LINE("labctl\0vrrp\0run\0/run/labctl/lab1/vrrp.yaml\0"), true},
	{"an engine with its routers",
	 LINE("labctl vrrp run /run/labctl/lab1/vrrp.yaml: 1 router\0"), true},
	{"another lab's",
	 LINE("labctl\0vrrp\0run\0/run/labctl/lab10/vrrp.yaml\0"), false},
	{"one that somebody runs by hand",
	 LINE("labctl\0vrrp\0run\0/root/my.yaml\0"), false},
	{"one that is asked",
	 LINE("labctl\0vrrp\0state\0/run/labctl/lab1/vrrp.yaml\0"), false},
	{"one with a word more",
	 LINE("labctl vrrp run /run/labctl/lab1/vrrp.yaml 60\0"), false},
	{"an editor",
	 LINE("vi\0labctl\0vrrp\0run\0/run/labctl/lab1/vrrp.yaml\0"), false},
	{"words that were cut", LINE("labctl\0vrrp\0run\0/run/labctl/lab1"),
	 false},
	{"words without an end",
	 LINE("labctl\0vrrp\0run\0/run/labctl/lab1/vrrp.yaml"), false},
	{"nothing", LINE(""), false},
#undef LINE
};

static void test_engines(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(engines); i++)
		is_int(emul_is_engine("lab1", engines[i].line, engines[i].len),
		       engines[i].engine, "engine: %s", engines[i].what);
}

static void test_lines(void)
{
	struct emul_argv v;
	size_t i;

	for (i = 0; i < ARRAY_LEN(lines); i++) {
		bool got;

		memset(&v, 0, sizeof(v));
		got = emul_argv_parse(lines[i].line, lines[i].len, &v);
		ok(got == lines[i].ours, "command line: %s", lines[i].what);
		if (!got || !lines[i].ours)
			continue;
		is(v.lab, lines[i].lab, "%s: the lab", lines[i].what);
		is(v.name, lines[i].node, "%s: the node", lines[i].what);
		ok(v.node != v.fabric && v.node == (*lines[i].node != '\0'),
		   "%s: which of the two", lines[i].what);
	}
}

/* --- names ----------------------------------------------------------- */

static void test_names(void)
{
	static const char *const good[] = {"a", "l3ha-linuxbridge", "A.b_c-9",
					   "01234567890123456789012345678901"};
	static const char *const bad[] = {"",
					  ".",
					  "..",
					  ".lock",
					  "-x",
					  "a/b",
					  "../x",
					  "a b",
					  "a\nb",
					  "_x",
					  "l\xc3\xa4"
					  "b",
					  "012345678901234567890123456789012"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(good); i++)
		ok(emul_name_ok(good[i]), "'%s' may name a lab", good[i]);
	for (i = 0; i < ARRAY_LEN(bad); i++)
		ok(!emul_name_ok(bad[i]), "'%s' may not", bad[i]);
}

/* --- subordinate ids ------------------------------------------------- */

static const struct {
	const char *what, *text, *user;
	unsigned uid, first, count;
} subids[] = {
	{"by name", "a:100000:65536\nb:165536:65536\n", "b", 1001, 165536,
	 65536},
	{"by uid", "1001:200000:65536\n", "b", 1001, 200000, 65536},
	{"no name known", "1001:200000:65536\n", NULL, 1001, 200000, 65536},
	{"the largest of several", "b:1:2\nb:300000:70000\nb:5:6\n", "b", 1001,
	 300000, 70000},
	{"last line without end", "b:300000:70000", "b", 1001, 300000, 70000},
	{"none", "a:100000:65536\n", "b", 1001, 0, 0},
	{"empty", "", "b", 1001, 0, 0},
	{"a name that begins alike", "bb:100000:65536\n", "b", 1001, 0, 0},
	{"half a line", "b:100000\n", "b", 1001, 0, 0},
	{"not numbers", "b:x:y\n", "b", 1001, 0, 0},
	{"from 0", "b:0:65536\n", "b", 1001, 0, 0},
	{"over the end", "b:4294967290:65536\n", "b", 1001, 0, 0},
	{"a comment", "# b:1:2\n\nb:9:8\n", "b", 1001, 9, 8},
};

static void test_subids(void)
{
	struct emul_range r;
	size_t i;

	for (i = 0; i < ARRAY_LEN(subids); i++) {
		r = emul_subid_parse(subids[i].text, subids[i].user,
				     subids[i].uid);
		is_int(r.first, subids[i].first, "subuid, %s: first",
		       subids[i].what);
		is_int(r.count, subids[i].count, "subuid, %s: count",
		       subids[i].what);
	}
	is_int(emul_subid_free(""), 100000, "free ids: none are taken");
	is_int(emul_subid_free("a:100000:65536\nb:165536:65536\n"), 231072,
	       "free ids: behind all");
}

static void test_root_range(void)
{
	struct emul_range a = emul_root_range("lab1", "", ""), b, c;
	auto_buf struct buf text = {0};

	ok(a.first >= EMUL_ROOT_FIRST && a.count == 65536 &&
		   a.first + a.count - 1 <= 0x7bffffff,
	   "root's ids: of the range that is documented");
	ok(emul_root_id(a.first), "root's ids: the first one is root");
	ok(!emul_root_id(a.first + 1), "root's ids: the next one is not");
	ok(!emul_root_id(0) && !emul_root_id(EMUL_ROOT_FIRST - 65536) &&
		   !emul_root_id(0x7c000000),
	   "root's ids: nor is one outside");
	is_int(emul_root_range("lab1", "", "").first, a.first,
	       "root's ids: a lab has always the same");
	ok(emul_root_range("lab2", "", "").first != a.first,
	   "root's ids: another lab has others");
	buf_printf(&text, "anna:%u:1\n", a.first + 65535);
	b = emul_root_range("lab1", text.data, "");
	ok(b.count && (b.first >= a.first + a.count || b.first < a.first),
	   "root's ids: not those of /etc/subuid");
	c = emul_root_range("lab1", "", text.data);
	is_int(c.first, b.first, "root's ids: nor of /etc/subgid");
	is_int(emul_root_range("lab1", "x:1000000000:2000000000\n", "").count,
	       0, "root's ids: none where all are taken");
	ok(emul_map_has("         0          0 4294967295\n", a),
	   "ids: a machine's root has all");
	ok(!emul_map_has("         0     100000      65536\n", a),
	   "ids: a container's has not");
	ok(!emul_map_has("", a), "ids: nothing has none");
	ok(emul_map_has("0 1 1\n 2000000000 5 200000000\n", a),
	   "ids: in the second line");
}

/* --- users of a node ------------------------------------------------- */

static void test_passwd(void)
{
	static const char host[] = "root:x:0:0:me:/home/me:/bin/zsh\n"
				   "toor:x:0:0::/:/bin/sh\n"
				   "sshd:x:103:65534::/run/sshd:/no\n"
				   "anna:x:1000:1000::/home/anna:/bin/sh\n"
				   "broken line\n"
				   "nobody:x:65534:65534::/:/no";
	auto_buf struct buf p = {0}, s = {0};

	emul_passwd(host, &p, &s);
	ok(strncmp(p.data, "root:x:0:0:root:/root:/bin/", 27) == 0,
	   "users: root comes first, with its own home");
	ok(!strstr(p.data, "zsh") && !strstr(p.data, "toor"),
	   "users: and is the only one with uid 0");
	ok(strstr(p.data, "\nsshd:x:103:65534::/run/sshd:/no\n"),
	   "users: sshd's stays");
	ok(!strstr(p.data, "anna"), "users: people do not");
	ok(strstr(p.data, "\nnobody:x:65534:"), "users: nobody does");
	is(s.data,
	   "root:*:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n"
	   "nobody:*:19000:0:99999:7:::\n",
	   "users: no password opens any");
}

/* --- from a lab ------------------------------------------------------ */

static const char two_nodes[] =
	"lab: spec\n"
	"nodes:\n"
	"  controller: {role: controller}\n"
	"  a-network-node-of-a-long-name: {role: network}\n"
	"  network2: {role: network}\n"
	"  compute1: {role: compute}\n"
	"physical:\n"
	"  management: {cidr: 10.9.0.0/29, mtu: 1400}\n"
	"  tunnel: {cidr: 10.9.1.0/24}\n"
	"  lo: {}\n"
	"  a-provider-of-a-long-name: {}\n"
	"networks:\n"
	"  ext:\n"
	"    external: true\n"
	"    type: flat\n"
	"    physical: lo\n"
	"    subnets:\n"
	"      e4: {cidr: 203.0.113.0/24, gateway: 203.0.113.1}\n"
	"      e6: {cidr: 'fd00:1::/64', gateway: 'fd00:1::1'}\n"
	"  net:\n"
	"    project: demo\n"
	"    type: vxlan\n"
	"    segment: 1\n"
	"    subnets:\n"
	"      n4: {cidr: 192.168.1.0/24}\n"
	"routers:\n"
	"  r: {project: demo, gateway: ext, interfaces: [n4]}\n";

static struct lab *load(const char *text)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct lab *lab = NULL;
	size_t i;

	if (topo_load_text("spec.yaml", text, strlen(text), &lab, &errs) == 0)
		return lab;
	for (i = 0; i < errs.n; i++)
		tap_diag("%u:%u: %s", errs.items[i].line, errs.items[i].col,
			 errs.items[i].msg);
	return NULL;
}

static void test_spec(void)
{
	const struct emul_node *n, *out;
	auto_arena struct arena a = {0};
	struct lab *lab = load(two_nodes);
	char text[IP_TEXT_MAX];
	struct emul_spec s;
	struct err e;

	if (!ok(lab != NULL, "spec: the lab loads"))
		return;
	if (!ok(emul_spec_build(&a, lab, &s, &e) == 0, "spec: it is built"))
		return;
	ok(!s.bursts, "spec: a small lab's wires take no bursts");
	is_int(s.nbridges, 4, "spec: a bridge for each physical network");
	is(s.bridges[0].name, "management", "spec: called as in the file");
	is(s.bridges[3].name, "#phys3", "spec: unless that is too long");
	is(s.bridges[2].name, "#phys2", "spec: or the kernel's own");
	is(ipnet_print(&s.bridges[0].addr, text), "10.9.0.6/29",
	   "spec: labctl has the last address of management");
	is_int(s.bridges[0].mtu, 1400, "spec: the MTU is the file's");
	ok(!ip_is_set(&s.bridges[1].addr.ip), "spec: and no other");
	is_int(s.nnodes, 5, "spec: the nodes and the host outside");
	n = emul_spec_node(&s, "a-network-node-of-a-long-name");
	is_int(n->nnics, 4, "spec: a network node is on all of them");
	is(n->nics[0].port, "#1-eth0", "spec: a long name's port");
	is(n->nics[2].ifname, "eth2", "spec: the provider's interface");
	ok(n->nics[2].quiet && !n->nics[2].naddrs,
	   "spec: says nothing by itself");
	is_int(n->nics[0].mtu, 1400, "spec: wires have the MTU too");
	ok(n->nics[1].ngroups == 1 && n->nics[1].groups[0].b[0] == 239 &&
		   !n->nics[0].ngroups,
	   "spec: the tunnels' group, once, on the network that carries them");
	n = emul_spec_node(&s, "network2");
	is(n->nics[0].port, "network2-eth0", "spec: a short name's port");
	out = emul_spec_node(&s, EMUL_OUTSIDE);
	ok(out && !out->address, "spec: no sshd outside");
	is_int(out->nnics, 1, "spec: outside is on the provider's network");
	is_int(out->nics[0].naddrs, 2, "spec: with both families' gateways");
	is(ipnet_print(&out->nics[0].addrs[1], text), "fd00:1::1/64",
	   "spec: with their prefix lengths");
	is_int(out->nown, 4, "spec: and the Internet's hosts");
	is(ipnet_print(&out->own[0], text), EMUL_DNS "/32",
	   "spec: the name server first");
	ok(strstr(s.hosts, "\tnetwork2\n") && strstr(s.hosts, "\toutside\n"),
	   "spec: hosts names them all");
	lab_free(lab);
}

static void test_no_room(void)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	struct emul_spec s;
	struct lab *lab;
	struct err e;

	/* Four nodes on a range of six leave room; of the labs that fill
	 * theirs, the loader may refuse some before. */
	buf_adds(&b, two_nodes);
	lab = load(b.data);
	if (!lab)
		return;
	lab->phys[0].cidr.len = 32;
	ok(emul_spec_build(&a, lab, &s, &e) < 0 &&
		   strstr(e.msg, "no address left"),
	   "spec: no room for labctl's own address is told");
	lab_free(lab);
}

static void test_same(void)
{
	auto_arena struct arena a = {0};
	struct lab *lab = load(two_nodes);
	struct emul_spec s, t;
	struct err e;
	size_t i;

	if (!lab)
		return;
	emul_spec_build(&a, lab, &s, &e);
	lab_free(lab);
	ok(emul_request_spec(&a, two_nodes, strlen(two_nodes), false, NULL, &t,
			     &e) == 0,
	   "same: from the lab's text alone");
	is(t.lab, s.lab, "same: the lab's name");
	is(t.hosts, s.hosts, "same: the hosts");
	is_int(t.nbridges, s.nbridges, "same: as many bridges");
	for (i = 0; i < s.nbridges; i++)
		is(t.bridges[i].name, s.bridges[i].name, "same: bridge %zu", i);
	is_int(t.nnodes, s.nnodes, "same: as many nodes");
	for (i = 0; i < s.nnodes; i++)
		ok(emul_node_same(&s.nodes[i], &t.nodes[i]),
		   "same: node %zu is", i);
	t.nodes[0].key = "other";
	ok(emul_node_same(&s.nodes[0], &t.nodes[0]), "same: keys aside");
	t.nodes[0].nics[0].mtu++;
	ok(!emul_node_same(&s.nodes[0], &t.nodes[0]), "same: not the MTU");
	t.nodes[1].nics[0].addrs[0].len++;
	ok(!emul_node_same(&s.nodes[1], &t.nodes[1]), "same: not an address");
	t.nodes[2].nics[1].mac.b[5]++;
	ok(!emul_node_same(&s.nodes[2], &t.nodes[2]), "same: not a MAC");
	t.nodes[3].nnics--;
	ok(!emul_node_same(&s.nodes[3], &t.nodes[3]), "same: not a wire less");
}

/* --- what is asked of a fabric --------------------------------------- */

static void test_request(void)
{
	struct emul_key keys[] = {{"n1", "k\n", "p"}, {"n2", "kk", "pp"}};
	struct emul_request q = {.apply = true,
				 .program = "labctl",
				 .keys = {"-----BEGIN\nline \"two\"\\\n",
					  "ssh-ed25519 AAAA", keys, 2},
				 .text_len = 7},
			    back;
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	const char *nl;
	struct err e;

	emul_request_print(&q, "lab: x\n", &b);
	nl = memchr(b.data, '\n', b.len);
	if (!ok(nl && emul_request_parse(&a, b.data, (size_t)(nl - b.data),
					 &back, &e) == 0,
		"request: what is written can be read"))
		return;
	is(nl + 1, "lab: x\n", "request: the text stands behind it as it is");
	is_int(back.text_len, 7, "request: its length is told");
	ok(back.apply, "request: the operation");
	is(back.program, "labctl", "request: the program");
	is(back.keys.client_key, q.keys.client_key,
	   "request: keys keep their lines");
	is(back.keys.client_pub, q.keys.client_pub, "request: and their pub");
	is_int(back.keys.nnodes, 2, "request: of all nodes");
	is(back.keys.nodes[0].key, "k\n", "request: a node's key");
	is(back.keys.nodes[1].pub, "pp", "request: a node's pub");
	is(emul_keys_find(&back.keys, "n2")->key, "kk", "request: by its name");
	ok(!emul_keys_find(&back.keys, "n3"), "request: no other's");
}

static void test_keys(void)
{
	struct emul_key mine[] = {{"n1", "k1", "p1"}};
	struct emul_key theirs[] = {{"n1", "x", "x"}, {"n2", "k2", "p2"}};
	struct emul_keys new = {"ck", "cp", mine, 1};
	struct emul_keys late = {"x", "x", theirs, 2};
	struct emul_keys have = {0};
	auto_arena struct arena a = {0};

	emul_keys_add(&a, &have, &new);
	emul_keys_add(&a, &have, &late);
	is(have.client_key, "ck", "keys: the first ones stay");
	is(emul_keys_find(&have, "n1")->key, "k1", "keys: a node's too");
	is(emul_keys_find(&have, "n2")->key, "k2", "keys: what lacked is had");
	is_int(have.nnodes, 2, "keys: and no more");
}

/* One line of a request with what is asked for in place of MORE. */
#define HEAD                                                                   \
	"{\"protocol\": 3, \"version\": \"" LABCTL_VERSION                     \
	"\", \"program\": \"labctl\""
#define UP ", \"op\": \"up\""
#define TEXT ", \"text\": 7}"

static const struct {
	const char *what, *text;
	int code;
} wrong[] = {
	{"nothing", "", -EINVAL},
	{"a list", "[1]", -EPROTO},
	{"half a line", "{\"protocol\": 3, ", -EINVAL},
	{"another protocol", "{\"protocol\": 1, \"op\": \"up\"}", -EPROTO},
	{"another version",
	 "{\"protocol\": 3, \"version\": \"x\", \"op\": \"up\"}", -EPROTO},
	{"no operation", HEAD TEXT, -EPROTO},
	{"an unknown operation", HEAD ", \"op\": \"rm\"" TEXT, -EPROTO},
	{"a list for a text", HEAD ", \"op\": [\"up\"]" TEXT, -EPROTO},
	{"no text", HEAD UP "}", -EPROTO},
	{"a text of less than nothing", HEAD UP ", \"text\": -1}", -EPROTO},
	{"a text that is none", HEAD UP ", \"text\": \"lab\"}", -EPROTO},
	{"a text over the limit", HEAD UP ", \"text\": 4194305}", -E2BIG},
	{"a text beyond all numbers",
	 HEAD UP ", \"text\": 99999999999999999999}", -EPROTO},
	{"a client's key without its pub",
	 HEAD UP ", \"client_key\": \"k\"" TEXT, -EPROTO},
	{"a key without its node",
	 HEAD UP ", \"keys\": [{\"key\": \"k\", \"pub\": \"p\"}]" TEXT,
	 -EPROTO},
	{"a key that is empty",
	 HEAD UP
	 ", \"keys\": [{\"name\": \"n\", \"key\": \"\", \"pub\": \"p\"}]" TEXT,
	 -EPROTO},
	{"a key of a node that is a list",
	 HEAD UP ", \"keys\": [[\"n\", \"k\", \"p\"]]" TEXT, -EPROTO},
	{"a node's name over the limit",
	 HEAD UP ", \"keys\": [{\"name\": \"0123456789012345678901234567890123"
		 "456789012345678901234567890123\", \"key\": \"k\", \"pub\": "
		 "\"p\"}]" TEXT,
	 -EPROTO},
	{"a program that is a path",
	 "{\"protocol\": 3, \"version\": \"" LABCTL_VERSION
	 "\", \"program\": \"../sh\"" UP TEXT,
	 -EPROTO},
};

static void test_wrong(void)
{
	struct emul_request q;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		auto_arena struct arena a = {0};

		is_int(emul_request_parse(&a, wrong[i].text,
					  strlen(wrong[i].text), &q, &e),
		       wrong[i].code, "request: %s is refused", wrong[i].what);
	}
	/* The table's good twin, so that each is refused for its own reason. */
	{
		auto_arena struct arena a = {0};

		is_int(emul_request_parse(&a, HEAD UP TEXT,
					  strlen(HEAD UP TEXT), &q, &e),
		       0, "request: without keys it is read");
	}
}

static const struct {
	const char *what, *text, *words;
} broken[] = {
	{"an empty text", "", "the lab's file"},
	{"a text that is no map", "- 1\n", "the lab's file:1:1: "},
	{"a text that is no YAML", "lab: x\nnodes: {a\n", "the lab's file:"},
	{"a NUL in it", "lab: x\n\0y", "the lab's file:"},
	{"an unknown key", "lab: x\nnodse: {}\n", "the lab's file:2:1: "},
	{"a name that is a path", "lab: ../x\nnodes: {a: {role: network}}\n",
	 "the lab's file:1:6: "},
	{"a range that is none",
	 "lab: x\nnodes: {a: {role: network}}\nphysical:\n  management: "
	 "{cidr: 10.0.0.0/99}\n",
	 "the lab's file:4:22: "},
};

static void test_broken(void)
{
	struct emul_spec s;
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_LEN(broken); i++) {
		auto_arena struct arena a = {0};
		size_t len = strlen(broken[i].text);

		if (strchr(broken[i].what, 'U'))
			len += 2;
		e.msg[0] = '\0';
		is_int(emul_request_spec(&a, broken[i].text, len, false, NULL,
					 &s, &e),
		       -EINVAL, "lab's text: %s is refused", broken[i].what);
		if (!ok(strncmp(e.msg, broken[i].words,
				strlen(broken[i].words)) == 0,
			"lab's text: with its place"))
			tap_diag("got: %s", e.msg);
	}
}

int main(void)
{
	test_lines();
	test_engines();
	test_names();
	test_subids();
	test_root_range();
	test_passwd();
	test_spec();
	test_no_room();
	test_same();
	test_request();
	test_keys();
	test_wrong();
	test_broken();
	return tap_done();
}
