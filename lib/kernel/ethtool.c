/* SPDX-License-Identifier: MIT */
#include "lib/kernel/ethtool.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "lib/auto.h"

static int ask(const char *dev, struct ethtool_value *v)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {.ifr_data = (void *)v};

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

int ethtool_tx_checksums(const char *dev, bool *ret)
{
	struct ethtool_value v = {.cmd = ETHTOOL_GTXCSUM};
	int r = ask(dev, &v);

	*ret = r == 0 && v.data;
	return r;
}

int ethtool_set_tx_checksums(const char *dev, bool by_device)
{
	struct ethtool_value v = {.cmd = ETHTOOL_STXCSUM, .data = by_device};

	return ask(dev, &v);
}

int ethtool_gro(const char *dev, bool *ret)
{
	struct ethtool_value v = {.cmd = ETHTOOL_GGRO};
	int r = ask(dev, &v);

	*ret = r == 0 && v.data;
	return r;
}

int ethtool_set_gro(const char *dev, bool on)
{
	struct ethtool_value v = {.cmd = ETHTOOL_SGRO, .data = on};

	return ask(dev, &v);
}
