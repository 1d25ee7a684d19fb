/* SPDX-License-Identifier: MIT */
#include "cmd/common/changes.h"

#include "provision/host/converge_lab.h"

static const char *color_of(char op)
{
	switch (op) {
	case '+':
		return "\033[32m";
	case '-':
		return "\033[31m";
	default:
		return "\033[33m";
	}
}

void changes_print(const struct converge *c, bool color, FILE *f)
{
	size_t i, k;

	for (i = 0; i < c->n; i++) {
		const struct node_result *r = &c->nodes[i];

		if (r->nchanges)
			fprintf(f, "%s\n", r->node);
		for (k = 0; k < r->nchanges; k++) {
			const struct node_change *ch = &r->changes[k];

			fprintf(f, "%s  %c %s%s%s%s\n",
				color ? color_of(ch->op) : "", ch->op, ch->what,
				ch->why ? ": " : "", ch->why ? ch->why : "",
				color ? "\033[0m" : "");
		}
	}
}

void changes_print_failed(const struct converge *c, FILE *f)
{
	size_t i, k;

	for (i = 0; i < c->n; i++)
		for (k = 0; k < c->nodes[i].nfailed; k++) {
			const struct node_change *ch = &c->nodes[i].failed[k];

			fprintf(f, "labctl: %s: %c %s: %s\n", c->nodes[i].node,
				ch->op, ch->what,
				ch->why ? ch->why : "still different");
		}
}
