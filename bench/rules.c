/* SPDX-License-Identifier: MIT */
/*
 * rules FILE NODE: puts the rule sets of a node's plan in place, in as many
 * fresh namespaces: as the agent does, then with one iptables-restore and one
 * ip6tables-restore for each. Prints both times in microseconds, and how many
 * namespaces there were.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/kinds/rules/compile.h"
#include "provision/plan/plan.h"
#include "topologies/topo.h"

static int fresh(void)
{
	return unshare(CLONE_NEWNET) < 0
		       ? -1
		       : open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static bool restore(const char *program, const char *text, int nsfd)
{
	int fds[2], status = 1;
	pid_t pid;

	if (!*text)
		return true;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		if (setns(nsfd, CLONE_NEWNET) == 0 && dup2(fds[0], 0) == 0)
			execlp(program, program, (char *)NULL);
		_exit(127);
	}
	close(fds[0]);
	if (write(fds[1], text, strlen(text)) < 0)
		status = 1;
	close(fds[1]);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static struct rules_job *jobs_of(struct arena *a, const struct plan *p,
				 size_t *ret)
{
	struct rules_job *jobs = arena_array(a, p->n + 1, sizeof(*jobs));
	size_t i, n = 0;

	for (i = 0; i < p->n; i++) {
		const struct res *r = &p->res[i];

		if (r->kind != RES_RULES)
			continue;
		jobs[n++] = (struct rules_job){
			.text = {r->rules.text4 ? r->rules.text4 : "",
				 r->rules.text6 ? r->rules.text6 : ""}};
	}
	*ret = n;
	return jobs;
}

int main(int argc, char **argv)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_arena struct arena a = {0};
	struct rules_job *jobs;
	struct mono begun, between, ended;
	struct lab *lab = NULL;
	struct plan p;
	size_t i, n, failed;

	if (argc != 3 || topo_load(argv[1], &lab, &errs) < 0 ||
	    !topo_node(lab, argv[2])) {
		fputs("usage: rules FILE NODE\n", stderr);
		return 2;
	}
	plan_build(&a, lab, topo_node(lab, argv[2]), &p);
	jobs = jobs_of(&a, &p, &n);
	for (i = 0; i < n; i++)
		jobs[i].nsfd = fresh();
	begun = clock_mono();
	failed = rules_compile(&a, jobs, n, false);
	between = clock_mono();
	if (failed)
		fprintf(stderr, "%zu of %zu sets failed\n", failed, n);
	for (i = 0; i < n; i++) {
		close(jobs[i].nsfd);
		jobs[i].nsfd = fresh();
	}
	ended = clock_mono();
	for (i = 0; i < n; i++)
		failed += !restore("iptables-nft-restore", jobs[i].text[0],
				   jobs[i].nsfd) ||
			  !restore("ip6tables-nft-restore", jobs[i].text[1],
				   jobs[i].nsfd);
	printf("%" PRId64 " %" PRId64 " %zu\n",
	       mono_sub(between, begun) / NS_PER_US,
	       mono_sub(clock_mono(), ended) / NS_PER_US, n);
	lab_free(lab);
	return failed ? 3 : 0;
}
