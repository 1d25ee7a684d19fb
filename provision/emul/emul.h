/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_EMUL_H
#define LABCTL_PROVISION_EMUL_EMUL_H

/*
 * Emulated nodes: a lab as a tree of processes on this machine.
 *
 *   labctl fabric LAB     PID 1 of the lab's own PID namespace, in a network
 *     |                   namespace that holds the bridges which play the
 *     |                   physical networks, and in a user namespace: its root
 *     |                   is not the machine's. Killing it kills the lab.
 *     +- labctl node LAB network1    PID 1 of a node: own network, mount, PID,
 *     |    +- sshd                   UTS, IPC namespaces, own /run
 *     +- labctl node LAB outside     the host outside, without sshd
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/err.h"
#include "topologies/topo.h"

struct remote_target;

#define EMUL_LABS_MAX 256

/* A lab that runs (or is left over) on this machine. */
struct emul_lab {
	const char *name;
	pid_t fabric;       /* 0: not running */
	bool state;         /* its state folder is there */
	const char *file;   /* lab.yaml in the state folder, or NULL */
	bool unfinished;    /* the last `up` did not come to its end */
	const char **nodes; /* running node processes */
	pid_t *node_pids;
	size_t nnodes;
};

/* Labs of this user: from the processes, and from the state folders. */
int emul_list(struct arena *a, struct emul_lab **ret, size_t *ret_n,
	      struct err *reterr);

/* Progress for a person: called from the calling thread only. */
typedef void emul_progress(void *ctx, const char *node, const char *what);

enum emul_flags {
	/* Root's lab without a user namespace: its root is the machine's. */
	EMUL_PRIVILEGED = 1 << 0
};

#define EMUL_FRESH 1

/*
 * Makes the lab's fabric and nodes run: state folder, keys, namespaces,
 * wires, sshd. What runs already is kept; what is missing is made. On return
 * the calling process is inside the lab's fabric (its network namespace; who
 * is not root, its user namespace too): sockets opened now are in the lab.
 * Must be called before threads are made. What people said of the lab is read
 * anew when its lock is held (said.h). Sets *ret_changes to the number of
 * processes and wires that were missing. Returns EMUL_FRESH where nothing of
 * the lab ran before, 0 where something did.
 */
int emul_up(struct lab *lab, unsigned flags, emul_progress *progress, void *ctx,
	    unsigned *ret_changes, struct err *reterr);

/*
 * All that the lab's file says is done, on the nodes too. From emul_up() until
 * then the lab is unfinished, whatever becomes of this process.
 */
void emul_finished(const char *lab);

/* What emul_up would start or mend, in words, without doing it: + lines. */
int emul_plan(struct arena *a, const struct lab *lab, const char ***ret_lines,
	      size_t *ret_n, struct err *reterr);

/*
 * Has the wires of an entered lab do to frames what the lab says, and nothing
 * else, and keeps what of that is a person's word once it is so. Nothing is
 * changed where the kernel cannot (-EOPNOTSUPP).
 */
int emul_wires(const struct lab *lab, unsigned *ret_changes,
	       struct err *reterr);

/*
 * Enters the fabric of a running lab, as emul_up does at its end. -ENOENT
 * where it does not run.
 */
int emul_enter(const char *lab, struct err *reterr);

/*
 * Enters the fabric of a running lab and takes the lab's lock for a command
 * (what: "drain") until this process ends; then reads anew what people said of
 * the lab, which another command may have written since it was loaded.
 */
int emul_take(struct lab *lab, const char *what, struct err *reterr);

/* How to reach a node of an entered lab. */
int emul_target(struct arena *a, const struct lab *lab,
		const struct topo_node *node, struct remote_target *ret,
		struct err *reterr);

/* PID (as this process sees it after emul_enter) of a node's PID 1, or of
 * the host outside (EMUL_OUTSIDE). -ENOENT where it does not run. */
int emul_node_pid(const char *lab, const char *node, pid_t *ret,
		  struct err *reterr);

struct emul_gone {
	unsigned processes; /* that were ended, all of the lab */
	unsigned files;     /* of the state folder, itself included */
	char ended[32];     /* a command that was at work on it, or "" */
	pid_t ended_pid;
};

/*
 * Removes the lab: kills its processes, waits until all are gone, removes the
 * state folder, looks again. Works on what is there, whatever is missing; a
 * lab of which nothing is left is not an error. Another command that is at
 * work on the lab is interrupted first: this is the way out of all.
 */
int emul_down(const char *lab, struct emul_gone *ret_gone, struct err *reterr);

/* One requirement of emulated labs and whether this machine meets it. */
struct emul_need {
	const char *name; /* "user namespaces" */
	bool ok;
	bool required;
	const char *found; /* what was seen */
	const char *cure;  /* how to get it; NULL where ok */
};

/* Looks at this machine; never changes it. Where lab is not NULL: can it run
 * that one? What that does not need is left out. */
int emul_doctor(struct arena *a, const struct lab *lab, struct emul_need **ret,
		size_t *ret_n);

#endif
