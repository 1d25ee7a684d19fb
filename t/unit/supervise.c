/* SPDX-License-Identifier: MIT */
/*
 * The supervisor of services, with this program as the supervisor (it is
 * started as /proc/self/exe services DIR), as its services, and as a VRRP
 * engine that tells roles.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "provision/services/supervise.h"
#include "provision/services/supervise_child.h"
#include "provision/services/supervise_loop.h"
#include "t/lib/tap.h"

#define WAIT_MS 20000

static char dir[64];

/* --- the service's part --------------------------------------------------- */

/* Appends a line to DIR/NAME.log, which is the service's working folder. */
static void tell(const char *name, const char *what)
{
	auto_fclose FILE *f = NULL;
	char path[64];

	snprintf(path, sizeof(path), "told.%s", name);
	f = fopen(path, "ae");
	if (f)
		fprintf(f, "%s\n", what);
}

static const char *volatile my_name;

static void on_hup(int sig)
{
	(void)sig;
	tell(my_name, "hup");
}

static void on_term(int sig)
{
	(void)sig;
	tell(my_name, "term");
	_exit(0);
}

/* serve NAME [deaf|die]: "deaf" hears no SIGTERM, "die" ends at once. */
static int service_part(const char *name, const char *how)
{
	my_name = name;
	alarm(120); /* a test that died leaves nobody behind */
	signal(SIGHUP, on_hup);
	signal(SIGTERM, strcmp(how, "deaf") == 0 ? SIG_IGN : on_term);
	tell(name, "start");
	fprintf(stderr, "%s says a word\nand its last", name);
	if (strcmp(how, "die") == 0)
		return 3;
	for (;;)
		pause();
}

/* --- the engine's part: tells what the file "roles" has, as it changes -----
 */

static int engine_part(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	char in[64], was[256] = "", now[256];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), c = -1;

	alarm(120);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/vrrp.sock", dir);
	unlink(sa.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 8) < 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	c = accept(fd, NULL, NULL);
	if (c < 0 || read(c, in, sizeof(in)) <= 0)
		return 1;
	dprintf(c, "{\"ok\": true,\"routers\": 1}\n");
	for (;; clock_sleep_ms(1)) {
		auto_fclose FILE *f = NULL;
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/role", dir);
		f = fopen(path, "re");
		if (!f || !fgets(now, sizeof(now), f) || strcmp(now, was) == 0)
			continue;
		snprintf(was, sizeof(was), "%s", now);
		dprintf(c, "{\"id\": \"r1\",\"state\": \"%s\"}\n", now);
	}
}

/* --- the test's ----------------------------------------------------------- */

static struct res_service service(struct arena *a, const char *name,
				  const char *how)
{
	const char **argv = arena_array(a, 4, sizeof(*argv));

	argv[0] = "labctl";
	argv[1] = "serve";
	argv[2] = name;
	argv[3] = how;
	return (struct res_service){.name = name, .argv = argv, .nargs = 4};
}

static struct seen_services look(struct arena *a)
{
	struct seen_services s;

	supervise_look(a, dir, &s);
	return s;
}

static struct res_service one(struct arena *a, const char *name)
{
	struct seen_services s = look(a);
	const struct res_service *k = seen_service(&s, name);

	return k ? *k : (struct res_service){0};
}

static char *file(const char *name, char *out, size_t size)
{
	char path[PATH_MAX];
	auto_close int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	return out;
}

static void write_file(const char *name, const char *text)
{
	char path[PATH_MAX], tmp[PATH_MAX + 4];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(tmp, sizeof(tmp), "%s.t", path);
	f = fopen(tmp, "we");
	if (!f)
		return;
	fputs(text, f);
	fclose(f);
	(void)rename(tmp, path);
}

/* Whether the service's file holds that text within the time. */
static bool told(const char *name, const char *text)
{
	struct mono end = mono_add(clock_mono(), WAIT_MS * NS_PER_MS);
	char path[64], out[512];

	snprintf(path, sizeof(path), "told.%s", name);
	while (strcmp(file(path, out, sizeof(out)), text) != 0) {
		if (mono_before(end, clock_mono())) {
			tap_diag("%s told: %s", name, out);
			return false;
		}
		clock_sleep_ms(2);
	}
	return true;
}

static bool goes(int64_t pid)
{
	int i;

	for (i = 0; pid > 1 && i < WAIT_MS / 5; i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
			return true;
		clock_sleep_ms(5);
	}
	return false;
}

static void set(const struct res_service *s, const char *words)
{
	struct err e = {.msg = ""};

	if (!is_int(supervise_set(dir, s, false, &e), 0, "%s", words))
		tap_diag("%s", e.msg);
}

static void lives(void)
{
	auto_arena struct arena a = {0};
	struct res_service s = service(&a, "one", "");
	struct seen_services all = look(&a);
	struct res_service k;
	struct stat st;
	char path[PATH_MAX];

	ok(!all.running && !all.error, "no supervisor: no error either");
	set(&s, "a service is set");
	ok(told("one", "start\n"), "and starts");
	all = look(&a);
	ok(all.running && all.n == 1, "the supervisor tells of it");
	k = one(&a, "one");
	ok(k.running && k.wanted && k.pid > 1 && !k.restarts && !k.exit,
	   "it runs, for the first time");
	ok(!service_differs(&s, &k), "as it is to be");
	s.netns = "vm-x";
	ok(service_differs(&s, &k) != NULL, "another namespace would differ");
	s.netns = "";
	snprintf(path, sizeof(path), "%s/" SUPERVISE_SOCKET, dir);
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	   "the socket is its owner's alone");
	set(&s, "the same again");
	is_int(one(&a, "one").pid, k.pid, "is the same process");
	kill((pid_t)k.pid, SIGKILL);
	ok(told("one", "start\nstart\n"), "killed, it starts again");
	k = one(&a, "one");
	ok(k.running && k.restarts == 1, "counted");
	is(k.exit, "was killed by signal 9", "with the reason");
	is_int(supervise_drop(dir, "one", NULL), 0, "no longer wanted");
	ok(told("one", "start\nstart\nterm\n") && goes(k.pid),
	   "it is told to end, and ends");
	is_int((int64_t)look(&a).n, 0, "and is forgotten");
	ok(supervise_drop(dir, "one", NULL) < 0, "once more: there is none");
}

static void files(void)
{
	auto_arena struct arena a = {0};
	struct res_service s = service(&a, "two", ""), more;
	struct service_file f[2] = {{.path = "two.conf", .text = "a\n"},
				    {.path = "sub/x", .text = "b\n"}};
	struct res_service k;
	char out[256];
	int64_t pid;

	s.files = f;
	s.nfiles = 2;
	s.reload = "HUP";
	set(&s, "a service with files");
	ok(told("two", "start\n"), "starts");
	is(file("two.conf", out, sizeof(out)), "a\n", "its file is written");
	is(file("sub/x", out, sizeof(out)), "b\n", "and one in a folder");
	k = one(&a, "two");
	pid = k.pid;
	f[1].text = "c\n";
	is(service_differs(&s, &k), "another configuration",
	   "a changed file is a difference");
	set(&s, "a changed file");
	ok(told("two", "start\nhup\n"), "makes it read again");
	k = one(&a, "two");
	is_int(k.pid, pid, "the same process");
	ok(!service_differs(&s, &k), "no more difference");
	write_file("sub/x", "a hand was here\n");
	k = one(&a, "two");
	ok(service_differs(&s, &k) != NULL, "an edited file is one");
	set(&s, "the edited file");
	ok(told("two", "start\nhup\nhup\n"), "is read again");
	is(file("sub/x", out, sizeof(out)), "c\n", "mended");
	s.reload = NULL;
	f[0].text = "d\n";
	is(service_differs(&s, &k), "another command",
	   "how it reloads is its shape's");
	set(&s, "without a way to reload");
	ok(told("two", "start\nhup\nhup\nterm\nstart\n"), "it starts anew");
	more = service(&a, "two", "again");
	more.files = f;
	more.nfiles = 2;
	set(&more, "other words of the command");
	ok(told("two", "start\nhup\nhup\nterm\nstart\nterm\nstart\n"),
	   "start it anew");
	ok(one(&a, "two").pid != pid, "as another process");
	(void)supervise_drop(dir, "two", NULL);
	is(file("two.conf", out, sizeof(out)), "", "its files go with it");
}

/* What is the program's own while it runs, and what it makes itself. */
static void own_files(void)
{
	auto_arena struct arena a = {0};
	struct res_service s = service(&a, "four", "");
	struct service_file f[] = {
		{.path = "net/x/host", .text = "a\n"},
		{.path = "net/x/leases",
		 .text = "one\n",
		 .how = SERVICE_FILE_START},
		{.path = "net/x/pid", .text = "", .how = SERVICE_FILE_OWN},
	};
	char out[256], path[PATH_MAX];
	struct res_service k;

	s.files = f;
	s.nfiles = 3;
	s.reload = "HUP";
	set(&s, "a service with files of its own");
	ok(told("four", "start\n"), "starts");
	is(file("net/x/leases", out, sizeof(out)), "one\n",
	   "with what it is to start from");
	is(file("net/x/pid", out, sizeof(out)), "", "the rest is its own");
	write_file("net/x/leases", "leased\n");
	write_file("net/x/pid", "1\n");
	k = one(&a, "four");
	ok(!service_differs(&s, &k), "what it writes is no difference");
	f[1].text = "two\n";
	ok(service_differs(&s, &k) != NULL, "what is wanted of a start is");
	set(&s, "another start");
	is_int(one(&a, "four").pid, k.pid, "which is no reason for one");
	is(file("net/x/leases", out, sizeof(out)), "leased\n",
	   "nor to touch its file");
	f[0].text = "b\n";
	set(&s, "and something to read");
	ok(told("four", "start\nhup\n"), "is read");
	k = one(&a, "four");
	ok(!service_differs(&s, &k), "no more difference");
	kill((pid_t)k.pid, SIGKILL);
	ok(told("four", "start\nhup\nstart\n"), "killed, it starts again");
	is(file("net/x/leases", out, sizeof(out)), "two\n", "from the new");
	(void)supervise_drop(dir, "four", NULL);
	snprintf(path, sizeof(path), "%s/net", dir);
	ok(access(path, F_OK) < 0 && errno == ENOENT,
	   "its files and their folders go with it");
}

/* Pauses grow; a failing one does not hold up another. */
static void dies(void)
{
	auto_arena struct arena a = {0};
	struct res_service s = service(&a, "mad", "die");
	struct res_service k;
	struct mono t = clock_mono();
	int64_t took;

	set(&s, "one that ends at once");
	ok(told("mad", "start\nstart\nstart\nstart\n"), "is started again");
	took = mono_sub(clock_mono(), t);
	/* 200, 400 and 800 ms: a machine may be late, never early. */
	ok(took >= 1400 * NS_PER_MS, "after pauses that grow: %lld ms",
	   (long long)(took / NS_PER_MS));
	clock_sleep_ms(100);
	k = one(&a, "mad");
	ok(!k.running && k.wanted && k.restarts >= 3, "it does not run");
	is(k.exit, "exited with status 3", "how it ended");
	is(k.said, "mad says a word", "its words");
	s = service(&a, "mad", "");
	set(&s, "a right command");
	ok(told("mad", "start\nstart\nstart\nstart\nstart\n") &&
		   one(&a, "mad").running,
	   "is tried at once");
	s.argv = (const char *const[]){"/nonexistent/program"};
	s.nargs = 1;
	s.name = "none";
	set(&s, "one that cannot be run");
	clock_sleep_ms(100);
	k = one(&a, "none");
	ok(k.said && strstr(k.said, "cannot run /nonexistent/program"),
	   "says so: %s", k.said ? k.said : "-");
	(void)supervise_drop(dir, "none", NULL);
	(void)supervise_drop(dir, "mad", NULL);
}

static void follows(void)
{
	auto_arena struct arena a = {0};
	struct res_service s = service(&a, "ra", "deaf");
	struct res_service k;
	int pid;

	s.when = "active of r1";
	s.stop = "KILL";
	write_file("role", "backup");
	set(&s, "one that follows a role");
	k = one(&a, "ra");
	ok(!k.running && !k.wanted, "without an engine nobody is active");
	pid = fork();
	if (pid == 0)
		_exit(engine_part());
	clock_sleep_ms(300);
	k = one(&a, "ra");
	ok(!k.running && !k.wanted, "a backup runs none");
	write_file("role", "active");
	ok(told("ra", "start\n"), "on promotion it starts");
	k = one(&a, "ra");
	ok(k.running && k.wanted, "and runs");
	write_file("role", "backup");
	ok(goes(k.pid), "on demotion it ends, by the signal that it names");
	write_file("role", "active");
	ok(told("ra", "start\nstart\n"), "active again: it starts again");
	k = one(&a, "ra");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(goes(k.pid), "the engine's end is a demotion");
	(void)supervise_drop(dir, "ra", NULL);
}

static void killed(void)
{
	auto_arena struct arena a = {0};
	struct res_service s = service(&a, "three", "deaf");
	struct res_service k;
	struct err e = {.msg = ""};
	char path[64], out[64];
	int64_t keeper;

	set(&s, "a service that hears no SIGTERM");
	ok(told("three", "start\n"), "starts");
	k = one(&a, "three");
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)k.pid);
	{
		auto_fclose FILE *f = fopen(path, "re");
		int ppid = 0;

		if (f && fgets(out, sizeof(out), f))
			(void)!sscanf(strrchr(out, ')') + 1, " %*c %d", &ppid);
		keeper = ppid;
	}
	if (!ok(keeper > 1 && keeper != getpid(), "it has a keeper"))
		return;
	kill((pid_t)keeper, SIGKILL);
	ok(goes(keeper) && goes(k.pid), "killed, it leaves no service behind");
	ok(!look(&a).running, "that is seen");
	set(&s, "set again");
	ok(told("three", "start\nstart\n"), "it is back");
	k = one(&a, "three");
	is_int(supervise_stop(dir, &e), 0, "all of it is stopped");
	ok(goes(k.pid), "also one that is deaf");
	ok(!look(&a).running, "nobody answers any more");
	is_int(supervise_stop(dir, &e), 0, "once more: nothing to do");
}

/* More than one message takes, one of them nonsense; the supervisor was begun
 * before they were known. */
static void many(void)
{
	enum { N = SUPERVISE_AT_ONCE + 6, BAD = 3, FILED = 5 };
	auto_arena struct arena a = {0};
	struct res_service *s = arena_array(&a, N, sizeof(*s));
	struct supervise_set *sets = arena_array(&a, N, sizeof(*sets));
	struct service_file f = {.path = "sub/many", .text = "x\n"};
	struct seen_services all;
	size_t i, good = 0, told_all = 0;
	char out[16];
	int fd;

	for (i = 0; i < N; i++) {
		s[i] = service(&a, arena_printf(&a, "many%zu", i), "");
		sets[i].want = &s[i];
	}
	s[BAD].name = "no/name";
	s[FILED].files = &f;
	s[FILED].nfiles = 1;
	fd = supervise_begin(dir);
	ok(fd >= 0, "a supervisor is begun");
	supervise_begun(fd);
	ok(look(&a).running, "and runs");
	ok(supervise_begin(dir) < 0, "a second is not");
	supervise_set_all(dir, sets, N);
	for (i = 0; i < N; i++)
		good += sets[i].r == 0;
	is_int((long long)good, N - 1, "all but one are set");
	ok(sets[BAD].r < 0 && *sets[BAD].err.msg, "it is told: %s",
	   sets[BAD].err.msg);
	for (i = 0; i < N; i++)
		told_all += i == BAD || told(s[i].name, "start\n");
	is_int((long long)told_all, N, "they have started");
	is(file("sub/many", out, sizeof(out)), "x\n", "with their files");
	all = look(&a);
	is_int((long long)all.n, N - 1, "it tells of them");
	is_int(supervise_stop(dir, NULL), 0, "all of it is stopped");
}

static void refuses(void)
{
	static const struct {
		const char *what, *text;
	} bad[] = {
		{"no name", "argv: [x]"},
		{"a name with a slash", "name: a/b, argv: [x]"},
		{"a name that is the folder", "name: .., argv: [x]"},
		{"no command", "name: a"},
		{"an empty command", "name: a, argv: []"},
		{"a command of lists", "name: a, argv: [[x]]"},
		{"a namespace elsewhere", "name: a, argv: [x], in: ../y"},
		{"no signal", "name: a, argv: [x], stop: FOO"},
		{"a verb without a socket", "name: a, argv: [x], reload: go"},
		{"a socket elsewhere",
		 "name: a, argv: [x], control: ../s, reload: go"},
		{"a verb of two lines",
		 "name: a, argv: [x], control: s, reload: \"a\\nb\""},
		{"another condition", "name: a, argv: [x], when: noon"},
		{"a file elsewhere",
		 "name: a, argv: [x], files: [{path: ../x, text: y}]"},
		{"an absolute file",
		 "name: a, argv: [x], files: [{path: /etc/x, text: y}]"},
		{"a hidden way out",
		 "name: a, argv: [x], files: [{path: a/../../x, text: y}]"},
		{"a way out of Neutron's folder",
		 "name: a, argv: [x], files: [{path: /var/lib/neutron/../x, "
		 "text: y}]"},
		{"a file of nobody's",
		 "name: a, argv: [x], files: [{path: x, how: z, text: y}]"},
		{"a file without text",
		 "name: a, argv: [x], files: [{path: x}]"},
	};
	auto_arena struct arena a = {0};
	auto_buf struct buf text = {0};
	struct res_service s;
	struct doc *d;
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++) {
		struct err e = {.msg = ""};

		buf_reset(&text);
		buf_printf(&text, "{%s}", bad[i].text);
		ok(doc_parse_line(&a, text.data, text.len, &d, &e) == 0 &&
			   service_decode(&a, d, &s, &e) == -EINVAL && *e.msg,
		   "refused: %s", bad[i].what);
	}
}

int main(int argc, char **argv)
{
	char base[] = "/tmp/labctl-services.XXXXXX", command[PATH_MAX];
	struct err e = {.msg = ""};

	if (argc == 3 && strcmp(argv[1], "services") == 0)
		return supervise_run(argv[2], 1, &e) < 0;
	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		return service_part(argv[2], argv[3]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(base))
		return 1;
	snprintf(dir, sizeof(dir), "%s/lab", base);
	refuses();
	lives();
	files();
	own_files();
	dies();
	follows();
	killed();
	many();
	snprintf(command, sizeof(command), "rm -r %s", base);
	ok(system(command) == 0, "nothing of it is left");
	return tap_done();
}
