/* SPDX-License-Identifier: MIT */
#include "provision/fabric/keys.h"

#include <errno.h>
#include <string.h>

#include "provision/fabric/spec.h"
#include "provision/libssh.h"

static int new_key(struct arena *a, const char **ret_key, const char **ret_pub,
		   struct err *reterr)
{
	ssh_key key = NULL;
	char *text = NULL, *pub = NULL;
	int r = libssh_load(reterr);

	if (r < 0)
		return r;
	if (libssh.pki_generate(SSH_KEYTYPE_ED25519, 0, &key) != SSH_OK ||
	    libssh.pki_export_privkey_base64(key, NULL, NULL, NULL, &text) !=
		    SSH_OK ||
	    libssh.pki_export_pubkey_base64(key, &pub) != SSH_OK) {
		r = err_set(reterr, -EIO, "libssh could not make a key");
	} else {
		*ret_key = arena_strdup(a, text);
		*ret_pub = arena_printf(a, "ssh-ed25519 %s", pub);
	}
	if (text)
		explicit_bzero(text, strlen(text));
	libssh.string_free_char(text);
	libssh.string_free_char(pub);
	libssh.key_free(key);
	return r;
}

int emul_keys_make(struct arena *a, const struct emul_spec *s,
		   struct emul_keys *ret, struct err *reterr)
{
	struct emul_keys k = {0};
	size_t i;
	int r;

	k.nodes = arena_array(a, s->nnodes, sizeof(*k.nodes));
	r = new_key(a, &k.client_key, &k.client_pub, reterr);
	for (i = 0; r == 0 && i < s->nnodes; i++) {
		struct emul_key *to = &k.nodes[k.nnodes];

		if (!s->nodes[i].address)
			continue;
		to->name = s->nodes[i].name;
		r = new_key(a, &to->key, &to->pub, reterr);
		k.nnodes++;
	}
	if (r == 0)
		*ret = k;
	return r;
}

const struct emul_key *emul_keys_find(const struct emul_keys *k,
				      const char *node)
{
	size_t i;

	for (i = 0; i < k->nnodes; i++)
		if (strcmp(k->nodes[i].name, node) == 0)
			return &k->nodes[i];
	return NULL;
}

void emul_keys_add(struct arena *a, struct emul_keys *to,
		   const struct emul_keys *from)
{
	size_t i;

	if (!to->client_key && from->client_key && from->client_pub) {
		to->client_key = arena_strdup(a, from->client_key);
		to->client_pub = arena_strdup(a, from->client_pub);
	}
	for (i = 0; i < from->nnodes; i++) {
		const struct emul_key *k = &from->nodes[i];
		struct emul_key *own;

		if (emul_keys_find(to, k->name))
			continue;
		own = arena_push(a, &to->nodes, &to->nnodes, sizeof(*own));
		own->name = arena_strdup(a, k->name);
		own->key = arena_strdup(a, k->key);
		own->pub = arena_strdup(a, k->pub);
	}
}
