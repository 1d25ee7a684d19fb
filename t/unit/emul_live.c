/* SPDX-License-Identifier: MIT */
/*
 * Emulated labs for real. Without arguments: a test, for root. With arguments
 * the driver of the shell tests, which has no need of the nodes' agents:
 *
 *   emul_live.t up LAB [NODES]   plan LAB [NODES]   down LAB   list
 *   emul_live.t enter LAB CMD... target LAB NODE    pid LAB NODE
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/parse.h"
#include "provision/emul.h"
#include "t/lib/tap.h"

static struct topo_phys phys[3];
static struct topo_network nets[1];
static struct topo_subnet subnet, *subnets[1] = {&subnet};
static struct topo_node nodes[TOPO_NODES_MAX];
static struct topo_nic nics[TOPO_NODES_MAX][3];
static char names[TOPO_NODES_MAX][32];

static void make_lab(struct lab *lab, const char *name, size_t n)
{
	static const char *const first[] = {"controller", "network1",
					    "network2", "compute1",
					    "compute2"};
	static const char text[] = "lab: test\n";
	size_t i, k;

	phys[0] = (struct topo_phys){.name = "management",
				     .use = TOPO_MANAGEMENT,
				     .mtu = 1500};
	phys[1] = (struct topo_phys){
		.name = "tunnel", .use = TOPO_TUNNEL, .mtu = 1500, .index = 1};
	phys[2] = (struct topo_phys){.name = "external",
				     .use = TOPO_PROVIDER,
				     .mtu = 1500,
				     .index = 2};
	ipnet_parse("10.0.0.0/24", &phys[0].cidr);
	ipnet_parse("10.0.1.0/24", &phys[1].cidr);
	nets[0] = (struct topo_network){.name = "ext-net",
					.external = true,
					.phys = &phys[2],
					.subnets = subnets,
					.nsubnets = 1};
	subnet.network = &nets[0];
	ipnet_parse("203.0.113.0/24", &subnet.cidr);
	ip_parse("203.0.113.1", &subnet.gateway);
	for (i = 0; i < n; i++) {
		if (i < ARRAY_LEN(first))
			snprintf(names[i], sizeof(names[i]), "%s", first[i]);
		else
			snprintf(names[i], sizeof(names[i]), "compute%zu",
				 i - 2);
		nodes[i] = (struct topo_node){.name = names[i],
					      .nics = nics[i],
					      .nnics = i == 0 ? 1
						       : i < 3 ? 3
							       : 2,
					      .index = i};
		for (k = 0; k < nodes[i].nnics; k++) {
			struct topo_nic *nic = &nics[i][k];

			nic->phys = &phys[k];
			snprintf(nic->ifname, sizeof(nic->ifname), "eth%zu", k);
			nic->mac = (struct mac){
				{0x52, 0x54, 0, 0, (uint8_t)i, (uint8_t)k}};
			if (k < 2) {
				nic->addr = phys[k].cidr;
				nic->addr.ip.b[3] = (uint8_t)(11 + i);
			}
		}
	}
	*lab = (struct lab){.name = name,
			    .nodes = nodes,
			    .nnodes = n,
			    .phys = phys,
			    .nphys = 3,
			    .networks = nets,
			    .nnetworks = 1,
			    .text = text,
			    .text_len = sizeof(text) - 1};
}

const struct topo_nic *topo_nic(const struct topo_node *n, enum topo_use use)
{
	for (size_t i = 0; i < n->nnics; i++)
		if (n->nics[i].phys->use == use)
			return &n->nics[i];
	return NULL;
}

static void progress(void *ctx, const char *node, const char *what)
{
	const struct mono *t0 = ctx;

	fprintf(stderr, "%6.1f ms %s%s%s\n",
		(double)mono_sub(clock_mono(), *t0) / 1e6, node ? node : "",
		node ? ": " : "", what);
}

static int refuse(const struct err *e)
{
	fprintf(stderr, "emul_live: %s\n", e->msg);
	return e->code == -EBUSY ? 4 : 3;
}

static size_t count_of(const char *word)
{
	uint32_t n = 5;

	if (word)
		(void)parse_u32(word, 1, TOPO_NODES_MAX, &n);
	return n;
}

static int drive_up(int argc, char **argv)
{
	struct mono t0 = clock_mono();
	unsigned changes;
	struct err e;
	struct lab lab;

	make_lab(&lab, argv[2], count_of(argc > 3 ? argv[3] : NULL));
	if (emul_up(&lab, progress, &t0, &changes, &e) < 0)
		return refuse(&e);
	printf("%u changes\n", changes);
	fprintf(stderr, "%6.1f ms done\n",
		(double)mono_sub(clock_mono(), t0) / 1e6);
	return 0;
}

static int drive_plan(int argc, char **argv)
{
	auto_arena struct arena a = {0};
	const char **lines;
	struct lab lab;
	struct err e;
	size_t n, i;

	make_lab(&lab, argv[2], count_of(argc > 3 ? argv[3] : NULL));
	if (emul_plan(&a, &lab, &lines, &n, &e) < 0)
		return refuse(&e);
	for (i = 0; i < n; i++)
		puts(lines[i]);
	return 0;
}

static int drive_down(char **argv)
{
	unsigned found;
	struct err e;

	if (emul_down(argv[2], &found, &e) < 0)
		return refuse(&e);
	printf("%u removed\n", found);
	return 0;
}

static int drive_list(void)
{
	auto_arena struct arena a = {0};
	struct emul_lab *labs;
	struct err e;
	size_t n, i, k;

	if (emul_list(&a, &labs, &n, &e) < 0)
		return refuse(&e);
	for (i = 0; i < n; i++) {
		printf("%s fabric=%d state=%d file=%s", labs[i].name,
		       labs[i].fabric, labs[i].state,
		       labs[i].file ? labs[i].file : "-");
		for (k = 0; k < labs[i].nnodes; k++)
			printf(" %s=%d", labs[i].nodes[k],
			       labs[i].node_pids[k]);
		putchar('\n');
	}
	return 0;
}

static int drive_enter(char **argv)
{
	struct err e;

	if (emul_enter(argv[2], &e) < 0)
		return refuse(&e);
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 127;
}

static int drive_target(char **argv)
{
	auto_arena struct arena a = {0};
	const struct topo_node *node = NULL;
	struct remote_target t;
	struct lab lab;
	struct err e;
	pid_t pid;
	size_t i;

	if (strcmp(argv[1], "pid") == 0) {
		if (emul_node_pid(argv[2], argv[3], &pid, &e) < 0)
			return refuse(&e);
		printf("%d\n", pid);
		return 0;
	}
	make_lab(&lab, argv[2], TOPO_NODES_MAX);
	for (i = 0; i < lab.nnodes; i++)
		if (strcmp(lab.nodes[i].name, argv[3]) == 0)
			node = &lab.nodes[i];
	if (!node || emul_target(&a, &lab, node, &t, &e) < 0)
		return refuse(&e);
	printf("%s %s %u %s %s|%s|%s\n", t.name, t.address, t.port, t.user,
	       t.key_file, t.host_key, t.agent);
	return 0;
}

static int test(void)
{
	ok(true, "driver only");
	return tap_done();
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "fabric") == 0)
		return emul_fabric_main(argc - 1, argv + 1) ? 2 : 0;
	if (argc < 2)
		return test();
	if (argc >= 3 && strcmp(argv[1], "up") == 0)
		return drive_up(argc, argv);
	if (argc >= 3 && strcmp(argv[1], "plan") == 0)
		return drive_plan(argc, argv);
	if (argc == 3 && strcmp(argv[1], "down") == 0)
		return drive_down(argv);
	if (strcmp(argv[1], "list") == 0)
		return drive_list();
	if (argc >= 4 && strcmp(argv[1], "enter") == 0)
		return drive_enter(argv);
	if (argc == 4)
		return drive_target(argv);
	return 2;
}
