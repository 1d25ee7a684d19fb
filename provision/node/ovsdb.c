/* SPDX-License-Identifier: MIT */
#include "provision/node/ovsdb.h"

#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/run.h"
#include "provision/kinds/ovs.h"

#define SCHEMA "/usr/share/openvswitch/vswitch.ovsschema"
#define REMOTE "--remote=punix:" OVS_SOCKET
#define DATABASE OVS_RUN_DIR "/conf.db"
#define LOCK OVS_RUN_DIR "/.conf.db.~lock~"

int ovsdb_run(struct err *reterr)
{
	static const char *const look[] = {"ovsdb-tool", "db-version", DATABASE,
					   NULL};
	static const char *const make[] = {"ovsdb-tool", "create", DATABASE,
					   SCHEMA, NULL};
	static const char *const serve[] = {
		"ovsdb-server",   DATABASE,       REMOTE, "--pidfile",
		"-vconsole:warn", "-vsyslog:off", NULL};

	if (mkdir(OVS_RUN_DIR, 0755) < 0 && errno != EEXIST)
		return err_sys(reterr, -errno, "make " OVS_RUN_DIR);
	if (run_program(look, NULL, 0, NULL, NULL) != 0) {
		(void)unlink(DATABASE);
		(void)unlink(LOCK);
		if (run_program(make, NULL, 0, NULL, reterr) != 0)
			return -EIO;
	}
	execvp(serve[0], (char *const *)(uintptr_t)serve);
	return err_sys(reterr, -errno, "start %s", serve[0]);
}
