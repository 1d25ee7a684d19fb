/* SPDX-License-Identifier: MIT */
#include "verify/looks/tracked.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/file.h"
#include "lib/kernel/netns.h"
#include "lib/parse.h"

#define BASE "/proc/sys/net/netfilter/nf_conntrack_"
#define NUMBER_MAX 32

/* A setting of the namespace that the process is in. */
static int number(const char *path, uint32_t *ret, struct err *reterr)
{
	auto_buf struct buf b = {0};
	int r = file_read(path, NUMBER_MAX, &b);

	if (r < 0)
		return err_sys(reterr, r, "read %s", path);
	buf_addc(&b, '\0');
	b.data[strcspn(b.data, "\n")] = '\0';
	if (parse_u32(b.data, 0, UINT32_MAX, ret) < 0)
		return err_set(reterr, -EPROTO, "%s is no number", path);
	return 0;
}

int look_tracked(const struct doc *req, struct json *j, struct err *reterr)
{
	auto_close int own = netns_open("", reterr);
	const struct doc *item;
	uint32_t max, count;
	struct err err;
	size_t n = 0;
	int r;

	if (own < 0)
		return own;
	r = number(BASE "max", &max, reterr);
	if (r < 0)
		return r;
	json_kint(j, "max", max);
	json_key(j, "tracked");
	json_arr(j);
	DOC_FOREACH (item, doc_get(req, "netns")) {
		auto_close int ns = -1;

		if (n++ == TRACKED_MAX)
			break;
		json_obj(j);
		ns = netns_open(item->kind == DOC_SCALAR ? item->str : "?",
				&err);
		r = ns;
		if (ns >= 0 && setns(ns, CLONE_NEWNET) < 0)
			r = err_sys(&err, -errno, "enter a namespace");
		if (r >= 0)
			r = number(BASE "count", &count, &err);
		if (r < 0)
			json_kstr(j, "error", err.msg);
		else
			json_kint(j, "count", count);
		json_obj_end(j);
		if (setns(own, CLONE_NEWNET) < 0)
			return err_sys(reterr, -errno, "come back");
	}
	json_arr_end(j);
	return 0;
}

/* --- the other side: the request and its answer --------------------------- */

void tracked_ask(const struct seen_tracked *t, size_t n, struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_key(&j, "netns");
	json_arr(&j);
	for (size_t i = 0; i < n; i++)
		json_str(&j, t[i].netns);
	json_arr_end(&j);
}

void tracked_answer(struct arena *a, const struct doc *d,
		    struct seen_tracked *t, size_t n)
{
	const struct doc *item;
	size_t i = 0;

	DOC_FOREACH (item, doc_get(d, "tracked")) {
		const char *error = doc_str(item, "error", NULL);

		if (i == n)
			return;
		t[i].count = doc_int(item, "count", -1);
		t[i].max = doc_int(d, "max", -1);
		if (!error && (t[i].count < 0 || t[i].max < 0))
			error = "its answer makes no sense";
		t[i++].error = error ? arena_strdup(a, error) : NULL;
	}
	for (; i < n; i++)
		t[i].error = "its answer is missing";
}
