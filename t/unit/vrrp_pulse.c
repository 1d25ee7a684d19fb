/* SPDX-License-Identifier: MIT */
/* A child's death is told at once, and its end in good order is not. */
#include "vrrp/pulse.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/lib/tap.h"

#define SOCKETS 64 /* that the kernel takes long to close, where it may be */
#define PATIENCE_MS 20000

/* A child that lives until it is killed, or for a moment. */
static pid_t child(struct pulse *p, bool lives)
{
	int ready[2], i;
	char byte;
	pid_t pid;

	if (pipe(ready) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		pulse_begin(p);
		for (i = 0; i < SOCKETS; i++)
			(void)!socket(AF_PACKET, SOCK_RAW, 0);
		(void)!write(ready[1], "", 1);
		while (lives)
			pause();
		pulse_end(p);
		_exit(0);
	}
	close(ready[1]);
	(void)!read(ready[0], &byte, 1);
	close(ready[0]);
	return pid;
}

static void killed(int in, int out)
{
	struct pollfd f = {.fd = in, .events = POLLIN};
	struct pulse *p = pulse_new();
	pid_t pid = child(p, true), told = 0;
	int status;
	bool early;

	pulse_watch(p, pid, out);
	is_int(poll(&f, 1, 50), 0, "nothing is told of one that lives");
	kill(pid, SIGKILL);
	ok(poll(&f, 1, PATIENCE_MS) == 1 &&
		   read(in, &told, sizeof(told)) == sizeof(told) && told == pid,
	   "its death is");
	early = waitpid(pid, &status, WNOHANG) == 0;
	printf("# it could %sbe waited for by then\n", early ? "not yet " : "");
	if (early)
		waitpid(pid, &status, 0);
}

static void ended(int in, int out)
{
	struct pollfd f = {.fd = in, .events = POLLIN};
	struct pulse *p = pulse_new();
	pid_t pid = child(p, false);
	int status = -1;

	pulse_watch(p, pid, out);
	waitpid(pid, &status, 0);
	is_int(status, 0, "one that ends in good order");
	is_int(poll(&f, 1, 50), 0, "is not told of");
}

int main(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return 1;
	killed(ends[0], ends[1]);
	ended(ends[0], ends[1]);
	killed(ends[0], ends[1]);
	pulse_free(pulse_new());
	pulse_free(NULL);
	pulse_begin(NULL);
	pulse_end(NULL);
	pulse_watch(NULL, 0, -1);
	ok(true, "none is fine");
	return tap_done();
}
