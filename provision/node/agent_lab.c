/* SPDX-License-Identifier: MIT */
#include "provision/node/agent_lab.h"

#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/kernel/datapath.h"

#define FILE_SHOWN_MAX 256 /* bytes of the file's name in an error */

/* An agent is one process for one session: this is that session's. */
static struct lab *told;
static const struct topo_node *told_node;

static void free_lab(struct lab **lab)
{
	lab_free(*lab);
}

static int wrong(const char *file, const struct topo_errors *errs,
		 struct err *reterr)
{
	const struct topo_error *e = &errs->items[0];
	size_t n = errs->n + errs->dropped;

	if (!e->line)
		return err_set(reterr, -EINVAL, "%.*s: %s", FILE_SHOWN_MAX,
			       file, e->msg);
	if (n == 1)
		return err_set(reterr, -EINVAL, "%.*s:%u:%u: %s",
			       FILE_SHOWN_MAX, file, e->line, e->col, e->msg);
	return err_set(reterr, -EINVAL, "%.*s:%u:%u: %.600s (and %zu more)",
		       FILE_SHOWN_MAX, file, e->line, e->col, e->msg, n - 1);
}

/* This and whether the lab is fresh are all that no file says. */
static void drained(struct lab *lab, const struct doc *names)
{
	const struct doc *d;
	size_t i;

	DOC_FOREACH (d, names)
		for (i = 0; i < lab->nnodes && d->kind == DOC_SCALAR; i++)
			if (strcmp(lab->nodes[i].name, d->str) == 0)
				lab->nodes[i].drained = true;
}

int agent_lab_op(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	const char *file = doc_str(req, "file", "the lab");
	const char *text = doc_str(req, "text", NULL);
	const char *name = doc_str(req, "node", NULL);
	auto_(free_lab) struct lab *lab = NULL;
	const struct topo_node *node;

	(void)j;
	if (!text || !name)
		return err_set(reterr, -EINVAL,
			       "'text', a lab's, and 'node', one of its nodes, "
			       "are needed");
	if (topo_load_text(file, text, strlen(text), &lab, &errs) < 0)
		return wrong(file, &errs, reterr);
	topo_settle(lab,
		    topo_uses(lab, TOPO_OPENVSWITCH) && datapath_in_kernel());
	drained(lab, doc_get(req, "drained"));
	lab->fresh = doc_bool(req, "fresh", false);
	node = topo_node(lab, name);
	if (!node)
		return err_set(reterr, -EINVAL, "lab %s has no node '%.64s'",
			       lab->name, name);
	lab_free(told);
	told = take_ptr(lab);
	told_node = node;
	return 0;
}

int agent_lab(const struct lab **ret_lab, const struct topo_node **ret_node,
	      struct err *reterr)
{
	if (!told)
		return err_set(reterr, -ENOENT,
			       "no lab was told: 'lab' comes first");
	*ret_lab = told;
	*ret_node = told_node;
	return 0;
}
