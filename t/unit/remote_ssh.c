/* SPDX-License-Identifier: MIT */
/*
 * SSH sessions against a real sshd, in network and mount namespaces of this
 * test's own: what is right, and each way in which it is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/target.h"
#include "provision/host/remote.h"
#include "t/lib/tap.h"

#define SSHD "/usr/sbin/sshd"
#define PORT 2201
#define MEASURED 15 /* sessions */

static char dir[] = "/run/labctl-t";
static char user_key[64], other_key[64], host_key[256], other_host_key[256];
static struct remote_target target;
static pid_t sshd_pid;

/* Greets, then answers "ppid", "big" and "die" as its name says. */
static const char agent[] =
	"#!/bin/sh\n"
	"echo '{\"labctl-agent\": 2, \"version\": \"0\"}'\n"
	"while read -r line; do\n"
	"id=${line#*:}; id=${id%%,*}\n"
	"case $line in\n"
	"*'\"ppid\"'*) echo \"{id: $id, ok: true, ppid: $PPID}\";;\n"
	"*'\"big\"'*) printf '{id: %s, ok: true, big: ' \"$id\"\n"
	"  yes abcdefg | tr -d '\\n' | head -c 8000000; echo '}';;\n"
	"*'\"exit\"'*) echo 'I give up' >&2; exit 5;;\n"
	"*'\"die\"'*) kill -SEGV $$;;\n"
	"*'\"mute\"'*) ;;\n"
	"esac\n"
	"done\n";

/* --- the stage ----------------------------------------------------------- */

static int sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int sh(const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	int status;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	status = system(line);
	return status < 0 || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
}

static void put(const char *name, mode_t mode, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	if (!f)
		return;
	fputs(text, f);
	fchmod(fileno(f), mode);
	fclose(f);
}

static void read_line(const char *name, char *out, size_t size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	if (!f || !fgets(out, (int)size, f))
		out[0] = '\0';
	if (f)
		fclose(f);
}

static bool stage(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	auto_close int fd = -1;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 ||
	    mount("tmpfs", "/root", "tmpfs", 0, NULL) < 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
		return false;
	if (mkdir("/run/sshd", 0755) < 0 || mkdir(dir, 0700) < 0)
		return false;
	put("agent", 0755, agent);
	put("passwd", 0644,
	    "root:x:0:0::/root:/bin/bash\n"
	    "sshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n");
	put("shadow", 0600, "root:*:20000::::::\nsshd:*:20000::::::\n");
	put("config", 0600,
	    "Port 2201\nListenAddress 127.0.0.1\nHostKey /run/labctl-t/host\n"
	    "AuthorizedKeysFile /run/labctl-t/user.pub\nUsePAM no\n"
	    "StrictModes no\nPidFile none\nPermitRootLogin "
	    "prohibit-password\nLogLevel QUIET\n");
	return sh("cd %s && for k in host user other other-host; do "
		  "ssh-keygen -q -t ed25519 -N '' -C '' -f $k || exit 1; done; "
		  "for f in passwd shadow; do mount --bind $f /etc/$f; done",
		  dir) == 0;
}

static pid_t start_sshd(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execl(SSHD, SSHD, "-D", "-f", "/run/labctl-t/config", NULL);
		_exit(127);
	}
	return pid;
}

static void names(void)
{
	snprintf(user_key, sizeof(user_key), "%s/user", dir);
	snprintf(other_key, sizeof(other_key), "%s/other", dir);
	read_line("host.pub", host_key, sizeof(host_key));
	read_line("other-host.pub", other_host_key, sizeof(other_host_key));
	target = (struct remote_target){
		.name = "n",
		.address = "127.0.0.1",
		.port = PORT,
		.user = "root",
		.key_file = user_key,
		.host_key = host_key,
		.agent = "exec /run/labctl-t/agent",
	};
}

static unsigned open_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static double ms_since(struct mono t)
{
	return (double)mono_sub(clock_mono(), t) / 1e6;
}

/* --- what works ---------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void right(void)
{
	double opened[MEASURED], called[MEASURED];
	auto_arena struct arena a = {0};
	const struct doc *d = NULL;
	struct remote *r = NULL;
	struct err e = {0};
	struct mono began;
	unsigned fds, failed = 0;

	/* sshd is only just starting: its port refuses at first. */
	sshd_pid = start_sshd();
	is_int(remote_open(&r, &target, &e), 0, "opens while sshd starts: %s",
	       e.msg);
	remote_close(r);
	fds = open_fds();
	for (size_t i = 0; i < MEASURED; i++) {
		began = clock_mono();
		if (remote_open(&r, &target, &e) < 0) {
			failed++;
			continue;
		}
		opened[i] = ms_since(began);
		began = clock_mono();
		if (remote_call(r, "ppid", "", 2000, &a, &d, &e) < 0)
			failed++;
		called[i] = ms_since(began);
		remote_close(r);
	}
	is_int(failed, 0, "%d sessions, each with a call: %s", MEASURED, e.msg);
	is_int(open_fds(), fds, "no descriptor is left open");
	if (failed)
		return;
	qsort(opened, MEASURED, sizeof(*opened), by_value);
	qsort(called, MEASURED, sizeof(*called), by_value);
	tap_diag("from nothing to the greeting %.1f ms (%.1f to %.1f), first "
		 "call %.2f ms (%.2f to %.2f)",
		 opened[MEASURED / 2], opened[0], opened[MEASURED - 1],
		 called[MEASURED / 2], called[0], called[MEASURED - 1]);
	is_int(remote_open(&r, &target, &e), 0, "opens");
	is_int(remote_call(r, "big", "", 20000, &a, &d, &e), 0,
	       "an answer of 8 MB: %s", e.msg);
	is_int(strlen(doc_str(d, "big", "")), 8000000, "all of it");
	remote_close(r);
}

/* --- what does not ------------------------------------------------------- */

static void refused(const char *what, const struct remote_target *t, int code,
		    const char *words)
{
	unsigned fds = open_fds();
	struct remote *r = NULL;
	struct err e = {0};

	is_int(remote_open(&r, t, &e), code, "%s: refused", what);
	ok(strstr(e.msg, words) != NULL, "%s: %s", what, e.msg);
	is_int(open_fds(), fds, "%s: no descriptor is left open", what);
	remote_close(r);
}

static void wrong(void)
{
	struct remote_target t = target;
	char print[128];

	t.host_key = other_host_key;
	refused("wrong host key", &t, -EKEYREJECTED, "wrong host key");
	sh("ssh-keygen -lf %s/host.pub | cut -d' ' -f2 > %s/print", dir, dir);
	read_line("print", print, sizeof(print));
	print[strcspn(print, "\n")] = '\0';
	refused("wrong host key, its fingerprint", &t, -EKEYREJECTED, print);
	sh("ssh-keygen -lf %s/other-host.pub | cut -d' ' -f2 > %s/print", dir,
	   dir);
	read_line("print", print, sizeof(print));
	print[strcspn(print, "\n")] = '\0';
	refused("wrong host key, the pinned fingerprint", &t, -EKEYREJECTED,
		print);
	t = target;
	t.host_key = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7";
	refused("pinned key that is none", &t, -EINVAL, "no public key");
	t.host_key = "";
	refused("no pinned key", &t, -EINVAL, "no public key");
	t = target;
	t.key_file = other_key;
	refused("wrong user key", &t, -EACCES,
		"it does not let root in with the key /run/labctl-t/other");
	t.key_file = "/nonexistent";
	refused("no user key", &t, -ENOKEY, "/nonexistent is no private key");
	t = target;
	t.user = "nobody-here";
	refused("unknown user", &t, -EACCES, "does not let nobody-here in");
	t = target;
	t.port = PORT + 1;
	refused("refused port", &t, -ECONNREFUSED,
		"127.0.0.1 port 2202 refuses connections");
	t.address = "network1";
	refused("no address", &t, -EINVAL,
		"'network1' port 2202 is no address");
	t = target;
	t.address = "192.0.2.1";
	refused("no route", &t, -ENETUNREACH, "192.0.2.1");
	t = target;
	t.agent = "/nonexistent/labctl agent";
	refused("no agent there", &t, -ECONNRESET,
		"its agent ended with exit status 127; it said: bash: ");
	t.agent = "echo Hello";
	refused("something else there", &t, -EPROTO,
		"what answers is no labctl agent: 'Hello'");
}

static double cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static void silent(void)
{
	double cpu;
	auto_arena struct arena a = {0};
	const struct doc *d = NULL;
	struct remote *r = NULL;
	struct err e = {0};
	struct mono began;
	pid_t session;

	remote_connect_ms = 500;
	remote_silence_ms = 600;
	kill(sshd_pid, SIGSTOP);
	cpu = cpu_ms();
	refused("sshd stopped", &target, -ETIMEDOUT,
		"it accepts connections, but does not answer (key exchange)");
	kill(sshd_pid, SIGCONT);
	remote_connect_ms = REMOTE_CONNECT_MS;
	cpu = cpu_ms() - cpu;
	ok(cpu < 100, "waiting costs nothing: %.0f ms of processor", cpu);

	remote_open(&r, &target, &e);
	if (!ok(r && remote_call(r, "ppid", "", 2000, &a, &d, &e) == 0,
		"stopped half-way: all is well before %s", e.msg))
		return;
	session = (pid_t)doc_int(d, "ppid", 0);
	clock_sleep_ms(700);
	is_int(remote_call(r, "ppid", "", 2000, &a, &d, &e), 0,
	       "long idle is not silence");
	cpu = cpu_ms();
	began = clock_mono();
	is_int(remote_call(r, "mute", "", 1500, &a, &d, &e), -ETIMEDOUT,
	       "an sshd that lives keeps a slow agent alive: %s", e.msg);
	ok(ms_since(began) > 1400, "for all the time it was given");
	cpu = cpu_ms() - cpu;
	ok(cpu < 100, "at no cost: %.0f ms of processor", cpu);
	remote_close(r);

	remote_open(&r, &target, &e);
	if (!r || remote_call(r, "ppid", "", 2000, &a, &d, &e) < 0)
		return;
	session = (pid_t)doc_int(d, "ppid", 0);
	kill(session, SIGSTOP);
	began = clock_mono();
	is_int(remote_call(r, "ppid", "", 20000, &a, &d, &e), -ECONNRESET,
	       "stopped half-way: given up");
	ok(ms_since(began) < 1500, "after %.0f ms", ms_since(began));
	ok(strstr(e.msg, "silent for 0.6 s") != NULL, "words: %s", e.msg);
	ok(remote_broken(r), "and it stays so");
	kill(session, SIGCONT);
	remote_close(r);
	remote_silence_ms = REMOTE_SILENCE_MS;
}

static void ends(void)
{
	static const struct {
		const char *op, *words;
	} rows[] = {
		{"exit", "its agent ended with exit status 5; it said: I give "
			 "up"},
		{"die", "its agent was killed by SIGSEGV"},
	};
	auto_arena struct arena a = {0};
	const struct doc *d = NULL;
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct remote *r = NULL;

		remote_open(&r, &target, &e);
		if (!r)
			continue;
		is_int(remote_call(r, rows[i].op, "", 2000, &a, &d, &e),
		       -ECONNRESET, "agent's end: %s", rows[i].op);
		is(e.msg, rows[i].words, "words");
		remote_close(r);
	}
	for (size_t i = 0; i < 2; i++) {
		struct remote *r = NULL;
		unsigned id;

		remote_open(&r, &target, &e);
		if (!r || remote_call(r, "ppid", "", 2000, &a, &d, &e) < 0)
			continue;
		if (i == 0)
			remote_send(r, "mute", "", &id, &e);
		kill((pid_t)doc_int(d, "ppid", 0), SIGKILL);
		if (i == 1) {
			clock_sleep_ms(50);
			is_int(remote_call(r, "ppid", "", 2000, &a, &d, &e),
			       -ECONNRESET, "killed between calls: %s", e.msg);
		} else {
			is_int(remote_wait(r, id, 2000, &a, &d, &e),
			       -ECONNRESET, "killed in a call: %s", e.msg);
		}
		remote_close(r);
	}
}

static void interrupt(void)
{
	auto_close int fd = eventfd(1, EFD_CLOEXEC);
	struct remote_target t = target;
	struct mono began = clock_mono();

	remote_interrupt_fd = fd;
	t.port = PORT + 1;
	refused("interrupt while a port refuses", &t, -EINTR, "interrupted");
	kill(sshd_pid, SIGSTOP);
	refused("interrupt in the key exchange", &target, -EINTR,
		"interrupted");
	kill(sshd_pid, SIGCONT);
	remote_interrupt_fd = -1;
	ok(ms_since(began) < 1000, "both at once");
}

/* --- a person's command -------------------------------------------------- */

struct ran {
	int status;
	struct buf out, err;
};

static void ran_release(struct ran *r)
{
	buf_release(&r->out);
	buf_release(&r->err);
}

static void drain(int fd, struct buf *b)
{
	ssize_t n;

	buf_adds(b, "");
	while ((n = read(fd, buf_room(b, 65536), 65536)) > 0) {
		b->len += (size_t)n;
		b->data[b->len] = '\0';
	}
}

/* remote_exec() in a process of its own, its stdin from a shell command. */
static pid_t run_start(const char *command, const char *input, int *out,
		       int *err)
{
	int o[2], e[2];
	pid_t pid;

	if (pipe2(o, O_CLOEXEC) < 0 || pipe2(e, O_CLOEXEC) < 0)
		return -1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		FILE *in = popen(input, "re");
		struct err why = {0};
		int r;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(o[0]);
		close(e[0]);
		dup2(fileno(in), STDIN_FILENO);
		dup2(o[1], STDOUT_FILENO);
		dup2(e[1], STDERR_FILENO);
		r = remote_exec(&target, command, &why);
		if (r < 0)
			dprintf(STDERR_FILENO, "exec: %s", why.msg);
		_exit(r < 0 ? 99 : r);
	}
	close(o[1]);
	close(e[1]);
	*out = o[0];
	*err = e[0];
	return pid;
}

static struct ran run(const char *command, const char *input)
{
	struct ran r = {.status = -1};
	int out, err, status;
	pid_t pid = run_start(command, input, &out, &err);

	drain(out, &r.out);
	drain(err, &r.err);
	close(out);
	close(err);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		r.status = WEXITSTATUS(status);
	return r;
}

static void commands(void)
{
	static const struct {
		const char *what, *command, *input, *out, *err;
		int status;
	} rows[] = {
		{"status", "exit 7", "true", "", "", 7},
		{"streams", "echo a; echo b >&2; echo c", "true", "a\nc\n",
		 "b\n", 0},
		{"stdin", "cat; echo end", "echo hello", "hello\nend\n", "", 0},
		{"no input taken", "echo hi", "yes", "hi\n", "", 0},
		{"output closed early", "exec >&- 2>&-; sleep 0.8; exit 6",
		 "true", "", "", 6},
		{"a signal", "kill -TERM $$", "true", "", "", 128 + SIGTERM},
		{"no terminal", "test -t 0 || echo none", "true", "none\n", "",
		 0},
		{"a shell without terminal", "",
		 "echo 'echo $((6 * 7)); exit "
		 "4'",
		 "42\n", "", 4},
		{"no such command", "no-such-command", "true", "",
		 "bash: line 1: no-such-command: command not found\n", 127},
	};
	struct err e = {0};
	struct remote_target t = target;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_(ran_release) struct ran r =
			run(rows[i].command, rows[i].input);

		is_int(r.status, rows[i].status, "exec, %s: status",
		       rows[i].what);
		is(r.out.data, rows[i].out, "exec, %s: stdout", rows[i].what);
		/* bash says "line 1" or not, by version. */
		if (strstr(rows[i].err, "line 1"))
			ok(strstr(r.err.data, "not found") != NULL,
			   "exec, %s: stderr", rows[i].what);
		else
			is(r.err.data, rows[i].err, "exec, %s: stderr",
			   rows[i].what);
	}
	t.port = PORT + 1;
	is_int(remote_exec(&t, "true", &e), -ECONNREFUSED,
	       "exec where nobody listens: %s", e.msg);
}

static void much(void)
{
	auto_(ran_release) struct ran r =
		run("md5sum; yes ghijkl | head -c 6000000",
		    "yes abcdef | head -c 6000000");
	char want[64] = "";

	sh("yes abcdef | head -c 6000000 | md5sum > %s/sum", dir);
	read_line("sum", want, sizeof(want));
	ok(r.out.len > 33 && strncmp(r.out.data, want, 32) == 0,
	   "exec: 6 MB in arrive whole");
	is_int(r.out.len, strlen(want) + 6000000, "exec: and 6 MB out");
	is_int(r.status, 0, "exec: with status 0");
}

static void signals(void)
{
	struct mono began;
	int out, err, status = 0;
	pid_t pid;
	char c;

	pid = run_start("echo ready; sleep 5", "sleep 3", &out, &err);
	while (read(out, &c, 1) == 1 && c != '\n')
		;
	began = clock_mono();
	kill(pid, SIGINT);
	waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 130, "exec: a signal ends it");
	ok(ms_since(began) < 1500, "exec: after a moment");
	close(out);
	close(err);
	began = clock_mono();
	pid = run_start("yes", "sleep 3", &out, &err);
	while (read(out, &c, 1) == 1 && c != '\n')
		;
	close(out);
	waitpid(pid, &status, 0);
	is_int(WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGPIPE,
	       "exec: nobody reads any more: it ends");
	ok(ms_since(began) < 1000, "exec: at once");
	close(err);
}

/* On a terminal of 100 by 30. */
static void terminal(void)
{
	struct winsize ws = {.ws_col = 100, .ws_row = 30};
	auto_buf struct buf got = {0};
	struct termios tio;
	int fd, status = 0;
	char c;
	pid_t pid;

	fflush(stdout);
	pid = forkpty(&fd, NULL, NULL, &ws);
	if (pid == 0) {
		struct err why = {0};
		int r;

		setenv("TERM", "vt100", 1);
		r = remote_exec(&target,
				"test -t 0 && echo tty $TERM; stty size; echo "
				"ready; read -r x; trap 'echo int' INT; "
				"echo got $x; read -r y; stty size; exit 6",
				&why);
		tcgetattr(0, &tio);
		printf("icanon %d\n", (tio.c_lflag & ICANON) != 0);
		fflush(stdout);
		_exit(r < 0 ? 99 : r);
	}
	while (read(fd, &c, 1) == 1) {
		buf_addc(&got, c);
		if (strstr(got.data, "ready"))
			break;
	}
	ws.ws_col = 120;
	ioctl(fd, TIOCSWINSZ, &ws);
	if (write(fd, "hello\r", 6) != 6)
		return;
	while (read(fd, &c, 1) == 1) {
		buf_addc(&got, c);
		if (strstr(got.data, "got hello"))
			break;
	}
	if (write(fd, "\003", 1) != 1)
		return;
	while (read(fd, &c, 1) == 1) {
		buf_addc(&got, c);
		if (strstr(got.data, "int\r\n"))
			break;
	}
	if (write(fd, "\r", 1) != 1)
		return;
	drain(fd, &got);
	waitpid(pid, &status, 0);
	close(fd);
	ok(strstr(got.data, "tty vt100") != NULL, "terminal: is one");
	ok(strstr(got.data, "30 100") != NULL, "terminal: has our size");
	ok(strstr(got.data, "got hello") != NULL, "terminal: keys arrive");
	ok(strstr(got.data, "int\r\n") != NULL, "terminal: Ctrl-C arrives");
	ok(strstr(got.data, "30 120") != NULL, "terminal: follows our size");
	ok(strstr(got.data, "icanon 1") != NULL, "terminal: is put back");
	is_int(WEXITSTATUS(status), 6, "terminal: the status is passed on");
	if (WEXITSTATUS(status) != 6)
		tap_diag("%s", got.data);
}

int main(void)
{
	const char *why = geteuid() != 0           ? "needs root"
			  : access(SSHD, X_OK) < 0 ? "needs sshd"
			  : !stage()               ? "needs namespaces"
						   : NULL;

	if (why) {
		printf("1..0 # SKIP %s\n", why);
		return 0;
	}
	names();
	right();
	wrong();
	silent();
	ends();
	interrupt();
	commands();
	much();
	signals();
	terminal();
	kill(sshd_pid, SIGTERM);
	waitpid(sshd_pid, NULL, 0);
	return tap_done();
}
