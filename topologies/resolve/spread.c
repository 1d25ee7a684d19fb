/* SPDX-License-Identifier: MIT */
#include "topologies/resolve/spread.h"

#include <stdbool.h>

void spread_init(struct spread *s, size_t n, size_t max)
{
	*s = (struct spread){.n = n, .each = max && max < n ? max : n};
}

/* The least loaded node that is not chosen yet, the first of equals. */
static size_t least(const struct spread *s, const bool *chosen)
{
	size_t ret = s->n;

	for (size_t i = 0; i < s->n; i++)
		if (!chosen[i] &&
		    (ret == s->n || s->carries[i] < s->carries[ret]))
			ret = i;
	return ret;
}

/*
 * Whether node b is to lead rather than a, which is before it in the file.
 * Of two that lead as many, the one that carries more: it is chosen again
 * later than the other. Of equals the last: a lab's first router is led by
 * the last of its hosts, as if addresses went by the file.
 */
static bool leads_rather(const struct spread *s, size_t b, size_t a)
{
	if (s->leads[b] != s->leads[a])
		return s->leads[b] < s->leads[a];
	return s->carries[b] >= s->carries[a];
}

void spread_next(struct spread *s, size_t *ret_hosts, size_t *ret_lead)
{
	(void)spread_few(s, s->each, ret_hosts, ret_lead);
}

size_t spread_few(struct spread *s, size_t each, size_t *ret_hosts,
		  size_t *ret_lead)
{
	bool chosen[TOPO_NODES_MAX] = {false};
	size_t lead = 0, n = 0;

	for (size_t i = 0; i < each && i < s->n; i++)
		chosen[least(s, chosen)] = true;
	for (size_t i = 0; i < s->n; i++) {
		if (!chosen[i])
			continue;
		ret_hosts[n] = i;
		if (n && leads_rather(s, i, ret_hosts[lead]))
			lead = n;
		n++;
	}
	for (size_t i = 0; i < n; i++)
		s->carries[ret_hosts[i]]++;
	if (n)
		s->leads[ret_hosts[lead]]++;
	*ret_lead = lead;
	return n;
}
