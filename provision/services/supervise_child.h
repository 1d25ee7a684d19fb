/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_SUPERVISE_CHILD_H
#define LABCTL_PROVISION_SERVICES_SUPERVISE_CHILD_H

/* One service under the supervisor: its process, files, words and pauses. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/err.h"
#include "lib/line.h"
#include "lib/mono.h"
#include "provision/services/service.h"

/* Between the end of a process and its next start: doubled each time it did
 * not live long. */
#define SERVICE_PAUSE_FIRST_NS (200 * NS_PER_MS)
#define SERVICE_PAUSE_MOST_NS (30 * NS_PER_S)
#define SERVICE_LIVED_NS (2 * NS_PER_S)

/* From its signal to SIGKILL: longer than the VRRP engine gives its own. */
#define SERVICE_STOP_NS (8 * NS_PER_S)
#define SERVICE_SAID_MAX 512       /* of its last words are kept */
#define SERVICE_LOG_MAX (1u << 20) /* bytes of NAME.log; then NAME.log.1 */

struct kept {
	struct kept *next;
	struct arena arena; /* of what follows */
	struct res_service s;
	char shape[SERVICE_DIGEST_MAX];
	char (*loaded)[SERVICE_DIGEST_MAX]; /* of files, as last read */

	pid_t pid;            /* 0: none */
	struct mono start_at; /* never: not to be started */
	struct mono started, kill_at;
	int64_t pause_ns, since_ns;
	unsigned restarts;
	bool ending; /* it was told to */
	bool ended;  /* it has run before; status is how it ended */
	int status;
	bool drop; /* to be forgotten when it has ended */

	int out; /* its stdout and stderr, or -1 */
	int log;
	size_t log_size;
	struct buf line;   /* what it has said since the last end of a line */
	struct line words; /* of it */
	char said[SERVICE_SAID_MAX];
	size_t nsaid;
};

/* A service in an arena of its own, or NULL: out of memory. Not started. */
struct kept *kept_new(void);
void kept_free(struct kept *k);

/* Writes the file beside its old self and renames it, where what is there
 * differs; *ret_changed. Folders on its way are made. dir: the state folder,
 * also below. */
int kept_write_file(const char *dir, const struct service_file *f,
		    bool *ret_changed, struct err *reterr);

/* Those that are written before a start, or that the program makes, too; and
 * the folders that are empty then. */
void kept_remove_files(const char *dir, const struct kept *k);

/* Writes what is written before a start, and starts it; where that fails it is
 * tried again later. */
void kept_start(struct kept *k, const char *dir);

/* Its stop signal now, SIGKILL after SERVICE_STOP_NS. */
void kept_end(struct kept *k);

/* Reads what it says; false where nothing is left to read. */
bool kept_hear(struct kept *k, const char *dir);

/* It has ended: reaps it; when is it to be started again? */
void kept_buried(struct kept *k, const char *dir);

/* How it ended, in words: "exited with status 3". */
void kept_exit_words(const struct kept *k, char *out, size_t size);

/* Whether it, or one that it made, stands still (SIGSTOP); and has all of them
 * go on. It runs. */
bool kept_stopped(const struct kept *k);
void kept_wake(const struct kept *k);

#endif
