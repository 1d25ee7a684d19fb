/* SPDX-License-Identifier: MIT */
/*
 * Printing: a resolved lab loads to the same lab, the shipped ones look for
 * ever as t/golden has them, and errors point at the right word.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "t/lib/tap.h"
#include "topologies/topo.h"
#include "topologies/print.h"

static bool slurp(const char *path, struct buf *b)
{
	auto_fclose FILE *f = fopen(path, "re");
	size_t n;

	buf_adds(b, "");
	if (!f)
		return false;
	while ((n = fread(buf_room(b, 4096), 1, 4096, f)) > 0)
		b->len += n;
	buf_add(b, "", 0);
	return true;
}

/* Both forms of a lab, in words. */
static bool printed(const char *text, size_t len, struct buf *yaml,
		    struct buf *json)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf words = {0};
	struct lab *lab = NULL;
	struct json j;

	if (topo_load_text("lab", text, len, &lab, &errs) < 0) {
		topo_errors_print(&errs, "lab", 0, false, &words);
		tap_diag("%s", words.data);
		return false;
	}
	topo_print(lab, yaml);
	json_init(&j, json, 1);
	topo_print_json(lab, &j);
	lab_free(lab);
	return true;
}

static void round_trip(const char *name, const char *text, size_t len)
{
	auto_buf struct buf y1 = {0}, j1 = {0}, y2 = {0}, j2 = {0};

	ok(printed(text, len, &y1, &j1), "%s: prints", name);
	ok(y1.data && printed(y1.data, y1.len, &y2, &j2),
	   "%s: what was printed loads", name);
	is(y2.data, y1.data, "%s: and prints the same", name);
	is(j2.data, j1.data, "%s: and is the same lab in all", name);
}

static void golden(const char *name)
{
	auto_buf struct buf text = {0}, want = {0}, yaml = {0}, json = {0};
	char path[128];

	snprintf(path, sizeof(path), "topologies/%s.yaml", name);
	if (!ok(slurp(path, &text), "%s can be read", path))
		return;
	is_int(strncmp(text.data, "# yaml-language-server: $schema=schema.json",
		       43),
	       0, "%s: begins with its schema", name);
	snprintf(path, sizeof(path), "t/golden/topo-%s.yaml", name);
	if (!ok(slurp(path, &want), "%s can be read", path))
		return;
	printed(text.data, text.len, &yaml, &json);
	is(yaml.data, want.data, "%s: as it was and will be", name);
	round_trip(name, text.data, text.len);
}

static const char strange[] =
	"lab: \"1e5\"\n"
	"nodes:\n"
	"  \"1a\": {role: network}\n"
	"  off: {role: network}\n"
	"  N: {role: compute}\n"
	"physical:\n"
	"  management: {cidr: 172.16.0.0/20}\n"
	"  wire: {use: tunnel, mtu: 9000}\n"
	"  \"null\": {}\n"
	"networks:\n"
	"  \"007\":\n"
	"    external: true\n"
	"    physical: \"null\"\n"
	"    subnets:\n"
	"      \"0x1\": {cidr: 10.1.0.0/24, gateway: 10.1.0.77}\n"
	"      b: {cidr: 10.2.0.0/24, gateway: none}\n"
	"  \"true\": {segment: 5}\n"
	"  c: {type: local}\n"
	"  d: {project: \"42\", subnets: {d4: {cidr: 10.3.0.0/24,"
	" gateway: 10.3.0.254}, d6: {cidr: \"fd00::/120\"}}}\n"
	"routers:\n"
	"  \"3\": {gateway: \"007\", project: \"42\", interfaces: [d4, d6],"
	" ha: {vrid: 9, priority: 200, interval: 1, preempt: true,"
	" garp_repeat: 0, garp_refresh: 0, track: []}}\n"
	"  e: {ha: {track: [tunnel]}}\n"
	"instances:\n"
	"  i: {node: N, network: d}\n"
	"  j: {node: N, network: \"007\"}\n";

struct row {
	const char *name, *text, *want;
};

static void error_text(const struct row *row)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf out = {0};
	struct lab *lab = NULL;

	ok(topo_load_text("f", row->text, strlen(row->text), &lab, &errs) < 0,
	   "%s: refused", row->name);
	topo_errors_print(&errs, "f", 0, false, &out);
	is(out.data, row->want, "%s", row->name);
	lab_free(lab);
}

static const struct row rows[] = {
	{"a caret under the word", "lab: 7\nnodes: {a: {role: compute}}\n",
	 "f:1:6: expected a text, found a number; in quotes it is one: \"7\"\n"
	 "    1 | lab: 7\n"
	 "      |      ^\n"},
	{"as long as the word", "lab: x\nnodes: {a: {role: computer}}\n",
	 "f:2:19: unknown role 'computer'; did you mean 'compute'? (there are "
	 "controller, network and compute)\n"
	 "    2 | nodes: {a: {role: computer}}\n"
	 "      |                   ^~~~~~~~\n"},
	{"quotes are part of it", "lab: x\nnodes: {a: {role: \"c\"}}\n",
	 "f:2:19: unknown role 'c' (there are controller, network and "
	 "compute)\n"
	 "    2 | nodes: {a: {role: \"c\"}}\n"
	 "      |                   ^~~\n"},
	{"under tabs", "lab: x\nnodes: {a:\t{role:\t\tcc}}\n",
	 "f:2:20: unknown role 'cc' (there are controller, network and "
	 "compute)\n"
	 "    2 | nodes: {a:\t{role:\t\tcc}}\n"
	 "      |           \t      \t\t^~\n"},
	{"under wide and combining characters",
	 "lab: x\nnodes: {\"网e\xcc\x81\": {role: cc}}\n",
	 "f:2:9: '网e\xcc\x81' cannot be a node name: letters, digits and '-', "
	 "'_', '.' can, after a letter or digit\n"
	 "    2 | nodes: {\"网e\xcc\x81\": {role: cc}}\n"
	 "      |         ^~~~~\n"
	 "f:2:23: unknown role 'cc' (there are controller, network and "
	 "compute)\n"
	 "    2 | nodes: {\"网e\xcc\x81\": {role: cc}}\n"
	 "      |                       ^~\n"},
	{"Windows' line ends", "lab: x\r\nnodes:\r\n  a: {role: cc}\r\n",
	 "f:3:13: unknown role 'cc' (there are controller, network and "
	 "compute)\n"
	 "    3 |   a: {role: cc}\n"
	 "      |             ^~\n"},
	{"no escape sequence gets through",
	 "lab: x\nnodes: {a: {role: \"\\e[31mc\"}}\n",
	 "f:2:19: unknown role '?[31mc' (there are controller, network and "
	 "compute)\n"
	 "    2 | nodes: {a: {role: \"\\e[31mc\"}}\n"
	 "      |                   ^~~~~~~~\n"},
	{"nor a mark that turns the writing",
	 "lab: x\nnodes: {a: {role: c\xe2\x80\xae}}\n",
	 "f:2:19: unknown role 'c?' (there are controller, network and "
	 "compute)\n"
	 "    2 | nodes: {a: {role: c?}}\n"
	 "      |                   ^~\n"},
	{"no place, no line", "",
	 "f: the file is empty: a lab needs at least the keys 'lab' and "
	 "'nodes'\n"},
	{"bytes that are not text", "lab: x\nnodes: {a: {role: \xff}}\n",
	 "f:2:19: not text in UTF-8: invalid leading UTF-8 octet at byte 25\n"
	 "    2 | nodes: {a: {role: ?}}\n"
	 "      |                   ^\n"},
};

static void long_line(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf text = {0}, out = {0};
	struct lab *lab = NULL;
	const char *caret, *word;

	buf_adds(&text, "{lab: x, nodes: {a: {role: compute}}, instances: {");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "i%d: {node: a, network: n}, ", i);
	buf_adds(&text, "z: {node: b, network: n}}, networks: {n: {subnets:"
			" {s: {cidr: 10.0.0.0/8}}}}}");
	topo_load_text("f", text.data, text.len, &lab, &errs);
	topo_errors_print(&errs, "f", 0, false, &out);
	word = strstr(out.data, "b, network");
	caret = strstr(out.data, "^");
	ok(errs.n == 1 && word && caret &&
		   word - strstr(out.data, "    1 |") ==
			   caret - strstr(out.data, "      |"),
	   "of a long line the part with the word is shown");
	ok(out.len < 600, "and no more");
	lab_free(lab);
}

/* The column where p stands, if its line has none but the wide 网络. */
static size_t place(const char *text, const char *p)
{
	const char *line = p;

	while (line > text && line[-1] != '\n')
		line--;
	return (size_t)(p - line) -
	       2 * (memmem(line, (size_t)(p - line), "网络", 6) != NULL);
}

/* The widths of a terminal, from one that is absurd. */
static void narrow(void)
{
	static const unsigned columns[] = {1, 30, 40, 53, 80, 132};
	static const char text[] =
		"lab: x\nnodes: {网络: {role: cc}, a: {role: compute}, b: "
		"{role: compute}, cc: {role: compute}, d: {role: komputer}, e: "
		"{role: compute}, f: {role: compute}, g: {role: compute}}\n"
		"\tinstances: 1\n";
	size_t i;

	for (i = 0; i < ARRAY_LEN(columns); i++) {
		auto_(topo_errors_release) struct topo_errors errs = {0};
		unsigned most = columns[i] < 30 ? 30 : columns[i], wide = 0;
		auto_buf struct buf out = {0};
		struct lab *lab = NULL;
		const char *p, *bar, *nl;

		topo_load_text("f", text, strcspn(text, "\t"), &lab, &errs);
		topo_errors_print(&errs, "f", columns[i], false, &out);
		for (p = out.data; *p; p = nl + 1) {
			nl = strchr(p, '\n');
			bar = strchr(p, '|');
			/* The file's lines; 网络 is four columns, six bytes. */
			if (bar && bar < nl && bar - p == 6 &&
			    nl - p -
					    2 * (memmem(p, (size_t)(nl - p),
							"网络", 6) != NULL) >
				    most)
				wide++;
		}
		is_int(wide, 0, "%u columns: no line is wider", columns[i]);
		p = strstr(out.data, "role 'komputer'");
		p = p ? strstr(p, "komputer}") : NULL;
		bar = p ? strchr(p, '^') : NULL;
		ok(bar && place(out.data, bar) == place(out.data, p),
		   "%u columns: the word is shown, the caret under it",
		   columns[i]);
		ok(p && strstr(p, "..."), "%u columns: and that there is more",
		   columns[i]);
		lab_free(lab);
	}
}

static void too_many(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf text = {0}, out = {0};
	struct lab *lab = NULL;

	buf_adds(&text, "lab: x\nnodes: {a: {role: compute}}\n");
	for (int i = 0; i < TOPO_ERRORS_MAX + 23; i++)
		buf_printf(&text, "key%d: 1\n", i);
	topo_load_text("f", text.data, text.len, &lab, &errs);
	topo_errors_print(&errs, "f", 0, true, &out);
	is_int(errs.n, TOPO_ERRORS_MAX, "as many errors as a person reads");
	is_int(errs.dropped, 23, "the others are counted");
	ok(strstr(out.data, "f: and 23 more\n"), "and mentioned");
	ok(strstr(out.data, "\033[1;32m^~~~\033[0m"), "in colour where asked");
	lab_free(lab);
}

int main(void)
{
	golden("l3ha-linuxbridge");
	golden("vrrp-rapid");
	golden("minimal");
	golden("classroom");
	golden("l3ha-ovs");
	golden("mixed");
	golden("ovs-gre");
	golden("ovs-vlan");
	round_trip("strange names", strange, strlen(strange));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		error_text(&rows[i]);
	long_line();
	narrow();
	too_many();
	return tap_done();
}
