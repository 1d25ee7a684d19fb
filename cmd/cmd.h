/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_CMD_CMD_H
#define LABCTL_CMD_CMD_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/list.h"
#include "lib/arena.h"
#include "lib/err.h"
#include "lib/mono.h"

struct lab;

/* Exit statuses of every command. */
enum {
	EXIT_OK = 0,
	EXIT_DIFFERS = 1, /* a check failed, or the plan differs where asked */
	EXIT_USAGE = 2,   /* usage, or the file is wrong */
	EXIT_CANNOT = 3,  /* a node or this machine could not do it */
	EXIT_INTERRUPTED = 130
};

struct cmd {
	const char *name;
	const char *args;    /* "FILE [-n] [--no-wait]" */
	const char *summary; /* one line, lower case */
	const char *help;    /* options and examples, whole lines; or NULL */
	int (*run)(const struct cmd *c, int argc, char **argv);
	bool hidden;
};

/* Options of a command, read by cmd_options(). */
enum cmd_opt_kind { OPT_FLAG, OPT_TEXT };

struct cmd_opt {
	const char *name; /* long, without "--" */
	char letter;      /* or 0 */
	enum cmd_opt_kind kind;
	void *ret; /* bool * or const char ** */
};

/*
 * Reads options (anywhere before "--") and leaves the other words in argv,
 * argv[0] being the command's name. -h and --help print the command's help:
 * then, and on a wrong option, returns false with the exit status in *ret.
 * opts ends with a NULL name. Those of every command (-v, -q, --debug, -l) are
 * read too.
 */
bool cmd_options(const struct cmd *c, int *argc, char **argv,
		 const struct cmd_opt *opts, int *ret);

/* Calls fn for each option of a command, those of every command after them. */
typedef void cmd_option_fn(void *ctx, const struct cmd_opt *o);
void cmd_each_option(const struct cmd *c, cmd_option_fn *fn, void *ctx);

/* Whether the word after this one is its value: "-l", "--node". */
bool cmd_takes_value(const struct cmd_opt *opts, const char *word);

/*
 * The name of the lab that is meant: --lab's, else LABCTL_LAB's, else NULL.
 */
const char *cmd_lab_name(void);

/*
 * The same where the command line may name it as a bare word (NULL: it does
 * not). Returns 0, or EXIT_USAGE having said that word and --lab differ.
 */
int cmd_lab_word(const char *word, const char **ret);

/* Prints "labctl: message" to stderr and returns status. */
int cmd_fail(int status, const struct err *e);

/*
 * Prints "labctl NAME: words" and how to get help; returns EXIT_USAGE. For a
 * command line that is wrong; words that only name what is not there get
 * cmd_wrong(), without the usage.
 */
int cmd_usage(const struct cmd *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

int cmd_wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

struct topo_errors;

/* The folder of the labs that labctl brings along; it may not be there. */
const char *cmd_share(struct arena *a);

/*
 * Loads the lab file that word means (see topo_find), or standard input for
 * "-". *ret_path is for words. Returns 0 or -EINVAL with errs.
 */
int cmd_read(struct arena *a, const char *word, const char **ret_path,
	     struct lab **ret, struct topo_errors *errs);

/* Prints what is wrong with a file to stderr. */
void cmd_say_errors(const char *path, const struct topo_errors *errs);

/* What is right in a file and yet worth knowing, on standard error. */
void cmd_say_notes(const struct lab *lab);

/* Both: returns 0, or EXIT_USAGE having printed the errors. */
int cmd_load(const char *word, struct lab **ret);

/*
 * The lab a command without FILE means: name, or the one that --lab or
 * LABCTL_LAB names, or the only one that is up. Loads its stored file.
 * Returns 0 or an exit status, having said why: EXIT_USAGE where the name is
 * wrong or lacks, EXIT_CANNOT where no lab is up.
 */
int cmd_current_lab(const char *name, struct lab **ret);

struct emul_lab;

/* Says that there is no lab of this name, and the nearest; EXIT_USAGE. */
int cmd_no_such_lab(const char *name, const struct emul_lab *labs, size_t n);

/* Says that the lab has no such thing ("node") of this name, and the nearest of
 * those that it has; EXIT_USAGE. */
int cmd_no_such(const struct lab *lab, const char *what, const char *name,
		const char *const *names, size_t n);
int cmd_no_such_node(const struct lab *lab, const char *name);

/* ANSI colours on f: NO_COLOR, FORCE_COLOR, TERM=dumb, is it a terminal. */
bool cmd_color(FILE *f);

/*
 * The same for TAP on stdout, which a harness in a pipe reads: colours only on
 * a terminal, whatever else is set.
 */
bool cmd_color_tap(void);

struct tap;

/* The last words to a person, on stderr: "67 of 67 hold, 2.6 s". */
void cmd_said_points(const struct tap *t, struct mono began);

/* Columns of the terminal that f is; 0 where it is none. */
unsigned cmd_columns(FILE *f);

/* Set by SIGINT and SIGTERM after cmd_catch_signals(). */
extern volatile int cmd_interrupted;
void cmd_catch_signals(void);

/*
 * They also end every wait for a node, at once and for good. Not for who must
 * speak to nodes afterwards, to put back what it changed.
 */
void cmd_interrupt_waits(void);

/* All commands, as --help lists them; the last row is {NULL, NULL}. */
struct cmd_row {
	const char *area; /* a headline of --help; NULL: as the row before */
	const struct cmd *cmd;
};

extern const struct cmd_row cmd_rows[];

#define CMD_DECLARE(area, name) extern const struct cmd cmd_##name;
CMD_LIST(CMD_DECLARE)
#undef CMD_DECLARE

#endif
