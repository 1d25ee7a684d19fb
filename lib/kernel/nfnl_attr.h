/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_NFNL_ATTR_H
#define LABCTL_LIB_KERNEL_NFNL_ATTR_H

/* Between nfnl.c, which speaks, and nfnl_rules.c: reading attributes. */

#include <linux/netfilter/nf_tables.h>
#include <netlink/attr.h>
#include <stdbool.h>
#include <string.h>

#define NFNL_NAME_MAX 256 /* of a table or chain, as the kernel's */

static inline const char *nfnl_text_of(const struct nlattr *a)
{
	size_t len = (size_t)nla_len(a);

	return len && len <= NFNL_NAME_MAX && memchr(nla_data(a), '\0', len)
		       ? nla_data(a)
		       : NULL;
}

static inline bool nfnl_is_named(const struct nlattr *elem, const char *what)
{
	const struct nlattr *a =
		nla_find(nla_data(elem), nla_len(elem), NFTA_EXPR_NAME);
	const char *text = a ? nfnl_text_of(a) : NULL;

	return text && strcmp(text, what) == 0;
}

#endif
