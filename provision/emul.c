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
 * processes (emul_proc.c), and the state folder (emul_state.c) is a copy.
 *
 * labctl itself only starts the fabric (emul_start.c), asks it for what the
 * file says (emul_fabric.c answers), and enters its network namespace, where
 * the nodes' management addresses are. Entering a user namespace cannot be
 * undone, and takes a process without threads: one process, one lab.
 *
 * A fabric without nodes ends by itself. One that is found without nodes was
 * left by an `up` that was killed; it is waited for until it is gone or has
 * nodes, because it may yet be doing what it was asked.
 */
#include "provision/emul.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "provision/emul_fabric.h"
#include "provision/emul_int.h"

#define SETTLE_POLL_MS 2
#define KNOWN_HOSTS "known_hosts"
#define CLIENT_KEY "id_ed25519"

static char entered[TOPO_LAB_NAME_MAX + 1];

/* --- finding and entering -------------------------------------------------- */

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

/* --- asking the fabric ----------------------------------------------------- */

struct conversation {
	int fd;
	struct buf in;
	emul_progress *progress;
	void *ctx;
	/* plan: lines are kept */
	struct arena *arena;
	const char **lines;
	size_t nlines;
};

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

static void ask(int fd, const char *op, const struct emul_spec *spec)
{
	auto_buf struct buf b = {0};
	struct json j;

	json_init(&j, &b, 0);
	json_obj(&j);
	json_kstr(&j, "op", op);
	json_kint(&j, "protocol", EMUL_PROTOCOL);
	json_key(&j, "spec");
	json_obj(&j);
	emul_spec_encode(spec, &j);
	json_obj_end(&j);
	json_obj_end(&j);
	buf_addc(&b, '\n');
	send_all(fd, &b);
}

/* Next line into line; the rest stays in c->in. */
static int next_line(struct conversation *c, struct buf *line,
		     struct err *reterr)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	ssize_t n;
	char *nl;
	int r;

	buf_reset(line);
	for (;;) {
		nl = c->in.len ? memchr(c->in.data, '\n', c->in.len) : NULL;
		if (nl) {
			buf_add(line, c->in.data, (size_t)(nl - c->in.data));
			buf_drop(&c->in, (size_t)(nl - c->in.data) + 1);
			return 0;
		}
		if (c->in.len > EMUL_LINE_MAX)
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

static void hear_line(struct conversation *c, const struct doc *d)
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

/* Hears the lines of an answer up to its last, which is in *ret. */
static int hear(struct conversation *c, struct arena *a,
		const struct doc **ret, struct err *reterr)
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

static int connect_fabric(const char *lab, struct err *reterr)
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

/* --- up -------------------------------------------------------------------- */

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
	r = emul_state_write(dir, KNOWN_HOSTS, b.data ? b.data : "", b.len,
			     reterr);
	if (r == 0)
		r = emul_state_write(dir, CLIENT_KEY, key, strlen(key), reterr);
	buf_reset(&b);
	buf_printf(&b, "%s labctl\n", pub);
	if (r == 0)
		r = emul_state_write(dir, CLIENT_KEY ".pub", b.data, b.len,
				     reterr);
	return r;
}

static int write_file(const struct lab *lab, struct err *reterr)
{
	auto_arena struct arena a = {0};
	const char *dir;
	int r;

	r = emul_state_dir(&a, lab->name, true, &dir, reterr);
	if (r == 0 && lab->text)
		r = emul_state_write(dir, "lab.yaml", lab->text, lab->text_len,
				     reterr);
	return r;
}

int emul_up(const struct lab *lab, emul_progress *progress, void *ctx,
	    unsigned *ret_changes, struct err *reterr)
{
	struct conversation c = {.fd = -1, .progress = progress, .ctx = ctx};
	auto_arena struct arena a = {0};
	auto_close int pidfd = -1, fd = -1;
	const struct doc *answer;
	struct emul_spec spec;
	unsigned started = 0;
	pid_t child = 0;
	int r;

	emul_owner();
	r = emul_spec_build(&a, lab, &spec, reterr);
	if (r < 0)
		return r;
	r = emul_lock(lab->name, "up", reterr);
	if (r < 0)
		return r;
	r = settled_fabric(lab->name, &pidfd, reterr);
	if (r < 0)
		return r;
	if (pidfd >= 0) {
		r = enter(lab->name, pidfd, reterr);
		if (r == 0)
			r = fd = connect_fabric(lab->name, reterr);
	} else {
		started = 1;
		r = emul_start(lab->name, &child, &pidfd, &fd, reterr);
	}
	if (r < 0)
		return r;
	/* While the fabric starts: */
	r = write_file(lab, reterr);
	if (r == 0)
		r = emul_keys(&a, &spec, reterr);
	if (r == 0) {
		ask(fd, "up", &spec);
		c.fd = fd;
		r = hear(&c, &a, &answer, reterr);
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
	return 0;
}

/* --- plan ------------------------------------------------------------------ */

static void plan_line(struct arena *a, const char ***lines, size_t *n,
		      const char *text)
{
	*(const char **)arena_push(a, lines, n, sizeof(**lines)) = text;
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
	struct conversation c = {.arena = a};
	auto_close int pidfd = -1, fd = -1;
	const struct doc *answer;
	struct emul_spec spec;
	int r;

	emul_owner();
	r = emul_spec_build(a, lab, &spec, reterr);
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
	fd = connect_fabric(lab->name, reterr);
	if (fd < 0)
		return fd;
	ask(fd, "plan", &spec);
	c.fd = fd;
	r = hear(&c, a, &answer, reterr);
	buf_release(&c.in);
	*ret_lines = c.lines;
	*ret_n = c.nlines;
	return r;
}

/* --- looking --------------------------------------------------------------- */

static struct emul_lab *lab_entry(struct arena *a, struct emul_lab **labs,
				  size_t *n, const char *name)
{
	struct emul_lab *l;
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp((*labs)[i].name, name) == 0)
			return &(*labs)[i];
	if (*n == EMUL_LABS_MAX)
		return NULL;
	l = arena_push(a, labs, n, sizeof(*l));
	l->name = arena_strdup(a, name);
	return l;
}

static void add_proc(struct arena *a, struct emul_lab *l,
		     const struct emul_proc *p)
{
	size_t n = l->nnodes;

	if (p->argv.fabric) {
		l->fabric = p->pid;
		return;
	}
	*(const char **)arena_push(a, &l->nodes, &n, sizeof(*l->nodes)) =
		arena_strdup(a, p->argv.name);
	*(pid_t *)arena_push(a, &l->node_pids, &l->nnodes,
			     sizeof(*l->node_pids)) = p->pid;
}

static void add_states(struct arena *a, struct emul_lab **labs, size_t *n)
{
	const struct dirent *d;
	struct emul_lab *l;
	const char *root, *file;
	struct stat st;
	DIR *dir;

	if (emul_state_root(a, &root, NULL) < 0)
		return;
	dir = opendir(root);
	while (dir && (d = readdir(dir))) {
		if (!emul_name_ok(d->d_name) ||
		    fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISDIR(st.st_mode))
			continue;
		l = lab_entry(a, labs, n, d->d_name);
		if (!l)
			break;
		l->state = true;
		file = arena_printf(a, "%s/%s/lab.yaml", root, d->d_name);
		if (access(file, R_OK) == 0)
			l->file = file;
	}
	if (dir)
		closedir(dir);
}

int emul_list(struct arena *a, struct emul_lab **ret, size_t *ret_n,
	      struct err *reterr)
{
	struct emul_lab *labs = NULL, *l;
	struct emul_proc *procs;
	size_t nprocs, n = 0, i;
	int r;

	emul_owner();
	r = emul_scan(a, NULL, &procs, &nprocs, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < nprocs; i++) {
		l = lab_entry(a, &labs, &n, procs[i].argv.lab);
		if (l)
			add_proc(a, l, &procs[i]);
	}
	add_states(a, &labs, &n);
	*ret = labs;
	*ret_n = n;
	return 0;
}

int emul_node_pid(const char *lab, const char *node, pid_t *ret,
		  struct err *reterr)
{
	auto_arena struct arena a = {0};
	struct emul_proc *p;
	size_t n, i;
	int r;

	emul_owner();
	r = emul_scan(&a, lab, &p, &n, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < n; i++) {
		if (!p[i].argv.node || strcmp(p[i].argv.name, node) != 0)
			continue;
		*ret = p[i].pid;
		return 0;
	}
	return err_set(reterr, -ENOENT, "%s of the lab %s does not run", node,
		       lab);
}

/* The host key of a node in a known_hosts text. */
static const char *known_host(struct arena *a, const char *text,
			      const char *node)
{
	size_t name = strlen(node), len;
	const char *key;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (strncmp(text, node, name) != 0 || text[name] != ',')
			continue;
		key = memchr(text, ' ', len);
		if (key)
			return arena_strndup(a, key + 1,
					     len - (size_t)(key + 1 - text));
	}
	return NULL;
}

static const char *agent_command(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *name = "labctl";

	if (n > 0) {
		path[n] = '\0';
		name = strrchr(path, '/') + 1;
		/* Replaced since: its folder has the new one. */
		n = (ssize_t)strcspn(name, " ");
		name = arena_strndup(a, name, (size_t)n);
	}
	return arena_printf(a, EMUL_RUN "/bin/%s agent", name);
}

int emul_target(struct arena *a, const struct lab *lab,
		const struct topo_node *node, struct remote_target *ret,
		struct err *reterr)
{
	const struct topo_nic *nic = topo_nic(node, TOPO_MANAGEMENT);
	auto_buf struct buf b = {0};
	char text[IP_TEXT_MAX];
	const char *dir;
	int r;

	if (!nic || !ip_is_set(&nic->addr.ip))
		return err_set(reterr, -EINVAL,
			       "%s has no management address", node->name);
	r = emul_state_dir(a, lab->name, false, &dir, reterr);
	if (r < 0)
		return r;
	r = emul_read_file(arena_printf(a, "%s/" KNOWN_HOSTS, dir),
			   EMUL_LINE_MAX, &b);
	if (r < 0)
		return err_sys(reterr, r,
			       "the host keys in %s (`labctl up` writes them "
			       "again)",
			       dir);
	*ret = (struct remote_target){
		.name = node->name,
		.address = arena_strdup(a, ip_print(&nic->addr.ip, text)),
		.port = 22,
		.user = "root",
		.key_file = arena_printf(a, "%s/" CLIENT_KEY, dir),
		.host_key = known_host(a, b.data, node->name),
		.agent = agent_command(a),
	};
	if (!ret->host_key)
		return err_set(reterr, -ENOENT,
			       "no host key of %s is known; `labctl up` writes "
			       "it",
			       node->name);
	return 0;
}

/* --- down ------------------------------------------------------------------ */

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
		auto_close int fd = -1;

		if (!p[i].argv.fabric)
			continue;
		fd = emul_pidfd(&p[i]);
		if (fd == -ESRCH)
			continue;
		*ret_n += emul_count(p[i].pid);
		r = fd < 0 ? fd : emul_kill(fd);
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
	unsigned n, files;
	int r, state;

	emul_owner();
	if (!emul_name_ok(lab))
		return err_set(reterr, -EINVAL, "'%s' cannot be a lab's name",
			       lab);
	/* Without a usable state folder there is no lock, but a lab to end. */
	state = emul_lock(lab, "down", reterr);
	if (state == -EBUSY)
		return state;
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
