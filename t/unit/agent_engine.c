/* SPDX-License-Identifier: MIT */
/*
 * The agent's dealings with the VRRP engine, whose part is played by this
 * program itself: the agent starts /proc/self/exe with `vrrp run --daemon`.
 * It logs each command with the routers of its configuration at that time.
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
#include "provision/node/engine.h"
#include "provision/node/engine_files.h"
#include "t/lib/tap.h"

/* --- the engine's part ---------------------------------------------------- */

static struct doc *read_config(struct arena *a, const char *path)
{
	auto_buf struct buf text = {0};
	struct doc *root = NULL;

	if (engine_read_file(path, DOC_SIZE_MAX, &text) < 0 ||
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
	int fd, ready[2];
	char byte;

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
	if (pipe2(ready, O_CLOEXEC) < 0)
		return 3;
	if (fork() != 0) {
		close(ready[1]);
		return read(ready[0], &byte, 1) == 1 ? 0 : 3;
	}
	/* Who listens is who SO_PEERCRED tells of: the one that stays. */
	if (listen(fd, 8) < 0 || write(ready[1], "", 1) != 1)
		_exit(3);
	close(ready[0]);
	close(ready[1]);
	setsid();
	signal(SIGPIPE, SIG_IGN);
	alarm(60); /* a test that died leaves nobody behind */
	log_command(config, "start");
	serve(fd, config);
	return 0;
}

/* --- the agent's part ----------------------------------------------------- */

static char dir[PATH_MAX - 64]; /* the state folder */
static const char *const ids[] = {"r1", "r2"};

static struct res want(struct arena *a, const char *more)
{
	struct res r = {.kind = RES_ENGINE, .netns = ""};

	r.engine.config = arena_printf(
		a,
		"{\"node\": \"n\", \"control\": \"%s/vrrp.sock\", %s"
		"\"routers\": [{\"id\": \"r1\", \"vrid\": 1, \"preempt\": "
		"false, \"name\": \"007\"}, {\"id\": \"r2\", \"vrid\": 2}]}\n",
		dir, more);
	r.engine.ids = ids;
	r.engine.nids = 2;
	return r;
}

static const char *said(struct arena *a)
{
	auto_buf struct buf text = {0};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/vrrp.yaml.log", dir);
	buf_adds(&text, "");
	(void)engine_read_file(path, 65536, &text);
	unlink(path);
	return arena_strdup(a, text.data);
}

static struct observed look(struct arena *a)
{
	struct observed o = {0};

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
	char digest[DIGEST_TEXT_MAX], path[PATH_MAX];
	struct res r = want(a, "");
	struct err err = {.msg = ""};
	struct observed o = look(a);
	struct stat st;

	ok(!o.engine_running && !o.engine_error && !o.engine_files,
	   "no engine yet: no error either");
	is_int(engine_run(dir, &r, NULL, 0, &err), 0, "it is started");
	if (*err.msg)
		tap_diag("%s", err.msg);
	o = look(a);
	ok(o.engine_running && o.engine_pid > 0 && o.nrouters == 1,
	   "it runs and tells its routers");
	plan_digest(r.engine.config, strlen(r.engine.config), digest);
	is(o.engine_digest, digest, "with this configuration");
	snprintf(path, sizeof(path), "%s/ha/r2", dir);
	ok(stat(path, &st) == 0 && S_ISDIR(st.st_mode),
	   "the folders of the state files are there");
	snprintf(path, sizeof(path), "%s/ha/r1/state", dir);
	{
		auto_fclose FILE *f = fopen(path, "we");

		if (f)
			fputs("backup\n", f);
	}
	o = look(a);
	is(o.nrouters ? o.routers[0].file : NULL, "backup",
	   "a state file is read");
	clock_sleep_ms(20);
	is(said(a), "start r1 r2\n", "one start, nothing else");
}

static void reloads(struct arena *a)
{
	static const char *const again[] = {"r1"};
	struct res r = want(a, "\"x\": 1, ");
	char path[PATH_MAX];
	struct observed o;

	is_int(engine_run(dir, &r, NULL, 0, NULL), 0, "another configuration");
	is(said(a), "reload r1 r2\n", "is loaded, not started anew");
	is_int(engine_run(dir, &r, again, 1, NULL), 0, "a router made anew");
	is(said(a), "reload r2\nreload r1 r2\n",
	   "is taken out and put in again, the other stays");
	snprintf(path, sizeof(path), "%s/vrrp.yaml", dir);
	{
		auto_fclose FILE *f = fopen(path, "ae");

		if (f)
			fputs("# a hand was here\n", f);
	}
	o = look(a);
	ok(o.engine_running && !o.engine_digest,
	   "a configuration changed by hand is seen");
	is_int(engine_run(dir, &r, NULL, 0, NULL), 0, "and mended");
	(void)said(a);
	r.engine.config = "{\"nothing\": true}\n";
	{
		struct err err = {.msg = ""};

		ok(engine_run(dir, &r, NULL, 0, &err) < 0 &&
			   strstr(err.msg, "bad"),
		   "a refused reload is an error with its words");
	}
	o = look(a);
	ok(o.engine_running && !o.engine_digest,
	   "and stays seen as a difference");
	(void)said(a);
}

static void falls_silent(struct arena *a)
{
	struct res r = want(a, "");
	struct observed o = look(a);
	int64_t pid = o.engine_pid;
	struct mono t;

	hit(pid, SIGSTOP);
	t = clock_mono();
	o = look(a);
	ok(!o.engine_running && o.engine_error &&
		   strstr(o.engine_error, "does not answer"),
	   "a stopped engine: it does not answer");
	is_int(o.engine_pid, pid, "but its process is known");
	ok(mono_sub(clock_mono(), t) < 3 * NS_PER_S, "in a bounded time");
	is_int(engine_run(dir, &r, NULL, 0, NULL), 0, "it is made to go on");
	o = look(a);
	ok(o.engine_running && o.engine_pid == pid, "the same process");
	hit(pid, SIGKILL);
	clock_sleep_ms(50);
	o = look(a);
	ok(!o.engine_running && !o.engine_error,
	   "a killed engine: not there, in spite of its socket");
	(void)said(a);
	is_int(engine_run(dir, &r, NULL, 0, NULL), 0, "it is started again");
	clock_sleep_ms(20);
	is(said(a), "start r1 r2\n", "once");
}

static void goes(struct arena *a)
{
	struct observed o = look(a);
	struct res r;
	struct err err = {.msg = ""};
	struct stat st;

	is_int(engine_remove(dir, NULL), 0, "it is stopped");
	ok(ended(o.engine_pid), "its process is gone");
	ok(stat(dir, &st) < 0 && errno == ENOENT, "and its folder");
	is_int(engine_remove(dir, NULL), 0, "once more: nothing to do");
	r = want(a, "\"refuse\": true, ");
	ok(engine_run(dir, &r, NULL, 0, &err) < 0, "an engine that fails");
	is(err.msg, "the VRRP engine does not start: labctl vrrp: it will not",
	   "its first words are the reason");
	o = look(a);
	ok(o.engine_files && !o.engine_digest, "its files are seen");
	is_int(engine_remove(dir, NULL), 0, "they are removed");
	o = look(a);
	ok(!o.engine_files, "and gone");
	r = want(a, "");
	(void)engine_run(dir, &r, NULL, 0, NULL);
	o = look(a);
	hit(o.engine_pid, SIGSTOP);
	is_int(engine_remove(dir, NULL), 0, "a stopped one is ended too");
	clock_sleep_ms(20);
	ok(ended(o.engine_pid), "its process is gone");
}

int main(int argc, char **argv)
{
	char base[] = "/tmp/labctl-engine.XXXXXX";
	auto_arena struct arena a = {0};

	if (argc > 4 && strcmp(argv[1], "vrrp") == 0)
		return engine_part(argv[4]);
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
