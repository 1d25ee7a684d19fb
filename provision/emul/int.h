/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_INT_H
#define LABCTL_PROVISION_EMUL_INT_H

/* Between the files of emul/ only; emul.h is what others see. */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"
#include "lib/rtnl.h"
#include "provision/emul/emul.h"
#include "topologies/topo.h"

#define EMUL_PROTOCOL 1     /* between labctl and a fabric */
#define EMUL_FABRIC_FD 3    /* the first connection, inherited by exec */
#define EMUL_LOCK_FD 4      /* the lab's lock, until it can be found */
#define EMUL_RUN "/run/lab" /* in a node: sshd's files, the program */
/* in a node: the folder of this program */
#define EMUL_BIN EMUL_RUN "/bin"
#define EMUL_KNOWN_HOSTS "known_hosts" /* in the state folder */
#define EMUL_CLIENT_KEY "id_ed25519"
#define EMUL_UNFINISHED "unfinished" /* there while an `up` is not done */
#define EMUL_ANSWER_MS 30000         /* a fabric's answer */
#define EMUL_NODE_MS 10000           /* a node's answer to its fabric */
#define EMUL_GONE_MS 10000           /* until killed processes are gone */
#define EMUL_LINE_MAX (4u << 20)
#define EMUL_NICS_MAX (TOPO_PHYS_MAX + 2)
#define EMUL_LINKS_MAX 4096 /* interfaces of one namespace */
#define EMUL_PATH                                                              \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/"            \
	"bin:" EMUL_BIN
#define EMUL_SSHD "/usr/sbin/sshd"
#define EMUL_SSHD_USER "sshd"

/* --- emul_spec.c: what shall run, as plain data ---------------------- */

/* One wire: a veth pair between a bridge in the fabric and a node. */
struct emul_nic {
	const char *ifname; /* in the node */
	const char *port;   /* the end in the fabric */
	const char *bridge;
	struct mac mac;
	unsigned mtu;
	bool quiet; /* no IPv6 on it: the node itself shall say nothing there */
	struct ipnet *addrs;
	size_t naddrs;
};

struct emul_node {
	const char *name;
	const char *address; /* sshd listens here; NULL: no sshd */
	const char *key;     /* private host key, a PEM text; or NULL */
	const char *pub;     /* "ssh-ed25519 AAAA..." */
	struct emul_nic *nics;
	size_t nnics;
};

struct emul_bridge {
	const char *name; /* the physical network's where it can be */
	struct mac mac;
	unsigned mtu;
	struct ipnet addr; /* labctl's own address; family 0: none */
};

struct emul_spec {
	const char *lab;
	unsigned owner;         /* uid, outside of the lab */
	const char *hosts;      /* text of /etc/hosts on all nodes */
	const char *client_key; /* private key that opens all nodes */
	const char *client_pub;
	struct emul_bridge *bridges;
	size_t nbridges;
	struct emul_node *nodes; /* the host outside last */
	size_t nnodes;
};

/* From the model; keys are left NULL. Pure. */
int emul_spec_build(struct arena *a, const struct lab *lab,
		    struct emul_spec *ret, struct err *reterr);

void emul_spec_encode(const struct emul_spec *s, struct json *j);
int emul_spec_decode(struct arena *a, const struct doc *d,
		     struct emul_spec *ret, struct err *reterr);

const struct emul_node *emul_spec_node(const struct emul_spec *s,
				       const char *name);

/* Whether a node made for one is right for the other; keys aside. */
bool emul_node_same(const struct emul_node *a, const struct emul_node *b);

/* --- emul_net.c: interfaces of one namespace ------------------------- */

struct emul_link {
	char name[IFNAME_MAX];
	int index;
	int master;
	unsigned mtu;
	bool up;
	struct mac mac;
};

struct emul_addr {
	int index;
	struct ipnet addr;
};

struct emul_links {
	struct emul_link *links;
	size_t nlinks;
	struct emul_addr *addrs;
	size_t naddrs;
};

int emul_links_read(struct arena *a, struct rtnl *r, struct emul_links *ret,
		    struct err *reterr);
const struct emul_link *emul_link_find(const struct emul_links *l,
				       const char *name);
bool emul_link_has(const struct emul_links *l, int index,
		   const struct ipnet *addr);

/* Queue messages; the caller commits. */
void emul_add_bridge(struct rtnl *r, const struct emul_bridge *b, int index);
void emul_add_wire(struct rtnl *r, const struct emul_nic *n, int bridge,
		   pid_t node);
void emul_set_link(struct rtnl *r, int index, const char *name, unsigned mtu,
		   int master);
void emul_del_link(struct rtnl *r, int index, const char *name);
void emul_add_addr(struct rtnl *r, int index, const char *name,
		   const struct ipnet *addr);

/* The way to addr's network, TCP acknowledging each segment: sshd writes small
 * ones and waits for that, 40 ms each time where it is delayed. IPv4 only. */
void emul_quick_route(struct rtnl *r, int index, const char *name,
		      const struct ipnet *addr);

/* Writes a file below /proc/sys. -ENOENT where the kernel has none. */
int emul_sysctl(const char *path, const char *value);

/* --- emul_mount.c: what fabric and nodes see of the file system ------ */

int emul_mount_fabric(struct err *reterr);
int emul_mount_node(const struct emul_node *n, const char *client_pub,
		    struct err *reterr);

/* Writes a whole file; rewrites in place, so that bind mounts follow. */
int emul_write_file(const char *path, mode_t mode, const char *text, size_t len,
		    struct err *reterr);

/* Lines of host's passwd for a node: system users, root with its own shell,
 * nobody's logins. Pure. */
void emul_passwd(const char *host, struct buf *ret_passwd,
		 struct buf *ret_shadow);

/* --- emul_node.c ----------------------------------------------------- */

/* What a fabric asks of its node; each is answered by one emul_reply. */
enum emul_order {
	EMUL_CHECK = 1, /* look what is not as it should be */
	EMUL_APPLY      /* wires are there: make it so, start sshd */
};

struct emul_reply {
	int code;         /* 0 or -errno */
	unsigned drift;   /* things found different (and mended by APPLY) */
	uint32_t missing; /* bit i: the i-th nic is not there */
	char msg[ERR_MAX];
};

/* PID 1 of a node; ctl is its end of the socket to the fabric. Never returns.
 */
_Noreturn void emul_node_run(const struct emul_spec *s,
			     const struct emul_node *n, int ctl);

/* --- emul_title.c: the command line that ps shows -------------------- */

#define EMUL_TITLE_ROOM 256

/* Words of a command line as /proc/PID/cmdline has them. */
struct emul_argv {
	bool fabric, node;
	char lab[TOPO_LAB_NAME_MAX + 1];
	char name[TOPO_NAME_MAX + 1]; /* of a node */
};

/* Reads a /proc/PID/cmdline; false where it is none of ours. Pure. */
bool emul_argv_parse(const char *cmdline, size_t len, struct emul_argv *ret);

/* Overwrites this process's command line with words; fails silently. */
void emul_title(const char *const *words, size_t n);

/* --- emul_proc.c: which of our processes run ------------------------- */

struct emul_proc {
	pid_t pid;
	pid_t ppid;
	struct emul_argv argv;
};

/* Fabrics of this user made from this PID namespace, and their nodes. lab
 * NULL: of all labs. */
int emul_scan(struct arena *a, const char *lab, struct emul_proc **ret,
	      size_t *ret_n, struct err *reterr);

/* A pidfd of a process that is still what the scan saw; -ESRCH where not. */
int emul_pidfd(const struct emul_proc *p);

/* How many processes descend from pid, itself included. */
unsigned emul_count(pid_t pid);

/* Kills by pidfd and waits until it is gone, or EMUL_GONE_MS: -ETIMEDOUT. */
int emul_kill(int pidfd);

/* --- emul_state.c: the state folder ---------------------------------- */

/* A name that may stand in a path: as topo allows for labs. */
bool emul_name_ok(const char *lab);

/* As emul_state_root(), but makes nothing: could it be made? */
int emul_state_look(struct arena *a, const char **ret, struct err *reterr);

/* ROOT/LAB, made where missing if make. */
int emul_state_dir(struct arena *a, const char *lab, bool make,
		   const char **ret, struct err *reterr);

/* Writes DIR/NAME at once or not at all, readable by the owner only. */
int emul_state_write(const char *dir, const char *name, const char *text,
		     size_t len, struct err *reterr);

/* Takes the lab's lock until this process ends, or emul_unlock(). -EBUSY with
 * words who holds it. what: "up", "down". */
int emul_lock(const char *lab, const char *what, struct err *reterr);
void emul_unlock(const char *lab, bool remove);

/* The lock's descriptor once more, at least min, kept by exec; or -errno. */
int emul_lock_dup(int min);

/* Removes ROOT/LAB; *ret_n: how many files there were. */
int emul_state_remove(const char *lab, unsigned *ret_n, struct err *reterr);

/* Fresh ed25519 keys for all that lacks them. */
int emul_keys(struct arena *a, struct emul_spec *s, struct err *reterr);

/* --- emul_start.c ---------------------------------------------------- */

/* Starts a fabric; *ret_fd is the first connection to it. */
int emul_start(const char *lab, pid_t *ret_pid, int *ret_pidfd, int *ret_fd,
	       struct err *reterr);

/* --- emul_ask.c ------------------------------------------------------ */

struct emul_talk {
	int fd;
	struct buf in;
	emul_progress *progress;
	void *ctx;
	/* plan: lines are kept */
	struct arena *arena;
	const char **lines;
	size_t nlines;
};

/* Connects to the fabric of the lab that was entered. */
int emul_connect(const char *lab, struct err *reterr);

/* op: "up" or "plan". */
void emul_ask(int fd, const char *op, const struct emul_spec *spec);

/* Hears the lines of an answer up to its last, which is in *ret. */
int emul_hear(struct emul_talk *c, struct arena *a, const struct doc **ret,
	      struct err *reterr);

/* File name of this program, for EMUL_BIN. */
const char *emul_program(struct arena *a);

/* --- emul_user.c: whose lab, and the user namespace ------------------ */

/* Called first by every entry point: who this is, before any namespace. */
uid_t emul_owner(void);
static inline bool emul_is_root(void)
{
	return emul_owner() == 0;
}

struct emul_range {
	unsigned first, count; /* count 0: none */
};

#define EMUL_IDS_MIN 65535u /* nogroup must be inside */

/* The largest range of a user in a text like /etc/subuid. Pure. */
struct emul_range emul_subid_parse(const char *text, const char *user,
				   uid_t uid);

/* The first id behind all ranges of such a text. Pure. */
unsigned emul_subid_free(const char *text);

/* What root should type to give this user ids. */
const char *emul_subid_cure(struct arena *a);

/* Ranges of this user: uids and gids. */
int emul_subids(struct emul_range *ret_uids, struct emul_range *ret_gids,
		struct err *reterr);

/* Maps ids of pid's new user namespace: root is the owner. */
int emul_map_ids(pid_t pid, struct err *reterr);

/* Maps root alone: enough to try things. */
int emul_map_root(pid_t pid, struct err *reterr);

/* clone(2) as fork does it, with namespace flags. */
pid_t emul_clone(unsigned long flags);

/* Reads a small file whole into b. */
int emul_read_file(const char *path, size_t max, struct buf *b);

#endif
