/* SPDX-License-Identifier: MIT */
/* Sets of addresses: made, changed while they are used, listed, removed. */
#include "lib/kernel/ipset.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "t/lib/tap.h"

#define MANY 2000 /* several messages */

static struct ipnet *nets(struct arena *a, const char *fmt, size_t n,
			  uint8_t len)
{
	struct ipnet *list = arena_array(a, n, sizeof(*list));
	struct ip first;

	ip_parse(fmt, &first);
	for (size_t i = 0; i < n; i++)
		list[i] = (struct ipnet){ip_add(first, i), len};
	return list;
}

static void holds(struct arena *a, struct ipset *want, const char *name)
{
	struct ipset *sets = NULL;
	size_t n = 0, i;
	struct err err = {0};

	is_int(ipset_list(-1, a, &sets, &n, &err), 0, "%s: listed", name);
	for (i = 0; i < n; i++)
		if (strcmp(sets[i].name, want->name) == 0)
			break;
	if (!ok(i < n, "%s: there", name))
		return;
	is(sets[i].type, "hash:net", "%s: of its type", name);
	is_int(sets[i].n, want->n, "%s: %zu members", name, want->n);
	ok(ipset_same(&sets[i], want), "%s: the same", name);
	is_int(n, 1, "%s: nothing beside it", name);
}

int main(void)
{
	auto_arena struct arena a = {0};
	struct ipset four = {.name = "NIPv41a6b7a52-1c88-4c14-8c", .family = 4};
	struct ipset six = {.name = "NIPv61a6b7a52-1c88-4c14-8c", .family = 6};
	struct ipset *sets = NULL;
	struct err err = {0};
	size_t n = 1;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 ||
	    ipset_list(-1, &a, &sets, &n, NULL) < 0) {
		tap_skip("needs root and ip_set", "sets of addresses");
		return tap_done();
	}
	is_int(n, 0, "none at first");
	is_int(ipset_put(-1, &four, &err), 0, "an empty one%s", err.msg);
	holds(&a, &four, "empty");
	four.members = nets(&a, "10.0.0.1", four.n = 3, 32);
	is_int(ipset_put(-1, &four, &err), 0, "three%s", err.msg);
	holds(&a, &four, "three");
	four.members = nets(&a, "10.1.0.0", four.n = MANY, 32);
	is_int(ipset_put(-1, &four, &err), 0, "many%s", err.msg);
	holds(&a, &four, "many");
	/* A range, twice the same. */
	four.members = arena_array(&a, 2, sizeof(struct ipnet));
	ipnet_parse("10.2.0.0/16", &four.members[0]);
	four.members[1] = four.members[0];
	four.n = 2;
	is_int(ipset_put(-1, &four, &err), 0, "twice the same%s", err.msg);
	four.n = 1;
	holds(&a, &four, "a range");
	if (system("iptables-nft -A FORWARD -m set --match-set "
		   "NIPv41a6b7a52-1c88-4c14-8c src -j RETURN "
		   ">/dev/null 2>&1") == 0) {
		is_int(ipset_destroy(-1, four.name, &err), -EBUSY,
		       "one that a rule uses stays");
		four.members = nets(&a, "10.3.0.1", four.n = 2, 32);
		is_int(ipset_put(-1, &four, &err), 0, "and can be changed%s",
		       err.msg);
		holds(&a, &four, "used");
		is_int(system("iptables-nft -F FORWARD >/dev/null 2>&1"), 0,
		       "no rule");
	}
	/* Rules are freed in the kernel's own time. */
	for (int i = 0; i < 100 && ipset_destroy(-1, four.name, NULL) < 0; i++)
		usleep(20000);
	is_int(ipset_destroy(-1, four.name, &err), 0, "gone twice is gone");
	six.members = nets(&a, "fd00::1", six.n = 700, 128);
	is_int(ipset_put(-1, &six, &err), 0, "IPv6%s", err.msg);
	holds(&a, &six, "IPv6");
	four.name = "a-name-that-leaves-no-room-beside";
	is_int(ipset_put(-1, &four, &err), -EINVAL, "a name that is too long");
	return tap_done();
}
