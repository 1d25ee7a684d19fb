/* SPDX-License-Identifier: MIT */
/* Asking a fabric, and hearing its answer: lines of JSON (fabric.c). */
#include "provision/emul/ask.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/auto.h"
#include "provision/fabric/request.h"
#include "topologies/links.h"

static void send_all(int fd, const struct buf *b)
{
	size_t done = 0;
	ssize_t n;

	/* What cannot be sent is told by the answer that does not come. */
	while (done < b->len) {
		n = send(fd, b->data + done, b->len - done, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			done += (size_t)n;
	}
}

const char *emul_program(struct arena *a)
{
	char path[PATH_MAX];
	const char *name;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return "labctl";
	path[n] = '\0';
	name = strrchr(path, '/') + 1;
	/* "labctl (deleted)": the file was replaced since. */
	return arena_strndup(a, name, strcspn(name, " "));
}

void emul_ask(int fd, enum emul_op op, const struct lab *lab,
	      const struct emul_keys *keys)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0}, links = {0};
	struct emul_request q = {.apply = op != EMUL_OP_PLAN,
				 .wires = op == EMUL_OP_WIRES,
				 .program = emul_program(&a),
				 .text_len = lab->text_len};

	topo_links_laid(lab, &links);
	q.links = links.data;
	if (keys)
		q.keys = *keys;
	emul_request_print(&q, lab->text, &b);
	send_all(fd, &b);
}

/* Next line into line; the rest stays in c->in. */
static int next_line(struct emul_talk *c, struct buf *line, struct err *reterr)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	size_t len;
	ssize_t n;
	int r;

	buf_reset(line);
	for (;;) {
		r = line_find(&c->next, &c->in, EMUL_LINE_MAX, &len);
		if (r > 0) {
			buf_add(line, c->in.data, len);
			line_drop(&c->next, &c->in, len);
			return 0;
		}
		if (r < 0)
			return err_set(reterr, -E2BIG, "an answer too long");
		r = poll(&p, 1, EMUL_ANSWER_MS);
		if (r == 0)
			return err_set(reterr, -ETIMEDOUT,
				       "the lab's fabric did not answer in "
				       "%d s",
				       EMUL_ANSWER_MS / 1000);
		n = r < 0 ? -1 : recv(c->fd, buf_room(&c->in, 65536), 65536, 0);
		if (n < 0 && errno == EINTR)
			return err_set(reterr, -EINTR, "interrupted");
		if (n <= 0)
			return err_set(reterr, -ECONNRESET,
				       "the lab's fabric died");
		c->in.len += (size_t)n;
	}
}

static void hear_line(struct emul_talk *c, const struct doc *d)
{
	const char *node = doc_str(d, "node", NULL);
	const char *what = doc_str(d, "what", "");

	if (doc_is_null(doc_get(d, "node")))
		node = NULL;
	if (c->progress)
		c->progress(c->ctx, node, what);
	if (c->arena) {
		const char **to = arena_push(c->arena, &c->lines, &c->nlines,
					     sizeof(*to));

		*to = arena_printf(c->arena, "%s %s%s%s",
				   doc_str(d, "sign", "+"), node ? node : "",
				   node ? ": " : "", what);
	}
}

int emul_hear(struct emul_talk *c, struct arena *a, const struct doc **ret,
	      struct err *reterr)
{
	auto_buf struct buf line = {0};
	struct doc *d;
	int r;

	for (;;) {
		r = next_line(c, &line, reterr);
		if (r < 0)
			return r;
		r = doc_parse_line(a, line.data, line.len, &d, reterr);
		if (r < 0)
			return r;
		if (!doc_get(d, "ok")) {
			hear_line(c, d);
			continue;
		}
		*ret = d;
		if (doc_bool(d, "ok", false))
			return 0;
		r = -(int)doc_int(d, "errno", EIO);
		return err_set(reterr, r < 0 ? r : -EIO, "%s",
			       doc_str(d, "error", "the fabric failed"));
	}
}

int emul_connect(const char *lab, struct err *reterr)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(reterr, -errno, "socket");
	memcpy(sa.sun_path + 1, EMUL_SOCKET, strlen(EMUL_SOCKET));
	if (connect(fd, (struct sockaddr *)&sa, EMUL_SOCKET_LEN) < 0)
		return err_sys(reterr, -errno, "ask the fabric of %s", lab);
	return take_fd(&fd);
}
