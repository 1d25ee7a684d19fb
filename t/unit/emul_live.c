/* SPDX-License-Identifier: MIT */
/*
 * Without arguments: what emulation does about its state folder and lock, and
 * where there is no lab. With arguments: the driver of the shell tests of
 * emulation, which make labs without agents in their nodes:
 *
 *   emul_live.t up FILE [privileged] | plan FILE | down LAB | list | enter LAB
 * CMD... | target FILE NODE | pid LAB NODE
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "provision/emul/emul.h"
#include "provision/emul/said.h"
#include "provision/emul/state.h"
#include "provision/fabric/fabric.h"
#include "provision/target.h"
#include "t/lib/tap.h"
#include "topologies/links.h"

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

static struct lab *load(const char *file)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct lab *lab;

	if (topo_load(file, &lab, &errs) == 0)
		return lab;
	fprintf(stderr, "emul_live: %s: %s\n", file,
		errs.n ? errs.items[0].msg : "?");
	exit(2);
}

static int drive_up(char **argv)
{
	struct mono t0 = clock_mono();
	unsigned changes;
	struct lab *lab = load(argv[2]);
	struct err e;

	if (emul_up(lab, argv[3] ? EMUL_PRIVILEGED : 0, progress, &t0, &changes,
		    &e) < 0)
		return refuse(&e);
	printf("%u changes\n", changes);
	fprintf(stderr, "%6.1f ms done\n",
		(double)mono_sub(clock_mono(), t0) / 1e6);
	lab_free(lab);
	return 0;
}

static int drive_plan(char **argv)
{
	auto_arena struct arena a = {0};
	struct lab *lab = load(argv[2]);
	const char **lines;
	struct err e;
	size_t n, i;

	if (emul_plan(&a, lab, &lines, &n, &e) < 0)
		return refuse(&e);
	for (i = 0; i < n; i++)
		puts(lines[i]);
	lab_free(lab);
	return 0;
}

static int drive_down(char **argv)
{
	struct emul_gone gone;
	struct err e;

	if (emul_down(argv[2], &gone, &e) < 0)
		return refuse(&e);
	printf("%u processes %u files\n", gone.processes, gone.files);
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
	struct lab *lab = load(argv[2]);
	const struct topo_node *node = topo_node(lab, argv[3]);
	struct remote_target t;
	struct err e;

	if (!node)
		return 2;
	if (emul_target(&a, lab, node, &t, &e) < 0)
		return refuse(&e);
	printf("name=%s\naddress=%s\nport=%u\nuser=%s\nkey=%s\nhost_key=%s\n"
	       "agent=%s\n",
	       t.name, t.address, t.port, t.user, t.key_file, t.host_key,
	       t.agent);
	lab_free(lab);
	return 0;
}

static int drive_pid(char **argv)
{
	struct err e;
	pid_t pid;

	if (emul_node_pid(argv[2], argv[3], &pid, &e) < 0)
		return refuse(&e);
	printf("%d\n", pid);
	return 0;
}

/* --- what can be tested without a lab -------------------------------- */

static char tmp[64];

static void like_words(const char *got, const char *words)
{
	if (!ok(strstr(got, words) != NULL, "  its words: %s", words))
		tap_diag("got: %s", got);
}

static const char *in_tmp(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", tmp, name);
	return path;
}

static int state_with(const char *path, struct err *e)
{
	auto_arena struct arena a = {0};
	const char *root;

	setenv("LABCTL_STATE", path, 1);
	e->msg[0] = '\0';
	return emul_state_root(&a, &root, e);
}

static void test_state(void)
{
	struct stat st;
	struct err e;

	ok(state_with("state", &e) == -EINVAL && strstr(e.msg, "absolute"),
	   "state: a relative path is refused");
	ok(state_with(in_tmp("a/b"), &e) < 0, "state: so is one in nowhere");
	mkdir(in_tmp("open"), 0700);
	chmod(in_tmp("open"), 0777);
	ok(state_with(in_tmp("open"), &e) == -EPERM &&
		   strstr(e.msg, "others may write"),
	   "state: one that others may write to");
	rmdir(in_tmp("open"));
	(void)!symlink(tmp, in_tmp("link"));
	ok(state_with(in_tmp("link"), &e) < 0, "state: a link to elsewhere");
	unlink(in_tmp("link"));
	close(open(in_tmp("file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	ok(state_with(in_tmp("file"), &e) < 0, "state: a file");
	unlink(in_tmp("file"));
	if (geteuid() == 0)
		ok(mkdir(in_tmp("theirs"), 0700) == 0 &&
			   chown(in_tmp("theirs"), 12345, 0) == 0 &&
			   state_with(in_tmp("theirs"), &e) == -EPERM &&
			   strstr(e.msg, "someone else"),
		   "state: someone else's");
	else
		tap_skip("needs root", "state: someone else's");
	rmdir(in_tmp("theirs"));
	ok(state_with(in_tmp("state"), &e) == 0, "state: a good one is made");
	ok(stat(in_tmp("state"), &st) == 0 && (st.st_mode & 0777) == 0700,
	   "state: for its owner only");
}

static void test_nothing(void)
{
	auto_arena struct arena a = {0};
	struct emul_gone gone = {.processes = 1, .files = 1};
	struct emul_lab *labs;
	struct err e;
	pid_t pid;
	size_t n;

	is_int(emul_enter("emul-none", &e), -ENOENT, "no lab: not entered");
	like_words(e.msg, "emul-none does not run");
	is_int(emul_node_pid("emul-none", "n1", &pid, &e), -ENOENT,
	       "no lab: no node");
	is_int(emul_down("emul-none", &gone, &e), 0, "no lab: down is content");
	ok(!gone.processes && !gone.files, "no lab: and found nothing");
	ok(emul_list(&a, &labs, &n, &e) == 0, "no lab: listed all the same");
	is_int(emul_down("../etc", &gone, &e), -EINVAL,
	       "a name that is a path is refused");
	is_int(emul_lock("..", "up", &e), -EINVAL, "by the lock too");
}

static pid_t holder(const char *lab)
{
	int fd[2];
	char c;
	pid_t pid;

	if (pipe(fd) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		struct err e;

		c = emul_lock(lab, "up", &e) < 0 ? 'n' : 'y';
		(void)!write(fd[1], &c, 1);
		pause();
		_exit(0);
	}
	if (read(fd[0], &c, 1) != 1 || c != 'y')
		c = 'n';
	close(fd[0]);
	close(fd[1]);
	ok(c == 'y', "lock: a first one gets it");
	return pid;
}

static void test_lock(void)
{
	char words[64];
	struct err e;
	pid_t pid = holder("emul-lock");

	is_int(emul_lock("emul-lock", "down", &e), -EBUSY,
	       "lock: a second one does not");
	snprintf(words, sizeof(words), "`labctl up` (PID %d)", pid);
	like_words(e.msg, words);
	is_int(emul_lock("emul-other", "up", &e), 0,
	       "lock: another lab's is free");
	emul_unlock("emul-other", true);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	is_int(emul_lock("emul-lock", "down", &e), 0,
	       "lock: it is free when its holder is killed");
	is_int(emul_lock("emul-lock", "down", &e), 0,
	       "lock: taking it twice is nothing");
	ok(access(in_tmp("state/.emul-lock.lock"), F_OK) == 0,
	   "lock: its file is there");
	emul_unlock("emul-lock", true);
	ok(access(in_tmp("state/.emul-lock.lock"), F_OK) < 0,
	   "lock: and goes with it");
}

/* --- what people said of a lab -------------------------------------------- */

static const char said_lab[] =
	"lab: emul-said\n"
	"nodes: {n1: {role: network}, n2: {role: network}}\n"
	"physical: {management: {}, tunnel: {}}\n"
	"links: {n1.tunnel: {loss: 3%}}\n";

static struct lab *said_load(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	struct lab *lab = NULL;

	if (topo_load_text("said", said_lab, sizeof(said_lab) - 1, &lab,
			   &errs) == 0)
		return lab;
	tap_diag("%s", errs.n ? errs.items[0].msg : "?");
	exit(2);
}

static int impair(struct lab *lab, const char *text)
{
	return topo_links_lay(lab, text, strlen(text), NULL);
}

/* Two commands that loaded the lab before either wrote. */
static void test_said(void)
{
	struct lab *one = said_load(), *other = said_load();
	struct err e = {0};
	unsigned files = 0;

	emul_said_read(one);
	emul_said_read(other);
	ok(!one->nodes[0].drained && one->nlinks == 1,
	   "said: nothing, but for what the file says");
	one->nodes[0].drained = true;
	ok(impair(one, "links: {n1.tunnel: {loss: 1%}, n2.tunnel: {loss: "
		       "2%}}\n") == 0 &&
		   emul_drained_write(one, &e) == 0 &&
		   emul_impaired_write(one, &e) == 0,
	   "said: one says something");
	emul_said_read(other);
	ok(other->nodes[0].drained && !other->nodes[1].drained,
	   "said: the other hears of its drained node");
	ok(other->nlinks == 2 && other->links[0].impair.loss_ppm == 10000 &&
		   other->links[1].by_hand,
	   "said: and of the wires");
	other->nodes[1].drained = true;
	is_int(emul_drained_write(other, &e), 0, "said: and adds a node");
	one->nodes[0].drained = false;
	emul_said_read(one);
	ok(one->nodes[0].drained && one->nodes[1].drained,
	   "said: what is read comes in the place of what was said before");
	(void)topo_links_forget(other, NULL);
	other->nodes[0].drained = other->nodes[1].drained = false;
	ok(emul_drained_write(other, &e) == 0 &&
		   emul_impaired_write(other, &e) == 0 &&
		   access(in_tmp("state/emul-said/drained"), F_OK) < 0 &&
		   access(in_tmp("state/emul-said/impaired"), F_OK) < 0,
	   "said: nothing is no record");
	emul_said_read(one);
	ok(!one->nodes[0].drained && !one->nodes[1].drained &&
		   one->nlinks == 1 && one->links[0].impair.loss_ppm == 30000,
	   "said: and the file counts again");
	/* There is no fabric to ask. */
	ok(impair(one, "links: {n2.tunnel: {loss: 2%}}\n") == 0 &&
		   emul_wires(one, &files, &e) < 0 &&
		   access(in_tmp("state/emul-said/impaired"), F_OK) < 0,
	   "said: what was refused is not kept");
	is_int(emul_state_remove("emul-said", &files, &e), 0,
	       "said: its folder goes");
	lab_free(one);
	lab_free(other);
}

static int test(void)
{
	snprintf(tmp, sizeof(tmp), "%s/emul-live.XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(tmp)) {
		perror(tmp);
		return 1;
	}
	test_state();
	test_nothing();
	test_lock();
	test_said();
	rmdir(in_tmp("state"));
	ok(rmdir(tmp) == 0, "nothing is left behind");
	return tap_done();
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "fabric") == 0)
		return emul_fabric_main(argc - 1, argv + 1) ? 2 : 0;
	if (argc < 2)
		return test();
	if ((argc == 3 || argc == 4) && strcmp(argv[1], "up") == 0)
		return drive_up(argv);
	if (argc == 3 && strcmp(argv[1], "plan") == 0)
		return drive_plan(argv);
	if (argc == 3 && strcmp(argv[1], "down") == 0)
		return drive_down(argv);
	if (strcmp(argv[1], "list") == 0)
		return drive_list();
	if (argc >= 4 && strcmp(argv[1], "enter") == 0)
		return drive_enter(argv);
	if (argc == 4 && strcmp(argv[1], "target") == 0)
		return drive_target(argv);
	if (argc == 4 && strcmp(argv[1], "pid") == 0)
		return drive_pid(argv);
	return 2;
}
