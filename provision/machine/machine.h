/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_MACHINE_MACHINE_H
#define LABCTL_PROVISION_MACHINE_MACHINE_H

/*
 * An instance as a machine: a tree of processes in namespaces of its own,
 * in the network namespace that the plan made.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

#define MACHINE_RESOLVERS_MAX 8

/* On the node: NETNS holds the number of a machine's PID 1. */
#define MACHINE_DIR "/run/machine"
#define MACHINE_PROGRAM MACHINE_DIR "/labctl" /* and this program is here */

/* Between the first questions of two machines: hundreds that ask at once are
 * answered late. */
#define MACHINE_WAVE_MS 10u

/* In the machine. */
#define MACHINE_LEASE "/run/lease.json"
#define MACHINE_LEASE6 "/run/lease6.json"
#define MACHINE_CONSOLE "/var/log/boot.log"

struct machine {
	const char *netns; /* by name: it is its name on the node */
	const char *hostname;
	const char *device; /* "eth0" */
	bool dhcp;          /* it leases its IPv4 address */
	bool dhcp6;         /* it asks DHCPv6 servers when a router says so */
	unsigned delay_ms;  /* before its client begins */
	const char *resolvers[MACHINE_RESOLVERS_MAX];
	size_t nresolvers;
};

/*
 * Runs it until told to end (SIGTERM) or until its PID 1 ends; called by who
 * is in its network namespace. What DHCP gave is gone afterwards. Returns 0
 * where it was told, or a negative errno.
 */
int machine_run(const struct machine *m, struct err *reterr);

/*
 * Called by the DHCP client inside a machine, by argv[0] MACHINE_HOOK, with
 * the event as its only word and the rest in the environment.
 */
#define MACHINE_HOOK "dhcp-hook"
int machine_hook(const char *event, struct err *reterr);

/* The same by the DHCPv6 client, which has its reason in the environment. */
int machine_hook6(const char *reason, struct err *reterr);

/*
 * Runs words (NULL at their end; none: a login shell) inside the machine of a
 * network namespace, with a terminal of the machine's where stdin and stdout
 * are one. Where there is no machine: in the network namespace alone. Returns
 * the status to exit with, or -errno.
 */
int machine_enter(const char *netns, char *const *words, struct err *reterr);

#endif
