/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_ERR_H
#define LABCTL_LIB_ERR_H

#define ERR_MAX 1024 /* bytes of one message, NUL included */

/* An error for a person: a negative errno and one sentence without a stop. */
struct err {
	int code;
	char msg[ERR_MAX];
};

/*
 * Writes code (a negative errno) and a sentence to reterr (may be NULL) and
 * returns code, so that a caller can say: return err_set(reterr, -EINVAL, ...).
 */
int err_set(struct err *reterr, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set, with ": " and the words of the error number appended. */
int err_sys(struct err *reterr, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts context, then ": ", before the message already there; returns code. */
int err_prefix(struct err *reterr, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
