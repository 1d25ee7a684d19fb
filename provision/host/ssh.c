/* SPDX-License-Identifier: MIT */
/*
 * SSH sessions
 * ============
 * libssh runs without blocking, and all waiting is done here: a call that
 * says "again" is repeated when poll(2) says that something came, so every
 * step has a deadline and ends at once when the person interrupts it.
 *
 * The socket is ours (remote_dial.c), so before each wait the kernel is asked
 * to acknowledge at once: sshd holds small answers back until the one before
 * is acknowledged, which would cost 40 ms per session.
 *
 * The key exchange is curve25519 (the hybrid one that OpenSSH prefers costs
 * more processor time than all the rest). Nothing is read from ~/.ssh or
 * /etc/ssh. The host key must be the pinned one before anything of ours is
 * shown to the other side; any kind of key is accepted from it for as long as
 * it takes to print its fingerprint.
 *
 * A node may fall silent without its connection ending (stopped, powered off,
 * cut off): after some seconds of silence it is asked to answer anything, and
 * after some more it is given up.
 */
#include "provision/host/ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"
#include "lib/auto.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "provision/libssh.h"
#include "provision/target.h"

#define KEX "curve25519-sha256,curve25519-sha256@libssh.org"
#define HOST_KEYS                                                              \
	"ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"                 \
	"ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"
#define EXIT_WAIT_MS 500 /* for an exit status after the end of output */

/* --- waiting ------------------------------------------------------------- */

int ssh_link_wait(struct ssh_link *l, struct pollfd *more, size_t nmore,
		  struct mono deadline, struct err *reterr)
{
	struct mono now = clock_mono(), until;
	short events = POLLIN;
	int64_t silence = remote_silence_ms * NS_PER_MS;
	int r, one = 1;

	/* libssh reads in many of its calls, so its own count is asked. */
	if (l->paused || l->bytes.in_bytes != l->seen) {
		l->seen = l->bytes.in_bytes;
		l->heard = now;
		l->gone = MONO_NEVER;
	}
	if (!mono_before(now, l->gone))
		return err_set(reterr, -ECONNRESET,
			       "it has been silent for %.1f s in spite of "
			       "being asked to answer: it is stopped or cut "
			       "off",
			       (double)silence / 1e9);
	/* Before there is a channel the deadline is for all of it. */
	if (!l->channel)
		until = MONO_NEVER;
	else if (mono_is_never(l->gone))
		until = mono_add(l->heard, silence / 3);
	else
		until = l->gone;
	if (libssh.get_poll_flags(l->session) & SSH_WRITE_PENDING)
		events |= POLLOUT;
	/* The kernel forgets this by itself: say it each time. */
	setsockopt(l->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
	r = remote_poll(l->paused ? -1 : l->fd, events, more, nmore,
			mono_min(until, deadline), NULL);
	if (r == -EINTR)
		return err_set(reterr, r, "interrupted");
	if (r != -ETIMEDOUT)
		return r;
	now = clock_mono();
	if (!mono_before(now, deadline))
		return err_set(reterr, r, "it does not answer");
	/* Counted from now: it may have been long that nobody listened. */
	if (mono_is_never(l->gone)) {
		/* Twice: where the last one's reply has come meanwhile, the
		 * first call only takes note of that. One goes out. */
		libssh.send_keepalive(l->session);
		libssh.send_keepalive(l->session);
		l->gone = mono_add(now, silence - silence / 3);
	}
	return 0;
}

/* Waits inside a step of setting up; names the step when time is over. */
static int step_wait(struct ssh_link *l, const char *what, struct mono deadline,
		     struct err *reterr)
{
	int r = ssh_link_wait(l, NULL, 0, deadline, reterr);

	if (r == -ETIMEDOUT)
		return err_set(reterr, r,
			       "it accepts connections, but does not answer "
			       "(%s)",
			       what);
	return r;
}

static int lost(struct ssh_link *l, const char *what, struct err *reterr)
{
	return err_set(reterr, -ECONNRESET, "%s: %s", what,
		       libssh.get_error(l->session));
}

/* --- setting up ---------------------------------------------------------- */

static int configure(struct ssh_link *l, const struct remote_target *t,
		     const char *host_keys, struct err *reterr)
{
	const struct {
		enum ssh_options_e option;
		const void *value;
	} options[] = {
		{SSH_OPTIONS_HOST, t->address},
		{SSH_OPTIONS_PORT, &t->port},
		{SSH_OPTIONS_USER, t->user},
		{SSH_OPTIONS_PROCESS_CONFIG, &(bool){false}},
		{SSH_OPTIONS_KNOWNHOSTS, "/dev/null"},
		{SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null"},
		{SSH_OPTIONS_SSH_DIR, "/dev/null"},
		{SSH_OPTIONS_KEY_EXCHANGE, KEX},
		{SSH_OPTIONS_HOSTKEYS, host_keys},
		{SSH_OPTIONS_FD, &l->fd},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(options); i++)
		if (libssh.options_set(l->session, options[i].option,
				       options[i].value) < 0)
			return err_set(reterr, -EINVAL, "SSH option: %s",
				       libssh.get_error(l->session));
	libssh.set_blocking(l->session, 0);
	libssh.set_counters(l->session, &l->bytes, NULL);
	return 0;
}

static void key_free(ssh_key *k)
{
	libssh.key_free(*k);
}

/* "SHA256:..." of a key; the caller frees it with ssh_string_free_char(). */
static char *fingerprint(ssh_key key)
{
	unsigned char *hash = NULL;
	size_t len = 0;
	char *text;

	if (libssh.get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash,
				      &len) < 0)
		return NULL;
	text = libssh.get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash,
					   len);
	libssh.clean_pubkey_hash(&hash);
	return text;
}

/* The pinned key: "TYPE BASE64 [comment]". */
static int pinned_key(const struct remote_target *t, ssh_key *ret,
		      struct err *reterr)
{
	static const char blank[] = " \t\n";
	const char *type = t->host_key + strspn(t->host_key, blank);
	const char *key = type + strcspn(type, blank);
	auto_arena struct arena a = {0};

	type = arena_strndup(&a, type, (size_t)(key - type));
	key += strspn(key, blank);
	key = arena_strndup(&a, key, strcspn(key, blank));
	if (libssh.pki_import_pubkey_base64(
		    key, libssh.key_type_from_name(type), ret) != SSH_OK)
		return err_set(reterr, -EINVAL,
			       "the pinned host key is no public key");
	return 0;
}

static int check_host_key(struct ssh_link *l, ssh_key pinned,
			  struct err *reterr)
{
	auto_(key_free) ssh_key theirs = NULL;
	char *got, *want;

	if (libssh.get_server_publickey(l->session, &theirs) != SSH_OK)
		return lost(l, "host key", reterr);
	if (libssh.key_cmp(theirs, pinned, SSH_KEY_CMP_PUBLIC) == 0)
		return 0;
	got = fingerprint(theirs);
	want = fingerprint(pinned);
	err_set(reterr, -EKEYREJECTED,
		"wrong host key: it shows %s (%s), the pinned one is %s (%s): "
		"another machine answers, or its keys were made anew",
		got ? got : "one without fingerprint",
		libssh.key_type_to_char(libssh.key_type(theirs)),
		want ? want : "?",
		libssh.key_type_to_char(libssh.key_type(pinned)));
	libssh.string_free_char(got);
	libssh.string_free_char(want);
	return -EKEYREJECTED;
}

static int handshake(struct ssh_link *l, const struct remote_target *t,
		     struct mono deadline, struct err *reterr)
{
	auto_(key_free) ssh_key pinned = NULL;
	char kinds[sizeof(HOST_KEYS) + 64];
	int rc, r;

	r = pinned_key(t, &pinned, reterr);
	if (r < 0)
		return r;
	/* The pinned kind first, so that a host with many keys shows it. */
	snprintf(kinds, sizeof(kinds), "%s,%s",
		 libssh.key_type(pinned) == SSH_KEYTYPE_RSA
			 ? "rsa-sha2-512"
			 : libssh.key_type_to_char(libssh.key_type(pinned)),
		 HOST_KEYS);
	r = configure(l, t, kinds, reterr);
	if (r < 0)
		return r;
	rc = libssh.connect(l->session);
	/*
	 * libssh 0.10 leaves a descriptor that came by an option open at the
	 * end, yet closes it when it breaks. Without the option it closes
	 * its socket once in any case; the call says no to -1 and obeys.
	 */
	libssh.options_set(l->session, SSH_OPTIONS_FD, &(socket_t){-1});
	l->handed = true;
	/* It makes the socket block, too, and would then wait without us. */
	if (fcntl(l->fd, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(reterr, -errno, "socket");
	for (; rc == SSH_AGAIN; rc = libssh.connect(l->session)) {
		r = step_wait(l, "key exchange", deadline, reterr);
		if (r < 0)
			return r;
	}
	if (rc != SSH_OK)
		return lost(l, "key exchange", reterr);
	return check_host_key(l, pinned, reterr);
}

static int authenticate(struct ssh_link *l, const struct remote_target *t,
			ssh_key key, struct mono deadline, struct err *reterr)
{
	int rc, r;

	while ((rc = libssh.userauth_publickey(l->session, NULL, key)) ==
	       SSH_AUTH_AGAIN) {
		r = step_wait(l, "authentication", deadline, reterr);
		if (r < 0)
			return r;
	}
	if (rc == SSH_AUTH_SUCCESS)
		return 0;
	if (rc == SSH_AUTH_DENIED || rc == SSH_AUTH_PARTIAL)
		return err_set(reterr, -EACCES,
			       "it does not let %s in with the key %s", t->user,
			       t->key_file);
	return lost(l, "authentication", reterr);
}

static void on_exit_status(ssh_session session, ssh_channel channel, int status,
			   void *ctx)
{
	struct ssh_link *l = ctx;

	(void)session;
	(void)channel;
	l->status = status;
}

static void on_exit_signal(ssh_session session, ssh_channel channel,
			   const char *name, int core, const char *words,
			   const char *lang, void *ctx)
{
	struct ssh_link *l = ctx;

	(void)session;
	(void)channel;
	(void)core;
	(void)words;
	(void)lang;
	snprintf(l->signal, sizeof(l->signal), "%s", name ? name : "?");
}

static int on_data(ssh_session session, ssh_channel channel, void *data,
		   uint32_t len, int is_stderr, void *ctx)
{
	struct ssh_link *l = ctx;

	(void)session;
	(void)channel;
	buf_add(&l->data[is_stderr != 0], data, len);
	return (int)len;
}

static void on_eof(ssh_session session, ssh_channel channel, void *ctx)
{
	struct ssh_link *l = ctx;

	(void)session;
	(void)channel;
	l->eof = true;
}

static void on_close(ssh_session session, ssh_channel channel, void *ctx)
{
	struct ssh_link *l = ctx;

	(void)session;
	(void)channel;
	l->eof = l->closed = true;
}

static int open_channel(struct ssh_link *l, struct mono deadline,
			struct err *reterr)
{
	int rc, r;

	l->channel = libssh.channel_new(l->session);
	if (!l->channel)
		return lost(l, "channel", reterr);
	l->callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = l,
		.channel_data_function = on_data,
		.channel_eof_function = on_eof,
		.channel_close_function = on_close,
		.channel_exit_status_function = on_exit_status,
		.channel_exit_signal_function = on_exit_signal,
	};
	ssh_callbacks_init(&l->callbacks);
	libssh.set_channel_callbacks(l->channel, &l->callbacks);
	while ((rc = libssh.channel_open_session(l->channel)) == SSH_AGAIN) {
		r = step_wait(l, "channel", deadline, reterr);
		if (r < 0)
			return r;
	}
	return rc == SSH_OK ? 0 : lost(l, "channel", reterr);
}

static int set_up(struct ssh_link *l, const struct remote_target *t,
		  struct mono deadline, struct err *reterr)
{
	auto_(key_free) ssh_key key = NULL;
	struct mono began = clock_mono(), dialed;
	int r;

	/* Before the connection: a bad key file costs the node nothing. */
	if (libssh.pki_import_privkey_file(t->key_file, NULL, NULL, NULL,
					   &key) != SSH_OK)
		return err_set(reterr, -ENOKEY,
			       "%s is no private key that can be used",
			       t->key_file);
	r = remote_dial(t, deadline, &l->fd, reterr);
	if (r < 0)
		return r;
	dialed = l->heard = clock_mono();
	r = handshake(l, t, deadline, reterr);
	if (r == 0)
		r = authenticate(l, t, key, deadline, reterr);
	if (r == 0)
		r = open_channel(l, deadline, reterr);
	if (r == 0)
		log_debug("%s: connected in %.1f ms, session open in %.1f ms",
			  t->name, (double)mono_sub(dialed, began) / 1e6,
			  (double)mono_sub(clock_mono(), dialed) / 1e6);
	return r;
}

int ssh_link_open(struct ssh_link **ret, const struct remote_target *t,
		  struct mono deadline, struct err *reterr)
{
	struct ssh_link *l;
	int r = libssh_load(reterr);

	if (r < 0)
		return r;
	l = mem_zero(1, sizeof(*l));
	l->fd = -1;
	l->status = -1;
	l->gone = MONO_NEVER;
	l->session = libssh.new();
	if (!l->session) {
		free(l);
		return err_set(reterr, -ENOMEM, "out of memory");
	}
	r = set_up(l, t, deadline, reterr);
	if (r < 0) {
		ssh_link_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

void ssh_link_close(struct ssh_link *l)
{

	if (!l)
		return;
	if (l->channel) {
		libssh.remove_channel_callbacks(l->channel, &l->callbacks);
		libssh.channel_free(l->channel);
	}
	libssh.disconnect(l->session);
	libssh.free(l->session);
	if (!l->handed && l->fd >= 0)
		close(l->fd);
	buf_release(&l->data[0]);
	buf_release(&l->data[1]);
	free(l);
}

int ssh_link_pty(struct ssh_link *l, const char *term, int cols, int rows,
		 struct mono deadline, struct err *reterr)
{
	int rc, r;

	while ((rc = libssh.channel_request_pty_size(l->channel, term, cols,
						     rows)) == SSH_AGAIN) {
		r = step_wait(l, "terminal", deadline, reterr);
		if (r < 0)
			return r;
	}
	return rc == SSH_OK ? 0 : lost(l, "terminal", reterr);
}

int ssh_link_exec(struct ssh_link *l, const char *command, struct mono deadline,
		  struct err *reterr)
{
	int rc, r;

	while ((rc = *command ? libssh.channel_request_exec(l->channel, command)
			      : libssh.channel_request_shell(l->channel)) ==
	       SSH_AGAIN) {
		r = step_wait(l, "start of the command", deadline, reterr);
		if (r < 0)
			return r;
	}
	return rc == SSH_OK ? 0 : lost(l, "start of the command", reterr);
}

/* --- moving bytes -------------------------------------------------------- */

int ssh_link_process(struct ssh_link *l, struct err *reterr)
{
	/* Each makes libssh read its socket, the first up to the end of file
	 * and the second after it. */
	if (!l->eof)
		libssh.channel_poll(l->channel, 0);
	else
		libssh.channel_get_exit_status(l->channel);
	if (!l->closed && !libssh.is_connected(l->session))
		return lost(l, "the connection is lost", reterr);
	return 0;
}

int ssh_link_write(struct ssh_link *l, const void *p, size_t len,
		   struct err *reterr)
{
	int n;

	if (len > INT32_MAX)
		len = INT32_MAX;
	n = libssh.channel_write(l->channel, p, (uint32_t)len);
	/* Who has ended takes no more, which is no fault. */
	if (n == SSH_ERROR && !l->eof)
		return lost(l, "the connection is lost", reterr);
	return n > 0 ? n : 0;
}

int ssh_link_finish(struct ssh_link *l, struct err *reterr)
{
	struct mono deadline = mono_add(clock_mono(), EXIT_WAIT_MS * NS_PER_MS);
	int r;

	for (;;) {
		r = ssh_link_process(l, reterr);
		if (l->closed || l->status >= 0 || *l->signal)
			return 0;
		if (r == 0)
			r = ssh_link_wait(l, NULL, 0, deadline, reterr);
		if (r == -ETIMEDOUT)
			return 0;
		if (r < 0)
			return r;
	}
}
