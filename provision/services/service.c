/* SPDX-License-Identifier: MIT */
#include "provision/services/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/kernel/netns.h"
#include "lib/keys/keys.h"
#include "provision/res.h"

#define ACTIVE_OF "active of "

static const struct {
	const char *name;
	int number;
} signals[] = {
	{"HUP", SIGHUP},   {"INT", SIGINT},   {"TERM", SIGTERM},
	{"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
	{"QUIT", SIGQUIT},
};

int service_signal(const char *name)
{
	size_t i;

	for (i = 0; name && i < ARRAY_LEN(signals); i++)
		if (strcmp(signals[i].name, name) == 0)
			return signals[i].number;
	return 0;
}

const char *service_router(const struct res_service *s)
{
	return s->when ? s->when + strlen(ACTIVE_OF) : NULL;
}

bool service_path_ok(const char *path)
{
	const char *p = path;
	size_t n;

	if (!*path || *path == '/' || strlen(path) > 200)
		return false;
	for (;; p += n + 1) {
		n = strcspn(p, "/");
		if (!n || p[0] == '.')
			return false;
		if (!p[n])
			return true;
	}
}

bool service_file_ok(const char *path)
{
	const size_t n = strlen(SERVICE_NEUTRON_DIR);

	if (strncmp(path, SERVICE_NEUTRON_DIR, n) == 0)
		path += n;
	return service_path_ok(path);
}

const char *const service_file_hows[] = {
	[SERVICE_FILE_READ] = "read",
	[SERVICE_FILE_START] = "start",
	[SERVICE_FILE_OWN] = "own",
};
_Static_assert(ARRAY_LEN(service_file_hows) == SERVICE_FILE_OWN + 1, "words");

int service_file_path(const char *state_dir, const char *file, char *out,
		      size_t size)
{
	bool whole = *file == '/';
	int n = snprintf(out, size, "%s%s%s", whole ? "" : state_dir,
			 whole ? "" : "/", file);

	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	return (int)strlen(whole ? SERVICE_NEUTRON_DIR : state_dir) + !whole;
}

static bool check_file(struct keys *ks, const struct key *k,
		       const struct doc *v, void *obj)
{
	const struct service_file *f = obj;

	(void)k;
	if (service_file_ok(f->path))
		return true;
	keys_wrong(
		ks, v,
		"a file stands below the state folder or " SERVICE_NEUTRON_DIR);
	return false;
}

static const struct key wanted_file_rows[] = {
	{"path", KEY_TEXT, KEY_FIELD(struct service_file, path),
	 .flags = KEY_REQUIRED, .check = check_file},
	{"how", KEY_ENUM, KEY_FIELD(struct service_file, how),
	 KEY_WORDS(service_file_hows)},
	{"text", KEY_TEXT, KEY_FIELD(struct service_file, text),
	 .flags = KEY_REQUIRED},
};

static const struct key_table wanted_file_table =
	KEY_TABLE("file", struct service_file, wanted_file_rows);

static const struct key wanted_rows[] = {
	{"name", KEY_TEXT, KEY_FIELD(struct res_service, name),
	 .flags = KEY_REQUIRED},
	{"argv", KEY_TEXTS, KEY_ITEMS(struct res_service, argv, nargs),
	 .flags = KEY_REQUIRED, .max = SERVICE_ARGS_MAX},
	{"in", KEY_TEXT, KEY_FIELD(struct res_service, netns)},
	{"reload", KEY_TEXT, KEY_FIELD(struct res_service, reload)},
	{"stop", KEY_TEXT, KEY_FIELD(struct res_service, stop)},
	{"control", KEY_TEXT, KEY_FIELD(struct res_service, control)},
	{"when", KEY_TEXT, KEY_FIELD(struct res_service, when)},
	/* What is no part of its shape. */
	{"title", KEY_TEXT, KEY_FIELD(struct res_service, title)},
	{"files", KEY_LIST, KEY_ITEMS(struct res_service, files, nfiles),
	 .max = SERVICE_FILES_MAX, .table = &wanted_file_table},
};
#define SHAPE_ROWS 7

static const struct key_table wanted_table =
	KEY_TABLE("service", struct res_service, wanted_rows);

static const struct key_table shape_table = {
	.name = "service",
	.keys = wanted_rows,
	.n = SHAPE_ROWS,
	.size = sizeof(struct res_service)};

static void encode(const struct res_service *s, const struct key_table *t,
		   struct json *j)
{
	struct res_service said = *s;

	if (s->netns && !*s->netns)
		said.netns = NULL;
	keys_write(t, &said, j);
}

void service_encode(const struct res_service *s, struct json *j)
{
	encode(s, &wanted_table, j);
}

void service_digest(const char *text, size_t len, char *out)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < len; i++) {
		h ^= (unsigned char)text[i];
		h *= UINT64_C(0x100000001b3);
	}
	snprintf(out, SERVICE_DIGEST_MAX, "%016" PRIx64, h);
}

void service_shape(const struct res_service *s, char *out)
{
	auto_buf struct buf text = {0};
	struct json j;

	json_init(&j, &text, 0);
	json_obj(&j);
	encode(s, &shape_table, &j);
	json_obj_end(&j);
	service_digest(text.data, text.len, out);
}

static int bad(struct err *reterr, const char *what)
{
	return err_set(reterr, -EINVAL, "a service: %s", what);
}

static bool is_word(const char *s)
{
	return *s && s[strspn(s, "abcdefghijklmnopqrstuvwxyz-")] == '\0';
}

int service_decode(struct arena *a, const struct doc *d,
		   struct res_service *ret, struct err *reterr)
{
	struct res_service s = {0};
	int r = keys_read_open(a, d, &wanted_table, &s, reterr);

	if (r < 0)
		return err_prefix(reterr, "a service");
	if (!s.nargs)
		return bad(reterr, "'argv' needs words");
	if (!netns_name_ok(s.name) || s.name[0] == '.' ||
	    strlen(s.name) > SERVICE_NAME_MAX)
		return bad(reterr, "'name' must be a file's name");
	if (s.netns && !netns_name_ok(s.netns))
		return bad(reterr, "'in' must name a namespace");
	if (s.stop && !service_signal(s.stop))
		return bad(reterr, "'stop' must be a signal's name");
	if (s.control && !service_path_ok(s.control))
		return bad(reterr, "'control' must be below the state folder");
	if (s.reload && !service_signal(s.reload) &&
	    !(s.control && is_word(s.reload)))
		return bad(reterr, "'reload' must be a signal's name, or a "
				   "word for its 'control'");
	if (s.when && (strncmp(s.when, ACTIVE_OF, strlen(ACTIVE_OF)) != 0 ||
		       !s.when[strlen(ACTIVE_OF)]))
		return bad(reterr, "'when' must be 'active of ROUTER'");
	*ret = s;
	return 0;
}

/* --- what is seen --------------------------------------------------------- */

static const struct key gateway_rows[] = {
	{"address", KEY_IP, KEY_FIELD(struct obs_gateway, ip),
	 .flags = KEY_REQUIRED},
	{"answered_ns", KEY_INT, KEY_FIELD(struct obs_gateway, answered_ns)},
	{"silent_ns", KEY_INT, KEY_FIELD(struct obs_gateway, silent_ns)},
	{"late_ns", KEY_INT, KEY_FIELD(struct obs_gateway, late_ns)},
};

const struct key_table service_gateway_table =
	KEY_TABLE("gateway", struct obs_gateway, gateway_rows);

static const struct key router_rows[] = {
	{"id", KEY_TEXT, KEY_FIELD(struct obs_router, id),
	 .flags = KEY_REQUIRED},
	{"state", KEY_TEXT, KEY_FIELD(struct obs_router, state),
	 .flags = KEY_REQUIRED},
	{"since_ns", KEY_INT, KEY_FIELD(struct obs_router, since_ns)},
	{"file", KEY_TEXT, KEY_FIELD(struct obs_router, file)},
	{"by_file", KEY_BOOL, KEY_FIELD(struct obs_router, by_file)},
	{"amiss", KEY_TEXT, KEY_FIELD(struct obs_router, amiss)},
	{"sick", KEY_BOOL, KEY_FIELD(struct obs_router, sick)},
	{"asked_ns", KEY_INT, KEY_FIELD(struct obs_router, asked_ns)},
	{"gateways", KEY_LIST,
	 KEY_ITEMS(struct obs_router, gateways, ngateways),
	 .max = SERVICE_GATEWAYS_MAX, .table = &service_gateway_table},
};

static const struct key_table router_table =
	KEY_TABLE("router", struct obs_router, router_rows);

static const struct key engine_rows[] = {
	{"running", KEY_BOOL, KEY_FIELD(struct seen_engine, running)},
	{"pid", KEY_INT, KEY_FIELD(struct seen_engine, pid)},
	{"error", KEY_TEXT, KEY_FIELD(struct seen_engine, error)},
	{"files", KEY_BOOL, KEY_FIELD(struct seen_engine, files)},
	{"routers", KEY_LIST, KEY_ITEMS(struct seen_engine, routers, nrouters),
	 .max = SERVICE_ROUTERS_MAX, .table = &router_table},
};

static const struct key_table engine_table =
	KEY_TABLE("engine", struct seen_engine, engine_rows);

static const struct key file_rows[] = {
	{"path", KEY_TEXT, KEY_FIELD(struct service_file, path),
	 .flags = KEY_REQUIRED},
	{"digest", KEY_TEXT, KEY_FIELD(struct service_file, digest)},
	{"how", KEY_ENUM, KEY_FIELD(struct service_file, how),
	 KEY_WORDS(service_file_hows)},
};

static const struct key_table file_table =
	KEY_TABLE("file", struct service_file, file_rows);

static const struct key seen_rows[] = {
	{"name", KEY_TEXT, KEY_FIELD(struct res, service.name),
	 .flags = KEY_REQUIRED},
	{"title", KEY_TEXT, KEY_FIELD(struct res, service.title)},
	{"shape", KEY_TEXT, KEY_FIELD(struct res, service.shape)},
	{"running", KEY_BOOL, KEY_FIELD(struct res, service.running)},
	{"stopped", KEY_BOOL, KEY_FIELD(struct res, service.stopped)},
	{"wanted", KEY_BOOL, KEY_FIELD(struct res, service.wanted)},
	{"pid", KEY_INT, KEY_FIELD(struct res, service.pid)},
	{"since_ns", KEY_INT, KEY_FIELD(struct res, service.since_ns)},
	{"restarts", KEY_UINT, KEY_FIELD(struct res, service.restarts)},
	{"exit", KEY_TEXT, KEY_FIELD(struct res, service.exit)},
	{"said", KEY_TEXT, KEY_FIELD(struct res, service.said)},
	{"files", KEY_LIST,
	 KEY_ITEMS(struct res, service.files, service.nfiles),
	 .max = SERVICE_FILES_MAX, .table = &file_table},
	{"engine", KEY_MAP, KEY_FIELD(struct res, service.engine),
	 .table = &engine_table},
};

const struct key_table service_seen_table =
	KEY_TABLE("service", struct res, seen_rows);

const char *service_differs(const struct res_service *want,
			    const struct res_service *have)
{
	char digest[SERVICE_DIGEST_MAX];
	size_t i;

	service_shape(want, digest);
	if (!have->shape || strcmp(digest, have->shape) != 0)
		return "another command";
	for (i = 0; i < want->nfiles; i++) {
		const struct service_file *f = &want->files[i];

		service_digest(f->text, strlen(f->text), digest);
		if (i >= have->nfiles ||
		    strcmp(have->files[i].path, f->path) != 0 ||
		    !have->files[i].digest ||
		    strcmp(have->files[i].digest, digest) != 0)
			return "another configuration";
	}
	return have->nfiles == want->nfiles ? NULL : "another configuration";
}

const char *service_trouble(struct arena *a, const struct res_service *seen)
{
	const char *exit = seen->exit ? seen->exit : "was not started";
	const char *after = "";

	if (seen->running && seen->stopped)
		return "is stopped";
	if (seen->running || !seen->wanted)
		return NULL;
	if (seen->restarts)
		after = arena_printf(a, " after %u restart%s", seen->restarts,
				     seen->restarts == 1 ? "" : "s");
	return arena_printf(a, "%s%s%s%s", exit, after, seen->said ? ": " : "",
			    seen->said ? seen->said : "");
}
