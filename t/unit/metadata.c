/* SPDX-License-Identifier: MIT */
/* Metadata without a server: records, who asks, what is answered. */
#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "provision/metadata/answer.h"
#include "provision/metadata/record.h"
#include "provision/metadata/request.h"
#include "t/lib/tap.h"

static const char records[] =
	"instances:\n"
	"- {uuid: 11111111-0000, name: one, hostname: one.openstacklocal,\n"
	"   project: demo, number: 10, network: net-a, port: p1,\n"
	"   mac: 'fa:16:3e:00:00:01', mtu: 1450, floating: 203.0.113.17,\n"
	"   public_key: ssh-ed25519 AAAA one, user_data: \"#!/bin/sh\\n\",\n"
	"   addresses: [{addr: 10.0.0.4/24, how: ipv4_dhcp, gateway: "
	"10.0.0.1},\n"
	"     {addr: 'fd00::4/64', how: ipv6_slaac}]}\n"
	"- {uuid: 22222222-0000, name: two, hostname: two, network: net-b,\n"
	"   addresses: [{addr: 10.0.0.4/24}]}\n"
	"- {uuid: 33333333-0000, name: three, hostname: three, network: "
	"net-b,\n"
	"   groups: [web, default], addresses: [{addr: 10.0.0.5/24}]}\n"
	"routers:\n"
	"- {uuid: r-a, networks: [net-a]}\n"
	"- {uuid: r-ab, networks: [net-a, net-b]}\n"
	"listeners: [{netns: qrouter-r, port: 9697, router: r-a}]\n";

static int decode(struct arena *a, const char *text,
		  struct metadata_records *ret, struct err *err)
{
	struct doc *d = NULL;
	int r = doc_parse_line(a, text, strlen(text), &d, err);

	return r < 0 ? r : metadata_decode(a, d, ret, err);
}

static const char *who(const struct metadata_records *m, const char *router,
		       const char *network, const char *from)
{
	const struct metadata_instance *i;
	struct ip ip;

	ip_parse(from, &ip);
	i = metadata_find(m, router, network, &ip);
	return i ? i->name : "nobody";
}

static void find(const struct metadata_records *m)
{
	is(who(m, "r-a", NULL, "10.0.0.4"), "one", "through a router");
	is(who(m, NULL, "net-b", "10.0.0.4"), "two",
	   "the same address on another network");
	is(who(m, NULL, "net-b", "10.0.0.5"), "three", "its neighbour");
	is(who(m, "r-a", NULL, "10.0.0.5"), "nobody",
	   "a network that the router is not on");
	is(who(m, "r-ab", NULL, "10.0.0.4"), "nobody",
	   "two instances with one address are nobody");
	is(who(m, "r-x", NULL, "10.0.0.4"), "nobody", "an unknown router");
	is(who(m, NULL, "net-x", "10.0.0.4"), "nobody", "an unknown network");
	is(who(m, NULL, "net-a", "fd00::4"), "one", "by IPv6");
	is(who(m, NULL, "net-a", "fd00::5"), "nobody", "an unknown address");
}

static const struct {
	size_t who;
	const char *path;
	int status;
	const char *body; /* NULL: whatever */
} asks[] = {
	{0, "/latest", 200, "meta-data/\nuser-data"},
	{1, "/latest/", 200, "meta-data/"},
	{0, "/2009-04-04/meta-data/instance-id", 200, "i-0000000a"},
	{0, "//latest//meta-data/hostname", 200, "one.openstacklocal"},
	{0, "/latest/meta-data/local-ipv4", 200, "10.0.0.4"},
	{0, "/latest/meta-data/public-ipv4", 200, "203.0.113.17"},
	{1, "/latest/meta-data/public-ipv4", 200, ""},
	{0, "/latest/meta-data/public-keys", 200, "0=labctl"},
	{0, "/latest/meta-data/public-keys/", 200, "0=labctl"},
	{0, "/latest/meta-data/public-keys/0", 200, "openssh-key"},
	{0, "/latest/meta-data/public-keys/0/openssh-key", 200,
	 "ssh-ed25519 AAAA one"},
	{1, "/latest/meta-data/public-keys", 404, NULL},
	{1, "/latest/meta-data/public-keys/0/openssh-key", 404, NULL},
	{0, "/latest/meta-data/placement", 200, "availability-zone"},
	{0, "/latest/meta-data/placement/availability-zone", 200, "nova"},
	{2, "/latest/meta-data/security-groups", 200, "web\ndefault"},
	{1, "/latest/meta-data/", 200,
	 "ami-id\nami-launch-index\nami-manifest-path\nhostname\n"
	 "instance-action\ninstance-id\ninstance-type\nlocal-hostname\n"
	 "local-ipv4\nplacement/\npublic-hostname\npublic-ipv4\n"
	 "reservation-id\nsecurity-groups"},
	{0, "/latest/user-data", 200, "#!/bin/sh\n"},
	{1, "/latest/user-data", 404, NULL},
	{0, "/latest/meta-data/nothing", 404, NULL},
	{0, "/latest/meta-data/host", 404, NULL},
	{0, "/latest/meta-data/../user-data", 404, NULL},
	{0, "/1999-01-01/meta-data/", 404, NULL},
	{0, "/openstack", 200, NULL},
	{0, "/openstack/latest", 200,
	 "meta_data.json\nnetwork_data.json\nvendor_data.json\nuser_data"},
	{1, "/openstack/2013-04-04/", 200,
	 "meta_data.json\nnetwork_data.json\nvendor_data.json"},
	{1, "/openstack/latest/meta_data.json", 200,
	 "{\"uuid\": \"22222222-0000\",\"name\": \"two\",\"hostname\": "
	 "\"two\",\"launch_index\": 0,\"availability_zone\": \"nova\","
	 "\"meta\": {}}"},
	{0, "/openstack/latest/user_data", 200, "#!/bin/sh\n"},
	{1, "/openstack/latest/user_data", 404, NULL},
	{0, "/openstack/latest/password", 404, NULL},
	{0, "/openstacks/latest", 404, NULL},
};

static void answers(const struct metadata_records *m)
{
	auto_buf struct buf deep = {0};
	size_t i;

	for (i = 0; i < ARRAY_LEN(asks); i++) {
		auto_buf struct buf b = {0};
		struct metadata_answer a = metadata_answer(
			&m->instances[asks[i].who], asks[i].path, &b);

		is_int(a.status, asks[i].status, "%s of %s", asks[i].path,
		       m->instances[asks[i].who].name);
		if (asks[i].body)
			is(b.data ? b.data : "", asks[i].body, "what it says");
	}
	for (i = 0; i <= METADATA_PATH_MAX; i++)
		buf_addc(&deep, '/');
	buf_reset(&deep);
	buf_printf(&deep, "/latest/meta-data/%0*d", METADATA_PATH_MAX, 0);
	{
		auto_buf struct buf b = {0};

		is_int(metadata_answer(&m->instances[0], deep.data, &b).status,
		       404, "a path without end");
	}
}

static void round_trip(const struct metadata_records *m)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf one = {0}, two = {0};
	struct metadata_records again = {0};
	struct err err = {0};
	struct json j;

	json_init(&j, &one, 0);
	json_obj(&j);
	metadata_encode(m, &j);
	json_obj_end(&j);
	is_int(decode(&a, one.data, &again, &err), 0,
	       "what is written is read");
	json_init(&j, &two, 0);
	json_obj(&j);
	metadata_encode(&again, &j);
	json_obj_end(&j);
	is(two.data, one.data, "and is the same");
}

static const struct {
	const char *what, *names[4], *values[4];
	const char *from; /* NULL: refused */
} heads[] = {
	{"by router",
	 {"X-Neutron-Router-ID", "X-Forwarded-For"},
	 {"r", "10.0.0.4"},
	 "10.0.0.4"},
	{"by network, in any case",
	 {"x-neutron-network-id", "x-forwarded-for"},
	 {"n", " 10.0.0.4 "},
	 "10.0.0.4"},
	{"IPv6",
	 {"X-Neutron-Router-ID", "X-Forwarded-For"},
	 {"r", "fd00::4"},
	 "fd00::4"},
	{"a forged list",
	 {"X-Neutron-Router-ID", "X-Forwarded-For"},
	 {"r", "10.0.0.9, 10.0.0.8,10.0.0.4"},
	 "10.0.0.4"},
	{"a forged header",
	 {"X-Forwarded-For", "X-Neutron-Router-ID", "X-Forwarded-For"},
	 {"10.0.0.9", "r", "10.0.0.4"},
	 "10.0.0.4"},
	{"a forged header without a value",
	 {"X-Forwarded-For", "X-Neutron-Router-ID", "X-Forwarded-For"},
	 {NULL, "r", "10.0.0.4"},
	 "10.0.0.4"},
	{"both",
	 {"X-Neutron-Router-ID", "X-Neutron-Network-ID", "X-Forwarded-For"},
	 {"r", "n", "10.0.0.4"},
	 NULL},
	{"a router twice",
	 {"X-Neutron-Router-ID", "X-Neutron-Router-ID", "X-Forwarded-For"},
	 {"r", "s", "10.0.0.4"},
	 NULL},
	{"neither", {"X-Forwarded-For"}, {"10.0.0.4"}, NULL},
	{"no address", {"X-Neutron-Router-ID"}, {"r"}, NULL},
	{"an empty end",
	 {"X-Neutron-Router-ID", "X-Forwarded-For"},
	 {"r", "10.0.0.4,"},
	 NULL},
	{"a port",
	 {"X-Neutron-Router-ID", "X-Forwarded-For"},
	 {"r", "10.0.0.4:80"},
	 NULL},
	{"two words",
	 {"X-Neutron-Router-ID", "X-Forwarded-For"},
	 {"r", "10.0.0.5 10.0.0.4"},
	 NULL},
};

static void headers(void)
{
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct metadata_said said = {0};
		const char *words = NULL;
		char text[IP_TEXT_MAX];
		struct ip from;

		for (size_t k = 0; k < 4 && heads[i].names[k]; k++)
			metadata_header(&said, heads[i].names[k],
					heads[i].values[k]);
		if (metadata_from(&said, &from, &words) == METADATA_OK)
			is(ip_print(&from, text), heads[i].from, "who asks: %s",
			   heads[i].what);
		else
			ok(!heads[i].from && words, "who asks: %s: refused",
			   heads[i].what);
	}
}

int main(void)
{
	auto_arena struct arena a = {0};
	struct metadata_records m = {0}, none = {0};
	struct err err = {0};

	is_int(decode(&a, records, &m, &err), 0, "records are read: %s",
	       err.msg);
	if (m.ninstances != 3)
		return tap_done();
	find(&m);
	answers(&m);
	round_trip(&m);
	ok(decode(&a, "instances: [{name: x}]", &none, &err) == -EINVAL,
	   "an instance without its UUID is refused: %s", err.msg);
	ok(decode(&a, "listeners: [{netns: a, port: 70000}]", &none, &err) ==
		   -EINVAL,
	   "a port out of range: %s", err.msg);
	headers();
	return tap_done();
}
