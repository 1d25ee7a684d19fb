/* SPDX-License-Identifier: MIT */
/*
 * Converging a lab
 * ================
 * Each node is told the lab's own text once a session, and makes its own plan
 * of it; the answer is the differences that the agent found and, when asked
 * to, mended. Nothing here knows what a difference is.
 */
#include "provision/host/converge_lab.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/node/diff.h"
#include "provision/node/look.h"

struct run {
	const struct lab *lab;
	bool apply;
	struct converge *out;
	converge_progress *progress;
	void *ctx;
	struct buf told; /* the lab, as members of a request */
	pthread_mutex_t lock;
};

static void read_changes(struct arena *a, const struct doc *list,
			 struct node_change **items, size_t *n)
{
	const struct doc *d;

	DOC_FOREACH (d, list) {
		struct node_change *c = arena_push(a, items, n, sizeof(*c));

		c->op = *doc_str(d, "op", "?");
		c->what = arena_strdup(a, doc_str(d, "what", ""));
		c->why = doc_str(d, "why", NULL);
		if (c->why)
			c->why = arena_strdup(a, c->why);
	}
}

/* JSON members without the braces of their object, as remote_send() wants. */
static void no_braces(struct buf *b)
{
	b->data[--b->len] = '\0';
	buf_drop(b, 1);
}

void converge_tell(const struct lab *lab, struct buf *out)
{
	struct json j;
	size_t i;

	json_init(&j, out, 0);
	json_obj(&j);
	json_kstr(&j, "file", lab->path);
	json_kstr(&j, "text", lab->text);
	json_kbool(&j, "fresh", lab->fresh);
	json_key(&j, "drained");
	json_arr(&j);
	for (i = 0; i < lab->nnodes; i++)
		if (lab->nodes[i].drained)
			json_str(&j, lab->nodes[i].name);
	json_arr_end(&j);
	json_obj_end(&j);
	no_braces(out);
}

/* Tells the node which lab it is part of, once a session; *ret_id is 0 where
 * it was told before. Its answer need not be waited for. */
static int tell_lab(const struct buf *lab, struct fleet_node *n,
		    unsigned *ret_id, struct err *reterr)
{
	auto_buf struct buf req = {0};
	struct json j;

	*ret_id = 0;
	if (n->told)
		return 0;
	json_init(&j, &req, 0);
	json_obj(&j);
	json_kstr(&j, "node", n->node->name);
	json_obj_end(&j);
	no_braces(&req);
	buf_adds(&req, ",");
	buf_add(&req, lab->data, lab->len);
	return remote_send(n->remote, "lab", req.data, ret_id, reterr);
}

static int ask_converge(const struct buf *lab, bool apply, struct fleet_node *n,
			struct arena *a, const struct doc **ret,
			struct err *reterr)
{
	unsigned lab_id, id;
	int r, told = 0;

	r = tell_lab(lab, n, &lab_id, reterr);
	if (r == 0)
		r = remote_send(n->remote, "converge",
				apply ? "\"apply\": true" : "\"apply\": false",
				&id, reterr);
	if (r < 0)
		return r;
	if (lab_id)
		told = remote_wait(n->remote, lab_id, CONVERGE_TIMEOUT_MS, a,
				   ret, reterr);
	n->told = told == 0;
	/* Why the lab was refused says more than what came of it. */
	r = remote_wait(n->remote, id, CONVERGE_TIMEOUT_MS, a, ret,
			told < 0 ? NULL : reterr);
	return told < 0 ? told : r;
}

int converge_one(struct fleet_node *n, const struct lab *lab, struct arena *a,
		 size_t *ret_changes, struct err *reterr)
{
	auto_buf struct buf told = {0};
	const struct doc *answer = NULL, *failed;
	int r;

	converge_tell(lab, &told);
	r = ask_converge(&told, true, n, a, &answer, reterr);
	if (r < 0)
		return r;
	failed = doc_get(answer, "failed");
	*ret_changes = doc_len(doc_get(answer, "changes"));
	DOC_FOREACH (answer, failed)
		return err_set(reterr, -EIO, "%s: %s",
			       doc_str(answer, "what", "?"),
			       doc_str(answer, "why", "it failed"));
	return 0;
}

int converge_look(struct fleet_node *n, const struct buf *lab, struct arena *a,
		  struct node_change **ret, size_t *ret_n, struct err *reterr)
{
	const struct doc *answer = NULL;
	int r = ask_converge(lab, false, n, a, &answer, reterr);

	*ret = NULL;
	*ret_n = 0;
	if (r == 0)
		read_changes(a, doc_get(answer, "changes"), ret, ret_n);
	return r;
}

static int converge_node(struct fleet_node *n, void *ctx, struct err *reterr)
{
	struct run *run = ctx;
	struct node_result *res = n->user;
	auto_arena struct arena a = {0};
	const struct doc *answer = NULL;
	int r;

	if (!n->node)
		return 0;
	r = ask_converge(&run->told, run->apply, n, &a, &answer, reterr);
	pthread_mutex_lock(&run->lock);
	res->status = r;
	if (r == 0) {
		read_changes(&run->out->arena, doc_get(answer, "changes"),
			     &res->changes, &res->nchanges);
		read_changes(&run->out->arena, doc_get(answer, "failed"),
			     &res->failed, &res->nfailed);
		if (run->progress)
			run->progress(run->ctx, res);
	}
	pthread_mutex_unlock(&run->lock);
	return r;
}

static void prepare(const struct lab *lab, struct converge *ret)
{
	size_t i;

	*ret = (struct converge){0};
	ret->n = lab->nnodes;
	ret->nodes = arena_array(&ret->arena, ret->n, sizeof(*ret->nodes));
	for (i = 0; i < ret->n; i++)
		ret->nodes[i].node =
			arena_strdup(&ret->arena, lab->nodes[i].name);
}

static void sum_up(struct converge *c)
{
	size_t i;

	c->changes = c->failed = 0;
	for (i = 0; i < c->n; i++) {
		c->changes += c->nodes[i].nchanges;
		c->failed += c->nodes[i].nfailed;
	}
}

int converge_lab(struct fleet *f, bool apply, converge_progress *progress,
		 void *ctx, struct converge *ret, struct err *reterr)
{
	struct run run = {.lab = f->lab,
			  .apply = apply,
			  .out = ret,
			  .progress = progress,
			  .ctx = ctx};
	size_t i;
	int r;

	prepare(f->lab, ret);
	for (i = 0; i < f->n; i++)
		f->nodes[i].user =
			f->nodes[i].node ? &ret->nodes[f->nodes[i].node->index]
					 : NULL;
	converge_tell(f->lab, &run.told);
	pthread_mutex_init(&run.lock, NULL);
	r = fleet_each(f, converge_node, &run, reterr);
	pthread_mutex_destroy(&run.lock);
	buf_release(&run.told);
	for (i = 0; i < f->n; i++) {
		struct node_result *res = f->nodes[i].user;

		if (!res || f->nodes[i].status == 0)
			continue;
		res->status = f->nodes[i].status;
		res->error = arena_strdup(&ret->arena, f->nodes[i].err.msg);
	}
	sum_up(ret);
	return r;
}

/* A node's own namespace as it begins: what this machine puts in any, and the
 * node's interfaces. */
static void fresh_node(struct converge *c, const struct topo_node *node,
		       const struct plan *p, struct observed *ret)
{
	struct look_what what;
	struct res_link *l;
	size_t i;

	look_what_of(&c->arena, p, &what);
	if (look_fresh(&c->arena, &what, ret, NULL) < 0 || ret->nns != 1)
		return;
	for (i = 0; i < ret->ns[0].of[RES_LINK].n; i++)
		ret->ns[0].of[RES_LINK].items[i].link.up = true;
	for (i = 0; i < node->nnics; i++) {
		l = &seen_push(&c->arena, &ret->ns[0], RES_LINK)->link;
		l->kind = LINK_VETH;
		l->type = "veth";
		l->name = node->nics[i].ifname;
		l->up = l->running = true;
	}
}

static void dry_node(struct converge *c, const struct lab *lab, size_t i)
{
	struct node_result *res = &c->nodes[i];
	struct observed have = {0};
	struct changes ch = {0};
	struct plan plan;
	size_t k;

	plan_build(&c->arena, lab, &lab->nodes[i], &plan);
	fresh_node(c, &lab->nodes[i], &plan, &have);
	plan_diff(&c->arena, &plan, &have, &ch);
	res->nchanges = ch.n;
	res->changes = arena_array(&c->arena, ch.n, sizeof(*res->changes));
	for (k = 0; k < ch.n; k++) {
		res->changes[k].op = "+~-"[ch.items[k].op];
		res->changes[k].what = ch.items[k].what;
		res->changes[k].why = ch.items[k].why;
	}
}

void converge_dry(const struct lab *lab, struct converge *ret)
{
	size_t i;

	prepare(lab, ret);
	for (i = 0; i < lab->nnodes; i++)
		dry_node(ret, lab, i);
	sum_up(ret);
}

void converge_fill_dry(struct converge *c, const struct lab *lab)
{
	size_t i;

	for (i = 0; i < lab->nnodes; i++) {
		if (c->nodes[i].status == 0)
			continue;
		dry_node(c, lab, i);
		c->nodes[i].status = 0;
	}
	sum_up(c);
}

/* Would this change of an interface be there after it is back and up? */
static bool outlasts_wire(const struct plan *p, const char *ifname,
			  const struct node_change *ch)
{
	size_t i;

	if (ch->op == '~')
		return !ch->why || strcmp(ch->why, "down") != 0;
	for (i = 0; i < p->n; i++)
		if (p->res[i].kind == RES_LINK && !*p->res[i].netns &&
		    strcmp(p->res[i].link.name, ifname) == 0)
			return p->res[i].link.master != NULL;
	return true;
}

void converge_after_wires(struct converge *c, const struct lab *lab,
			  const struct topo_node *node)
{
	struct node_result *res = &c->nodes[node->index];
	struct plan p;
	size_t i, k, n = 0;

	plan_build(&c->arena, lab, node, &p);
	for (i = 0; i < res->nchanges; i++) {
		const struct node_change *ch = &res->changes[i];
		bool keep = true;

		for (k = 0; k < node->nnics; k++) {
			const char *name = node->nics[k].ifname;

			if (strncmp(ch->what, "link ", 5) == 0 &&
			    strcmp(ch->what + 5, name) == 0)
				keep = outlasts_wire(&p, name, ch);
		}
		if (keep)
			res->changes[n++] = *ch;
	}
	res->nchanges = n;
	sum_up(c);
}

void converge_release(struct converge *c)
{
	if (c)
		arena_release(&c->arena);
}
