/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_KINDS_LINK_CONF_H
#define LABCTL_PROVISION_KINDS_LINK_CONF_H

/*
 * Settings of links below net/ipv4/conf and net/ipv6/conf, as a dump of links
 * tells them all. What is otherwise than in a fresh namespace is seen as a
 * setting of its own (RES_SYSCTL), but for those that kinds/link/compare.c
 * judges itself.
 */

struct look;
struct nlattr;

/* Pushes what of a link's IFLA_AF_SPEC is otherwise. */
void conf_look(struct look *l, const char *dev, const struct nlattr *af_spec);

#endif
