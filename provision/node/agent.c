/* SPDX-License-Identifier: MIT */
/*
 * The agent's loop
 * ================
 * One thread, one poll. A request is a line; what runs in the agent itself
 * answers before the next line is read. A parallel operation is a fork: the
 * child builds its whole answer and writes it to a pipe, the agent collects
 * pipes and passes an answer on when its child has closed it, so that lines
 * never mix and a slow reader holds up nobody but itself.
 *
 * A child dies with the agent (PR_SET_PDEATHSIG) and the agent with its
 * session: end of input, or an output that nobody reads. A child learns of
 * "stop" by a byte in a pipe, which it polls beside its own work.
 *
 * What comes in may be anything: a line that is no request is answered with
 * an error, one over the limit is passed over to its end and answered with an
 * error, and only NONSENSE_MAX such lines in a row end the conversation.
 */
#include "provision/node/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/line.h"
#include "lib/mem.h"
#include "lib/parse.h"
#include "lib/process/process.h"

#define READ_BYTES 65536
#define NONSENSE_MAX 100
#define OPS_MAX 64
#define CHILD_MUTE 99 /* exit status of one that could not write its answer */

struct child {
	int pid, from, stop;
	int64_t id;
	struct buf out;
};

struct agent {
	int in, out;
	const struct agent_op *ops;
	struct buf line;  /* what was read and not yet handled */
	struct line next; /* of it */
	bool skipping;    /* inside a line over the limit */
	unsigned nonsense;
	struct child children[AGENT_CHILDREN_MAX];
	size_t nchildren;
};

/* In a child: where "stop" arrives. */
static int stop_fd = -1;

int agent_stop_fd(void)
{
	return stop_fd;
}

/* --- answers -------------------------------------------------------------- */

static int write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len; data += n, len -= (size_t)n) {
		n = write(fd, data, len);
		if (n >= 0)
			continue;
		n = 0;
		if (errno == EAGAIN) {
			struct pollfd p = {.fd = fd, .events = POLLOUT};

			(void)poll(&p, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

static void begin(struct json *j, struct buf *out, int64_t id, bool ok)
{
	buf_reset(out);
	json_init(j, out, 0);
	json_obj(j);
	json_kint(j, "id", id);
	json_kbool(j, "ok", ok);
}

static void end(struct json *j)
{
	json_obj_end(j);
	buf_addc(j->out, '\n');
}

static void refusal(struct buf *out, int64_t id, int code, const char *why)
{
	struct json j;

	begin(&j, out, id, false);
	json_kstr(&j, "error", why);
	json_kint(&j, "errno", -code);
	end(&j);
}

static int refuse(struct agent *g, int64_t id, int code, const char *why)
{
	auto_buf struct buf out = {0};

	refusal(&out, id, code, why);
	return write_all(g->out, out.data, out.len);
}

/* Does an operation; out is the whole answer, whatever it is. */
static void perform(const struct agent_op *op, const struct doc *req,
		    int64_t id, struct buf *out)
{
	struct err err = {.msg = "it failed without words"};
	struct json j;
	int e;

	begin(&j, out, id, true);
	e = op->fn(req, &j, &err);
	if (e < 0) {
		refusal(out, id, e, err.msg);
		return;
	}
	end(&j);
	if (out->len > AGENT_LINE_MAX)
		refusal(out, id, -EMSGSIZE,
			"the answer is longer than the protocol allows");
}

/* --- children ------------------------------------------------------------- */

/* Closes the session's descriptors without freeing their numbers: what the
 * operation opens shall not be taken for its standard input or output. */
static int leave_session(const struct agent *g, struct err *reterr)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup3(null, g->in, O_CLOEXEC) < 0 ||
	    dup3(null, g->out, O_CLOEXEC) < 0)
		return err_sys(reterr, -errno,
			       "/dev/null, for the operation to stand on");
	close(null);
	return 0;
}

static void in_child(struct agent *g, const struct agent_op *op,
		     const struct doc *req, int64_t id, int to, int parent)
{
	struct buf out = {0};
	struct err err;
	size_t i;
	int e;

	/* The agent's end: then nobody is left to tell anything. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	e = leave_session(g, &err);
	for (i = 0; i < g->nchildren; i++) {
		close(g->children[i].from);
		close(g->children[i].stop);
	}
	if (e == 0)
		perform(op, req, id, &out);
	else
		refusal(&out, id, e, err.msg);
	e = write_all(to, out.data, out.len);
	_exit(e < 0 ? CHILD_MUTE : 0);
}

static int spawn(struct agent *g, const struct agent_op *op,
		 const struct doc *req, int64_t id)
{
	auto_close int from = -1, to = -1, stop_in = -1, stop_out = -1;
	int answer[2], stop[2], parent = getpid(), pid;
	struct child *c;
	size_t i;

	for (i = 0; i < g->nchildren; i++)
		if (g->children[i].id == id)
			return refuse(g, id, -EEXIST,
				      "an operation with this id is going on");
	if (g->nchildren == AGENT_CHILDREN_MAX)
		return refuse(g, id, -EAGAIN, "too many operations at a time");
	if (pipe2(answer, O_CLOEXEC) < 0)
		return refuse(g, id, -errno, "no pipe for the operation");
	from = answer[0];
	to = answer[1];
	if (pipe2(stop, O_CLOEXEC | O_NONBLOCK) < 0)
		return refuse(g, id, -errno, "no pipe for the operation");
	stop_in = stop[0];
	stop_out = stop[1];
	if (op->before)
		op->before();
	pid = fork();
	if (pid < 0)
		return refuse(g, id, -errno, "no process for the operation");
	if (pid == 0) {
		close(from);
		close(stop_out);
		stop_fd = stop_in;
		in_child(g, op, req, id, to, parent);
	}
	c = &g->children[g->nchildren++];
	*c = (struct child){.pid = pid,
			    .id = id,
			    .from = take_fd(&from),
			    .stop = take_fd(&stop_out)};
	return 0;
}

static void reap(struct agent *g, struct child *c, int *ret_status)
{
	while (waitpid(c->pid, ret_status, 0) < 0 && errno == EINTR)
		;
	close(c->from);
	close(c->stop);
	buf_release(&c->out);
	*c = g->children[--g->nchildren];
}

/* The child has closed its pipe: its answer is whole, or it died. */
static int finish(struct agent *g, struct child *c)
{
	auto_buf struct buf out = c->out;
	int64_t id = c->id;
	int status = 0;
	char why[160];

	c->out = (struct buf){0};
	reap(g, c, &status);
	if (out.len && out.data[out.len - 1] == '\n')
		return write_all(g->out, out.data, out.len);
	if (WIFSIGNALED(status))
		snprintf(why, sizeof(why),
			 "the operation was ended by signal %d",
			 WTERMSIG(status));
	else
		snprintf(why, sizeof(why),
			 "the operation ended without an answer, after %zu "
			 "bytes, with exit status %d%s",
			 out.len, WEXITSTATUS(status),
			 WEXITSTATUS(status) == CHILD_MUTE
				 ? ": it could not write to the agent"
				 : "");
	return refuse(g, id, -ECHILD, why);
}

static int collect(struct agent *g, struct child *c)
{
	ssize_t n;

	n = read(c->from, buf_room(&c->out, READ_BYTES), READ_BYTES);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0)
		return finish(g, c);
	c->out.len += (size_t)n;
	c->out.data[c->out.len] = '\0';
	/* The child keeps to the limit itself; this is for one gone mad. */
	if (c->out.len > AGENT_LINE_MAX + 1) {
		kill(c->pid, SIGKILL);
		buf_reset(&c->out);
	}
	return 0;
}

static void end_children(struct agent *g)
{
	int status;
	size_t i;

	for (i = 0; i < g->nchildren; i++)
		kill(g->children[i].pid, SIGKILL);
	while (g->nchildren)
		reap(g, &g->children[g->nchildren - 1], &status);
}

/* --- requests ------------------------------------------------------------- */

static int stop(struct agent *g, const struct doc *req, int64_t id)
{
	auto_buf struct buf out = {0};
	int64_t of = doc_int(req, "of", -1);
	bool found = false;
	struct json j;
	size_t i;

	for (i = 0; i < g->nchildren; i++) {
		if (g->children[i].id != of)
			continue;
		found = true;
		/* Full: it was told often enough. */
		(void)!write(g->children[i].stop, "", 1);
	}
	/* Not found is no error: it may just have finished by itself. */
	begin(&j, &out, id, true);
	json_kbool(&j, "found", found);
	end(&j);
	return write_all(g->out, out.data, out.len);
}

static int unknown_op(struct agent *g, int64_t id, const char *name)
{
	const char *names[OPS_MAX + 1], *near;
	struct err err;
	size_t n = 0;

	for (; n < OPS_MAX && g->ops[n].name; n++)
		names[n] = g->ops[n].name;
	names[n++] = "stop";
	near = parse_nearest(name, names, n);
	err_set(&err, -ENOSYS, "no operation '%.64s'%s%s%s", name,
		near ? "; did you mean '" : "", near ? near : "",
		near ? "'?" : "");
	return refuse(g, id, -ENOSYS, err.msg);
}

static int nonsense(struct agent *g, int64_t id, int code, const char *why)
{
	g->nonsense++;
	return refuse(g, id, code, why);
}

static int request(struct agent *g, const char *text, size_t len)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf out = {0};
	const struct agent_op *op;
	struct doc *req = NULL;
	const char *name;
	struct err err;
	int64_t id;

	if (doc_parse_line(&a, text, len, &req, &err) < 0)
		return nonsense(g, 0, -EBADMSG, err.msg);
	id = doc_int(req, "id", 0);
	name = doc_str(req, "op", NULL);
	if (!name || id < 1)
		return nonsense(g, id > 0 ? id : 0, -EBADMSG,
				"a request needs 'id', a number from 1, and "
				"'op'");
	g->nonsense = 0;
	if (strcmp(name, "stop") == 0)
		return stop(g, req, id);
	for (op = g->ops; op->name; op++)
		if (strcmp(op->name, name) == 0)
			break;
	if (!op->name)
		return unknown_op(g, id, name);
	if (op->parallel)
		return spawn(g, op, req, id);
	perform(op, req, id, &out);
	return write_all(g->out, out.data, out.len);
}

static bool blank(const char *s, size_t len)
{
	return strspn(s, " \t\r") >= len;
}

/* Handles the whole lines that have arrived. */
static int lines(struct agent *g)
{
	char *text;
	size_t len;
	int e = 0;

	while (e == 0 && g->nonsense < NONSENSE_MAX &&
	       (text = line_next(&g->next, &g->line, &len))) {
		if (g->skipping)
			g->skipping = false;
		else if (len > AGENT_LINE_MAX)
			e = nonsense(g, 0, -EMSGSIZE,
				     "the line is longer than the protocol "
				     "allows");
		else if (!blank(text, len))
			e = request(g, text, len);
	}
	if (e < 0)
		return e;
	if (g->line.len > AGENT_LINE_MAX) {
		buf_reset(&g->line);
		g->next = (struct line){0};
		if (!g->skipping)
			e = nonsense(g, 0, -EMSGSIZE,
				     "the line is longer than the protocol "
				     "allows");
		g->skipping = true;
	}
	return e;
}

/* Returns 1 at the end of input. */
static int receive(struct agent *g)
{
	ssize_t n;

	n = read(g->in, buf_room(&g->line, READ_BYTES), READ_BYTES);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return 1;
	g->line.len += (size_t)n;
	return lines(g);
}

static int turn(struct agent *g)
{
	struct pollfd p[AGENT_CHILDREN_MAX + 2];
	size_t i, n = g->nchildren;
	int e;

	p[0] = (struct pollfd){.fd = g->in, .events = POLLIN};
	/* No events: only that the other side has gone is told. */
	p[1] = (struct pollfd){.fd = g->out};
	for (i = 0; i < n; i++)
		p[i + 2] = (struct pollfd){.fd = g->children[i].from,
					   .events = POLLIN};
	if (poll(p, n + 2, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	/* From the last one: finish() moves the last into the free place. */
	for (i = n; i-- > 0;) {
		if (!p[i + 2].revents)
			continue;
		e = collect(g, &g->children[i]);
		if (e < 0)
			return e;
	}
	if (p[1].revents & (POLLERR | POLLNVAL))
		return 1;
	return p[0].revents ? receive(g) : 0;
}

static int greet(struct agent *g)
{
	auto_buf struct buf out = {0};
	char host[256] = "";
	struct json j;

	gethostname(host, sizeof(host) - 1);
	json_init(&j, &out, 0);
	json_obj(&j);
	json_kint(&j, "labctl-agent", AGENT_PROTOCOL);
	json_kstr(&j, "version", LABCTL_VERSION);
	json_kstr(&j, "host", host);
	json_kint(&j, "pid", getpid());
	end(&j);
	return write_all(g->out, out.data, out.len);
}

int agent_serve(int in, int out, const struct agent_op *ops, struct err *reterr)
{
	struct agent *g = mem_zero(1, sizeof(*g));
	int e;

	g->in = in;
	g->out = out;
	g->ops = ops;
	signal(SIGPIPE, SIG_IGN);
	process_raise_files(); /* two a child */
	e = greet(g);
	while (e == 0 && g->nonsense < NONSENSE_MAX)
		e = turn(g);
	if (g->nonsense >= NONSENSE_MAX)
		e = err_set(reterr, -EPROTO,
			    "%d lines in a row were no requests: the other "
			    "side does not speak the agent's protocol",
			    NONSENSE_MAX);
	else if (e == -EPIPE || e == -ECONNRESET || e > 0)
		e = 0; /* the session is over */
	else if (e < 0)
		err_sys(reterr, e, "the agent's session");
	end_children(g);
	buf_release(&g->line);
	free(g);
	return e;
}
