/* SPDX-License-Identifier: MIT */
/*
 * The agent's dealings with the VRRP engine, the first of the services, whose
 * part is played by this program itself, as is the supervisor's: both are
 * started as /proc/self/exe. It logs each command with the routers of its
 * configuration at that time.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/services/engine.h"
#include "provision/services/service_run.h"
#include "provision/services/supervise.h"
#include "provision/services/supervise_loop.h"
#include "t/lib/tap.h"

static int read_file(const char *path, struct buf *out)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buf_room(out, 4096), 4096)) > 0) {
		out->len += (size_t)n;
		out->data[out->len] = '\0';
	}
	return fd < 0 ? -1 : 0;
}

/* --- the engine's part ---------------------------------------------------- */

static struct doc *read_config(struct arena *a, const char *path)
{
	auto_buf struct buf text = {0};
	struct doc *root = NULL;

	if (read_file(path, &text) < 0 ||
	    doc_parse_line(a, text.data, text.len, &root, NULL) < 0)
		return NULL;
	return root;
}

static void log_command(const char *config, const char *command)
{
	auto_arena struct arena a = {0};
	const struct doc *root = read_config(&a, config), *r;
	char path[PATH_MAX];
	auto_fclose FILE *f = NULL;

	snprintf(path, sizeof(path), "%s.log", config);
	f = fopen(path, "ae");
	if (!f)
		return;
	fprintf(f, "%s", command);
	DOC_FOREACH (r, doc_get(root, "routers"))
		fprintf(f, " %s", doc_str(r, "id", "?"));
	fprintf(f, "\n");
}

static void serve(int fd, const char *config)
{
	for (;;) {
		auto_close int c = accept(fd, NULL, NULL);
		auto_arena struct arena a = {0};
		char line[64] = "";
		ssize_t n = read(c, line, sizeof(line) - 1);

		if (n <= 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "state") != 0)
			log_command(config, line);
		if (strcmp(line, "reload") == 0 &&
		    !doc_get(read_config(&a, config), "routers"))
			dprintf(c, "{\"ok\": false, \"error\": \"bad\"}\n");
		else
			dprintf(c,
				"{\"ok\": true, \"pid\": %d, \"config\": "
				"\"%s\", \"routers\": [{\"id\": \"r1\", "
				"\"state\": \"backup\"}]}\n",
				getpid(), config);
		if (strcmp(line, "stop") == 0)
			_exit(0);
	}
}

static int engine_part(const char *config)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	auto_arena struct arena a = {0};
	const struct doc *root = read_config(&a, config);
	int fd;

	if (doc_bool(root, "refuse", false)) {
		fprintf(stderr, "labctl vrrp: it will not\nmore words\n");
		return 3;
	}
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s",
		 doc_str(root, "control", ""));
	unlink(sa.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return 3;
	if (listen(fd, 8) < 0)
		return 3;
	signal(SIGPIPE, SIG_IGN);
	alarm(60); /* a test that died leaves nobody behind */
	log_command(config, "start");
	serve(fd, config);
	return 0;
}

/* --- the agent's part ----------------------------------------------------- */

static char dir[PATH_MAX - 64]; /* the state folder */
static char ha_confs[PATH_MAX];
static struct res_service want(struct arena *a, const char *more)
{
	static struct service_file file = {.path = "vrrp.yaml"};
	static const char *argv[] = {"labctl", "vrrp", "run", NULL};

	argv[3] = arena_printf(a, "%s/vrrp.yaml", dir);
	file.text = arena_printf(
		a,
		"{\"node\": \"n\", \"control\": \"%s/vrrp.sock\", %s"
		"\"routers\": [{\"id\": \"r1\", \"vrid\": 1, \"preempt\": "
		"false, \"name\": \"007\"}, {\"id\": \"r2\", \"vrid\": 2}]}\n",
		dir, more);
	return (struct res_service){.name = SERVICE_ENGINE,
				    .title = "vrrp engine",
				    .argv = argv,
				    .nargs = 4,
				    .files = &file,
				    .nfiles = 1,
				    .control = "vrrp.sock",
				    .reload = "reload"};
}

static const char *said(struct arena *a)
{
	auto_buf struct buf text = {0};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/vrrp.yaml.log", dir);
	buf_adds(&text, "");
	(void)read_file(path, &text);
	unlink(path);
	return arena_strdup(a, text.data);
}

/* Whether the engine runs with what is wanted, as far as anyone knows. */
static bool same(struct arena *a, const struct res_service *s)
{
	const struct res_service *k;
	struct seen_services seen;

	supervise_look(a, dir, &seen);
	k = seen_service(&seen, s->name);
	return k && !service_differs(s, k);
}

static int run(const struct res_service *s, const char *const *again, size_t n,
	       struct err *reterr)
{
	struct service_job job = {.want = s, .ids = again, .nids = n};

	service_run(dir, &job, 1);
	if (job.r < 0 && reterr)
		*reterr = job.err;
	return job.r;
}

static struct seen_engine look(struct arena *a)
{
	struct seen_engine o;

	engine_look(a, dir, &o);
	return o;
}

/* Daemons become this process's children, who reaps them. */
static bool ended(int64_t pid)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

/* Never the group, should the process not be known. */
static void hit(int64_t pid, int sig)
{
	if (ok(pid > 1, "there is a process to hit"))
		kill((pid_t)pid, sig);
}

static void lives(struct arena *a)
{
	char path[PATH_MAX];
	struct res_service r = want(a, "");
	struct err err = {.msg = ""};
	struct seen_engine o = look(a);

	ok(!o.running && !o.error && !o.files,
	   "no engine yet: no error either");
	is_int(run(&r, NULL, 0, &err), 0, "it is started");
	if (*err.msg)
		tap_diag("%s", err.msg);
	o = look(a);
	ok(o.running && o.pid > 0 && o.nrouters == 1,
	   "it runs and tells its routers");
	ok(same(a, &r), "with this configuration");
	snprintf(path, sizeof(path), "%s/ha", dir);
	engine_ha_confs = ha_confs;
	snprintf(ha_confs, sizeof(ha_confs), "%s", path);
	ok(mkdir(path, 0755) == 0, "the engine's folder");
	snprintf(path, sizeof(path), "%s/ha/r1", dir);
	ok(mkdir(path, 0755) == 0, "and one of a router");
	snprintf(path, sizeof(path), "%s/ha/r1/state", dir);
	{
		auto_fclose FILE *f = fopen(path, "we");

		if (f)
			fputs("backup\n", f);
	}
	o = look(a);
	is(o.nrouters ? o.routers[0].file : NULL, "backup",
	   "a state file is read");
	ok(unlink(path) == 0 && mkfifo(path, 0600) == 0, "a pipe in its place");
	o = look(a);
	is(o.nrouters ? o.routers[0].file : NULL, "",
	   "says nothing and holds nobody up");
	clock_sleep_ms(20);
	is(said(a), "start r1 r2\n", "one start, nothing else");
	snprintf(path, sizeof(path), "%s/vrrp.yaml", dir);
	ok(unlink(path) == 0 && mkfifo(path, 0600) == 0,
	   "a pipe in the configuration's place");
	ok(!same(a, &r), "is not what was wanted");
	is_int(run(&r, NULL, 0, &err), 0, "it is put in place again");
	ok(same(a, &r), "and is the same again");
	clock_sleep_ms(20);
	is(said(a), "reload r1 r2\n", "which the engine was told");
}

static void reloads(struct arena *a)
{
	static const char *const again[] = {"r1"};
	struct res_service r = want(a, "\"x\": 1, ");
	char path[PATH_MAX];
	struct seen_engine o;

	is_int(run(&r, NULL, 0, NULL), 0, "another configuration");
	is(said(a), "reload r1 r2\n", "is loaded, not started anew");
	is_int(run(&r, again, 1, NULL), 0, "a router made anew");
	is(said(a), "rejoin r1 r1 r2\n",
	   "is let go and taken up again, the other stays");
	snprintf(path, sizeof(path), "%s/vrrp.yaml", dir);
	{
		auto_fclose FILE *f = fopen(path, "ae");

		if (f)
			fputs("# a hand was here\n", f);
	}
	o = look(a);
	ok(o.running && !same(a, &r),
	   "a configuration changed by hand is seen");
	is_int(run(&r, NULL, 0, NULL), 0, "and mended");
	(void)said(a);
	r.files->text = "{\"nothing\": true}\n";
	{
		struct err err = {.msg = ""};

		ok(run(&r, NULL, 0, &err) < 0 && strstr(err.msg, "bad"),
		   "a refused reload is an error with its words");
	}
	o = look(a);
	ok(o.running && !same(a, &r), "and stays seen as a difference");
	(void)said(a);
}

static int64_t parent(int64_t pid)
{
	auto_buf struct buf text = {0};
	char path[64];
	int of = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_file(path, &text) == 0 && text.len)
		(void)!sscanf(strrchr(text.data, ')') + 1, " %*c %d", &of);
	return of;
}

static void falls_silent(struct arena *a)
{
	struct res_service r = want(a, "");
	struct seen_engine o = look(a);
	int64_t pid = o.pid, keeper;
	struct mono t;

	hit(pid, SIGSTOP);
	t = clock_mono();
	o = look(a);
	ok(!o.running && o.error && strstr(o.error, "does not answer"),
	   "a stopped engine: it does not answer");
	is_int(o.pid, pid, "but its process is known");
	ok(mono_sub(clock_mono(), t) < 3 * NS_PER_S, "in a bounded time");
	is_int(run(&r, NULL, 0, NULL), 0, "it is made to go on");
	o = look(a);
	ok(o.running && o.pid == pid, "the same process");
	/* Its supervisor would have it back at any time. */
	keeper = parent(pid);
	hit(keeper, SIGSTOP);
	hit(pid, SIGKILL);
	clock_sleep_ms(50);
	o = look(a);
	ok(!o.running && !o.error,
	   "a killed engine: not there, in spite of its socket");
	hit(keeper, SIGCONT);
	(void)said(a);
	is_int(run(&r, NULL, 0, NULL), 0, "it is started again");
	clock_sleep_ms(20);
	is(said(a), "start r1 r2\n", "once");
}

static void goes(struct arena *a)
{
	struct seen_engine o = look(a);
	struct res_service r;
	struct err err = {.msg = ""};
	struct stat st;

	is_int(service_remove(dir, SERVICE_ENGINE, NULL), 0, "it is stopped");
	ok(ended(o.pid), "its process is gone");
	ok(stat(dir, &st) < 0 && errno == ENOENT, "and its folder");
	is_int(service_remove(dir, SERVICE_ENGINE, NULL), 0,
	       "once more: nothing to do");
	r = want(a, "\"refuse\": true, ");
	ok(run(&r, NULL, 0, &err) < 0, "an engine that fails");
	is(err.msg, "the VRRP engine does not start: labctl vrrp: it will not",
	   "its first words are the reason");
	o = look(a);
	ok(o.files && !o.running, "its files are seen");
	is_int(service_remove(dir, SERVICE_ENGINE, NULL), 0,
	       "they are removed");
	o = look(a);
	ok(!o.files, "and gone");
	r = want(a, "");
	(void)run(&r, NULL, 0, NULL);
	o = look(a);
	hit(o.pid, SIGSTOP);
	is_int(service_remove(dir, SERVICE_ENGINE, NULL), 0,
	       "a stopped one is ended too");
	clock_sleep_ms(20);
	ok(ended(o.pid), "its process is gone");
}

int main(int argc, char **argv)
{
	char base[] = "/tmp/labctl-engine.XXXXXX";
	auto_arena struct arena a = {0};

	if (argc == 4 && strcmp(argv[1], "vrrp") == 0)
		return engine_part(argv[3]);
	if (argc == 3 && strcmp(argv[1], "services") == 0)
		return supervise_run(argv[2], 1, NULL) < 0;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!mkdtemp(base))
		return 1;
	snprintf(dir, sizeof(dir), "%s/run/lab", base);
	lives(&a);
	reloads(&a);
	falls_silent(&a);
	goes(&a);
	ok(rmdir(base) == 0, "nothing is left");
	return tap_done();
}
