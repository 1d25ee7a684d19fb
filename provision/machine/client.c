/* SPDX-License-Identifier: MIT */
#include "provision/machine/client.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "provision/machine/inside.h"

#define PAUSE_FIRST_NS (200 * NS_PER_MS)
#define PAUSE_MOST_NS (5 * NS_PER_S)
#define LIVED_NS (10 * NS_PER_S) /* one that ran so long was right */

static void no_signals_blocked(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void client_start(struct client *c, const char *const *argv)
{
	c->again = MONO_NEVER;
	c->started = clock_mono();
	c->pid = fork();
	if (c->pid > 0)
		return;
	if (c->pid == 0) {
		no_signals_blocked();
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		machine_say("cannot run %s, the %s: %s\n", c->program, c->what,
			    strerrordesc_np(errno));
		_exit(127);
	}
	c->pid = 0;
	c->again = mono_add(c->started, PAUSE_MOST_NS);
}

bool client_ended(struct client *c, pid_t pid, int status)
{
	struct mono now = clock_mono();

	if (pid != c->pid)
		return false;
	c->pid = 0;
	if (mono_sub(now, c->started) > LIVED_NS)
		c->pause_ns = 0;
	c->pause_ns = c->pause_ns ? c->pause_ns * 2 : PAUSE_FIRST_NS;
	if (c->pause_ns > PAUSE_MOST_NS)
		c->pause_ns = PAUSE_MOST_NS;
	c->again = mono_add(now, c->pause_ns);
	if (WIFSIGNALED(status))
		machine_say("the %s was killed by SIG%s; it is started again\n",
			    c->what, sigabbrev_np(WTERMSIG(status)));
	else
		machine_say("the %s ended with status %d; it is started "
			    "again\n",
			    c->what, WEXITSTATUS(status));
	return true;
}

void client_done(struct client *c, int64_t in_ns)
{
	c->pid = 0;
	c->pause_ns = 0;
	c->again = mono_add(clock_mono(), in_ns);
}

void client_kill(const struct client *c)
{
	if (c->pid)
		kill(c->pid, SIGKILL);
}
