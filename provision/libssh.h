/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_PROVISION_LIBSSH_H
#define LABCTL_PROVISION_LIBSSH_H

/* libssh, for who opens sessions or makes keys: libssh.new() is ssh_new(). */

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h> /* ssh_send_keepalive() */

#include "lib/lazy.h"

/* clang-format off */
#define LIBSSH_FUNCTIONS(X) \
	X(channel_change_pty_size) \
	X(channel_free) \
	X(channel_get_exit_status) \
	X(channel_new) \
	X(channel_open_session) \
	X(channel_poll) \
	X(channel_request_exec) \
	X(channel_request_pty_size) \
	X(channel_request_send_signal) \
	X(channel_request_shell) \
	X(channel_send_eof) \
	X(channel_write) \
	X(clean_pubkey_hash) \
	X(connect) \
	X(disconnect) \
	X(free) \
	X(get_error) \
	X(get_fingerprint_hash) \
	X(get_poll_flags) \
	X(get_publickey_hash) \
	X(get_server_publickey) \
	X(is_connected) \
	X(key_cmp) \
	X(key_free) \
	X(key_type) \
	X(key_type_from_name) \
	X(key_type_to_char) \
	X(new) \
	X(options_set) \
	X(pki_export_privkey_base64) \
	X(pki_export_pubkey_base64) \
	X(pki_generate) \
	X(pki_import_privkey_file) \
	X(pki_import_pubkey_base64) \
	X(remove_channel_callbacks) \
	X(send_keepalive) \
	X(set_blocking) \
	X(set_channel_callbacks) \
	X(set_counters) \
	X(string_free_char) \
	X(userauth_publickey)
/* clang-format on */

#define LIBSSH_FIELD(f) __typeof__(ssh_##f) *(f);

extern struct libssh {
	LIBSSH_FUNCTIONS(LIBSSH_FIELD)
} libssh;

/* Before the first of them; any number of times, in any thread. */
int libssh_load(struct err *reterr);

#endif
