/* SPDX-License-Identifier: MIT */
#include "lib/line.h"

#include <errno.h>
#include <string.h>

int line_find(struct line *l, const struct buf *b, size_t max, size_t *ret_len)
{
	const char *end = NULL;

	if (l->seen < b->len)
		end = memchr(b->data + l->seen, '\n', b->len - l->seen);
	l->seen = end ? (size_t)(end - b->data) : b->len;
	*ret_len = l->seen;
	if (l->seen > max)
		return -EMSGSIZE;
	return end != NULL;
}

void line_drop(struct line *l, struct buf *b, size_t len)
{
	buf_drop(b, len + 1);
	l->seen = 0;
}

char *line_next(struct line *l, struct buf *b, size_t *ret_len)
{
	char *text, *end = NULL;

	if (l->seen < b->len)
		end = memchr(b->data + l->seen, '\n', b->len - l->seen);
	if (!end) {
		buf_drop(b, l->from);
		*l = (struct line){.seen = b->len};
		return NULL;
	}
	*end = '\0';
	text = b->data + l->from;
	*ret_len = (size_t)(end - text);
	l->from = l->seen = (size_t)(end - b->data) + 1;
	return text;
}
