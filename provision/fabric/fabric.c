/* SPDX-License-Identifier: MIT */
/*
 * The fabric: PID 1 of a lab
 * ==========================
 * It holds the namespace in which bridges play the physical networks, and is
 * the parent of all nodes. It does one thing: make what runs equal to what it
 * is asked for, or say what it would do. A request (request.c: the lab's own
 * text, and keys) comes on an abstract socket that exists in the fabric's
 * network namespace only (so only who may enter that can ask), or on the
 * connection that the first labctl left it with.
 *
 * The answers are lines: any number of {"sign", "node", "what"}, then one
 * {"ok": true, "changes", "client_key", "client_pub", "pubs": {NODE: KEY}} or
 * {"ok": false, "errno", "error"}.
 *
 * labctl can be killed at any moment: the fabric has read a request whole
 * before it begins, and finishes without a listener. Keys are the fabric's
 * once it has them: a lab outlives the loss of its state folder.
 *
 * The order within one request (converge.c): nodes that shall go or are
 * made otherwise are killed; bridges; nodes that lack; then node by node its
 * wires and the order to use them, so that one node's sshd starts while the
 * next one's wires are made.
 */
#include "provision/fabric/fabric.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/kernel/datapath.h"
#include "lib/line.h"
#include "lib/parse.h"
#include "provision/emul/ask.h"
#include "provision/emul/start.h"
#include "provision/emul/state.h"
#include "provision/emul/title.h"
#include "provision/fabric/converge.h"
#include "provision/fabric/mount.h"
#include "provision/fabric/net.h"
#include "provision/fabric/request.h"

#define REQUEST_MS 10000
#define OVERFLOW_UID 65534 /* /proc/sys/kernel/overflowuid */

struct client {
	int fd;
	bool gone; /* does not listen any more */
};

static void say(struct client *c, const struct buf *line)
{
	const char *p = line->data;
	size_t left = line->len;
	ssize_t n;

	while (left && !c->gone) {
		n = send(c->fd, p, left, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			c->gone = true;
			return;
		}
		p += n;
		left -= (size_t)n;
	}
}

static void tell(void *ctx, char sign, const char *node, const char *what)
{
	auto_buf struct buf b = {0};
	struct json j;

	json_init(&j, &b, 0);
	json_obj(&j);
	json_kstr(&j, "sign", (char[]){sign, '\0'});
	json_kstr(&j, "node", node);
	json_kstr(&j, "what", what);
	json_obj_end(&j);
	buf_addc(&b, '\n');
	say(ctx, &b);
}

static void refuse(struct client *c, const struct err *e)
{
	auto_buf struct buf b = {0};
	struct json j;

	json_init(&j, &b, 0);
	json_obj(&j);
	json_kbool(&j, "ok", false);
	json_kint(&j, "errno", -e->code);
	json_kstr(&j, "error", e->msg);
	json_obj_end(&j);
	buf_addc(&b, '\n');
	say(c, &b);
}

static void finish(struct client *c, const struct fabric *f, unsigned changes)
{
	auto_buf struct buf b = {0};
	struct json j;
	size_t i;

	json_init(&j, &b, 0);
	json_obj(&j);
	json_kbool(&j, "ok", true);
	json_kint(&j, "changes", changes);
	json_kstr(&j, "client_key", f->keys.client_key);
	json_kstr(&j, "client_pub", f->keys.client_pub);
	json_key(&j, "pubs");
	json_obj(&j);
	for (i = 0; i < f->keys.nnodes; i++)
		json_kstr(&j, f->keys.nodes[i].name, f->keys.nodes[i].pub);
	json_obj_end(&j);
	json_obj_end(&j);
	buf_addc(&b, '\n');
	say(c, &b);
}

/* Some more of what is sent; 0 at its end. */
static ssize_t receive(int fd, struct buf *b, struct err *reterr)
{
	ssize_t n;

	do
		n = recv(fd, buf_room(b, 65536), 65536, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(reterr, -errno, "read a request");
	b->len += (size_t)n;
	return n;
}

/* The first line, whose length with its end is returned; 0 where the input
 * ends before. */
static ssize_t read_line(int fd, struct buf *b, struct err *reterr)
{
	struct line next = {0};
	size_t len;
	ssize_t n;
	int found;

	while ((found = line_find(&next, b, EMUL_LINE_MAX, &len)) == 0) {
		n = receive(fd, b, reterr);
		if (n <= 0)
			return n;
	}
	if (found < 0)
		return err_set(reterr, -E2BIG, "a request too long");
	return (ssize_t)len + 1;
}

/* As many bytes behind it; 0 where the input ends before. */
static ssize_t read_text(int fd, struct buf *b, size_t from, size_t want,
			 struct err *reterr)
{
	ssize_t n;

	while (b->len - from < want) {
		n = receive(fd, b, reterr);
		if (n <= 0)
			return n;
	}
	return (ssize_t)want;
}

/* Nodes run agents from the folder in which the lab's first labctl was. */
static int program_there(const char *name, struct err *reterr)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), EMUL_BIN "/%s", name) <
		    (int)sizeof(path) &&
	    access(path, X_OK) == 0)
		return 0;
	if (errno == EACCES)
		return err_set(reterr, -EACCES,
			       "root in the lab's nodes may not run %s: the "
			       "folder and the file must be open to others "
			       "(chmod o+rx)",
			       name);
	return err_set(reterr, -ENOENT,
		       "the nodes of this lab cannot see %s any more: the "
		       "folder it was started from has gone or moved; bring it "
		       "down and up again",
		       name);
}

/* 0: nobody asked; 1: it was done. */
static int request(struct fabric *f, struct client *c, unsigned *ret_changes,
		   struct err *reterr)
{
	struct timeval tv = {.tv_sec = REQUEST_MS / 1000};
	auto_arena struct arena a = {0}, words = {0};
	auto_buf struct buf b = {0};
	struct emul_request q;
	struct emul_spec spec;
	ssize_t line, text;
	int r;

	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	line = read_line(c->fd, &b, reterr);
	if (line <= 0)
		return (int)line; /* whoever asked was killed before he could */
	if (f->setup.code < 0)
		return err_set(reterr, f->setup.code, "%s", f->setup.msg);
	r = emul_request_parse(&words, b.data, (size_t)line, &q, reterr);
	if (r < 0)
		return r;
	text = read_text(c->fd, &b, (size_t)line, q.text_len, reterr);
	if (text <= 0)
		return (int)text;
	r = emul_request_spec(&a, b.data + line, q.text_len,
			      datapath_in_kernel(), q.links, &spec, reterr);
	if (r < 0)
		return r;
	spec.owner = f->owner;
	r = program_there(q.program, reterr);
	if (r < 0)
		return r;
	/* Those that are known stay: running nodes have them. */
	if (q.apply)
		emul_keys_add(&f->own, &f->keys, &q.keys);
	r = fabric_converge(f, &spec, &a, q.wires ? FABRIC_WIRES : FABRIC_ALL,
			    q.apply, tell, c, ret_changes, reterr);
	return r < 0 ? r : 1;
}

static void serve(struct fabric *f, int fd)
{
	struct client c = {.fd = fd};
	unsigned changes = 0;
	struct err e = {0};
	int r;

	r = request(f, &c, &changes, &e);
	if (r < 0)
		refuse(&c, &e);
	else if (r > 0)
		finish(&c, f, changes);
}

static void reap(struct fabric *f)
{
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (i = 0; i < f->nnodes; i++)
			if (f->nodes[i].pid == pid)
				fabric_forget(f, i);
}

static int listen_here(struct err *reterr)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(reterr, -errno, "open the fabric's socket");
	memcpy(sa.sun_path + 1, EMUL_SOCKET, strlen(EMUL_SOCKET));
	if (bind(fd, (struct sockaddr *)&sa, EMUL_SOCKET_LEN) < 0 ||
	    listen(fd, 8) < 0)
		return err_sys(reterr, -errno, "open the fabric's socket");
	return take_fd(&fd);
}

/* Only the lab's root: the owner, seen from inside; or the machine's root,
 * who is nobody there. No node can come into this network namespace. */
static bool may_ask(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
	       (who.uid == 0 || who.uid == OVERFLOW_UID);
}

static int setup(struct fabric *f, struct err *reterr)
{
	/* Wires carry frames; they have no opinion on them. */
	static const struct {
		const char *path, *value;
	} sysctls[] = {
		{"net/ipv6/conf/all/disable_ipv6", "1"},
		{"net/ipv6/conf/default/disable_ipv6", "1"},
		{"net/bridge/bridge-nf-call-iptables", "0"},
		{"net/bridge/bridge-nf-call-ip6tables", "0"},
		{"net/bridge/bridge-nf-call-arptables", "0"},
	};
	size_t i;
	int r;

	if (sethostname("fabric", strlen("fabric")) < 0)
		return err_sys(reterr, -errno, "set the fabric's host name");
	r = emul_mount_fabric(f->owner == 0, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < ARRAY_LEN(sysctls); i++)
		(void)emul_sysctl(sysctls[i].path, sysctls[i].value);
	r = rtnl_open(&f->rtnl, -1, reterr);
	if (r < 0)
		return r;
	emul_set_link(f->rtnl, 1, "lo", 0, 0);
	r = rtnl_commit(f->rtnl, reterr);
	if (r < 0)
		return r;
	f->listener = listen_here(reterr);
	return f->listener < 0 ? f->listener : 0;
}

static void loop(struct fabric *f, int sig)
{
	struct pollfd p[] = {{.fd = f->listener, .events = POLLIN},
			     {.fd = sig, .events = POLLIN}};
	struct signalfd_siginfo si;

	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents && read(sig, &si, sizeof(si)) == sizeof(si)) {
			if (si.ssi_signo != SIGCHLD)
				return;
			reap(f);
		}
		/* Without a node it is of no use, and `up` begins anew. */
		if (!f->nnodes)
			return;
		if (p[0].revents) {
			auto_close int fd =
				accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);

			reap(f);
			if (fd >= 0 && may_ask(fd))
				serve(f, fd);
		}
	}
}

int emul_fabric_main(int argc, char **argv)
{
	struct fabric f = {.listener = -1};
	uint32_t owner;
	sigset_t set;
	int sig;

	/* By hand it would do harm: only as the lab's PID 1. */
	if (argc < 4 || getpid() != 1 || !emul_name_ok(argv[1]) ||
	    parse_u32(argv[3], 0, UINT32_MAX, &owner) < 0)
		return -EPERM;
	f.owner = owner;
	/* Who looks for it finds it from here on: the lock may go. */
	close(EMUL_LOCK_FD);
	emul_title((const char *[]){"labctl", "fabric", argv[1], "--owner",
				    argv[3]},
		   5);
	(void)prctl(PR_SET_NAME, "labctl-fabric");
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sig = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sig < 0)
		return -errno;
	f.setup.code = setup(&f, &f.setup);
	serve(&f, EMUL_FABRIC_FD);
	close(EMUL_FABRIC_FD);
	/* No node: its `up` was killed before it could ask, or failed. */
	if (f.setup.code == 0 && f.nnodes)
		loop(&f, sig);
	return 0;
}
