/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_LOG_H
#define LABCTL_LIB_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* The most verbose level that is written; the default is LOG_LEVEL_WARN. */
extern enum log_level log_level;

/* Writes "prefix: text\n" to stderr in one write if level is wanted. */
void log_write(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* What stands before every line ("labctl" unless set); not copied. */
void log_prefix(const char *prefix);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
