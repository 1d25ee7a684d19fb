/* SPDX-License-Identifier: MIT */
/*
 * A lab from its file. The whole way is
 *
 *   bytes -> struct doc (lib/doc) -> struct raw (keys/, by lib/keys)
 *     -> checks (check.c) -> numbers, struct lab (resolve/)
 *
 * and every stage but the first goes on after an error, so that one run tells
 * all that is wrong. A file is refused by its kind and size before it is
 * read: no pipe, device or folder can hang or fill the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "topologies/check.h"
#include "topologies/error.h"
#include "topologies/keys/keys.h"
#include "topologies/links.h"
#include "topologies/resolve/floating.h"
#include "topologies/resolve/number.h"
#include "topologies/resolve/resolve.h"
#include "topologies/resolve/routes.h"
#include "topologies/secgroup/raw.h"

static void report(struct keys *ks, const struct key_fault *f)
{
	struct raw *raw = ks->ctx;

	if (raw->errs->n < TOPO_ERRORS_MAX)
		raw_wrong(raw, f->at, "%s", keys_fault_print(ks->a, f));
	else
		raw->errs->dropped++;
}

static void read_keys(struct raw *raw, const struct doc *root)
{
	struct keys ks = {.a = raw->a,
			  .report = report,
			  .ctx = raw,
			  .borrow = true,
			  .most = TOPO_ERRORS_MAX};

	if (doc_is_null(root))
		raw_wrong(raw, NULL,
			  "the file is empty: a lab needs at least "
			  "the keys 'lab' and 'nodes'");
	else
		keys_read(&ks, root, &lab_keys_table, raw, root, "the lab");
}

int topo_load_text(const char *path, const char *text, size_t len,
		   struct lab **ret_lab, struct topo_errors *errs)
{
	auto_arena struct arena a = {0};
	struct raw raw = {.a = &a, .errs = errs};
	struct doc *root = NULL;
	struct doc_error where;
	int r;

	if (len > TOPO_FILE_MAX) {
		topo_error_add(errs, NULL, "larger than %u MiB, so not a lab",
			       TOPO_FILE_MAX >> 20);
		return -EINVAL;
	}
	/* A byte order mark is no part of the text. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	r = doc_parse(&a, text, len, &root, &where);
	if (r < 0) {
		topo_error_at(errs, where.line, where.col, 1, "%s", where.msg);
	} else {
		read_keys(&raw, root);
		raw_check(&raw);
		raw_check_floatings(&raw);
		raw_check_routes(&raw);
		raw_check_secgroups(&raw);
		raw_check_links(&raw);
		raw_number(&raw);
	}
	if (!errs->n) {
		struct lab *lab = raw_resolve(&raw, text, len);

		if (topo_links_resolve(&raw, lab, errs) == 0) {
			lab->path = arena_strdup(&lab->arena, path);
			*ret_lab = lab;
			return 0;
		}
		lab_free(lab);
	}
	topo_errors_sort(errs);
	errs->text = arena_strndup(&errs->arena, text, len);
	errs->text_len = len;
	return -EINVAL;
}

/* Why a thing that is not a plain file is none, or NULL. */
static const char *not_a_file(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return NULL;
	if (S_ISDIR(st->st_mode))
		return "is a directory; a lab is a file";
	if (S_ISFIFO(st->st_mode))
		return "is a pipe; a lab is a file that can be read again";
	if (S_ISSOCK(st->st_mode))
		return "is a socket; a lab is a file";
	return "is a device; a lab is a file";
}

/* Reads it all; false with the reason in errs. */
static bool read_file(const char *path, struct buf *b, struct topo_errors *errs)
{
	auto_close int fd = -1;
	const char *why = NULL;
	struct stat st;
	int r;

	/* Looked at before it is opened: opening a device can do things. */
	if (stat(path, &st) < 0) {
		topo_error_add(errs, NULL, "%s",
			       errno == ENOENT ? "there is no such file"
					       : strerror(errno));
		return false;
	}
	why = not_a_file(&st);
	if (!why) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0 || fstat(fd, &st) < 0) {
			topo_error_add(errs, NULL, "cannot be read: %s",
				       strerror(errno));
			return false;
		}
		why = not_a_file(&st);
	}
	if (why) {
		topo_error_add(errs, NULL, "%s", why);
		return false;
	}
	r = file_read_fd(fd, TOPO_FILE_MAX, b);
	if (r == -EFBIG)
		topo_error_add(errs, NULL, "larger than %u MiB, so not a lab",
			       TOPO_FILE_MAX >> 20);
	else if (r < 0)
		topo_error_add(errs, NULL, "cannot be read: %s", strerror(-r));
	return r == 0;
}

int topo_load(const char *path, struct lab **ret_lab, struct topo_errors *errs)
{
	auto_buf struct buf b = {0};

	if (!read_file(path, &b, errs))
		return -EINVAL;
	return topo_load_text(path, b.data ? b.data : "", b.len, ret_lab, errs);
}
