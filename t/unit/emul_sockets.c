/* SPDX-License-Identifier: MIT */
/* Taking hold of the packet sockets of processes that are about to die. */
#include "provision/emul/sockets.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/lib/tap.h"

#define OTHERS 4

/* A process with so many packet sockets, and a few of another kind. */
static pid_t with_sockets(int packets)
{
	int ready[2], i;
	char byte;
	pid_t pid;

	if (pipe(ready) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		for (i = 0; i < packets; i++)
			if (socket(AF_PACKET, SOCK_RAW, 0) < 0)
				_exit(1);
		for (i = 0; i < OTHERS; i++)
			if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
				_exit(1);
		(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	i = read(ready[0], &byte, 1) == 1;
	close(ready[0]);
	if (!i)
		waitpid(pid, NULL, 0);
	return i ? pid : -1;
}

static void holds(void)
{
	pid_t pids[3] = {with_sockets(20), with_sockets(2), with_sockets(0)};
	struct emul_sockets s;
	int kind = 0, last;
	socklen_t len = sizeof(kind);
	size_t i;

	kill(pids[2], SIGKILL);
	waitpid(pids[2], NULL, 0);
	emul_sockets_hold(pids, 3, &s);
	is_int((long long)s.n, 20,
	       "those of one with many; no other kind, none of one that is "
	       "gone");
	for (i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	last = s.n ? s.fds[s.n - 1] : -1;
	ok(getsockopt(last, SOL_SOCKET, SO_DOMAIN, &kind, &len) == 0 &&
		   kind == AF_PACKET,
	   "they outlast it");
	emul_sockets_close(&s);
	ok(!s.n && getsockopt(last, SOL_SOCKET, SO_DOMAIN, &kind, &len) < 0,
	   "until they are closed");
	emul_sockets_hold(pids, 3, &s);
	is_int((long long)s.n, 0, "of nobody there is none");
	emul_sockets_close(&s);
}

int main(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0) {
		tap_skip("needs root", "packet sockets");
	} else {
		close(fd);
		holds();
	}
	return tap_done();
}
