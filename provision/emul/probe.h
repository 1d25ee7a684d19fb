/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_EMUL_PROBE_H
#define LABCTL_PROVISION_EMUL_PROBE_H

#include <stdbool.h>

#include "lib/err.h"

/* In this order: later ones stand on earlier ones. */
enum emul_probe {
	EMUL_PROBE_MOUNTS,
	EMUL_PROBE_SYSCTL,
	EMUL_PROBE_BRIDGE,
	EMUL_PROBE_VETH,
	EMUL_PROBE_VXLAN,
	EMUL_PROBE_PACKET,
	EMUL_PROBE_RAW,
	EMUL_PROBE_NODE,
	EMUL_PROBE_FILTER, /* only labs with security groups need it */
	EMUL_PROBE_VLAN,   /* only Linux bridges with VLANs do */
	EMUL_PROBES
};
#define EMUL_PROBES_NEEDED EMUL_PROBE_FILTER
extern const char *const emul_probe_names[];

struct emul_probe_result {
	int code; /* 0: it works; or -errno */
	char words[200];
};

/* Tries all (privileged: see space.h); fails where not even the namespaces can
 * be made. */
int emul_probe(bool privileged, struct emul_probe_result ret[EMUL_PROBES],
	       struct err *reterr);

/* Tries one alone. */
int emul_probe_one(bool privileged, enum emul_probe what,
		   struct emul_probe_result *ret, struct err *reterr);

#endif
