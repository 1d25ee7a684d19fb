/* SPDX-License-Identifier: MIT */
/*
 * A request of any bytes: a line of a path, and headers; and the records'
 * file of any bytes. An answer has one of its statuses, and a text that can be
 * sent.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "provision/metadata/answer.h"
#include "provision/metadata/record.h"
#include "provision/metadata/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char known[] =
	"{instances: [{uuid: 11111111-0000, name: one, hostname: one, "
	"network: a, port: p, mac: 'fa:16:3e:00:00:01', mtu: 1450, floating: "
	"203.0.113.17, public_key: k, user_data: u, groups: [web], addresses: "
	"[{addr: 10.0.0.4/24, gateway: 10.0.0.1}, {addr: 'fd00::4/64'}]}], "
	"routers: [{uuid: r, networks: [a]}]}";

static void read_records(struct arena *a, const char *text, size_t len,
			 struct metadata_records *ret)
{
	struct doc *d = NULL;

	*ret = (struct metadata_records){0};
	if (doc_parse_line(a, text, len, &d, NULL) < 0 || !d ||
	    metadata_decode(a, d, ret, NULL) < 0)
		*ret = (struct metadata_records){0};
}

static void ask(const struct metadata_instance *i, const char *path)
{
	auto_buf struct buf body = {0};
	struct metadata_answer a = metadata_answer(i, path, &body);

	if (a.status != METADATA_OK && a.status != METADATA_NOT_FOUND)
		abort();
	if (!a.type || (body.len && strlen(body.data) != body.len))
		abort();
}

/* "name: value" on a line; the last without its end. */
static void request(const struct metadata_records *m, char *text)
{
	const struct metadata_instance *i;
	struct metadata_said said = {0};
	const char *path = text, *words = NULL;
	char *line = strchr(text, '\n'), *colon, *next;
	struct ip from;

	if (line)
		*line++ = '\0';
	for (; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		colon = strchr(line, ':');
		if (colon)
			*colon++ = '\0';
		metadata_header(&said, line, colon);
	}
	if (metadata_from(&said, &from, &words) != METADATA_OK) {
		if (!words)
			abort();
		return;
	}
	if (!ip_is_set(&from) || (said.router && said.network))
		abort();
	i = metadata_find(m, said.router, said.network, &from);
	if (i)
		ask(i, path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	auto_arena struct arena a = {0};
	struct metadata_records m;
	char *text = arena_strndup(&a, (const char *)data, len);

	read_records(&a, known, sizeof(known) - 1, &m);
	if (m.ninstances != 1)
		abort();
	ask(&m.instances[0], text);
	request(&m, text);
	read_records(&a, (const char *)data, len, &m);
	for (size_t i = 0; i < m.ninstances; i++) {
		ask(&m.instances[i], "/openstack/latest/meta_data.json");
		ask(&m.instances[i], "/openstack/latest/network_data.json");
		ask(&m.instances[i], "/latest/meta-data/");
	}
	return 0;
}
