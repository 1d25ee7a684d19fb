/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "provision/host/remote.h"
#include "verify/report/tap.h"

volatile int cmd_interrupted;
static int interrupt_fd = -1;

static const char *lab_option;

static const struct cmd_opt common[] = {
	{"help", 'h', OPT_FLAG, NULL},       {"verbose", 'v', OPT_FLAG, NULL},
	{"quiet", 'q', OPT_FLAG, NULL},      {"debug", 0, OPT_FLAG, NULL},
	{"lab", 'l', OPT_TEXT, &lab_option}, {NULL, 0, OPT_FLAG, NULL},
};

static void print_help(const struct cmd *c)
{
	printf("Usage: labctl %s%s%s\n\n%s\n", c->name, *c->args ? " " : "",
	       c->args, c->summary);
	if (c->help)
		printf("\n%s", c->help);
	fputs("\nEverywhere:\n"
	      "  -l, --lab LAB   the lab that is meant; else LABCTL_LAB, else "
	      "the only one\n"
	      "  -v, --verbose   say more of what is being done\n"
	      "  -q, --quiet     say only what is wrong\n"
	      "      --debug     show what is sent to nodes and what they "
	      "answer\n"
	      "  -h, --help      this\n",
	      stdout);
}

static const struct cmd_opt *find_long(const struct cmd_opt *opts,
				       const char *name, size_t len)
{
	for (; opts && opts->name; opts++)
		if (strlen(opts->name) == len &&
		    strncmp(opts->name, name, len) == 0)
			return opts;
	return NULL;
}

static const struct cmd_opt *find_letter(const struct cmd_opt *opts, char c)
{
	for (; opts && opts->name; opts++)
		if (opts->letter == c)
			return opts;
	return NULL;
}

/* The option of a word such as "--lab=x" or "-lx"; *ret_value or NULL. */
static const struct cmd_opt *find_option(const struct cmd_opt *opts,
					 const char *word,
					 const char **ret_value)
{
	const struct cmd_opt *o;
	size_t len;

	*ret_value = NULL;
	if (word[1] != '-') {
		o = find_letter(opts, word[1]);
		if (word[2])
			*ret_value = word + 2;
		return o ? o : find_letter(common, word[1]);
	}
	len = strcspn(word + 2, "=");
	if (word[2 + len])
		*ret_value = word + 2 + len + 1;
	o = find_long(opts, word + 2, len);
	return o ? o : find_long(common, word + 2, len);
}

bool cmd_takes_value(const struct cmd_opt *opts, const char *word)
{
	const struct cmd_opt *o;
	const char *value;

	if (word[0] != '-' || !word[1])
		return false;
	o = find_option(opts, word, &value);
	return o && o->kind == OPT_TEXT && !value;
}

static int no_such_option(const struct cmd *c, const char *word,
			  const struct cmd_opt *opts)
{
	const char *names[64], *near;
	size_t n = 0;

	for (; opts && opts->name && n < 50; opts++)
		names[n++] = opts->name;
	for (opts = common; opts->name; opts++)
		names[n++] = opts->name;
	near = strncmp(word, "--", 2) == 0 ? parse_nearest(word + 2, names, n)
					   : NULL;
	if (near)
		return cmd_usage(c, "no option '%s'; did you mean '--%s'?",
				 word, near);
	return cmd_usage(c, "no option '%s'", word);
}

/* Carries one option out; false ends the command with *ret. */
static bool take(const struct cmd *c, const struct cmd_opt *o,
		 const char *value, int *ret)
{
	if (o == &common[0]) {
		print_help(c);
		*ret = EXIT_OK;
		return false;
	}
	if (o == &common[1])
		log_level = LOG_LEVEL_INFO;
	else if (o == &common[2])
		log_level = LOG_LEVEL_ERROR;
	else if (o == &common[3])
		log_level = LOG_LEVEL_DEBUG;
	else if (o->kind == OPT_FLAG)
		*(bool *)o->ret = true;
	else
		*(const char **)o->ret = value;
	return true;
}

/* While options are only told: to whom. */
static struct {
	cmd_option_fn *fn;
	void *ctx;
} told;

static void tell(const struct cmd_opt *opts)
{
	for (; opts && opts->name; opts++)
		told.fn(told.ctx, opts);
}

void cmd_each_option(const struct cmd *c, cmd_option_fn *fn, void *ctx)
{
	char name[] = "labctl";
	char *words[] = {name, NULL};

	told.fn = fn;
	told.ctx = ctx;
	/* Reading its options is the first that a command does. */
	c->run(c, 1, words);
	told.fn = NULL;
}

bool cmd_options(const struct cmd *c, int *argc, char **argv,
		 const struct cmd_opt *opts, int *ret)
{
	const struct cmd_opt *o;
	int in, out = 1;

	*ret = EXIT_OK;
	if (told.fn) {
		tell(opts);
		tell(common);
		return false;
	}
	for (in = 1; in < *argc; in++) {
		const char *value;
		char *word = argv[in];

		if (strcmp(word, "--") == 0) {
			/* Kept: exec tells its command from its options. */
			while (in < *argc)
				argv[out++] = argv[in++];
			break;
		}
		if (word[0] != '-' || !word[1]) {
			argv[out++] = word;
			continue;
		}
		o = find_option(opts, word, &value);
		if (!o || (value && o->kind == OPT_FLAG)) {
			*ret = no_such_option(c, word, opts);
			return false;
		}
		if (o->kind == OPT_TEXT && !value) {
			if (in + 1 >= *argc) {
				*ret = cmd_usage(c, "'%s' needs a value", word);
				return false;
			}
			value = argv[++in];
		}
		if (!take(c, o, value, ret))
			return false;
	}
	*argc = out;
	argv[out] = NULL;
	return true;
}

int cmd_fail(int status, const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "labctl: %s\n", e->msg);
	return status;
}

int cmd_usage(const struct cmd *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "labctl%s%s: ", *c->name ? " " : "", c->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr,
		"\nUsage: labctl %s%s%s\n'labctl%s%s --help' tells more.\n",
		c->name, *c->name && *c->args ? " " : "", c->args,
		*c->name ? " " : "", c->name);
	return EXIT_USAGE;
}

int cmd_wrong(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("labctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

const char *cmd_lab_name(void)
{
	const char *v = getenv("LABCTL_LAB");

	return lab_option ? lab_option : v && *v ? v : NULL;
}

int cmd_lab_word(const char *word, const char **ret)
{
	if (word && lab_option && strcmp(word, lab_option) != 0)
		return cmd_wrong("which lab: '%s', or '%s' of --lab?", word,
				 lab_option);
	*ret = word ? word : cmd_lab_name();
	return EXIT_OK;
}

bool cmd_color(FILE *f)
{
	const char *term = getenv("TERM"), *v;

	v = getenv("NO_COLOR");
	if (v && *v)
		return false;
	v = getenv("FORCE_COLOR");
	if (v && *v && strcmp(v, "0") != 0)
		return true;
	return isatty(fileno(f)) && term && *term && strcmp(term, "dumb") != 0;
}

bool cmd_color_tap(void)
{
	return isatty(STDOUT_FILENO) && cmd_color(stdout);
}

void cmd_said_points(const struct tap *t, struct mono began)
{
	double s = (double)mono_sub(clock_mono(), began) / (double)NS_PER_S;

	if (log_level < LOG_LEVEL_WARN)
		return;
	fflush(stdout);
	fprintf(stderr, "%zu of %zu hold", t->n - t->failed - t->skipped, t->n);
	if (t->failed)
		fprintf(stderr, ", %zu %s not", t->failed,
			t->failed == 1 ? "does" : "do");
	if (t->skipped)
		fprintf(stderr, ", %zu skipped", t->skipped);
	fprintf(stderr, ", %.1f s\n", s);
}

unsigned cmd_columns(FILE *f)
{
	struct winsize ws;

	if (!isatty(fileno(f)) || ioctl(fileno(f), TIOCGWINSZ, &ws) < 0)
		return 0;
	return ws.ws_col;
}

static void on_signal(int sig)
{
	const uint64_t one = 1;
	int saved = errno;

	cmd_interrupted = sig;
	/* It fails only where it is readable already. */
	if (interrupt_fd < 0 || write(interrupt_fd, &one, sizeof(one)) < 0)
		errno = saved;
}

void cmd_catch_signals(void)
{
	/* No SA_RESTART: a wait must end so that it can be cleaned up. */
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

void cmd_interrupt_waits(void)
{
	if (interrupt_fd < 0)
		interrupt_fd = eventfd(cmd_interrupted != 0,
				       EFD_CLOEXEC | EFD_NONBLOCK);
	remote_interrupt_fd = interrupt_fd;
}
