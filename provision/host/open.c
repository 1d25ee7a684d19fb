/* SPDX-License-Identifier: MIT */
/*
 * An agent at the other end of an SSH session: its lines are the session's
 * stdin and stdout, and what it says on stderr is kept for the moment when
 * it ends and somebody asks why.
 */
#include <errno.h>

#include "lib/clock.h"
#include "provision/target.h"
#include "provision/host/ssh.h"

static int ended(struct ssh_link *l, struct err *reterr)
{
	int r = ssh_link_finish(l, reterr);

	if (r < 0)
		return r;
	if (*l->signal)
		return err_set(reterr, -ECONNRESET,
			       "its agent was killed by SIG%s", l->signal);
	if (l->status >= 0)
		return err_set(reterr, -ECONNRESET,
			       "its agent ended with exit status %d",
			       l->status);
	return err_set(reterr, -ECONNRESET, "its agent ended");
}

/* What has arrived, to where the protocol wants it: bytes, or an error. */
static int move_in(struct ssh_link *l, struct remote_bytes *b,
		   struct err *reterr)
{
	int r = ssh_link_process(l, reterr);
	size_t n = l->data[0].len + l->data[1].len;

	if (l->data[1].len)
		remote_add_words(&b->words, l->data[1].data, l->data[1].len);
	if (l->data[0].len)
		buf_add(&b->in, l->data[0].data, l->data[0].len);
	buf_reset(&l->data[0]);
	buf_reset(&l->data[1]);
	/* What came before the end comes before the news of the end. */
	return n ? 1 : r;
}

static int move_out(struct ssh_link *l, struct remote_bytes *b,
		    struct err *reterr)
{
	int n;

	if (l->eof || b->sent == b->out.len)
		return 0;
	n = ssh_link_write(l, b->out.data + b->sent, b->out.len - b->sent,
			   reterr);
	if (n > 0)
		b->sent += (size_t)n;
	return n;
}

static int moves(struct ssh_link *l, struct remote_bytes *b,
		 struct mono deadline, struct err *reterr)
{
	int in, out, r;

	for (;;) {
		/* Writing may read too: what it read is taken after it. */
		out = move_out(l, b, reterr);
		in = move_in(l, b, reterr);
		if (in > 0)
			return 0;
		if (in < 0 || out < 0)
			return in < 0 ? in : out;
		if (out > 0)
			return 0;
		if (l->eof)
			return ended(l, reterr);
		r = ssh_link_wait(l, NULL, 0, deadline, reterr);
		if (r < 0)
			return r;
	}
}

static int io_move(struct remote_io *io, struct remote_bytes *b,
		   struct mono deadline, struct err *reterr)
{
	return moves((struct ssh_link *)io, b, deadline, reterr);
}

static void io_close(struct remote_io *io)
{
	ssh_link_close((struct ssh_link *)io);
}

int remote_open(struct remote **ret, const struct remote_target *t,
		struct err *reterr)
{
	struct mono deadline =
		mono_add(clock_mono(), remote_connect_ms * NS_PER_MS);
	struct ssh_link *l = NULL;
	int r;

	r = ssh_link_open(&l, t, deadline, reterr);
	if (r < 0)
		return r;
	r = ssh_link_exec(l, t->agent, deadline, reterr);
	if (r < 0) {
		ssh_link_close(l);
		return r;
	}
	l->io = (struct remote_io){.move = io_move, .close = io_close};
	return remote_start(ret, t->name, &l->io, deadline, reterr);
}
