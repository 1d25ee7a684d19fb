/* SPDX-License-Identifier: MIT */
#include "provision/fabric/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "provision/fabric/mount.h"

#define LOG_MAX (1 << 20) /* begun anew beyond this, at a start */
#define AGAIN_MIN_NS (50 * NS_PER_MS)
#define AGAIN_MAX_NS (5 * NS_PER_S)
#define YOUNG_NS (10 * NS_PER_S)

static _Noreturn void in_child(const struct emul_daemon *d)
{
	char *const env[] = {(char *)"PATH=" EMUL_PATH, NULL};
	struct stat st;
	sigset_t none;
	int log;

	log = open(d->log,
		   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK,
		   0600);
	if (log >= 0) {
		if (fstat(log, &st) == 0 && st.st_size > LOG_MAX)
			(void)!ftruncate(log, 0);
		dup2(log, STDERR_FILENO);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(d->argv[0], (char *const *)(uintptr_t)d->argv, env);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", d->argv[0],
		strerror(errno));
	_exit(127);
}

void emul_daemon_start(struct emul_daemon *d)
{
	d->started = clock_mono();
	d->pid = fork();
	if (d->pid == 0)
		in_child(d);
	d->wanted = true;
}

void emul_daemon_died(struct emul_daemon *d)
{
	struct mono now = clock_mono();

	d->pid = 0;
	if (mono_sub(now, d->started) > YOUNG_NS)
		d->wait_ns = 0;
	d->wait_ns = d->wait_ns ? d->wait_ns * 2 : AGAIN_MIN_NS;
	if (d->wait_ns > AGAIN_MAX_NS)
		d->wait_ns = AGAIN_MAX_NS;
	d->again = mono_add(now, d->wait_ns);
}

bool emul_daemon_stopped(const struct emul_daemon *d)
{
	auto_buf struct buf b = {0};
	char path[64];
	const char *s;

	snprintf(path, sizeof(path), "/proc/%d/stat", d->pid);
	if (!d->pid || file_read(path, 4096, &b) < 0)
		return false;
	s = strrchr(b.data, ')');
	return s && s[1] == ' ' && (s[2] == 'T' || s[2] == 't');
}

/* Of sshd, its sessions are processes of their own, and go on. */
void emul_daemon_replace(struct emul_daemon *d)
{
	kill(d->pid, SIGKILL);
	while (waitpid(d->pid, NULL, 0) < 0 && errno == EINTR)
		;
	emul_daemon_start(d);
}

int emul_daemon_wait_ms(const struct emul_daemon *d)
{
	int64_t ns;

	if (d->pid || !d->wanted)
		return -1;
	ns = mono_sub(d->again, clock_mono());
	return ns <= 0 ? 0 : (int)(ns / NS_PER_MS) + 1;
}
