/* SPDX-License-Identifier: MIT */
#include "provision/node/replay.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/process/run.h"
#include "provision/kinds/ovs/ovs.h"

#define AGAIN_MS 100 /* between tries, while the switch does not answer yet */

static bool there(const char *bridge)
{
	char path[512];

	snprintf(path, sizeof(path), OVS_RUN_DIR "/%s" OVS_FLOWS_SUFFIX,
		 bridge);
	return access(path, F_OK) == 0;
}

/* True where the bridge is not there: then its socket's coming tells. */
static bool put(const char *folder, const char *bridge, char *said, size_t size)
{
	char file[512];
	const char *const argv[] = {
		"ovs-ofctl", "--timeout=5", "--bundle", "replace-flows",
		bridge,      file,          NULL};
	struct err err = {0};

	snprintf(file, sizeof(file), "%s/%s", folder, bridge);
	if (!there(bridge) || run_program(argv, NULL, 0, NULL, &err) == 0)
		return true;
	/* Once for each reason, not at each try. */
	if (strcmp(said, err.msg) != 0) {
		snprintf(said, size, "%s", err.msg);
		fprintf(stderr, "%s: %s\n", bridge, err.msg);
	}
	return false;
}

/* All bridges of the folder; false: try again. */
static bool put_all(const char *folder)
{
	static char said[ERR_MAX];
	struct dirent *e;
	bool done = true;
	unsigned n = 0;
	DIR *d = opendir(folder);

	if (!d)
		return errno != ENOENT;
	while ((e = readdir(d)) && n < REPLAY_BRIDGES_MAX) {
		/* No hidden file, and none that is being written. */
		if (*e->d_name == '.' || strchr(e->d_name, '.'))
			continue;
		n++;
		done &= put(folder, e->d_name, said, sizeof(said));
	}
	closedir(d);
	return done;
}

static void drain(int fd)
{
	_Alignas(struct inotify_event) char room[4096];

	while (read(fd, room, sizeof(room)) > 0)
		;
}

int replay_flows(const char *folder, struct err *reterr)
{
	auto_close int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	auto_close int hup = -1;
	struct pollfd p[2];
	sigset_t set;
	bool done;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(reterr, -errno, "block SIGHUP");
	hup = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/* The folder is the database's to make, which may come later. */
	(void)mkdir(OVS_RUN_DIR, 0755);
	if (hup < 0 || watch < 0 ||
	    inotify_add_watch(watch, OVS_RUN_DIR, IN_CREATE | IN_MOVED_TO) < 0)
		return err_sys(reterr, -errno, "watch " OVS_RUN_DIR);
	p[0] = (struct pollfd){.fd = watch, .events = POLLIN};
	p[1] = (struct pollfd){.fd = hup, .events = POLLIN};
	for (;;) {
		/* Before, so that what comes meanwhile is heard. */
		drain(watch);
		drain(hup);
		done = put_all(folder);
		if (poll(p, 2, done ? -1 : AGAIN_MS) < 0 && errno != EINTR)
			return err_sys(reterr, -errno, "poll");
	}
}
