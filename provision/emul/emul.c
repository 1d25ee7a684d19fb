/* SPDX-License-Identifier: MIT */
/*
 * Emulated labs: theory of operation
 * ==================================
 * A lab on this machine is one tree of processes below `labctl fabric LAB`,
 * PID 1 of a PID namespace of its own. All that the lab has (interfaces,
 * addresses, mounts, processes) is in namespaces that only this tree holds:
 *
 *   - the machine's own namespaces are never changed, and
 *   - killing that one process removes the lab, by the kernel's hand.
 *
 * So what is true is in the kernel: the lab is found by looking for its
 * processes (proc.c), and the state folder (state.c) is a copy.
 *
 * labctl itself only starts the fabric (start.c), asks it for what the
 * file says (fabric.c answers), and enters its network namespace, where
 * the nodes' management addresses are. Entering a user namespace cannot be
 * undone, and takes a process without threads: one process, one lab.
 *
 * A fabric without nodes ends by itself. One that is found without nodes was
 * left by an `up` that was killed; it is waited for until it is gone or has
 * nodes, because it may yet be doing what it was asked.
 */
#include "provision/emul/emul.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/doc.h"
#include "provision/emul/ask.h"
#include "provision/emul/proc.h"
#include "provision/emul/limits.h"
#include "provision/emul/programs.h"
#include "provision/emul/said.h"
#include "provision/emul/sockets.h"
#include "provision/emul/start.h"
#include "provision/emul/state.h"
#include "provision/emul/user.h"
#include "provision/fabric/build.h"
#include "provision/fabric/keys.h"
#include "provision/fabric/worse.h"
#include "topologies/links.h"

#define SETTLE_POLL_MS 2

static char entered[TOPO_LAB_NAME_MAX + 1];

/* --- finding and entering -------------------------------------------- */

/* The lab's fabric: pidfd in *ret (-1 where none runs), and its PID. */
static int find_fabric(const char *lab, int *ret, pid_t *ret_pid,
		       size_t *ret_nodes, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct emul_proc *p;
	size_t n, i;
	int r;

	*ret = -1;
	*ret_nodes = 0;
	r = emul_scan(&a, lab, &p, &n, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < n; i++) {
		if (!p[i].argv.fabric) {
			++*ret_nodes;
			continue;
		}
		if (*ret >= 0)
			continue;
		r = emul_pidfd(&p[i]);
		if (r < 0 && r != -ESRCH)
			return err_sys(reterr, r, "the fabric of %s", lab);
		*ret = r < 0 ? -1 : r;
		*ret_pid = p[i].pid;
	}
	return 0;
}

/* As find_fabric, past the moments in which one begins or ends. */
static int settled_fabric(const char *lab, int *ret, struct err *reterr)
{
	struct mono until = mono_add(clock_mono(), EMUL_ANSWER_MS * NS_PER_MS);
	size_t nodes;
	pid_t pid = 0;
	int r;

	for (;;) {
		r = find_fabric(lab, ret, &pid, &nodes, reterr);
		if (r < 0 || *ret < 0 || nodes)
			return r;
		close(take_fd(ret));
		if (mono_before(until, clock_mono()))
			return err_set(reterr, -ETIMEDOUT,
				       "the fabric of %s (PID %d) neither "
				       "starts nor ends; `labctl down %s` "
				       "removes it",
				       lab, pid, lab);
		clock_sleep_ms(SETTLE_POLL_MS);
	}
}

static int enter(const char *lab, int pidfd, struct err *reterr)
{
	int flags = CLONE_NEWNET;

	if (strcmp(entered, lab) == 0)
		return 0;
	if (*entered)
		return err_set(reterr, -EBUSY,
			       "this process is in the lab %s already",
			       entered);
	/* Root may enter without: space.c says why. */
	if (!emul_is_root())
		flags |= CLONE_NEWUSER;
	if (setns(pidfd, flags) < 0)
		return err_sys(reterr, -errno, "enter the lab %s", lab);
	snprintf(entered, sizeof(entered), "%s", lab);
	return 0;
}

int emul_enter(const char *lab, struct err *reterr)
{
	auto_close int pidfd = -1;
	int r;

	emul_owner();
	r = settled_fabric(lab, &pidfd, reterr);
	if (r < 0)
		return r;
	if (pidfd < 0)
		return err_set(reterr, -ENOENT, "the lab %s does not run", lab);
	return enter(lab, pidfd, reterr);
}

int emul_take(struct lab *lab, const char *what, struct err *reterr)
{
	int r = emul_enter(lab->name, reterr);

	if (r == -ENOENT)
		return err_set(reterr, r,
			       "lab %s is not up: 'labctl up FILE' makes it",
			       lab->name);
	if (r == 0)
		r = emul_lock(lab->name, what, reterr);
	if (r == 0)
		emul_said_read(lab);
	return r;
}

/* --- up -------------------------------------------------------------- */

static int write_state(const struct lab *lab, const struct emul_spec *s,
		       const struct doc *answer, struct err *reterr)
{
	const struct doc *pubs = doc_get(answer, "pubs");
	const char *key = doc_str(answer, "client_key", "");
	const char *pub = doc_str(answer, "client_pub", "");
	auto_arena struct arena a = {0};
	auto_buf struct buf b = {0};
	const char *dir;
	size_t i;
	int r;

	r = emul_state_dir(&a, lab->name, true, &dir, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < s->nnodes; i++)
		if (s->nodes[i].address)
			buf_printf(&b, "%s,%s %s\n", s->nodes[i].name,
				   s->nodes[i].address,
				   doc_str(pubs, s->nodes[i].name, ""));
	r = emul_state_write(dir, EMUL_KNOWN_HOSTS, b.data ? b.data : "", b.len,
			     reterr);
	if (r == 0)
		r = emul_state_write(dir, EMUL_CLIENT_KEY, key, strlen(key),
				     reterr);
	buf_reset(&b);
	buf_printf(&b, "%s labctl\n", pub);
	if (r == 0)
		r = emul_state_write(dir, EMUL_CLIENT_KEY ".pub", b.data, b.len,
				     reterr);
	return r;
}

static int write_file(const struct lab *lab, struct err *reterr)
{
	auto_arena struct arena a = {0};
	const char *dir;
	int r;

	r = emul_state_dir(&a, lab->name, true, &dir, reterr);
	/* Before anything changes, so that no kill comes too early for it. */
	if (r == 0)
		r = emul_state_write(dir, EMUL_UNFINISHED, "", 0, reterr);
	if (r == 0 && lab->text)
		r = emul_state_write(dir, "lab.yaml", lab->text, lab->text_len,
				     reterr);
	return r;
}

void emul_finished(const char *lab)
{
	auto_arena struct arena a = {0};
	const char *dir;

	if (emul_state_dir(&a, lab, false, &dir, NULL) == 0)
		(void)unlink(arena_printf(&a, "%s/" EMUL_UNFINISHED, dir));
}

/* Of one that runs already, what it takes is taken. */
static int fits(struct arena *a, const struct lab *lab, emul_progress *progress,
		void *ctx, struct err *reterr)
{
	const char **warnings;
	size_t i, n;
	int r = emul_fits(a, lab, "", &warnings, &n, reterr);

	for (i = 0; i < n; i++)
		progress(ctx, lab->name, warnings[i]);
	return r;
}

int emul_up(struct lab *lab, unsigned flags, emul_progress *progress, void *ctx,
	    unsigned *ret_changes, struct err *reterr)
{
	struct emul_talk c = {.fd = -1, .progress = progress, .ctx = ctx};
	auto_arena struct arena a = {0};
	auto_close int pidfd = -1, fd = -1;
	const struct doc *answer;
	struct emul_keys keys;
	struct emul_spec spec;
	unsigned started = 0;
	pid_t child = 0;
	int r;

	emul_owner();
	r = emul_lacks(lab, reterr);
	if (r == 0)
		r = emul_lock(lab->name, "up", reterr);
	if (r < 0)
		return r;
	emul_said_read(lab);
	r = emul_spec_build(&a, lab, &spec, reterr);
	if (r == 0)
		r = worse_refuse_all(&spec, reterr);
	if (r < 0) {
		emul_unlock(lab->name, true);
		return r;
	}
	r = settled_fabric(lab->name, &pidfd, reterr);
	if (r < 0)
		return r;
	if (pidfd >= 0) {
		r = enter(lab->name, pidfd, reterr);
		if (r == 0)
			r = fd = emul_connect(lab->name, reterr);
	} else {
		r = fits(&a, lab, progress, ctx, reterr);
		if (r < 0)
			return r;
		started = 1;
		r = emul_start(lab->name, flags & EMUL_PRIVILEGED, &child,
			       &pidfd, &fd, reterr);
	}
	if (r < 0)
		return r;
	/* While the fabric starts: */
	r = write_file(lab, reterr);
	if (r == 0)
		r = emul_keys_make(&a, &spec, &keys, reterr);
	if (r == 0) {
		emul_ask(fd, EMUL_OP_UP, lab, &keys);
		c.fd = fd;
		r = emul_hear(&c, &a, &answer, reterr);
		buf_release(&c.in);
	}
	if (r == 0 && started)
		r = enter(lab->name, pidfd, reterr);
	if (r == 0)
		r = write_state(lab, &spec, answer, reterr);
	if (r < 0) {
		/* It ends by itself when it has no node. */
		if (child)
			(void)waitpid(child, NULL, WNOHANG);
		return r;
	}
	*ret_changes = (unsigned)doc_int(answer, "changes", 0) + started;
	return started ? EMUL_FRESH : 0;
}

/* --- plan ------------------------------------------------------------ */

static void plan_line(struct arena *a, const char ***lines, size_t *n,
		      const char *text)
{
	*(const char **)arena_push(a, lines, n, sizeof(**lines)) = text;
}

static void plan_wires(struct arena *a, const struct emul_node *node,
		       const char ***lines, size_t *n)
{
	for (size_t i = 0; i < node->nnics; i++) {
		const struct emul_nic *nic = &node->nics[i];
		auto_buf struct buf b = {0};

		if (!worse_is(nic))
			continue;
		topo_impair_print(&nic->impair, false, &b);
		plan_line(a, lines, n,
			  arena_printf(a, "+ %s: wire %s to %s: %s", node->name,
				       nic->ifname, nic->bridge, b.data));
	}
}

static void plan_all(struct arena *a, const struct emul_spec *s,
		     const char ***ret_lines, size_t *ret_n)
{
	const char **lines = NULL;
	size_t n = 0, i;

	plan_line(a, &lines, &n,
		  arena_printf(a, "+ fabric of the lab %s", s->lab));
	for (i = 0; i < s->nbridges; i++)
		plan_line(a, &lines, &n,
			  arena_printf(a, "+ bridge %s", s->bridges[i].name));
	for (i = 0; i < s->nnodes; i++)
		plan_wires(a, &s->nodes[i], &lines, &n);
	for (i = 0; i < s->nnodes; i++)
		plan_line(a, &lines, &n,
			  s->nodes[i].address
				  ? arena_printf(a,
						 "+ %s: node, with sshd at %s",
						 s->nodes[i].name,
						 s->nodes[i].address)
				  : arena_printf(a, "+ %s: host outside",
						 s->nodes[i].name));
	*ret_lines = lines;
	*ret_n = n;
}

int emul_plan(struct arena *a, const struct lab *lab, const char ***ret_lines,
	      size_t *ret_n, struct err *reterr)
{
	struct emul_talk c = {.arena = a};
	auto_close int pidfd = -1, fd = -1;
	const struct doc *answer;
	struct emul_spec spec;
	int r;

	emul_owner();
	r = emul_spec_build(a, lab, &spec, reterr);
	if (r == 0)
		r = worse_refuse_all(&spec, reterr);
	if (r == 0)
		r = settled_fabric(lab->name, &pidfd, reterr);
	if (r < 0)
		return r;
	if (pidfd < 0) {
		plan_all(a, &spec, ret_lines, ret_n);
		return 0;
	}
	r = enter(lab->name, pidfd, reterr);
	if (r < 0)
		return r;
	fd = emul_connect(lab->name, reterr);
	if (fd < 0)
		return fd;
	emul_ask(fd, EMUL_OP_PLAN, lab, NULL);
	c.fd = fd;
	r = emul_hear(&c, a, &answer, reterr);
	buf_release(&c.in);
	*ret_lines = c.lines;
	*ret_n = c.nlines;
	return r;
}

/* --- wires ----------------------------------------------------------- */

int emul_wires(const struct lab *lab, unsigned *ret_changes, struct err *reterr)
{
	struct emul_talk c = {.fd = -1};
	auto_arena struct arena a = {0};
	auto_close int fd = -1;
	const struct doc *answer;
	struct emul_spec spec;
	int r;

	r = emul_spec_build(&a, lab, &spec, reterr);
	if (r == 0)
		r = worse_refuse_all(&spec, reterr);
	if (r == 0)
		r = fd = emul_connect(lab->name, reterr);
	if (r < 0)
		return r;
	emul_ask(fd, EMUL_OP_WIRES, lab, NULL);
	c.fd = fd;
	r = emul_hear(&c, &a, &answer, reterr);
	buf_release(&c.in);
	if (r == 0)
		*ret_changes = (unsigned)doc_int(answer, "changes", 0);
	if (r == 0 && emul_impaired_write(lab, reterr) < 0)
		r = err_prefix(reterr, "it is so until the next 'labctl up'");
	return r;
}

/* --- down ------------------------------------------------------------ */

static int kill_fabrics(const char *lab, unsigned *ret_n, struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct emul_proc *p;
	size_t n, i;
	int r;

	*ret_n = 0;
	r = emul_scan(&a, lab, &p, &n, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < n; i++) {
		struct emul_sockets held;
		auto_close int fd = -1;
		pid_t *tree;
		size_t ntree;

		if (!p[i].argv.fabric)
			continue;
		fd = emul_pidfd(&p[i]);
		if (fd == -ESRCH)
			continue;
		ntree = emul_tree(&a, p[i].pid, &tree);
		*ret_n += (unsigned)ntree;
		emul_sockets_hold(tree, ntree, &held);
		r = fd < 0 ? fd : emul_kill(fd);
		emul_sockets_close(&held);
		if (r < 0)
			return err_sys(reterr, r,
				       "end the lab %s (PID %d, killed)", lab,
				       p[i].pid);
	}
	return 0;
}

int emul_down(const char *lab, struct emul_gone *ret_gone, struct err *reterr)
{
	struct emul_gone gone = {0};
	struct emul_ended ended;
	unsigned n, files;
	int r, state;

	emul_owner();
	if (!emul_name_ok(lab))
		return err_set(reterr, -EINVAL, "'%s' cannot be a lab's name",
			       lab);
	/* Without a usable state folder there is no lock, but a lab to end. */
	state = emul_lock_take(lab, "down", &ended, reterr);
	if (state == -EBUSY)
		return state;
	snprintf(gone.ended, sizeof(gone.ended), "%s", ended.what);
	gone.ended_pid = ended.pid;
	/* Until nothing is found: that is the proof. */
	do {
		r = kill_fabrics(lab, &n, reterr);
		gone.processes += n;
		if (r == 0 && state == 0) {
			r = emul_state_remove(lab, &files, reterr);
			gone.files += files;
		}
	} while (r == 0 && n);
	emul_unlock(lab, true);
	if (r == 0)
		*ret_gone = gone;
	return r;
}
