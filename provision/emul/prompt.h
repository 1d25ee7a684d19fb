/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_PROMPT_H
#define LABCTL_PROVISION_EMUL_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/* The real-time schedule of a lab's VRRP engines, given from outside. */

#define EMUL_PROMPT_PRIORITY 10 /* as the engine has it: vrrp/run.c */

/*
 * Gives each node's engine, and the parent that starts it again, the schedule
 * that it asks for itself, where it did not get it. Only root can, and only
 * where it has CAP_SYS_NICE; best effort: an engine without works too. Called
 * after engines may have been started.
 */
void emul_prompt(const char *lab);

/* Whether the words of a process (as /proc has them) are those of the engine
 * that a lab's node keeps. Pure. */
bool emul_is_engine(const char *lab, const char *cmdline, size_t len);

#endif
