/* SPDX-License-Identifier: MIT */
#include "provision/kinds/link/odd.h"

#include <netlink/attr.h>

#include "lib/kernel/rtmsg.h"

static uint32_t value(const struct odd_row *row, const struct nlattr *a)
{
	if (row->size == 2 && nla_len(a) >= 2)
		return nla_get_u16(a);
	return row->size == 1 ? rtmsg_u8(a) : rtmsg_u32(a);
}

uint32_t odd_look(const struct odd_table *t, struct nlattr *const *tb)
{
	uint32_t odd = 0;
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct nlattr *a = tb[t->rows[i].attr];

		if (a && value(&t->rows[i], a) != t->rows[i].usual)
			odd |= UINT32_C(1) << i;
	}
	return odd;
}

void odd_print(const struct odd_table *t, uint32_t odd, struct buf *why)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (odd >> i & 1)
			buf_listf(why, "%s", t->rows[i].words);
}

void odd_put_usual(const struct odd_table *t, uint32_t odd, struct nl_msg *m)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct odd_row *row = &t->rows[i];

		if (!(odd >> i & 1))
			continue;
		if (row->size == 1)
			(void)nla_put_u8(m, row->attr, (uint8_t)row->usual);
		else if (row->size == 2)
			(void)nla_put_u16(m, row->attr, (uint16_t)row->usual);
		else
			(void)nla_put_u32(m, row->attr, row->usual);
	}
}
