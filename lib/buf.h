/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_BUF_H
#define LABCTL_LIB_BUF_H

/* A growing byte buffer. data is always NUL-terminated once written to. */

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len, cap;
};

void buf_release(struct buf *b);

/* Empties without giving memory back. */
void buf_reset(struct buf *b);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* The same behind a comma, where there is something already. */
void buf_listf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Drops the first n bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);

/* Room for n more bytes after len; returns where they go. */
char *buf_room(struct buf *b, size_t n);

#define auto_buf auto_(buf_release)

#endif
