/* SPDX-License-Identifier: MIT */
/* Tracked connections are ended by address, and no others. */
#include "lib/kernel/nfct.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "t/lib/tap.h"

#define PORTS 40

/* A datagram to that address and port, answered by nobody. */
static void touch(const char *addr, int port)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port)};

	inet_pton(AF_INET, addr, &to.sin_addr);
	(void)sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

static void gone(const char *addr, size_t want, const char *name)
{
	size_t n = SIZE_MAX;
	struct err err = {0};
	struct ip ip;

	ip_parse(addr, &ip);
	is_int(nfct_forget(-1, &ip, 1, &n, &err), 0, "%s%s%s", name,
	       err.msg[0] ? ": " : "", err.msg);
	is_int(n, want, "%s: %zu", name, want);
}

int main(void)
{
	size_t n;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 ||
	    system("ip link set lo up && iptables -t nat -A OUTPUT -d "
		   "127.1.0.1 -j DNAT --to-destination 127.0.0.9 "
		   ">/dev/null 2>&1") != 0 ||
	    nfct_forget(-1, NULL, 0, &n, NULL) == -EINVAL) {
		tap_skip("needs root, iptables and ctnetlink", "connections");
		return tap_done();
	}
	gone("127.0.0.2", 0, "nothing there, nothing gone");
	for (int i = 0; i < PORTS; i++) {
		touch("127.0.0.2", 1000 + i);
		touch("127.0.0.3", 1000 + i);
	}
	touch("127.1.0.1", 7);
	gone("127.0.0.2", PORTS, "all of an address");
	gone("127.0.0.2", 0, "they are gone");
	gone("127.0.0.3", PORTS, "another's stayed till now");
	gone("127.0.0.9", 1, "one that was translated, by its second address");
	touch("127.1.0.1", 7);
	gone("127.1.0.1", 1, "and by its first");
	return tap_done();
}
