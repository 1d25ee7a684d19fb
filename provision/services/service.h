/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_SERVICES_SERVICE_H
#define LABCTL_PROVISION_SERVICES_SERVICE_H

/*
 * A service: a program that is to run on a node, kept by the node's
 * supervisor (provision/services/supervise.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"
#include "lib/ip.h"
#include "lib/keys/keys.h"

#define SERVICE_NAME_MAX 63  /* bytes */
#define SERVICE_ARGS_MAX 128 /* words of a command */
#define SERVICE_FILES_MAX 16
#define SERVICE_ROUTERS_MAX 65536 /* that an engine tells of */
#define SERVICE_GATEWAYS_MAX 16   /* of a router */

/* Where Neutron keeps the files of what it runs: a node's own. */
#define SERVICE_NEUTRON_DIR "/var/lib/neutron/"
/* Below it, in a folder by the router's id, its configuration and state. */
#define SERVICE_HA_CONFS SERVICE_NEUTRON_DIR "ha_confs"
#define SERVICE_HA_CONF "keepalived.conf"
#define SERVICE_HA_SCRIPT "ha_check_script_"

enum service_file_how {
	SERVICE_FILE_READ,  /* what the program reads: it is written when it
			       changes, and the program told */
	SERVICE_FILE_START, /* written before each start and not looked at
			       then: it is the program's while it runs */
	SERVICE_FILE_OWN    /* the program makes it; it goes with the rest */
};

/* A file that the supervisor writes. */
struct service_file {
	const char *path; /* from the lab's state folder: "vrrp.yaml"; or below
			     SERVICE_NEUTRON_DIR, whole */
	enum service_file_how how;
	const char *text; /* wanted only */
	/* Seen only: service_digest() of what is there, if it is what the
	 * service was last told to read; else "". */
	const char *digest;
};

/* A gateway that a router pings while it is active. CLOCK_REALTIME, ns; 0:
 * never, or not so. */
struct obs_gateway {
	struct ip ip;
	int64_t answered_ns; /* its last answer that was in time */
	int64_t silent_ns;   /* since when no round was answered in time */
	int64_t late_ns;     /* how long its last answer took, if too long */
};

/* A router as the engine tells it. */
struct obs_router {
	const char *id;    /* UUID */
	const char *state; /* "initialize", "backup", "active", "fault" */
	int64_t since_ns; /* CLOCK_REALTIME of its last change of state; 0: ? */
	const char *file; /* what its state file holds, or NULL */
	const char *amiss; /* addresses and routes that the engine could not
			      place or remove, in words; or NULL */
	bool by_file;      /* no engine tells of it, but its state file */
	bool sick;         /* it handed over for a gateway that was silent */
	int64_t asked_ns;  /* when it last pinged its gateways; 0: never */
	struct obs_gateway *gateways; /* that it pings */
	size_t ngateways;
};

/* What the VRRP engine says. */
struct seen_engine {
	bool running;      /* it answers */
	int64_t pid;       /* known even where it does not */
	const char *error; /* why it could not be asked, or NULL */
	bool files;        /* its configuration is on the node */
	struct obs_router *routers;
	size_t nrouters;
};

struct res_service {
	const char *name;  /* one to a node: also that of its log, NAME.log */
	const char *title; /* in words: "vrrp engine"; NULL: "service NAME" */
	/* The program and its words; "labctl" first is this very program. */
	const char *const *argv;
	size_t nargs;
	const char *netns; /* where it runs; NULL or "": the node's own */
	struct service_file *files;
	size_t nfiles;
	/* What makes it read changed files: a signal's name ("HUP"), a word
	 * to be said on its control socket ("reload"), or NULL: it is started
	 * anew. */
	const char *reload;
	const char *stop;    /* the signal that ends it; NULL: "TERM" */
	const char *control; /* its control socket, from the state folder */
	const char *when;    /* NULL: always; or "active of ROUTER", an id */
	bool early; /* wanted only: links come of it, so it is there before
		       they are set, and needs none of them */

	/* Seen only. Of the above there are then name, title and files. */
	const char *shape; /* service_shape(); NULL: no supervisor has it */
	bool running;
	bool stopped; /* it runs, and stands still (SIGSTOP) */
	bool wanted;  /* false: its router is not active here */
	int64_t pid;
	int64_t since_ns; /* CLOCK_REALTIME of its start or its end */
	unsigned restarts;
	const char *exit; /* how it last ended, in words; NULL: it did not */
	const char *said; /* the last of its words then, or NULL */
	struct seen_engine engine; /* of the one that is the VRRP engine */
};

/* The VRRP engine's name as a service. */
#define SERVICE_ENGINE "vrrp"
/* Who tells of keepalived's routers: seen, it has what is known of them. */
#define SERVICE_STATE_CHANGE "keepalived-state-change"

/* The number of a signal by its name without "SIG", or 0. */
int service_signal(const char *name);

/* The id in `when`, or NULL: it runs always. */
const char *service_router(const struct res_service *s);

/*
 * As members of the object that j is in, and back. The decoder takes nothing
 * that leaves the state folder or is over a limit: -EINVAL.
 */
void service_encode(const struct res_service *s, struct json *j);
int service_decode(struct arena *a, const struct doc *d,
		   struct res_service *ret, struct err *reterr);

/*
 * Tells services apart: digests (SERVICE_DIGEST_MAX bytes) of all but the
 * files, which a change of makes the service start anew, and of a text.
 */
#define SERVICE_DIGEST_MAX 17
void service_shape(const struct res_service *s, char *out);
void service_digest(const char *text, size_t len, char *out);

/* NULL where what was seen is as wanted; else what differs, in words. Whether
 * it runs is another question. */
const char *service_differs(const struct res_service *want,
			    const struct res_service *have);

/* Why a service that should run does not, in words: "exited with status 3
 * after 2 restarts: its words"; NULL where it runs, or waits for its role. */
const char *service_trouble(struct arena *a, const struct res_service *seen);

/* A path below the state folder: no way out of it. */
bool service_path_ok(const char *path);

/* The same, or a whole one below SERVICE_NEUTRON_DIR. */
bool service_file_ok(const char *path);

/* Where a file is, to out; the bytes of the folder that is there anyhow, with
 * its '/', or -ENAMETOOLONG. */
int service_file_path(const char *state_dir, const char *file, char *out,
		      size_t size);

/* What is told of a gateway, by the engine and of it. */
extern const struct key_table service_gateway_table;

/* What is seen of one, as rows of struct res. */
extern const struct key_table service_seen_table;

/* By enum service_file_how. */
extern const char *const service_file_hows[];

#endif
