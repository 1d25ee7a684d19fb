/* SPDX-License-Identifier: MIT */
/*
 * The protocol client against scripted agents: a process of this machine that
 * says and hears what the script has, in the place of `labctl agent`.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/node/agent.h"
#include "provision/host/remote_io.h"
#include "t/lib/tap.h"

#define HELLO                                                                  \
	"echo '{\"labctl-agent\": 2, \"version\": \"0.1.0\", \"host\": "       \
	"\"n\", "                                                              \
	"\"pid\": 7}'; "

static struct remote *start(const char *script, unsigned ms, struct err *e)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	struct remote_io *io = NULL;
	struct remote *r = NULL;

	*e = (struct err){0};
	if (remote_local_start(&io, 0, argv, e) < 0)
		return NULL;
	if (remote_start(&r, "n", io, mono_add(clock_mono(), ms * NS_PER_MS),
			 e) < 0)
		return NULL;
	return r;
}

static void greetings(void)
{
	static const struct {
		const char *what, *script;
		int code;
		const char *words;
	} rows[] = {
		{"garbage", "echo 'Welcome to Debian!'; read z", -EPROTO,
		 "what answers is no labctl agent: 'Welcome to Debian!'"},
		{"YAML that is no greeting", "echo 'a: b'; read z", -EPROTO,
		 "what answers is no labctl agent: 'a: b'"},
		{"control characters", "printf 'x\\033[2Jy\\n'; read z",
		 -EPROTO, "what answers is no labctl agent: 'x [2Jy'"},
		{"another protocol",
		 "echo '{\"labctl-agent\": 3, \"version\": \"9.9\"}'; read z",
		 -EPROTO,
		 "its agent (labctl 9.9) speaks protocol 3, this "
		 "labctl " LABCTL_VERSION
		 " speaks 2: install the same labctl there"},
		{"no version at all", "echo '{\"labctl-agent\": x}'; read z",
		 -EPROTO,
		 "its agent (labctl of unknown version) speaks protocol ?, "
		 "this labctl " LABCTL_VERSION
		 " speaks 2: install the same labctl there"},
		{"no such program", "exec /nonexistent/labctl agent",
		 -ECONNRESET,
		 "its agent ended with exit status 127; it said: /bin/sh: 1: "
		 "exec: /nonexistent/labctl: not found"},
		{"dies at once", "echo no kernel here >&2; exit 3", -ECONNRESET,
		 "its agent ended with exit status 3; it said: no kernel here"},
		{"is killed", "kill -9 $$", -ECONNRESET,
		 "its agent was killed by SIGKILL"},
		{"ends half a line in", "printf '{\"labctl-ag'", -ECONNRESET,
		 "its agent ended with exit status 0"},
		{"says nothing", "read z", -ETIMEDOUT,
		 "its agent does not greet"},
		{"an empty line", "echo; read z", -EPROTO,
		 "what answers is no labctl agent: ''"},
	};
	struct remote *r;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		r = start(rows[i].script, 400, &e);
		ok(!r, "greeting, %s: refused", rows[i].what);
		is_int(e.code, rows[i].code, "greeting, %s: code",
		       rows[i].what);
		is(e.msg, rows[i].words, "greeting, %s: words", rows[i].what);
	}
	r = start("yes aaaaaaaaaaaaaaaaaaaaaaa | tr -d '\\n'", 2000, &e);
	ok(!r, "an endless greeting is refused");
	ok(strstr(e.msg, "more than 4096 bytes, beginning 'aaaa") != NULL,
	   "an endless greeting: %s", e.msg);
	r = start("echo 'words words words words' >&2; sleep 0.1; echo 'last "
		  "words' >&2; exit 1",
		  2000, &e);
	ok(!r && strstr(e.msg, "it said: words words words words last words"),
	   "stderr is put in one line: %s", e.msg);
	r = start("yes oh | head -c 100000 >&2; echo the end >&2; exit 1", 2000,
		  &e);
	ok(!r && strlen(e.msg) < 700 && strstr(e.msg, "the end") != NULL,
	   "of much on stderr the last is kept");
}

static void answers(void)
{
	static const char script[] =
		HELLO "read a; read b; read c; "
		      "echo '{\"id\": 3, \"ok\": true, \"v\": \"third\"}'; "
		      "echo '{\"id\": 1, \"ok\": true, \"v\": \"first\"}'; "
		      "echo '{\"id\": 2, \"ok\": false, \"error\": \"no such "
		      "thing\", \"errno\": 2}'; "
		      "read d; echo \"{id: 4, ok: true, heard: '$d'}\"; "
		      "read e; echo '{\"id\": 5, \"ok\": false}'; "
		      "read f; echo '{\"id\": 6, \"ok\": false, \"errno\": "
		      "-7, \"error\": \"x\"}'; read g; exit 0";
	unsigned id[3];
	auto_arena struct arena a = {0};
	const struct doc *d = NULL;
	struct remote *r;
	struct err e;

	r = start(script, 2000, &e);
	ok(r != NULL, "a good agent: %s", e.msg);
	if (!r)
		return;
	for (size_t i = 0; i < 3; i++)
		is_int(remote_send(r, "op", "", &id[i], &e), 0, "send %zu", i);
	is_int(remote_wait(r, id[0], 2000, &a, &d, &e), 0, "the first");
	is(doc_str(d, "v", NULL), "first", "has its own answer");
	is_int(remote_wait(r, id[1], 2000, &a, &d, &e), -ENOENT, "a refusal");
	is(e.msg, "no such thing", "a refusal's words");
	ok(!remote_broken(r), "a refusal breaks nothing");
	is_int(remote_wait(r, id[2], 0, &a, &d, &e), 0,
	       "one that came first is still there, without waiting");
	is(doc_str(d, "v", NULL), "third", "and has its own answer");
	is_int(remote_wait(r, id[2], 0, &a, &d, &e), -EINVAL,
	       "an answer is fetched once");
	is_int(remote_call(r, "observe", "\"what\": {}", 2000, &a, &d, &e), 0,
	       "call");
	is(doc_str(d, "heard", NULL),
	   "{\"id\": 4, \"op\": \"observe\", \"what\": {}}",
	   "what was sent, on one line");
	is_int(remote_call(r, "op", "", 2000, &a, &d, &e), -EIO,
	       "a refusal without reason");
	is(e.msg, "no reason given", "its words");
	is_int(remote_call(r, "op", "", 2000, &a, &d, &e), -EIO,
	       "a refusal with an errno that is none");
	remote_close(r);
}

static void nonsense(void)
{
	static const struct {
		const char *what, *says, *words;
	} rows[] = {
		{"not YAML", "echo '{{{'", "its agent's answer cannot be read"},
		{"an id nobody asked", "echo '{\"id\": 9, \"ok\": true}'",
		 "its agent answered what was not asked: '{\"id\": 9, "},
		{"an id far away", "echo '{\"id\": 4294967297, \"ok\": true}'",
		 "its agent answered what was not asked"},
		{"no id", "echo '{\"ok\": true}'",
		 "its agent answered what was not asked"},
		{"neither yes nor no", "echo '{\"id\": 1}'",
		 "its agent answered what was not asked"},
		{"ok that is no boolean", "echo '{\"id\": 1, \"ok\": 7}'",
		 "its agent answered what was not asked"},
		{"a list", "echo '[1, 2]'",
		 "its agent answered what was not asked"},
		{"death", "echo out of luck >&2; kill -TERM $$",
		 "its agent was killed by SIGTERM; it said: out of luck"},
		{"NUL bytes", "printf 'a\\000b\\n'",
		 "its agent's answer cannot be read: a NUL byte"},
		{"silence", "true",
		 "its agent has not answered (op) for 0.5 s"},
	};
	auto_arena struct arena a = {0};
	char script[512];
	const struct doc *d;
	struct remote *r;
	struct err e, again;
	unsigned id;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(script, sizeof(script), HELLO "read a; %s; read b",
			 rows[i].says);
		r = start(script, 2000, &e);
		ok(r != NULL, "%s: greets", rows[i].what);
		if (!r)
			continue;
		ok(remote_call(r, "op", "", 500, &a, &d, &e) < 0,
		   "%s: the call fails", rows[i].what);
		ok(strncmp(e.msg, rows[i].words, strlen(rows[i].words)) == 0,
		   "%s: %s", rows[i].what, e.msg);
		ok(remote_broken(r), "%s: it is broken", rows[i].what);
		is_int(remote_send(r, "op", "", &id, &again), e.code,
		       "%s: later calls fail the same way", rows[i].what);
		is(again.msg, e.msg, "%s: with the same words", rows[i].what);
		remote_close(r);
	}
	r = start(HELLO "read a; echo '{\"id\": 1, \"ok\": true}'; echo "
			"'{\"id\": 1, \"ok\": true}'; read b",
		  2000, &e);
	if (r && remote_send(r, "op", "", &id, &e) == 0) {
		clock_sleep_ms(50);
		is_int(remote_wait(r, id, 500, &a, &d, &e), -EPROTO,
		       "the same answer twice");
	}
	remote_close(r);
}

static void sizes(void)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf big = {0};
	const struct doc *d = NULL;
	struct remote *r;
	struct err e;

	/* Both sides write much before either has read all. */
	buf_adds(&big, "\"x\": \"");
	for (size_t i = 0; i < 4u << 20; i++)
		buf_addc(&big, (char)('a' + i % 26));
	buf_adds(&big, "\"");
	r = start(HELLO "printf '{\"id\": 1, \"ok\": true, \"y\": \"'; yes "
			"bcdefgh | tr -d '\\n' | head -c 3000000; echo '\"}'; "
			"head -n 1 | wc -c | sed 's/.*/{\"id\": 2, \"ok\": "
			"true, \"n\": &}/'; read c",
		  2000, &e);
	ok(r != NULL, "big: greets");
	if (r) {
		unsigned one, two;

		is_int(remote_send(r, "first", "", &one, &e), 0, "small goes");
		is_int(remote_send(r, "op", big.data, &two, &e), 0,
		       "4 MiB go while 3 MB come: %s", e.msg);
		is_int(remote_wait(r, one, 5000, &a, &d, &e), 0,
		       "3 MB have come: %s", e.msg);
		is_int(strlen(doc_str(d, "y", "")), 3000000, "all of them");
		remote_close(r);
	}
	r = start(HELLO "read a; yes bcdefgh | tr -d '\\n'", 2000, &e);
	if (r) {
		is_int(remote_call(r, "op", "", 20000, &a, &d, &e), -EPROTO,
		       "a line without end is given up");
		ok(strstr(e.msg, "more than 16777216 bytes") != NULL,
		   "at its limit: %.90s", e.msg);
		remote_close(r);
	}
}

static void interrupts(void)
{
	auto_close int fd = eventfd(0, EFD_CLOEXEC);
	auto_arena struct arena a = {0};
	const struct doc *d = NULL;
	struct mono began;
	struct remote *r;
	unsigned id;
	struct err e;

	r = start(HELLO "read a; sleep 0.3; echo '{\"id\": 1, \"ok\": true}'; "
			"read b; exit 0",
		  2000, &e);
	if (!ok(r != NULL, "interrupt: greets"))
		return;
	remote_interrupt_fd = fd;
	remote_send(r, "op", "", &id, &e);
	ok(write(fd, &(uint64_t){1}, 8) == 8, "interrupt: said");
	began = clock_mono();
	is_int(remote_wait(r, id, 5000, &a, &d, &e), -EINTR,
	       "an interrupt ends the wait");
	ok(mono_sub(clock_mono(), began) < 100 * NS_PER_MS, "at once");
	ok(!remote_broken(r), "and breaks nothing");
	remote_interrupt_fd = -1;
	is_int(remote_wait(r, id, 5000, &a, &d, &e), 0,
	       "the answer can still be had");
	began = clock_mono();
	remote_close(r);
	ok(mono_sub(clock_mono(), began) < 500 * NS_PER_MS,
	   "an agent that ends with its input is not waited for long");
}

/* Through a real shell, with each byte that can be in an argument. */
static void quoting(void)
{
	static const char *const args[] = {
		"plain",   "",     "two words",
		"it's",    "'",    "''\\''",
		"$HOME",   "`id`", "a\nb",
		"\"q\"",   "*",    "~root",
		"-n",      "a=b",  "#no",
		"\\",      "!",    "gr\xc3\xbc\xc3\x9f",
		"a;b",     "x&&y", "(z)",
		"\t tab ", ">f",   "{a,b}"};
	auto_buf struct buf line = {0}, want = {0}, got = {0};
	char all[256];
	FILE *f;
	int c;

	buf_adds(&line, "printf '[%s]'");
	for (size_t i = 0; i < ARRAY_LEN(args); i++) {
		buf_addc(&line, ' ');
		remote_quote(&line, args[i]);
		buf_printf(&want, "[%s]", args[i]);
	}
	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	buf_addc(&line, ' ');
	remote_quote(&line, all);
	buf_printf(&want, "[%s]", all);
	f = popen(line.data, "r");
	while (f && (c = fgetc(f)) != EOF)
		buf_addc(&got, (char)c);
	if (f)
		pclose(f);
	is(got.data, want.data, "arguments arrive through a shell as they are");
	buf_reset(&line);
	remote_quote(&line, "10.0.0.1/24");
	is(line.data, "10.0.0.1/24", "plain words stay readable");
}

int main(void)
{
	greetings();
	answers();
	nonsense();
	sizes();
	interrupts();
	quoting();
	return tap_done();
}
