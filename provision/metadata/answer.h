/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_METADATA_ANSWER_H
#define LABCTL_PROVISION_METADATA_ANSWER_H

/*
 * What the metadata service says to an instance: EC2's tree below
 * /VERSION/meta-data and OpenStack's below /openstack/VERSION. Pure.
 */

#include "lib/buf.h"
#include "provision/metadata/record.h"

#define METADATA_PATH_MAX 1024 /* bytes of a path that is looked at */

/* HTTP statuses that answers have. */
enum metadata_status {
	METADATA_OK = 200,
	METADATA_BAD_REQUEST = 400,
	METADATA_NOT_FOUND = 404,
	METADATA_NOT_ALLOWED = 405,
};

struct metadata_answer {
	enum metadata_status status;
	const char *type; /* Content-Type */
};

/* Appends the body of the answer to GET path for an instance. */
struct metadata_answer metadata_answer(const struct metadata_instance *i,
				       const char *path, struct buf *body);

#endif
