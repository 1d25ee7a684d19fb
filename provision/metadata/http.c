/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd's own thread reads and answers. What is known of a connection
 * (through which router or network it came, for a listener) stands in a table
 * by its descriptor, written before libmicrohttpd hears of it. Records change
 * and answers are made under one lock.
 */
#include "provision/metadata/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/auto.h"
#include "lib/lazy.h"
#include "lib/mem.h"
#include "provision/metadata/answer.h"
#include "provision/metadata/request.h"

/* Loaded by who serves, and linked to nothing. */
#define MHD_FUNCTIONS(X)                                                       \
	X(create_response_from_buffer)                                         \
	X(add_response_header)                                                 \
	X(queue_response)                                                      \
	X(destroy_response)                                                    \
	X(get_connection_info)                                                 \
	X(get_connection_values)                                               \
	X(add_connection)                                                      \
	X(start_daemon)                                                        \
	X(stop_daemon)

static struct {
#define FIELD(f) __typeof__(MHD_##f) *(f);
	MHD_FUNCTIONS(FIELD)
#undef FIELD
} mhd;

#define SYMBOL(f) {"MHD_" #f, &mhd.f},

static const struct lazy_symbol symbols[] = {MHD_FUNCTIONS(SYMBOL)};

static struct lazy lib = LAZY("libmicrohttpd.so.12", symbols);

/* Where a connection came in. */
struct origin {
	bool direct; /* by a listener: router and network are known */
	char router[40], network[40];
};

struct http {
	struct MHD_Daemon *mhd;
	pthread_mutex_t lock; /* over arena and records */
	struct arena arena;
	struct metadata_records records;
	struct origin *origins; /* by descriptor */
};

static enum MHD_Result reply(struct MHD_Connection *c, unsigned status,
			     const char *type, const char *body, size_t len)
{
	struct MHD_Response *r = mhd.create_response_from_buffer(
		len, (void *)body, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result done;

	if (!r)
		return MHD_NO;
	mhd.add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == METADATA_NOT_ALLOWED)
		mhd.add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	done = mhd.queue_response(c, status, r);
	mhd.destroy_response(r);
	return done;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status,
			      const char *words)
{
	return reply(c, status, "text/plain; charset=UTF-8", words,
		     strlen(words));
}

static enum MHD_Result header(void *ctx, enum MHD_ValueKind kind,
			      const char *name, const char *value)
{
	(void)kind;
	metadata_header(ctx, name, value);
	return MHD_YES;
}

static bool peer_address(struct MHD_Connection *c, struct ip *ret)
{
	const union MHD_ConnectionInfo *info =
		mhd.get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (!info || !info->client_addr)
		return false;
	*ret = (struct ip){0};
	if (info->client_addr->sa_family == AF_INET) {
		memcpy(&in, info->client_addr, sizeof(in));
		ret->family = 4;
		memcpy(ret->b, &in.sin_addr, 4);
		return true;
	}
	if (info->client_addr->sa_family != AF_INET6)
		return false;
	memcpy(&in6, info->client_addr, sizeof(in6));
	ret->family = 6;
	memcpy(ret->b, &in6.sin6_addr, 16);
	return true;
}

/* Who asks; NULL with the status and words of a refusal. */
static const struct metadata_instance *asker(struct http *s,
					     struct MHD_Connection *c,
					     unsigned *ret_status,
					     const char **ret_words)
{
	const union MHD_ConnectionInfo *info =
		mhd.get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	const struct metadata_instance *found;
	const struct origin *o;
	struct metadata_said said = {0};
	struct ip from;

	*ret_status = METADATA_BAD_REQUEST;
	if (!info || info->connect_fd < 0 || info->connect_fd >= HTTP_FDS_MAX) {
		*ret_words = "who asks is not known\n";
		return NULL;
	}
	o = &s->origins[info->connect_fd];
	if (o->direct) {
		said.router = o->router[0] ? o->router : NULL;
		said.network = o->network[0] ? o->network : NULL;
		if (!peer_address(c, &from)) {
			*ret_words = "who asks is not known\n";
			return NULL;
		}
	} else {
		mhd.get_connection_values(c, MHD_HEADER_KIND, header, &said);
		*ret_status = metadata_from(&said, &from, ret_words);
		if (*ret_status != METADATA_OK)
			return NULL;
	}
	found = metadata_find(&s->records, said.router, said.network, &from);
	if (!found) {
		*ret_status = METADATA_NOT_FOUND;
		*ret_words = "no instance has this address\n";
	}
	return found;
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *c,
			      const char *url, const char *method,
			      const char *version, const char *data,
			      size_t *size, void **state)
{
	static int begun;
	const struct metadata_instance *i;
	struct http *s = ctx;
	auto_buf struct buf body = {0};
	struct metadata_answer a;
	enum MHD_Result done;
	const char *words = "";
	unsigned status;

	(void)version;
	(void)data;
	if (!*state) { /* the headers are there; a body may follow */
		*state = &begun;
		return MHD_YES;
	}
	if (*size) { /* which nobody reads */
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return refuse(c, METADATA_NOT_ALLOWED,
			      "metadata can be read and nothing else\n");
	pthread_mutex_lock(&s->lock);
	i = asker(s, c, &status, &words);
	if (i) {
		a = metadata_answer(i, url, &body);
		done = a.status == METADATA_OK
			       ? reply(c, a.status, a.type,
				       body.data ? body.data : "", body.len)
			       : refuse(c, a.status,
					"there is no such thing\n");
	} else {
		done = refuse(c, status, words);
	}
	pthread_mutex_unlock(&s->lock);
	return done;
}

int http_start(struct http **ret, struct err *reterr)
{
	struct http *s;

	if (lazy_load(&lib, reterr) < 0)
		return -EIO;
	s = mem_zero(1, sizeof(*s));
	s->origins = mem_zero(HTTP_FDS_MAX, sizeof(*s->origins));
	pthread_mutex_init(&s->lock, NULL);
	s->mhd = mhd.start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL |
			MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC,
		0, NULL, NULL, handle, s, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)HTTP_CONNECTIONS_MAX,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)HTTP_PER_IP_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEADERS_MAX,
		MHD_OPTION_END);
	if (s->mhd) {
		*ret = s;
		return 0;
	}
	http_free(s);
	return err_set(reterr, -EIO, "libmicrohttpd does not start");
}

void http_free(struct http *s)
{
	if (!s)
		return;
	if (s->mhd)
		mhd.stop_daemon(s->mhd);
	pthread_mutex_destroy(&s->lock);
	arena_release(&s->arena);
	free(s->origins);
	free(s);
}

void http_records(struct http *s, struct arena *a,
		  const struct metadata_records *m)
{
	struct arena old;

	pthread_mutex_lock(&s->lock);
	old = s->arena;
	s->arena = *a;
	s->records = *m;
	pthread_mutex_unlock(&s->lock);
	*a = (struct arena){0};
	arena_release(&old);
}

static void copy_id(char *to, size_t size, const char *from)
{
	to[0] = '\0';
	if (from && strlen(from) < size)
		memcpy(to, from, strlen(from) + 1);
}

void http_take(struct http *s, int fd, const struct sockaddr *addr,
	       socklen_t len, const struct metadata_listener *l)
{
	struct origin *o;

	if (fd >= HTTP_FDS_MAX) {
		close(fd);
		return;
	}
	o = &s->origins[fd];
	*o = (struct origin){.direct = l != NULL};
	if (l) {
		copy_id(o->router, sizeof(o->router), l->router);
		copy_id(o->network, sizeof(o->network), l->network);
	}
	/* It closes what it does not take. */
	(void)mhd.add_connection(s->mhd, fd, addr, len);
}
