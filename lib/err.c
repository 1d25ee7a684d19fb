/* SPDX-License-Identifier: MIT */
#include "lib/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *reterr, int code, const char *fmt, ...)
{
	va_list ap;

	if (!reterr)
		return code;
	reterr->code = code;
	va_start(ap, fmt);
	vsnprintf(reterr->msg, sizeof(reterr->msg), fmt, ap);
	va_end(ap);
	return code;
}

int err_sys(struct err *reterr, int code, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (!reterr)
		return code;
	reterr->code = code;
	va_start(ap, fmt);
	vsnprintf(reterr->msg, sizeof(reterr->msg), fmt, ap);
	va_end(ap);
	n = strlen(reterr->msg);
	snprintf(reterr->msg + n, sizeof(reterr->msg) - n, ": %s",
		 strerror(-code));
	return code;
}

int err_prefix(struct err *reterr, const char *fmt, ...)
{
	char old[ERR_MAX];
	va_list ap;
	size_t n;

	if (!reterr)
		return -1;
	memcpy(old, reterr->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(reterr->msg, sizeof(reterr->msg), fmt, ap);
	va_end(ap);
	n = strlen(reterr->msg);
	snprintf(reterr->msg + n, sizeof(reterr->msg) - n, ": %s", old);
	return reterr->code;
}
