/* SPDX-License-Identifier: MIT */
#include "lib/process/run.h"

#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/file.h"

#define SAID_MAX 4096 /* bytes of its standard error that are read */

extern char **environ;

/* Streams are files in memory: none can fill up and block. */
static int stream(const char *text)
{
	int fd = memfd_create("run", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = text ? file_write_fd(fd, text, strlen(text)) : 0;
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int wait_for(const char *const *argv, int in, int out, int err)
{
	posix_spawn_file_actions_t acts;
	pid_t pid;
	int r, status;

	r = posix_spawn_file_actions_init(&acts);
	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_adddup2(&acts, in, STDIN_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&acts, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&acts, err, STDERR_FILENO);
	if (r == 0)
		r = posix_spawnp(&pid, argv[0], &acts, NULL,
				 (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&acts);
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int back(int fd, size_t max, struct buf *out)
{
	auto_buf struct buf b = {0};
	int r;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	r = file_read_fd(fd, max, &b);
	if (b.len)
		buf_add(out, b.data, b.len);
	return r;
}

/* Its first line; of iptables, which tells which line failed in another one,
 * all before it offers its help. */
static void first_words(struct buf *b)
{
	char *end;

	buf_addc(b, '\0');
	end = strstr(b->data, "\nTry ");
	b->data[end ? (size_t)(end - b->data) : strcspn(b->data, "\n")] = '\0';
}

int run_program(const char *const *argv, const char *in, size_t max,
		struct buf *out, struct err *reterr)
{
	auto_close int si = stream(in), so = stream(NULL), se = stream(NULL);
	auto_buf struct buf words = {0};
	int status, r;

	if (si < 0 || so < 0 || se < 0)
		return err_set(reterr, -ENOMEM, "no memory for %s", argv[0]);
	status = wait_for(argv, si, so, se);
	if (status < 0)
		return err_sys(reterr, status, "start %s", argv[0]);
	r = out ? back(so, max, out) : 0;
	if (r < 0)
		return err_sys(reterr, r, "read what %s prints", argv[0]);
	if (status > 0) {
		(void)back(se, SAID_MAX, &words);
		first_words(&words);
		err_set(reterr, -EINVAL, "%s",
			*words.data ? words.data : "no reason given");
	}
	return status;
}
