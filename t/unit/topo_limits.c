/* SPDX-License-Identifier: MIT */
/* Too many, too large, and what is no file at all. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "t/lib/tap.h"
#include "topologies/topo.h"

static void say(const struct topo_errors *errs, struct buf *out)
{
	for (size_t i = 0; i < errs->n; i++)
		buf_printf(out, "%s%u:%u: %s", i ? "\n" : "",
			   errs->items[i].line, errs->items[i].col,
			   errs->items[i].msg);
	buf_adds(out, "");
}

/* Loads b and empties it; want: all errors, or NULL for none. */
static void text_is(struct buf *b, const char *want, const char *what)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf got = {0};
	struct lab *lab = NULL;

	topo_load_text("lab", b->data, b->len, &lab, &errs);
	say(&errs, &got);
	is(got.len ? got.data : NULL, want, "%s", what);
	lab_free(lab);
	buf_release(b);
}

static void file_is(const char *path, const char *want, const char *what)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf got = {0};
	struct mono start = clock_mono();
	struct lab *lab = NULL;

	topo_load(path, &lab, &errs);
	say(&errs, &got);
	is(got.len ? got.data : NULL, want, "%s", what);
	ok(mono_sub(clock_mono(), start) < NS_PER_S, "%s: at once", what);
	lab_free(lab);
}

static void head(struct buf *b, unsigned network_nodes)
{
	buf_adds(b, "lab: t\nnodes:\n  k: {role: compute}\n");
	for (unsigned i = 0; i < network_nodes; i++)
		buf_printf(b, "  n%u: {role: network}\n", i);
}

static void nodes(void)
{
	struct buf b = {0};

	head(&b, 63);
	text_is(&b, NULL, "64 nodes");
	head(&b, 65);
	text_is(&b, "67:3: 66 nodes are too many; the limit is 64", "66 nodes");
}

static void physical(void)
{
	struct buf b = {0};

	for (int over = 0; over < 2; over++) {
		head(&b, 2);
		buf_adds(&b, "physical:\n  management: {}\n");
		for (int i = 1; i < TOPO_PHYS_MAX + over; i++)
			buf_printf(&b, "  p%d: {}\n", i);
		text_is(&b,
			over ? "23:3: 17 physical networks are too many; the "
			       "limit is 16"
			     : NULL,
			over ? "17 physical networks" : "16 of them");
	}
}

static void networks(void)
{
	struct buf b = {0};

	for (int over = 0; over < 2; over++) {
		head(&b, 2);
		buf_adds(&b, "networks:\n");
		for (int i = 0; i < TOPO_NETWORKS_MAX + over; i++)
			buf_printf(&b, "  x%d:\n", i);
		text_is(&b,
			over ? "1031:3: 1025 networks are too many; the limit "
			       "is 1024"
			     : NULL,
			over ? "1025 networks" : "1024 networks");
	}
}

static void subnets(void)
{
	struct buf b = {0};

	for (int over = 0; over < 2; over++) {
		head(&b, 2);
		buf_adds(&b, "networks:\n  x:\n    subnets:\n");
		for (int i = 0; i < TOPO_SUBNETS_MAX + over; i++)
			buf_printf(&b, "      s%d: {cidr: 10.0.%d.0/24}\n", i,
				   i);
		buf_adds(&b, "routers:\n  r: {interfaces: [s0");
		for (int i = 1; i < TOPO_IFACES_MAX + over; i++)
			buf_printf(&b, ", s%d", i);
		buf_adds(&b, "]}\n");
		text_is(&b,
			over ? "73:7: 65 subnets are too many; the limit is "
			       "64\n75:330: more than 64 interfaces of a router"
			     : NULL,
			over ? "65 subnets and interfaces" : "64 of them");
	}
}

static void routers(void)
{
	struct buf b = {0};

	head(&b, 2);
	buf_adds(&b, "routers:\n");
	for (int i = 0; i < 254; i++)
		buf_printf(&b, "  r%d:\n", i);
	buf_adds(&b, "  other: {project: other}\n");
	text_is(&b, NULL, "254 routers in a project, one in another");

	head(&b, 2);
	buf_adds(&b, "routers:\n");
	for (int i = 0; i < 258; i++)
		buf_printf(&b, "  r%d: {ha: {priority: %d}}\n", i,
			   i == 257 ? 0 : 9);
	text_is(&b, "264:25: 0 is out of range: 1 to 254",
		"258 routers, of which Neutron refuses the 255th");

	head(&b, 2);
	buf_adds(&b, "routers:\n");
	for (int i = 0; i < TOPO_ROUTERS_MAX + 1; i++)
		buf_printf(&b, "  r%d: {project: p%d}\n", i, i / 254);
	text_is(&b, "2055:3: 2049 routers are too many; the limit is 2048",
		"2049 routers");
}

static void instances(void)
{
	struct buf b = {0};

	for (int over = 0; over < 2; over++) {
		head(&b, 0);
		buf_adds(&b, "networks: {x: {subnets: {s: {cidr: "
			     "10.0.0.0/8}}}}\ninstances:\n");
		for (int i = 0; i < TOPO_INSTANCES_MAX + over; i++)
			buf_printf(&b, "  i%d: {node: k, network: x}\n", i);
		text_is(&b,
			over ? "4102:3: 4097 instances are too many; the limit "
			       "is 4096"
			     : NULL,
			over ? "4097 instances" : "4096 instances");
	}
}

/* 4096 ports share three bytes of a MAC, so some are alike before probing. */
static void all_differ(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf b = {0};
	struct lab *lab = NULL;
	auto_free bool *seen = calloc(1 << 24, 1);
	size_t twice = 0, taps = 0;

	head(&b, 0);
	buf_adds(&b, "networks: {x: {subnets: {s: {cidr: 10.0.0.0/8}}}}\n"
		     "instances:\n");
	for (int i = 0; i < TOPO_INSTANCES_MAX; i++)
		buf_printf(&b, "  i%d: {node: k, network: x}\n", i);
	topo_load_text("lab", b.data, b.len, &lab, &errs);
	if (!ok(lab && seen, "4096 ports"))
		return;
	for (size_t i = 0; i < lab->nports; i++) {
		const struct mac *m = &lab->ports[i].mac;
		bool *s = &seen[m->b[3] << 16 | m->b[4] << 8 | m->b[5]];

		twice += *s;
		*s = true;
		for (size_t k = 0; k < i; k++)
			taps += strcmp(lab->ports[i].tap, lab->ports[k].tap) ==
				0;
	}
	is_int(twice, 0, "no MAC twice");
	is_int(taps, 0, "no interface name twice");
	lab_free(lab);
}

static void addresses(void)
{
	struct buf b = {0};

	head(&b, 0);
	buf_adds(&b, "networks: {x: {subnets: {s: {cidr: 10.0.0.0/29}}}}\n"
		     "instances:\n");
	for (int i = 0; i < 9; i++)
		buf_printf(&b, "  i%d: {node: k, network: x}\n", i);
	text_is(&b,
		"11:3: no address is left in subnet 's' (10.0.0.2-10.0.0.6) "
		"for instance 'i5' (line 11)",
		"a pool that is used up, told once");
}

static void bombs(void)
{
	struct buf b = {0};

	buf_adds(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 10; i++) {
		buf_printf(&b, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			buf_printf(&b, "%s*a%d", k ? ", " : "", i - 1);
		buf_adds(&b, "]\n");
	}
	text_is(&b, "6:30: more than 400000 values (aliases count each time)",
		"aliases of aliases");
	for (int i = 0; i < 100000; i++)
		buf_adds(&b, "[");
	text_is(&b, "1:34: nested deeper than 32 levels", "nesting");
	/* Bytes that are no text. */
	buf_add(&b, "lab: t\nno\0des", 14);
	text_is(&b, "2:3: a NUL byte: this is not a text file", "a NUL byte");
	buf_adds(&b, "lab: t\nnodes: \xc3\x28\n");
	text_is(&b,
		"2:9: not text in UTF-8: invalid trailing UTF-8 octet at byte "
		"15",
		"not UTF-8");
	buf_add(&b, "l\0a\0b\0", 6);
	text_is(&b, "1:2: a NUL byte: this is not a text file", "UTF-16");
	buf_adds(&b, "\xef\xbb\xbflab: t\nnodes: {a: {role: compute}}\n");
	text_is(&b, NULL, "a byte order mark");
	buf_room(&b, TOPO_FILE_MAX + 1);
	memset(b.data, '#', TOPO_FILE_MAX + 1);
	b.len = TOPO_FILE_MAX + 1;
	text_is(&b, "0:0: larger than 4 MiB, so not a lab",
		"a text that is too large");
}

static void large_file(const char *dir)
{
	char path[PATH_MAX];
	auto_close int fd = -1;

	snprintf(path, sizeof(path), "%s/large", dir);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, 100 << 20) < 0)
		ok(false, "a large file: %s", strerror(errno));
	file_is(path, "0:0: larger than 4 MiB, so not a lab", "100 MB");
	unlink(path);
}

static void no_files(const char *dir)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char path[PATH_MAX];
	auto_close int fd = -1;

	file_is(dir, "0:0: is a directory; a lab is a file", "a folder");
	file_is("/dev/zero", "0:0: is a device; a lab is a file", "a device");
	file_is("", "0:0: there is no such file", "no name");
	snprintf(path, sizeof(path), "%s/none.yaml", dir);
	file_is(path, "0:0: there is no such file", "no file");
	snprintf(path, sizeof(path), "%s/pipe", dir);
	ok(mkfifo(path, 0600) == 0, "a pipe is made");
	file_is(path, "0:0: is a pipe; a lab is a file that can be read again",
		"a pipe");
	unlink(path);
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(un.sun_path, sizeof(un.sun_path), "%.100s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok(bind(fd, (struct sockaddr *)&un, sizeof(un)) == 0,
	   "a socket is made");
	file_is(path, "0:0: is a socket; a lab is a file", "a socket");
	unlink(path);
}

static void files(void)
{
	char dir[] = "/tmp/labctl-t.XXXXXX";

	if (!ok(mkdtemp(dir), "a folder for files"))
		return;
	large_file(dir);
	no_files(dir);
	rmdir(dir);
}

/* 254 routers and 2000 instances: the whole way, checks and numbers. */
static void speed(void)
{
	auto_buf struct buf b = {0};
	int64_t best = INT64_MAX, ns;

	head(&b, 2);
	buf_adds(&b,
		 "physical: {management: {}, tunnel: {}, e: {}}\n"
		 "networks:\n  out:\n    external: true\n"
		 "    physical: e\n    subnets: {o: {cidr: 10.1.0.0/16}}\n");
	for (int i = 0; i < 254; i++)
		buf_printf(&b,
			   "  net%d: {subnets: {s%d: {cidr: 10.2.%d.0/24}}}\n",
			   i, i, i);
	buf_adds(&b, "routers:\n");
	for (int i = 0; i < 254; i++)
		buf_printf(&b, "  r%d: {gateway: out, interfaces: [s%d]}\n", i,
			   i);
	buf_adds(&b, "instances:\n");
	for (int i = 0; i < 2000; i++)
		buf_printf(&b, "  i%d: {node: k, network: net%d}\n", i,
			   i % 254);
	for (int i = 0; i < 5; i++) {
		auto_(topo_errors_release) struct topo_errors errs = {0};
		struct mono start = clock_mono();
		struct lab *lab = NULL;

		topo_load_text("lab", b.data, b.len, &lab, &errs);
		ns = mono_sub(clock_mono(), start);
		best = ns < best ? ns : best;
		if (!lab)
			ok(false, "loads");
		lab_free(lab);
	}
	tap_diag("254 routers and 2000 instances: %.1f ms", (double)best / 1e6);
	ok(best < 500 * NS_PER_MS, "well within a second, sanitizers too");
}

/* A hostile file: as many errors, and near names, as there can be. */
static void slow_errors(void)
{
	auto_buf struct buf b = {0};
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct mono start = clock_mono();
	struct lab *lab = NULL;
	int64_t ns;

	head(&b, 0);
	buf_adds(&b, "networks:\n");
	for (int i = 0; i < TOPO_NETWORKS_MAX; i++)
		buf_printf(&b, "  network-with-a-long-name-of-this-%d:\n", i);
	buf_adds(&b, "instances:\n");
	for (int i = 0; i < TOPO_INSTANCES_MAX; i++)
		buf_printf(&b,
			   "  i%d: {node: k, network: "
			   "netwrok-with-a-long-name-of-that-%d}\n",
			   i, i);
	for (int i = 0; i < 100000; i++)
		buf_printf(&b, "k%d:\n", i);
	topo_load_text("lab", b.data, b.len, &lab, &errs);
	ns = mono_sub(clock_mono(), start);
	tap_diag("%zu errors: %.1f ms", errs.n + errs.dropped,
		 (double)ns / 1e6);
	ok(!lab && ns < 10 * NS_PER_S, "a hostile file does not take long");
}

int main(void)
{
	nodes();
	physical();
	networks();
	subnets();
	routers();
	instances();
	all_differ();
	addresses();
	bombs();
	files();
	speed();
	slow_errors();
	return tap_done();
}
