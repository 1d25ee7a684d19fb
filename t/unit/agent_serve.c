/* SPDX-License-Identifier: MIT */
/*
 * The agent's conversation, over pipes, with operations made for the test.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/node/agent.h"
#include "t/lib/tap.h"

#define WAIT_MS 120000 /* for who hangs; machines are slow at times */

static int op_echo(const struct doc *req, struct json *j, struct err *reterr)
{
	(void)reterr;
	json_kstr(j, "said", doc_str(req, "say", NULL));
	return 0;
}

static int op_fail(const struct doc *req, struct json *j, struct err *reterr)
{
	(void)req;
	json_kstr(j, "half", "done");
	return err_set(reterr, -ENOENT, "there is no \"thing\"");
}

static int op_big(const struct doc *req, struct json *j, struct err *reterr)
{
	int64_t i, n = doc_int(req, "n", 0);

	(void)reterr;
	json_key(j, "much");
	json_arr(j);
	for (i = 0; i < n; i++)
		json_str(j, "0123456789012345678901234567890123456789");
	json_arr_end(j);
	return 0;
}

/* Until "stop", or ms milliseconds. */
static int op_wait(const struct doc *req, struct json *j, struct err *reterr)
{
	struct pollfd p = {.fd = agent_stop_fd(), .events = POLLIN};

	(void)reterr;
	json_kbool(j, "stopped", poll(&p, 1, (int)doc_int(req, "ms", -1)) > 0);
	json_kint(j, "pid", getpid());
	return 0;
}

/* Deaf to "stop": only being killed ends it. */
static int op_deaf(const struct doc *req, struct json *j, struct err *reterr)
{
	(void)req;
	(void)j;
	(void)reterr;
	alarm(30); /* should the test find that it is not */
	while (pause() < 0)
		;
	return 0;
}

static int op_slow(const struct doc *req, struct json *j, struct err *reterr)
{
	(void)req;
	(void)reterr;
	clock_sleep_ms(300);
	json_kbool(j, "done", true);
	return 0;
}

static int op_crash(const struct doc *req, struct json *j, struct err *reterr)
{
	(void)req;
	(void)j;
	(void)reterr;
	raise(SIGKILL);
	return 0;
}

static int op_exit(const struct doc *req, struct json *j, struct err *reterr)
{
	(void)req;
	(void)j;
	(void)reterr;
	_exit(3);
}

static const struct agent_op ops[] = {
	{"echo", op_echo, false, NULL},  {"slow", op_slow, false, NULL},
	{"fail", op_fail, false, NULL},  {"big", op_big, false, NULL},
	{"wait", op_wait, true, NULL},   {"pecho", op_echo, true, NULL},
	{"pfail", op_fail, true, NULL},  {"pbig", op_big, true, NULL},
	{"crash", op_crash, true, NULL}, {"exit", op_exit, true, NULL},
	{"deaf", op_deaf, true, NULL},   {NULL, NULL, false, NULL},
};

/* An agent in a process of its own, and this side's ends of its pipes. */
struct talk {
	int pid, to, from;
	struct buf in;
	struct arena a;
};

static void talk_begin(struct talk *t)
{
	int to[2], from[2];

	*t = (struct talk){0};
	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		return;
	t->pid = fork();
	if (t->pid == 0) {
		struct err err = {.msg = ""};

		close(to[1]);
		close(from[0]);
		signal(SIGPIPE, SIG_DFL);
		_exit(agent_serve(to[0], from[1], ops, &err) == 0 ? 0 : 1);
	}
	close(to[0]);
	close(from[1]);
	t->to = to[1];
	t->from = from[0];
}

static void say(struct talk *t, const char *text)
{
	if (write(t->to, text, strlen(text)) != (ssize_t)strlen(text))
		tap_diag("cannot write: %s", strerror(errno));
}

/* The next line as a tree, or NULL: none in time, or the end. */
static const struct doc *hear(struct talk *t)
{
	struct pollfd p = {.fd = t->from, .events = POLLIN};
	struct doc *root = NULL;
	char *nl;
	ssize_t n;

	while (!t->in.len || !(nl = memchr(t->in.data, '\n', t->in.len))) {
		if (poll(&p, 1, WAIT_MS) <= 0)
			return NULL;
		n = read(t->from, buf_room(&t->in, 65536), 65536);
		if (n <= 0)
			return NULL;
		t->in.len += (size_t)n;
	}
	if (doc_parse_line(&t->a, t->in.data, (size_t)(nl - t->in.data), &root,
			   NULL) < 0)
		root = NULL;
	buf_drop(&t->in, (size_t)(nl - t->in.data) + 1);
	return root;
}

/* Ends the input; returns the agent's exit status, -1 where it hangs. */
static int talk_end(struct talk *t)
{
	struct mono until = mono_add(clock_mono(), WAIT_MS * NS_PER_MS);
	int status = -1;

	if (t->to >= 0)
		close(t->to);
	while (waitpid(t->pid, &status, WNOHANG) == 0) {
		if (mono_before(until, clock_mono())) {
			kill(t->pid, SIGKILL);
			waitpid(t->pid, &status, 0);
			break;
		}
		clock_sleep_ms(5);
	}
	close(t->from);
	buf_release(&t->in);
	arena_release(&t->a);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void refused(const struct doc *d, int64_t id, int code,
		    const char *words, const char *name)
{
	const char *error = doc_str(d, "error", "");

	if (!ok(d && !doc_bool(d, "ok", true) && doc_int(d, "id", -1) == id &&
			doc_int(d, "errno", 0) == code && strstr(error, words),
		"%s", name))
		tap_diag("id %lld, errno %lld, %s",
			 (long long)doc_int(d, "id", -1),
			 (long long)doc_int(d, "errno", 0), error);
}

static void greeting_and_answers(void)
{
	const struct doc *d;
	struct talk t;

	talk_begin(&t);
	d = hear(&t);
	is_int(doc_int(d, "labctl-agent", 0), AGENT_PROTOCOL,
	       "the greeting tells the protocol");
	is(doc_str(d, "version", ""), LABCTL_VERSION, "and the version");
	is_int(doc_int(d, "pid", 0), t.pid, "and the process");
	say(&t, "{\"id\": 1, \"op\": \"echo\", \"say\": \"a\\nb\"}\n");
	d = hear(&t);
	ok(doc_bool(d, "ok", false) && doc_int(d, "id", 0) == 1,
	   "an answer carries the request's id");
	is(doc_str(d, "said", ""), "a\nb", "a line break stays inside a text");
	say(&t, "{\"id\": 2, \"op\": \"fail\"}\n");
	d = hear(&t);
	refused(d, 2, ENOENT, "there is no \"thing\"", "an error has words");
	ok(!doc_get(d, "half"), "and what was written before is dropped");
	say(&t, "id: 3\n");
	refused(hear(&t), 3, EBADMSG, "needs 'id'", "a request without op");
	say(&t, "\n  \n{op: echo, id: 4}\r\n");
	is_int(doc_int(hear(&t), "id", 0), 4,
	       "empty lines are nothing; YAML in one line will do");
	say(&t, "{\"id\": 5, \"op\": \"echo\"}\n{\"id\": 6, \"op\": \"echo\"}"
		"\n{\"id\": 7, ");
	is_int(doc_int(hear(&t), "id", 0), 5, "two requests in one write");
	is_int(doc_int(hear(&t), "id", 0), 6, "both are answered in order");
	say(&t, "\"op\": \"echo\"}\n");
	is_int(doc_int(hear(&t), "id", 0), 7, "half a line is waited for");
	is_int(talk_end(&t), 0, "the end of input ends the agent");
}

static void garbage(void)
{
	static const struct {
		const char *name, *text;
	} lines[] = {
		{"not YAML", "{{{{\n"},
		{"a list", "[1, 2, 3]\n"},
		{"a word", "hello\n"},
		{"bytes that are not text", "\xff\xfe\x01\n"},
		{"an id below 1", "{\"id\": -4, \"op\": \"echo\"}\n"},
		{"an id that is no number", "{\"id\": [], \"op\": \"echo\"}\n"},
		{"an op that is a list", "{\"id\": 0, \"op\": []}\n"},
		{"two documents", "{} --- {}\n"},
	};
	struct talk t;
	size_t i;

	talk_begin(&t);
	(void)hear(&t);
	for (i = 0; i < ARRAY_LEN(lines); i++) {
		say(&t, lines[i].text);
		refused(hear(&t), 0, EBADMSG, "", lines[i].name);
	}
	if (write(t.to, "a\0b\n", 4) == 4)
		refused(hear(&t), 0, EBADMSG, "NUL", "a NUL byte");
	say(&t, "{\"id\": 8, \"op\": \"ecko\"}\n");
	refused(hear(&t), 8, ENOSYS, "did you mean 'echo'", "an unknown op");
	say(&t, "{\"id\": 9, \"op\": \"zzzzzzzz\"}\n");
	refused(hear(&t), 9, ENOSYS, "no operation", "one like no other");
	say(&t, "{\"id\": 10, \"op\": \"echo\", \"say\": \"on\"}\n");
	is(doc_str(hear(&t), "said", ""), "on", "and it still serves");
	is_int(talk_end(&t), 0, "and ends well");
}

static void not_our_protocol(void)
{
	struct talk t;
	int i;

	talk_begin(&t);
	(void)hear(&t);
	for (i = 0; i < 100; i++)
		say(&t, "EHLO example.org\n");
	for (i = 0; hear(&t); i++)
		;
	is_int(i, 100, "each line of nonsense is answered");
	is_int(talk_end(&t), 1, "a hundred in a row end it with an error");
}

static void long_lines(void)
{
	static char chunk[1 << 20];
	size_t i;
	struct talk t;

	talk_begin(&t);
	(void)hear(&t);
	memset(chunk, 'x', sizeof(chunk) - 1);
	for (i = 0; i < 18; i++)
		say(&t, chunk);
	say(&t, "\n{\"id\": 1, \"op\": \"echo\"}\n");
	refused(hear(&t), 0, EMSGSIZE, "longer", "a line over the limit");
	is_int(doc_int(hear(&t), "id", 0), 1, "the next line is served");
	say(&t, "{\"id\": 2, \"op\": \"big\", \"n\": 500000}\n");
	refused(hear(&t), 2, EMSGSIZE, "longer", "an answer over the limit");
	say(&t, "{\"id\": 3, \"op\": \"pbig\", \"n\": 500000}\n");
	refused(hear(&t), 3, EMSGSIZE, "longer", "and a child's");
	say(&t, "{\"id\": 4, \"op\": \"pbig\", \"n\": 100000}\n");
	is_int(doc_len(doc_get(hear(&t), "much")), 100000,
	       "a child's answer of 4 MB comes whole");
	is_int(talk_end(&t), 0, "and ends well");
}

static void parallel(void)
{
	const struct doc *d;
	struct talk t;
	int64_t pid;

	talk_begin(&t);
	(void)hear(&t);
	say(&t, "{\"id\": 1, \"op\": \"wait\"}\n"
		"{\"id\": 2, \"op\": \"pecho\", \"say\": \"hi\"}\n");
	d = hear(&t);
	ok(doc_int(d, "id", 0) == 2 && doc_str(d, "said", NULL),
	   "one goes on while another answers");
	say(&t, "{\"id\": 1, \"op\": \"wait\"}\n");
	refused(hear(&t), 1, EEXIST, "going on", "an id that is in use");
	say(&t, "{\"id\": 3, \"op\": \"stop\", \"of\": 1}\n");
	d = hear(&t);
	ok(doc_int(d, "id", 0) == 3 && doc_bool(d, "found", false),
	   "stop is answered");
	d = hear(&t);
	ok(doc_int(d, "id", 0) == 1 && doc_bool(d, "stopped", false),
	   "and the operation finishes with what it has");
	ok(doc_int(d, "pid", 0) != t.pid, "it was a process of its own");
	say(&t, "{\"id\": 4, \"op\": \"stop\", \"of\": 1}\n");
	d = hear(&t);
	ok(doc_bool(d, "ok", false) && !doc_bool(d, "found", true),
	   "stopping what has finished is no error");
	say(&t, "{\"id\": 5, \"op\": \"pfail\"}\n");
	refused(hear(&t), 5, ENOENT, "thing", "a child's error");
	say(&t, "{\"id\": 6, \"op\": \"crash\"}\n");
	refused(hear(&t), 6, ECHILD, "signal 9", "a child that is killed");
	say(&t, "{\"id\": 7, \"op\": \"exit\"}\n");
	refused(hear(&t), 7, ECHILD,
		"without an answer, after 0 bytes, with exit status 3",
		"one that exits");
	say(&t, "{\"id\": 8, \"op\": \"wait\", \"ms\": 1}\n");
	pid = doc_int(hear(&t), "pid", 0);
	ok(kill((pid_t)pid, 0) < 0 && errno == ESRCH,
	   "a child that has answered is gone");
	is_int(talk_end(&t), 0, "and ends well");
}

static void too_many(void)
{
	char line[64];
	struct talk t;
	int i, answers = 0;

	talk_begin(&t);
	(void)hear(&t);
	for (i = 1; i <= AGENT_CHILDREN_MAX + 1; i++) {
		snprintf(line, sizeof(line), "{\"id\": %d, \"op\": \"wait\"}\n",
			 i);
		say(&t, line);
	}
	refused(hear(&t), AGENT_CHILDREN_MAX + 1, EAGAIN, "too many",
		"one child too many");
	for (i = AGENT_CHILDREN_MAX; i >= 1; i--) {
		snprintf(line, sizeof(line),
			 "{\"id\": 1000, \"op\": \"stop\", \"of\": %d}\n", i);
		say(&t, line);
	}
	for (i = 0; i < 2 * AGENT_CHILDREN_MAX; i++)
		answers += doc_bool(hear(&t), "ok", false);
	is_int(answers, 2 * AGENT_CHILDREN_MAX, "all of them are stopped");
	is_int(talk_end(&t), 0, "and ends well");
}

/* Whether a process ends within the time. */
static bool goes(int64_t pid)
{
	int i;

	for (i = 0; i < WAIT_MS / 5; i++) {
		if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
			return true;
		clock_sleep_ms(5);
	}
	return false;
}

static int64_t child_of(int pid)
{
	char path[64], text[32] = "";
	int i;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	for (i = 0; i < WAIT_MS / 5; i++) {
		auto_fclose FILE *c = fopen(path, "re");

		if (c && fgets(text, sizeof(text), c))
			return strtoll(text, NULL, 10);
		clock_sleep_ms(5);
	}
	return 0;
}

static void dies(void)
{
	struct talk t;
	int64_t pid;

	talk_begin(&t);
	(void)hear(&t);
	say(&t, "{\"id\": 1, \"op\": \"deaf\"}\n");
	pid = child_of(t.pid);
	ok(pid > 0, "a child waits");
	is_int(talk_end(&t), 0, "the end of input does not wait for it");
	ok(goes(pid), "and ends it");
	talk_begin(&t);
	(void)hear(&t);
	say(&t, "{\"id\": 1, \"op\": \"deaf\"}\n");
	pid = child_of(t.pid);
	kill(t.pid, SIGKILL);
	(void)talk_end(&t);
	ok(pid > 0 && goes(pid), "a child goes when the agent is killed");
	talk_begin(&t);
	(void)hear(&t);
	say(&t, "{\"id\": 1, \"op\": \"slow\"}\n");
	clock_sleep_ms(50);
	close(t.from);
	t.from = -1;
	is_int(talk_end(&t), 0, "nobody reads the answer: no SIGPIPE");
	talk_begin(&t);
	(void)hear(&t);
	say(&t, "{\"id\": 1, \"op\": \"deaf\"}\n");
	pid = child_of(t.pid);
	close(t.from);
	t.from = -1;
	ok(goes(pid), "nobody reads any more: the children go at once");
	(void)talk_end(&t);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	greeting_and_answers();
	garbage();
	not_our_protocol();
	long_lines();
	parallel();
	too_many();
	dies();
	return tap_done();
}
