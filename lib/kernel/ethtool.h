/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KERNEL_ETHTOOL_H
#define LABCTL_LIB_KERNEL_ETHTOOL_H

#include <stdbool.h>

/*
 * Whether checksums of what a link of this thread's namespace sends are left
 * to the device (ETHTOOL_GTXCSUM); and has them written by who sends, or not
 * (ETHTOOL_STXCSUM). Both: 0 or a negative errno.
 */
int ethtool_tx_checksums(const char *dev, bool *ret);
int ethtool_set_tx_checksums(const char *dev, bool by_device);

/* Whether what it receives is put together first (ETHTOOL_GGRO); and has it so
 * or not (ETHTOOL_SGRO). As above. */
int ethtool_gro(const char *dev, bool *ret);
int ethtool_set_gro(const char *dev, bool on);

#endif
