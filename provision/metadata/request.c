/* SPDX-License-Identifier: MIT */
#include "provision/metadata/request.h"

#include <string.h>
#include <strings.h>

#include "lib/auto.h"

void metadata_header(struct metadata_said *s, const char *name,
		     const char *value)
{
	if (!value)
		return;
	if (strcasecmp(name, "X-Forwarded-For") == 0)
		s->forwarded = value;
	if (strcasecmp(name, "X-Neutron-Router-ID") == 0) {
		s->router = value;
		s->nrouter++;
	}
	if (strcasecmp(name, "X-Neutron-Network-ID") == 0) {
		s->network = value;
		s->nnetwork++;
	}
}

/* The last word of a list with commas, as an address. */
static bool last_address(const char *text, struct ip *ret)
{
	const char *word = strrchr(text, ',');
	char copy[IP_TEXT_MAX];
	size_t len;

	word = word ? word + 1 : text;
	word += strspn(word, " \t");
	len = strcspn(word, " \t");
	if (len >= sizeof(copy) || word[len + strspn(word + len, " \t")])
		return false;
	memcpy(copy, word, len);
	copy[len] = '\0';
	return ip_parse(copy, ret) == 0;
}

enum metadata_status metadata_from(const struct metadata_said *s,
				   struct ip *ret_from, const char **ret_words)
{
	if (s->nrouter + s->nnetwork != 1) {
		*ret_words = "one of X-Neutron-Router-ID and "
			     "X-Neutron-Network-ID is needed, once\n";
		return METADATA_BAD_REQUEST;
	}
	if (!s->forwarded || !last_address(s->forwarded, ret_from)) {
		*ret_words = "X-Forwarded-For has no address\n";
		return METADATA_BAD_REQUEST;
	}
	return METADATA_OK;
}
