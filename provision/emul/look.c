/* SPDX-License-Identifier: MIT */
/* Which labs there are, where their nodes are, how a node is reached. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "provision/emul/ask.h"
#include "provision/emul/emul.h"
#include "provision/emul/proc.h"
#include "provision/emul/state.h"
#include "provision/emul/user.h"
#include "provision/fabric/mount.h"
#include "provision/target.h"

#define KNOWN_HOSTS_MAX (1u << 20)

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

/* ".LAB.lock" alone is what an `up` leaves that was killed at once. */
static bool lock_of(const char *file, char *ret_lab, size_t size)
{
	size_t len = strlen(file), tail = strlen(".lock");

	if (file[0] != '.' || len <= tail + 1 || len - tail - 1 >= size ||
	    strcmp(file + len - tail, ".lock") != 0)
		return false;
	memcpy(ret_lab, file + 1, len - tail - 1);
	ret_lab[len - tail - 1] = '\0';
	return emul_name_ok(ret_lab);
}

static int add_states(struct arena *a, struct emul_lab **labs, size_t *n,
		      struct err *reterr)
{
	char lab[TOPO_LAB_NAME_MAX + 1];
	const char *root, *file;
	const struct dirent *d;
	struct emul_lab *l;
	DIR *dir;
	int r;

	/* Labs run without the folder; a wrong name for it is told. */
	r = emul_state_look(a, &root, reterr);
	if (r < 0)
		return r == -EINVAL ? r : 0;
	dir = opendir(root);
	while (dir && (d = readdir(dir))) {
		bool folder = emul_name_ok(d->d_name);

		if (folder)
			snprintf(lab, sizeof(lab), "%s", d->d_name);
		else if (!lock_of(d->d_name, lab, sizeof(lab)))
			continue;
		l = lab_entry(a, labs, n, lab);
		if (!l)
			break;
		if (!folder)
			continue;
		l->state = true;
		file = arena_printf(a, "%s/%s/lab.yaml", root, lab);
		if (access(file, R_OK) == 0)
			l->file = file;
		file = arena_printf(a, "%s/%s/" EMUL_UNFINISHED, root, lab);
		l->unfinished = access(file, F_OK) == 0;
	}
	if (dir)
		closedir(dir);
	return 0;
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
	r = add_states(a, &labs, &n, reterr);
	if (r < 0)
		return r;
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
		return err_set(reterr, -EINVAL, "%s has no management address",
			       node->name);
	r = emul_state_dir(a, lab->name, false, &dir, reterr);
	if (r < 0)
		return r;
	r = file_read(arena_printf(a, "%s/" EMUL_KNOWN_HOSTS, dir),
		      KNOWN_HOSTS_MAX, &b);
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
		.key_file = arena_printf(a, "%s/" EMUL_CLIENT_KEY, dir),
		.host_key = known_host(a, b.data, node->name),
		.agent = arena_printf(a, EMUL_BIN "/%s agent", emul_program(a)),
	};
	if (!ret->host_key)
		return err_set(reterr, -ENOENT,
			       "no host key of %s is known; `labctl up` writes "
			       "it",
			       node->name);
	return 0;
}
