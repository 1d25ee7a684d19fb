/* SPDX-License-Identifier: MIT */
/* Whether a lab fits, on machines that are folders of a few files. */
#include "provision/emul/limits.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "t/lib/tap.h"

static const char text[] =
	"lab: fits\n"
	"nodes:\n"
	"  network1: {role: network}\n"
	"  network2: {role: network}\n"
	"  compute1: {role: compute}\n"
	"physical: {management: {cidr: 10.0.0.0/24}, "
	"tunnel: {cidr: 10.0.1.0/24}, external: {}}\n"
	"networks:\n"
	"  ext: {external: true, type: flat, physical: external, subnets: "
	"{e: {cidr: 203.0.113.0/24, gateway: 203.0.113.1}}}\n"
	"  net: {project: demo, type: vxlan, subnets: {s: {cidr: 10.1.0.0/24, "
	"gateway: 10.1.0.1, dhcp: true}}}\n"
	"routers:\n"
	"  r: {project: demo, gateway: ext, interfaces: [s]}\n"
	"instances:\n"
	"  a: {node: compute1, network: net}\n"
	"  b: {node: compute1, network: net}\n";

/* root + path, with its folders; text NULL: away with it. */
static void put(const char *root, const char *path, const char *words)
{
	char full[512], *c;
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	if (!words) {
		unlink(full);
		return;
	}
	for (c = full + strlen(root) + 1; (c = strchr(c, '/')); c++) {
		*c = '\0';
		mkdir(full, 0700);
		*c = '/';
	}
	f = fopen(full, "w");
	if (!f || fputs(words, f) < 0)
		printf("# cannot write %s\n", full);
	if (f)
		fclose(f);
}

static int away(const char *path, const struct stat *st, int flag,
		struct FTW *where)
{
	(void)st;
	(void)flag;
	(void)where;
	return remove(path);
}

/* A machine with room for all. */
static void roomy(const char *root)
{
	static const char *const much[] = {
		"/proc/sys/user/max_net_namespaces",
		"/proc/sys/user/max_mnt_namespaces",
		"/proc/sys/user/max_pid_namespaces",
		"/proc/sys/fs/inotify/max_user_instances",
		"/proc/sys/fs/file-max",
		"/proc/sys/kernel/pid_max",
		"/proc/sys/kernel/threads-max",
		"/proc/sys/net/ipv4/neigh/default/gc_thresh3",
	};

	for (size_t i = 0; i < ARRAY_LEN(much); i++)
		put(root, much[i], "30000\n");
	put(root, "/proc/meminfo",
	    "MemTotal:        8388608 kB\nMemFree:  1 kB\n"
	    "MemAvailable:    4194304 kB\n");
	put(root, "/proc/self/cgroup", "4:memory:/a/b\n0::/x/y\n");
	put(root, "/sys/fs/cgroup/x/y/pids.max", "max\n");
	put(root, "/sys/fs/cgroup/x/pids.max", NULL);
	put(root, "/sys/fs/cgroup/x/pids.current", NULL);
	put(root, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
	    "9223372036854771712\n");
	put(root, "/sys/fs/cgroup/x/y/memory.max", NULL);
}

static const struct {
	const char *what, *path, *words;
	enum emul_fit fit;
	const char *says;
} rows[] = {
	{"a machine with room", "/proc/none", NULL, EMUL_FITS, ""},
	{"no namespaces", "/proc/sys/user/max_net_namespaces", "0\n",
	 EMUL_NEVER, "network namespaces: at most 0; needs some "},
	{"fewer namespaces than stay", "/proc/sys/user/max_net_namespaces",
	 "10\n", EMUL_NEVER, "network namespaces: at most 10"},
	{"just as many namespaces", "/proc/sys/user/max_net_namespaces", "16\n",
	 EMUL_TIGHT, "sysctl user.max_net_namespaces="},
	{"few mount namespaces", "/proc/sys/user/max_mnt_namespaces", "6\n",
	 EMUL_NEVER, "mount namespaces"},
	{"few PID namespaces", "/proc/sys/user/max_pid_namespaces", "8\n",
	 EMUL_TIGHT, "PID namespaces"},
	{"few inotify instances", "/proc/sys/fs/inotify/max_user_instances",
	 "10\n", EMUL_TIGHT, "sysctl fs.inotify.max_user_instances="},
	{"no inotify instances", "/proc/sys/fs/inotify/max_user_instances",
	 "1\n", EMUL_NEVER, "inotify instances"},
	{"few PIDs", "/proc/sys/kernel/pid_max", "5\n", EMUL_NEVER,
	 "process ids"},
	{"few files", "/proc/sys/fs/file-max", "100\n", EMUL_NEVER,
	 "files of all"},
	{"few places for neighbours",
	 "/proc/sys/net/ipv4/neigh/default/gc_thresh3", "5\n", EMUL_TIGHT,
	 "sysctl net.ipv4.neigh.default.gc_thresh3="},
	{"memory that others have", "/proc/meminfo",
	 "MemTotal: 8388608 kB\nMemAvailable: 30000 kB\n", EMUL_TIGHT,
	 "memory: 29 MB of 8192 available; needs some "},
	{"too little memory", "/proc/meminfo",
	 "MemTotal: 16384 kB\nMemAvailable: 8000 kB\n", EMUL_NEVER,
	 "memory: 7 MB of 16"},
	{"a meminfo of other words", "/proc/meminfo", "Mem: 1\n", EMUL_FITS,
	 ""},
	{"a cgroup above with few processes", "/sys/fs/cgroup/x/pids.max",
	 "5\n", EMUL_NEVER, "cgroup's processes: at most 5"},
	{"a cgroup with little memory", "/sys/fs/cgroup/x/y/memory.max",
	 "10485760\n", EMUL_NEVER, "cgroup's memory, MB: at most 10"},
	{"one of version 1", "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
	 "10485760\n", EMUL_NEVER, "--memory"},
	{"no number", "/proc/sys/kernel/pid_max", "many\n", EMUL_FITS, ""},
	{"nothing", "/proc/sys/kernel/pid_max", "", EMUL_FITS, ""},
};

static void fits(const struct lab *lab, const char *root)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena a = {0};
		struct err err = {0};
		const char **warnings, *said;
		enum emul_fit fit;
		size_t n;
		int r;

		roomy(root);
		put(root, rows[i].path, rows[i].words);
		r = emul_fits(&a, lab, root, &warnings, &n, &err);
		fit = r < 0 ? EMUL_NEVER : n ? EMUL_TIGHT : EMUL_FITS;
		said = r < 0 ? err.msg : n ? warnings[0] : "";
		ok(fit == rows[i].fit && (r == 0 || r == -ENOSPC) &&
			   strstr(said, rows[i].says),
		   "%s: %s", rows[i].what, *said ? said : "it fits");
	}
}

static void uses(const struct lab *lab)
{
	struct emul_uses u, small;

	emul_uses(NULL, &small);
	emul_uses(lab, &u);
	/* 3 nodes, fabric, outside; the router twice, 2 DHCP, 2 instances. */
	is_int((long long)u.netns_kept, 11, "namespaces that stay");
	is_int((long long)u.mntns, 7, "of mounts: nodes and machines");
	ok(u.neighbours >= 6, "booting instances have no reservation");
	ok(u.memory_mb < 100 && small.memory_mb == 200, "memory: %llu MB",
	   (unsigned long long)u.memory_mb);
}

int main(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	char root[] = "/tmp/labctl-limits.XXXXXX";
	struct lab *lab = NULL;

	if (topo_load_text("fits.yaml", text, strlen(text), &lab, &errs) < 0 ||
	    !mkdtemp(root)) {
		ok(false, "a lab and a folder");
		return tap_done();
	}
	uses(lab);
	fits(lab, root);
	nftw(root, away, 16, FTW_DEPTH | FTW_PHYS);
	lab_free(lab);
	return tap_done();
}
