/* SPDX-License-Identifier: MIT */
/* What clients ask of the supervisor, and what it does for them. */
#include "provision/services/supervise_clients.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/line.h"
#include "lib/unix.h"
#include "provision/services/supervise.h"

/* --- answers -------------------------------------------------------------- */

static void answer(struct client *c, int code, const char *why)
{
	struct json j;

	c->answered = true;
	c->waits = NULL;
	c->for_end = c->for_all = false;
	auto_close_fn(&c->verb);
	c->verb = -1;
	if (c->out.len)
		return; /* "state" has written its own */
	json_init(&j, &c->out, 0);
	json_obj(&j);
	json_kbool(&j, "ok", code == 0);
	if (code < 0)
		json_kstr(&j, "error", why);
	json_obj_end(&j);
	buf_addc(&c->out, '\n');
}

void client_hang_up(struct client *c)
{
	auto_close_fn(&c->fd);
	auto_close_fn(&c->verb);
	buf_release(&c->in);
	buf_release(&c->out);
	buf_release(&c->heard);
	*c = (struct client){.fd = -1, .verb = -1};
}

static bool is_wanted(const struct supervisor *v, const struct kept *k)
{
	const char *router = service_router(&k->s);

	return !v->stopping && !k->drop &&
	       (!router || roles_watch_active(&v->roles[0], router) ||
		roles_watch_active(&v->roles[1], router));
}

static void put_service(const struct supervisor *v, const struct kept *k,
			struct json *j)
{
	char words[64];
	size_t i;

	json_obj(j);
	json_kstr(j, "name", k->s.name);
	if (k->s.title)
		json_kstr(j, "title", k->s.title);
	json_kstr(j, "shape", k->shape);
	json_kbool(j, "running", k->pid && !k->ending);
	if (k->pid && kept_stopped(k))
		json_kbool(j, "stopped", true);
	json_kbool(j, "wanted", is_wanted(v, k));
	json_kint(j, "pid", k->pid);
	json_kint(j, "since_ns", k->since_ns);
	json_kint(j, "restarts", k->restarts);
	if (k->ended) {
		kept_exit_words(k, words, sizeof(words));
		json_kstr(j, "exit", words);
	}
	if (k->nsaid)
		json_kstr(j, "said", k->said);
	json_key(j, "files");
	json_arr(j);
	for (i = 0; i < k->s.nfiles; i++) {
		json_obj(j);
		json_kstr(j, "path", k->s.files[i].path);
		json_kstr(j, "how", service_file_hows[k->s.files[i].how]);
		json_kstr(j, "digest", k->loaded[i]);
		json_obj_end(j);
	}
	json_arr_end(j);
	json_obj_end(j);
}

static void put_state(const struct supervisor *v, struct buf *out)
{
	const struct kept *k;
	struct json j;

	json_init(&j, out, 0);
	json_obj(&j);
	json_kbool(&j, "ok", true);
	json_kint(&j, "pid", getpid());
	json_key(&j, "services");
	json_arr(&j);
	for (k = v->services; k; k = k->next)
		put_service(v, k, &j);
	json_arr_end(&j);
	json_obj_end(&j);
	buf_addc(out, '\n');
}

/* --- services ------------------------------------------------------------- */

static struct kept *find(const struct supervisor *v, const char *name)
{
	struct kept *k;

	for (k = v->services; k; k = k->next)
		if (strcmp(k->s.name, name) == 0)
			return k;
	return NULL;
}

static void forget(struct supervisor *v, struct kept *gone)
{
	struct kept **at = &v->services;
	size_t i;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	v->n--;
	kept_remove_files(v->dir, gone);
	for (i = 0; i < CLIENTS_MAX; i++)
		if (v->clients[i].waits == gone)
			answer(&v->clients[i], 0, NULL);
	kept_free(gone);
}

static void note_loaded(struct kept *k)
{
	size_t i;

	for (i = 0; i < k->s.nfiles; i++)
		service_digest(k->s.files[i].text, strlen(k->s.files[i].text),
			       k->loaded[i]);
}

/* Starts and ends what its wants say; never waits. */
static void tend(struct supervisor *v, struct kept *k)
{
	if (!is_wanted(v, k)) {
		kept_end(k);
		k->pause_ns = 0;
		return;
	}
	if (!k->pid && (mono_is_never(k->start_at) ||
			!mono_before(clock_mono(), k->start_at))) {
		note_loaded(k);
		kept_start(k, v->dir);
	}
}

void clients_keep(struct supervisor *v)
{
	struct kept *k, *next;

	for (k = v->services; k; k = next) {
		next = k->next;
		tend(v, k);
		if (k->pid && !mono_before(clock_mono(), k->kill_at)) {
			k->kill_at = MONO_NEVER;
			kill(-k->pid, SIGKILL);
			kill(k->pid, SIGKILL);
		}
		if (!k->pid && (k->drop || v->stopping))
			forget(v, k);
	}
}

void clients_bury(struct supervisor *v)
{
	struct kept *k;

	for (k = v->services; k; k = k->next) {
		siginfo_t si = {0};

		if (!k->pid ||
		    waitid(P_PID, (id_t)k->pid, &si,
			   WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    si.si_pid != k->pid)
			continue;
		kept_buried(k, v->dir);
	}
}

/* --- a word to a control socket ------------------------------------------- */

static int say_verb(struct supervisor *v, struct client *c, struct kept *k,
		    struct err *reterr)
{
	char path[PATH_MAX], word[128];
	int n;

	snprintf(path, sizeof(path), "%s/%s", v->dir, k->s.control);
	n = snprintf(word, sizeof(word), "%s\n", k->s.reload);
	c->verb = unix_dial(path, "its control socket", reterr);
	if (c->verb < 0)
		return err_prefix(reterr, "%s", k->s.name);
	if (send(c->verb, word, (size_t)n, MSG_NOSIGNAL) != n)
		return err_sys(reterr, -errno, "%s: its control socket",
			       k->s.name);
	c->waits = k;
	return 1;
}

void client_hear(struct client *c)
{
	auto_arena struct arena a = {0};
	struct doc *d = NULL;
	struct err err = {.msg = "it hung up"};
	ssize_t n;

	n = recv(c->verb, buf_room(&c->heard, 4096), 4096, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		c->heard.len += (size_t)n;
		c->heard.data[c->heard.len] = '\0';
		if (!strchr(c->heard.data, '\n') &&
		    c->heard.len < SUPERVISE_LINE_MAX)
			return;
	}
	if (c->heard.len &&
	    doc_parse_line(&a, c->heard.data, strcspn(c->heard.data, "\n"), &d,
			   &err) == 0 &&
	    doc_bool(d, "ok", false)) {
		note_loaded(c->waits);
		answer(c, 0, NULL);
		return;
	}
	if (d)
		err_set(&err, -EIO, "%s",
			doc_str(d, "error", "refused without words"));
	err_prefix(&err, "%s",
		   c->waits->s.title ? c->waits->s.title : c->waits->s.name);
	answer(c, -EIO, err.msg);
}

/* --- requests ------------------------------------------------------------- */

/* Takes over what the service is to be; the old self is kept until here. */
static void replace(struct kept *k, struct kept *by)
{
	struct arena old = k->arena;
	char(*was)[SERVICE_DIGEST_MAX] = k->loaded;
	size_t i, n = k->s.nfiles;

	k->arena = by->arena;
	k->s = by->s;
	k->loaded = by->loaded;
	memcpy(k->shape, by->shape, sizeof(k->shape));
	for (i = 0; i < k->s.nfiles && i < n; i++)
		memcpy(k->loaded[i], was[i], sizeof(*was));
	by->arena = (struct arena){0};
	arena_release(&old);
}

static struct kept *decode(const struct doc *d, struct err *reterr)
{
	struct kept *k = kept_new();

	if (service_decode(&k->arena, d, &k->s, reterr) < 0) {
		kept_free(k);
		return NULL;
	}
	k->loaded = arena_array(&k->arena, k->s.nfiles + 1, sizeof(*k->loaded));
	service_shape(&k->s, k->shape);
	return k;
}

static int write_files(struct supervisor *v, struct kept *k, bool *changed,
		       struct err *reterr)
{
	char digest[SERVICE_DIGEST_MAX];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < k->s.nfiles; i++) {
		const struct service_file *f = &k->s.files[i];

		service_digest(f->text, strlen(f->text), digest);
		if (f->how != SERVICE_FILE_READ) {
			/* Nothing to read: as it is wanted at the next start,
			 * so it is. */
			memcpy(k->loaded[i], digest, sizeof(digest));
			continue;
		}
		r = kept_write_file(v->dir, f, changed, reterr);
		if (strcmp(digest, k->loaded[i]) != 0)
			*changed = true;
	}
	return r;
}

/* 1: the answer comes later; where no client (NULL) can wait for that, the
 * service starts anew instead. */
static int set(struct supervisor *v, struct client *c, const struct doc *d,
	       bool again, struct err *reterr)
{
	struct kept *by = decode(d, reterr), *k;
	bool anew = again, changed = false;
	int r, sig;

	if (!by)
		return reterr->code;
	k = find(v, by->s.name);
	if (!k && v->n == SERVICES_MAX) {
		kept_free(by);
		return err_set(reterr, -E2BIG, "more than %d services",
			       SERVICES_MAX);
	}
	if (!k) {
		k = by;
		k->next = v->services;
		v->services = k;
		v->n++;
	} else {
		anew = anew || strcmp(k->shape, by->shape) != 0;
		replace(k, by);
		kept_free(by);
		k->drop = false;
	}
	r = write_files(v, k, &changed, reterr);
	if (r < 0)
		return r;
	sig = k->s.reload ? service_signal(k->s.reload) : 0;
	if (anew || (changed && (!k->s.reload || (!sig && !c)))) {
		kept_end(k);
	} else if (changed && k->pid && !k->ending) {
		if (!sig)
			return say_verb(v, c, k, reterr);
		kill(k->pid, sig);
		note_loaded(k);
	}
	/* Who waits for his role reads them at his start. */
	if (!k->pid)
		note_loaded(k);
	/* It is to go on, whoever had it stand still. */
	if (k->pid)
		kept_wake(k);
	/* Somebody cares: no more pause. */
	k->pause_ns = 0;
	k->start_at = MONO_NEVER;
	tend(v, k);
	return 0;
}

/* Many at once; which of them failed, and why, is the answer. */
static void set_all(struct supervisor *v, const struct doc *list,
		    struct buf *out)
{
	const struct doc *d;
	struct json j;

	json_init(&j, out, 0);
	json_obj(&j);
	json_kbool(&j, "ok", true);
	json_key(&j, "failed");
	json_arr(&j);
	DOC_FOREACH (d, list) {
		struct err err = {.msg = "refused"};

		if (set(v, NULL, d, false, &err) >= 0)
			continue;
		json_obj(&j);
		json_kstr(&j, "name", doc_str(d, "name", ""));
		json_kstr(&j, "error", err.msg);
		json_obj_end(&j);
	}
	json_arr_end(&j);
	json_obj_end(&j);
	buf_addc(out, '\n');
}

static int drop(struct supervisor *v, struct client *c, const char *name,
		struct err *reterr)
{
	struct kept *k = find(v, name);

	if (!k)
		return err_set(reterr, -ENOENT, "no service '%.64s'", name);
	k->drop = true;
	c->waits = k;
	c->for_end = true;
	return 1;
}

static int obey(struct supervisor *v, struct client *c, const struct doc *req,
		struct err *reterr)
{
	const char *op = doc_str(req, "op", "");

	if (strcmp(op, "state") == 0) {
		put_state(v, &c->out);
		return 0;
	}
	if (v->stopping)
		return err_set(reterr, -ESHUTDOWN, "it is stopping");
	if (strcmp(op, "set") == 0 && doc_get(req, "services")) {
		set_all(v, doc_get(req, "services"), &c->out);
		return 0;
	}
	if (strcmp(op, "set") == 0)
		return set(v, c, doc_get(req, "service"),
			   doc_bool(req, "again", false), reterr);
	if (strcmp(op, "drop") == 0)
		return drop(v, c, doc_str(req, "name", ""), reterr);
	if (strcmp(op, "stop") == 0) {
		v->stopping = true;
		c->for_all = true;
		return 1;
	}
	return err_set(reterr, -EINVAL, "no operation '%.64s'", op);
}

static void request(struct supervisor *v, struct client *c, size_t len)
{
	auto_arena struct arena a = {0};
	struct err err = {.msg = "refused"};
	struct doc *req = NULL;
	int r;

	r = doc_parse_line(&a, c->in.data, len, &req, &err);
	if (r == 0)
		r = obey(v, c, req, &err);
	buf_release(&c->in);
	if (r <= 0)
		answer(c, r, err.msg);
}

/* --- clients -------------------------------------------------------------- */

void client_receive(struct supervisor *v, struct client *c)
{
	size_t len;
	int found;
	ssize_t n;

	n = recv(c->fd, buf_room(&c->in, 65536), 65536, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_hang_up(c);
		return;
	}
	c->in.len += (size_t)n;
	found = line_find(&c->next, &c->in, SUPERVISE_LINE_MAX, &len);
	if (found > 0)
		request(v, c, len);
	else if (found < 0)
		answer(c, -EMSGSIZE, "the request is too long");
}

static void give(struct client *c)
{
	ssize_t n;

	while (c->sent < c->out.len) {
		n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent,
			 MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			c->sent += (size_t)n;
	}
	client_hang_up(c);
}

void clients_welcome(struct supervisor *v)
{
	int fd = accept4(v->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i;

	for (i = 0; fd >= 0 && i < CLIENTS_MAX; i++) {
		if (v->clients[i].fd >= 0)
			continue;
		v->clients[i] = (struct client){.fd = fd, .verb = -1};
		v->clients[i].until = mono_add(clock_mono(), PATIENCE_NS);
		return;
	}
	auto_close_fn(&fd);
}

void clients_tend(struct supervisor *v)
{
	struct client *c;

	for (c = v->clients; c < v->clients + CLIENTS_MAX; c++) {
		if (c->fd < 0)
			continue;
		if (c->for_all && !v->services)
			answer(c, 0, NULL);
		if (mono_before(clock_mono(), c->until)) {
			if (c->answered)
				give(c);
		} else if (c->answered) {
			client_hang_up(c); /* it does not read */
		} else {
			answer(c, -ETIMEDOUT, "it took too long");
			c->until = mono_add(clock_mono(), NS_PER_S);
		}
	}
}
