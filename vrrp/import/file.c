/* SPDX-License-Identifier: MIT */
/*
 * keepalived's configuration, read
 * ================================
 * Three answers to each of its words: it is taken; it is left out with a note,
 * where nothing on the wire or on an interface depends on it; or it is an
 * error, with its place and the reason, since whoever runs the engine in
 * keepalived's place must not find out by an outage what it does not do
 * (scripts, authentication, unicast, groups, virtual MACs, load balancing).
 *
 * Defaults are keepalived's, not ours: five announcements and five more after
 * five seconds, preemption, priority 100, one second, its own interface
 * tracked. Addresses without an interface stand on that one, those without a
 * length are hosts.
 *
 * What became of it is printed and read again by the engine's own reader
 * (vrrp_import_check()), so nothing comes out of here that it would refuse.
 */
#include "vrrp/import/import.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/doc.h"
#include "lib/file.h"
#include "vrrp/import/instance.h"
#include "vrrp/import/reader.h"

static void take_all_version(struct import *im, const struct ka_stmt *s,
			     void *obj)
{
	(void)obj;
	(void)import_number(im, s, 2, 3, &im->version);
}

static void take_all_delay(struct import *im, const struct ka_stmt *s,
			   void *obj)
{
	(void)obj;
	(void)import_number(im, s, 0, 86400, &im->garp_delay_s);
}

static void take_all_repeat(struct import *im, const struct ka_stmt *s,
			    void *obj)
{
	(void)obj;
	(void)import_number(im, s, 1, 100, &im->garp_repeat);
}

static void take_all_refresh(struct import *im, const struct ka_stmt *s,
			     void *obj)
{
	(void)obj;
	(void)import_number(im, s, 0, 86400, &im->garp_refresh_s);
}

static void take_netns(struct import *im, const struct ka_stmt *s, void *obj)
{
	const struct ka_word *w = import_value(im, s);

	(void)obj;
	if (w)
		im->netns = w->s;
}

static void take_group4(struct import *im, const struct ka_stmt *s, void *obj)
{
	const struct ka_word *w = import_value(im, s);

	(void)obj;
	if (w && strcmp(w->s, IMPORT_GROUP) != 0)
		import_wrong(im, w, "adverts go to " IMPORT_GROUP ", not to %s",
			     w->s);
}

/* clang-format off */
static const struct import_row global_rows[] = {
	{"vrrp_version", IMPORT_TAKE, NULL, take_all_version},
	{"vrrp_garp_master_delay", IMPORT_TAKE, NULL, take_all_delay},
	{"vrrp_garp_master_repeat", IMPORT_TAKE, NULL, take_all_repeat},
	{"vrrp_garp_master_refresh", IMPORT_TAKE, NULL, take_all_refresh},
	{"net_namespace", IMPORT_TAKE, NULL, take_netns},
	{"vrrp_mcast_group4", IMPORT_TAKE, NULL, take_group4},
	{"vrrp_mcast_group6", IMPORT_QUIET, NULL, NULL},
	{"router_id", IMPORT_QUIET, NULL, NULL},
	{"notification_email", IMPORT_QUIET, NULL, NULL},
	{"notification_email_from", IMPORT_QUIET, NULL, NULL},
	{"smtp_server", IMPORT_QUIET, NULL, NULL},
	{"smtp_connect_timeout", IMPORT_QUIET, NULL, NULL},
	{"smtp_helo_name", IMPORT_QUIET, NULL, NULL},
	{"smtp_alert", IMPORT_NOTE, "the engine sends no mail", NULL},
	{"smtp_alert_vrrp", IMPORT_NOTE, "the engine sends no mail", NULL},
	{"smtp_alert_checker", IMPORT_QUIET, NULL, NULL},
	{"no_email_faults", IMPORT_QUIET, NULL, NULL},
	{"script_user", IMPORT_QUIET, NULL, NULL},
	{"enable_script_security", IMPORT_QUIET, NULL, NULL},
	{"max_auto_priority", IMPORT_QUIET, NULL, NULL},
	{"min_auto_priority_delay", IMPORT_QUIET, NULL, NULL},
	{"vrrp_priority", IMPORT_QUIET, NULL, NULL},
	{"vrrp_no_swap", IMPORT_QUIET, NULL, NULL},
	{"vrrp_rt_priority", IMPORT_QUIET, NULL, NULL},
	{"vrrp_rlimit_rttime", IMPORT_QUIET, NULL, NULL},
	{"vrrp_cpu_affinity", IMPORT_QUIET, NULL, NULL},
	{"process_names", IMPORT_QUIET, NULL, NULL},
	{"vrrp_process_name", IMPORT_QUIET, NULL, NULL},
	{"use_symlink_paths", IMPORT_QUIET, NULL, NULL},
	{"dynamic_interfaces", IMPORT_QUIET, NULL, NULL},
	{"default_interface", IMPORT_QUIET, NULL, NULL},
	{"log_unknown_vrids", IMPORT_QUIET, NULL, NULL},
	{"umask", IMPORT_QUIET, NULL, NULL},
	{"instance", IMPORT_QUIET, NULL, NULL},
	{"enable_dbus", IMPORT_QUIET, NULL, NULL},
	{"dbus_service_name", IMPORT_QUIET, NULL, NULL},
	{"enable_snmp_keepalived", IMPORT_QUIET, NULL, NULL},
	{"enable_snmp_vrrp", IMPORT_QUIET, NULL, NULL},
	{"enable_snmp_checker", IMPORT_QUIET, NULL, NULL},
	{"enable_snmp_rfc", IMPORT_QUIET, NULL, NULL},
	{"enable_snmp_rfcv2", IMPORT_QUIET, NULL, NULL},
	{"enable_snmp_rfcv3", IMPORT_QUIET, NULL, NULL},
	{"enable_traps", IMPORT_QUIET, NULL, NULL},
	{"snmp_socket", IMPORT_QUIET, NULL, NULL},
	{"vrrp_garp_interval", IMPORT_NOTE, "announcements are paced so that no "
	 "advert waits for them", NULL},
	{"vrrp_gna_interval", IMPORT_NOTE, "announcements are paced so that no "
	 "advert waits for them", NULL},
	{"vrrp_garp_master_refresh_repeat", IMPORT_NOTE, "a refresh is one round of "
	 "announcements", NULL},
	{"vrrp_garp_lower_prio_delay", IMPORT_NOTE, "the winner of an old split "
	 "always announces again", NULL},
	{"vrrp_garp_lower_prio_repeat", IMPORT_NOTE, "the winner of an old split "
	 "always announces again", NULL},
	{"vrrp_lower_prio_no_advert", IMPORT_NOTE, "an Active answers lower "
	 "priorities, at most ten times an interval", NULL},
	{"vrrp_higher_prio_send_advert", IMPORT_NOTE, "an Active that yields says "
	 "nothing more", NULL},
	{"vrrp_strict", IMPORT_NOTE, "the engine keeps to the RFCs in any case", NULL},
	{"vrrp_skip_check_adv_addr", IMPORT_NOTE, "lists are compared each time",
	 NULL},
	{"vrrp_check_unicast_src", IMPORT_NOTE, "there is no unicast", NULL},
	{"vrrp_iptables", IMPORT_NOTE, "the engine makes no rules", NULL},
	{"vrrp_ipsets", IMPORT_NOTE, "the engine makes no rules", NULL},
	{"vrrp_nftables", IMPORT_NOTE, "the engine makes no rules", NULL},
	{"vrrp_notify_fifo", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"vrrp_notify_fifo_script", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"notify_fifo", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"notify_fifo_script", IMPORT_NEVER, IMPORT_SCRIPTS, NULL},
	{"lvs_sync_daemon", IMPORT_NEVER, "the engine balances no load", NULL},
	{"lvs_flush", IMPORT_QUIET, NULL, NULL},
};
/* clang-format on */

static void take_globals(struct import *im, const struct ka_stmt *s, void *obj)
{
	import_rows(im, s->sub, s->nsub, global_rows, ARRAY_LEN(global_rows),
		    obj);
}

/* A group of one is none. */
static void take_group(struct import *im, const struct ka_stmt *s, void *obj)
{
	size_t n = 0;

	(void)obj;
	for (size_t i = 0; i < s->nsub; i++) {
		const struct ka_stmt *one = &s->sub[i];

		if (strcmp(one->w->s, "group") == 0)
			n += one->nsub;
		else if (strncmp(one->w->s, "notify", 6) == 0)
			import_wrong(im, one->w, "'%s': " IMPORT_SCRIPTS,
				     one->w->s);
		else if (strncmp(one->w->s, "track_", 6) == 0)
			import_wrong(im, one->w,
				     "'%s' of a group: write it in each "
				     "instance",
				     one->w->s);
	}
	if (n > 1)
		import_wrong(
			im, s->w,
			"'vrrp_sync_group': the engine moves each router by "
			"itself; what must move together is one vrrp_instance, "
			"with the other's addresses under "
			"virtual_ipaddress_excluded and its interface under "
			"track_interface");
}

static void take_script(struct import *im, const struct ka_stmt *s, void *obj)
{
	(void)obj;
	*(const struct ka_stmt **)arena_push(im->scratch, &im->scripts,
					     &im->nscripts, sizeof(s)) = s;
}

#define NO_LVS "the engine balances no load"
#define NO_STATIC "the engine has what moves; what stays is the system's"

/* clang-format off */
static const struct import_row file_rows[] = {
	{"vrrp_instance", IMPORT_TAKE, NULL, import_take_instance},
	{"global_defs", IMPORT_TAKE, NULL, take_globals},
	{"vrrp_sync_group", IMPORT_TAKE, NULL, take_group},
	{"vrrp_script", IMPORT_TAKE, NULL, take_script},
	{"net_namespace", IMPORT_TAKE, NULL, take_netns},
	{"vrrp_track_process", IMPORT_NEVER, "only interfaces are tracked", NULL},
	{"vrrp_track_file", IMPORT_NEVER, "only interfaces are tracked", NULL},
	{"track_file", IMPORT_NEVER, "only interfaces are tracked", NULL},
	{"bfd_instance", IMPORT_NEVER, "only interfaces are tracked", NULL},
	{"garp_group", IMPORT_NOTE, "announcements are paced so that no advert waits "
	 "for them", NULL},
	{"linkbeat_interfaces", IMPORT_QUIET, NULL, NULL},
	{"instance", IMPORT_QUIET, NULL, NULL},
	{"include", IMPORT_NEVER, "other files are not followed; name them on the "
	 "command line, or paste them here", NULL},
	{"static_ipaddress", IMPORT_NEVER, NO_STATIC, NULL},
	{"static_routes", IMPORT_NEVER, NO_STATIC, NULL},
	{"static_rules", IMPORT_NEVER, NO_STATIC, NULL},
	{"virtual_server", IMPORT_NEVER, NO_LVS, NULL},
	{"virtual_server_group", IMPORT_NEVER, NO_LVS, NULL},
	{"SSL", IMPORT_NEVER, NO_LVS, NULL},
};
/* clang-format on */

/* What stands behind the instances holds for them, too. */
static void read_file(struct import *im, const struct ka_stmt *list, size_t n)
{
	for (unsigned pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < n; i++)
			if ((strcmp(list[i].w->s, "vrrp_instance") == 0) ==
			    (pass == 1))
				import_rows(im, &list[i], 1, file_rows,
					    ARRAY_LEN(file_rows), NULL);
}

static int read_text(struct vrrp_import *how, const char *path,
		     const char *real, const char *text, size_t len,
		     struct vrrp_config *c, struct buf *errs, struct buf *notes)
{
	auto_arena struct arena scratch = {0};
	struct import im = {.how = how,
			    .a = &c->arena,
			    .scratch = &scratch,
			    .c = c,
			    .errs = errs,
			    .notes = notes,
			    .version = 2,
			    .garp_repeat = 5,
			    .garp_delay_s = 5};
	const struct ka_stmt *list;
	size_t n, before = c->n;
	struct err err;
	int r;

	im.path = arena_strdup(&c->arena, path);
	im.real = arena_strdup(&c->arena, real);
	c->control =
		c->control ? c->control : arena_strdup(&c->arena, how->control);
	r = ka_parse(&c->arena, text, len, &list, &n, &err);
	if (r < 0) {
		buf_printf(errs, "%s:%s\n", path, err.msg);
		return r;
	}
	read_file(&im, list, n);
	if (im.nerrs > IMPORT_ERRORS_MAX)
		buf_printf(errs, "%s: and %u more\n", path,
			   im.nerrs - IMPORT_ERRORS_MAX);
	if (!im.nerrs && c->n == before) {
		buf_printf(errs, "%s:1:1: there is no vrrp_instance\n", path);
		return -EINVAL;
	}
	return im.nerrs ? -EINVAL : 0;
}

int vrrp_import_text(struct vrrp_import *how, const char *path,
		     const char *text, size_t len, struct vrrp_config *c,
		     struct buf *errs, struct buf *notes)
{
	return read_text(how, path, path, text, len, c, errs, notes);
}

int vrrp_import_file(struct vrrp_import *how, const char *path,
		     struct vrrp_config *c, struct buf *errs, struct buf *notes)
{
	char real[PATH_MAX];
	auto_buf struct buf text = {0};
	int r = file_read(path, DOC_SIZE_MAX, &text);

	if (r < 0) {
		buf_printf(errs, "%s: %s\n", path, strerror(-r));
		return r;
	}
	return read_text(how, path, realpath(path, real) ? real : path,
			 text.data ? text.data : "", text.len, c, errs, notes);
}

/* Of a line of a printed configuration, the router that it is about. */
static size_t router_of_line(const char *text, unsigned line)
{
	size_t n = 0;

	for (; *text && line; line--) {
		n += strncmp(text, "- name: ", 8) == 0;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return n;
}

int vrrp_import_check(const struct vrrp_import *how,
		      const struct vrrp_config *c, struct buf *errs)
{
	auto_buf struct buf text = {0}, why = {0};
	struct vrrp_config again = {0};
	const char *s, *end;
	int r;

	vrrp_config_print(c, &text);
	r = vrrp_config_parse("", text.data, text.len, &again, &why);
	vrrp_config_release(&again);
	/* ":LINE:COLUMN: what" of the printed text. */
	for (s = why.data; r < 0 && s && *s; s = *end ? end + 1 : end) {
		unsigned line = 0, col = 0;
		size_t i;
		int at = 0;

		end = s + strcspn(s, "\n");
		if (sscanf(s, ":%u:%u: %n", &line, &col, &at) < 2 || !at)
			at = 0;
		i = router_of_line(text.data, line);
		buf_printf(errs, "%s: %.*s\n",
			   i && i <= how->nat ? how->at[i - 1] : how->control,
			   (int)(end - s - at), s + at);
	}
	return r;
}
