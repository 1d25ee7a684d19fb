/* SPDX-License-Identifier: MIT */
/*
 * Observations to JSON and back: the identity; and what the decoders refuse.
 */
#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/node/agent.h"
#include "provision/node/look.h"
#include "t/lib/tap.h"

static const struct doc *parse(struct arena *a, const char *text)
{
	struct doc *root = NULL;

	return doc_parse_line(a, text, strlen(text), &root, NULL) == 0 ? root
								       : NULL;
}

static void encode_observed(const struct observed *o, struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_obj(&j);
	observed_encode(o, &j);
	json_obj_end(&j);
}

static const char seen[] =
	"{\"hostname\": \"network1\",\"real_ns\": 1700000000000000000,"
	"\"netns\": [{\"name\": \"\",\"links\": [{\"name\": \"vxlan-1\","
	"\"index\": 7,\"kind\": \"vxlan\",\"mac\": \"02:00:00:00:00:01\","
	"\"mtu\": 1450,\"up\": true,\"running\": true,\"master\": \"brq-1\","
	"\"alias\": \"labctl:x\",\"addr_gen_none\": true,\"ipv6_off\": true,"
	"\"vni\": 1,\"group\": \"239.1.1.1\",\"local\": \"10.0.1.21\","
	"\"dev\": \"eth1\",\"port\": 8472,\"learning\": true},"
	"{\"name\": \"brq-1\",\"index\": 8,\"kind\": \"bridge\","
	"\"mtu\": 1450,\"own_odd\": 1,"
	"\"ipv6_router\": true,\"forward_delay\": 1500,"
	"\"stp\": true,\"mcast_snooping\": true},"
	"{\"name\": \"tap\",\"index\": 9,\"kind\": \"veth\",\"peer\": 2,"
	"\"proto_down\": true,\"dormant\": true,\"xdp\": true,"
	"\"port_odd\": 2}],"
	"\"sysctls\": [{\"key\": \"net/ipv4/ip_forward\","
	"\"value\": \"1\"}],"
	"\"addrs\": [{\"dev\": \"brq-1\",\"addr\": \"fe80::1/64\","
	"\"scope\": 253,\"proto\": 3,\"tentative\": true}],"
	"\"routes\": [{\"to\": \"::/0\",\"via\": \"fe80::2\","
	"\"dev\": \"brq-1\",\"proto\": 4,\"metric\": 1024},"
	"{\"to\": \"10.0.0.0/8\",\"dev\": \"tap\",\"proto\": 2,"
	"\"scope\": 253}],"
	"\"rules\": [{\"family\": \"ip6\",\"priority\": 32765,"
	"\"words\": \"prohibit\"}],"
	"\"fdb\": [{\"dev\": \"vxlan-1\",\"mac\": \"00:00:00:00:00:00\","
	"\"dst\": \"10.0.1.22\",\"permanent\": true},"
	"{\"dev\": \"tap\",\"mac\": \"02:00:00:00:00:01\","
	"\"permanent\": true,\"bridge\": \"brq-1\"}],"
	"\"qdiscs\": [{\"dev\": \"tap\",\"type\": \"tbf\"}],"
	"\"adverts\": [{\"dev\": \"tap\",\"vrid\": 5,\"vip\": "
	"\"169.254.0.5\"}],"
	"\"xfrm\": [{\"policies\": 1,\"states\": 2,\"blocks\": true}],"
	"\"rulesets\": [{\"family\": 1,\"table\": \"x\",\"legacy\": true},"
	"{\"ipv4\": \"*filter\\nCOMMIT\\n\"}],"
	"\"services\": [{\"name\": \"vrrp\",\"title\": \"vrrp engine\","
	"\"shape\": \"01\",\"running\": true,\"wanted\": true,"
	"\"pid\": 98,\"since_ns\": 1,\"restarts\": 2,"
	"\"exit\": \"exited with status 3\",\"said\": \"no\","
	"\"files\": [{\"path\": \"vrrp.yaml\",\"digest\": \"00\"}],"
	"\"engine\": {\"running\": true,\"pid\": 99,\"error\": \"why\","
	"\"files\": true,\"routers\": [{\"id\": \"u\","
	"\"state\": \"backup\",\"file\": \"backup\"},{\"id\": \"v\","
	"\"state\": \"active\",\"amiss\": \"r lacks a on b\"}]}},"
	"{\"name\": \"ra\"}],"
	"\"processes\": [{\"pid\": 7,\"name\": \"radvd\"}]}]}";

static void observation(void)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf out = {0};
	struct err err = {.msg = ""};
	const struct seen_ns *own;
	struct observed o;
	struct ipnet n;

	if (!is_int(observed_decode(&a, parse(&a, seen), &o, &err), 0,
		    "an observation is decoded")) {
		tap_diag("%s", err.msg);
		return;
	}
	encode_observed(&o, &out);
	is(out.data, seen, "and encoded again it is the same");
	own = seen_ns(&o, "");
	is_int(seen_link(own, "vxlan-1")->port, 8472, "a link is found");
	ok(!seen_link(own, "vxlan-2") && !seen_ns(&o, "x"), "others are not");
	ipnet_parse("fe80::1/64", &n);
	ok(seen_has_addr(own, "brq-1", &n), "an address is found");
	ok(!seen_has_addr(own, "tap", &n), "not on another link");
}

static void bad_observations(void)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"hostname\": []}",
		"{\"hostname\": \"h\", \"netns\": [7]}",
		"{\"hostname\": \"h\", \"netns\": [{\"name\": \"\", "
		"\"links\": [{}]}]}",
		"{\"hostname\": \"h\", \"netns\": [{\"name\": \"\", "
		"\"links\": [{\"name\": \"l\", \"mtu\": -4}]}]}",
		"{\"hostname\": \"h\", \"netns\": [{\"name\": \"\", "
		"\"addrs\": [{\"dev\": \"l\", \"addr\": \"nowhere\"}]}]}",
		"{\"hostname\": \"h\", \"netns\": [{\"name\": \"\", "
		"\"sysctls\": [{\"key\": \"net/a\", \"value\": []}]}]}",
		"{\"hostname\": \"h\", \"netns\": [{\"name\": \"\", "
		"\"services\": [{\"name\": \"vrrp\", "
		"\"engine\": {\"routers\": [[]]}}]}]}",
	};
	auto_arena struct arena a = {0};
	struct observed o;
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = {.msg = ""};

		ok(observed_decode(&a, parse(&a, bad[i]), &o, &err) ==
				   -EINVAL &&
			   *err.msg,
		   "refused: %s", bad[i]);
	}
}

static void what(void)
{
	static const char *const keys[] = {"net/ipv4/ip_forward"};
	static const char *const names[] = {"qrouter-1", "qrouter-2"};
	const struct look_what w = {keys,  1,     "labctl:x",
				    names, 2,     "/run/labctl/x",
				    NULL,  false, NULL};
	auto_arena struct arena a = {0};
	auto_buf struct buf out = {0};
	struct look_what back;
	struct json j;

	json_init(&j, &out, 0);
	json_obj(&j);
	look_what_encode(&w, &j);
	json_obj_end(&j);
	is_int(look_what_decode(&a, parse(&a, out.data), &back, NULL), 0,
	       "what to look at: decoded");
	ok(back.nsysctls == 1 && back.nnames == 2 &&
		   strcmp(back.names[1], names[1]) == 0 &&
		   strcmp(back.mark, w.mark) == 0 &&
		   strcmp(back.state_dir, w.state_dir) == 0,
	   "what to look at: the same");
	is_int(look_what_decode(&a, NULL, &back, NULL), 0,
	       "nothing said: all namespaces");
	ok(!back.mark && !back.nsysctls, "and no settings");
	is_int(look_what_decode(&a,
				parse(&a, "{\"sysctls\": [\"../etc/shadow\"]}"),
				&back, NULL),
	       -EINVAL, "a file that is no setting is refused");
}

/* The agent's answer, with what every answer has beside it. */
static void operation(void)
{
	const struct agent_op *op = agent_provision_ops;
	auto_arena struct arena a = {0};
	auto_buf struct buf out = {0};
	struct err err = {.msg = ""};
	struct observed o;
	struct json j;

	while (op->name && strcmp(op->name, "observe") != 0)
		op++;
	if (!ok(op->name != NULL, "the agent has the operation"))
		return;
	json_init(&j, &out, 0);
	json_obj(&j);
	json_kint(&j, "id", 1);
	json_kbool(&j, "ok", true);
	is_int(op->fn(parse(&a, "{}"), &j, &err), 0, "it looks at this node");
	json_obj_end(&j);
	is_int(observed_decode(&a, doc_get(parse(&a, out.data), "seen"), &o,
			       &err),
	       0, "and its answer is read");
	if (*err.msg)
		tap_diag("%s", err.msg);
	else
		ok(seen_link(seen_ns(&o, ""), "lo") != NULL, "with links");
}

int main(void)
{
	operation();
	observation();
	bad_observations();
	what();
	return tap_done();
}
