/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_VERIFY_CHECKS_SERVICE_H
#define LABCTL_VERIFY_CHECKS_SERVICE_H

#include <stdbool.h>

/* Whether a service of this name is looked at by a check of its own. */
bool service_checks_have(const char *name);

#endif
