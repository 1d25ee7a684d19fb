/* SPDX-License-Identifier: MIT */
#include "provision/node/ovsdb.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/process/run.h"
#include "provision/kinds/ovs/ovs.h"

#define SCHEMA "/usr/share/openvswitch/vswitch.ovsschema"
#define NAME "Open_vSwitch" /* as ovsdb-tool tells it */
#define LOCK OVS_RUN_DIR "/.conf.db.~lock~"

static const char database[] = OVS_RUN_DIR "/conf.db";

int ovsdb_run(struct err *reterr)
{
	static const char *const look[] = {"ovsdb-tool", "db-name", database,
					   NULL};
	static const char *const make[] = {"ovsdb-tool", "create", database,
					   SCHEMA, NULL};
	static const char remote[] = "--remote=punix:" OVS_SOCKET;
	static const char *const serve[] = {
		"ovsdb-server",   database,       remote, "--pidfile",
		"-vconsole:warn", "-vsyslog:off", NULL};

	auto_buf struct buf name = {0};

	if (mkdir(OVS_RUN_DIR, 0755) < 0 && errno != EEXIST)
		return err_sys(reterr, -errno, "make " OVS_RUN_DIR);
	/* One that is not whole, or another's. */
	if (run_program(look, NULL, sizeof(NAME), &name, NULL) != 0 ||
	    name.len != sizeof(NAME) ||
	    memcmp(name.data, NAME "\n", sizeof(NAME)) != 0) {
		(void)unlink(database);
		(void)unlink(LOCK);
		if (run_program(make, NULL, 0, NULL, reterr) != 0)
			return -EIO;
	}
	execvp(serve[0], (char *const *)(uintptr_t)serve);
	return err_sys(reterr, -errno, "start %s", serve[0]);
}
