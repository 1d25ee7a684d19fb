/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_CMD_LIST_H
#define LABCTL_CMD_LIST_H

/*
 * All commands, as --help lists them: X(area, name), where area is a headline
 * of --help, or NULL for that of the line before. A new one is a line here and
 * the file cmd_NAME.c with its struct cmd cmd_NAME; inner/ has those that only
 * labctl itself runs.
 */

struct cmd;

/* clang-format off */
#define CMD_LIST(X) \
	X("A lab's file", init) \
	X(NULL, check) \
	X(NULL, plan) \
	X("A lab's life", up) \
	X(NULL, status) \
	X(NULL, down) \
	X("Does it work?", verify) \
	X(NULL, failover) \
	X(NULL, drain) \
	X(NULL, undrain) \
	X(NULL, impair) \
	X("By hand", exec) \
	X(NULL, show) \
	X(NULL, vrrp) \
	X("This program", doctor) \
	X(NULL, help) \
	X(NULL, version) \
	X(NULL, agent) \
	X(NULL, complete) \
	X(NULL, services) \
	X(NULL, fabric) \
	X(NULL, metadata) \
	X(NULL, state_change) \
	X(NULL, conntrack) \
	X(NULL, machine) \
	X(NULL, flows) \
	X(NULL, ovsdb) \
	X(NULL, vlan) \
	X(NULL, dhcp_hook)
/* clang-format on */

#endif
