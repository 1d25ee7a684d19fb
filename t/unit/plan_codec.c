/* SPDX-License-Identifier: MIT */
/*
 * Plans and observations to JSON and back: the identity; and what the
 * decoders refuse.
 */
#include <errno.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "provision/plan/plan.h"
#include "t/lib/tap.h"
#include "topologies/topo.h"

static const struct doc *parse(struct arena *a, const char *text)
{
	struct doc *root = NULL;

	return doc_parse_line(a, text, strlen(text), &root, NULL) == 0 ? root
								       : NULL;
}

static void encode_plan(const struct plan *p, struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_obj(&j);
	plan_encode(p, &j);
	json_obj_end(&j);
}

static void encode_observed(const struct observed *o, struct buf *out)
{
	struct json j;

	json_init(&j, out, 0);
	json_obj(&j);
	observed_encode(o, &j);
	json_obj_end(&j);
}

static void plan_there_and_back(const struct lab *lab, size_t node)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf one = {0}, two = {0}, text1 = {0}, text2 = {0};
	struct err err = {.msg = ""};
	struct plan p, back;

	plan_build(&a, lab, &lab->nodes[node], &p);
	encode_plan(&p, &one);
	if (!is_int(plan_decode(&a, parse(&a, one.data), &back, &err), 0,
		    "%s: decoded", lab->nodes[node].name)) {
		tap_diag("%s", err.msg);
		return;
	}
	encode_plan(&back, &two);
	is(two.data, one.data, "%s: encoded again it is the same",
	   lab->nodes[node].name);
	buf_adds(&text1, "");
	buf_adds(&text2, "");
	plan_print(&p, &text1);
	plan_print(&back, &text2);
	ok(strcmp(text1.data, text2.data) == 0, "%s: and means the same",
	   lab->nodes[node].name);
}

#define HEAD "{\"lab\": \"x\", \"mark\": \"labctl:x\", \"state_dir\": "
#define GOOD HEAD "\"/run/labctl/x\", "
#define RES(r) GOOD "\"res\": [" r "]}"

static const struct {
	const char *name, *text;
} bad_plans[] = {
	{"not an object", "[1, 2]"},
	{"no mark", "{\"lab\": \"x\", \"state_dir\": \"/run/labctl/x\"}"},
	{"a state folder elsewhere", HEAD "\"/etc\"}"},
	{"a state folder above", HEAD "\"/run/labctl/..\"}"},
	{"a state folder below", HEAD "\"/run/labctl/x/../../etc\"}"},
	{"the state folder of nobody", HEAD "\"/run/labctl/\"}"},
	{"a resource of no kind", RES("{\"tunnel\": \"x\"}")},
	{"a resource that is a word", RES("link")},
	{"an empty resource", RES("{}")},
	{"a namespace with a slash", RES("{\"netns\": \"../x\"}")},
	{"a namespace without a name", RES("{\"netns\": \"\"}")},
	{"a link in such a namespace",
	 RES("{\"link\": \"l\", \"kind\": \"bridge\", \"in\": \"a/b\"}")},
	{"a link of no kind", RES("{\"link\": \"l\", \"kind\": \"bond\"}")},
	{"a link with a long name",
	 RES("{\"link\": \"abcdefghijklmnop\", \"kind\": \"bridge\"}")},
	{"a link with a slash",
	 RES("{\"link\": \"a/b\", \"kind\": \"bridge\"}")},
	{"a link that is a folder",
	 RES("{\"link\": \"..\", \"kind\": \"bridge\"}")},
	{"an MTU out of range",
	 RES("{\"link\": \"l\", \"kind\": \"bridge\", \"mtu\": 70000}")},
	{"a MAC that is none",
	 RES("{\"link\": \"l\", \"kind\": \"veth\", \"mac\": \"fa:16\"}")},
	{"a VNI of 25 bits", RES("{\"link\": \"l\", \"kind\": \"vxlan\", "
				 "\"vni\": 16777216, \"dev\": \"eth1\"}")},
	{"a vxlan link over nothing",
	 RES("{\"link\": \"l\", \"kind\": \"vxlan\", \"vni\": 1}")},
	{"a sysctl that is no network's",
	 RES("{\"sysctl\": \"kernel/core_pattern\", \"value\": \"x\"}")},
	{"a sysctl by a detour", RES("{\"sysctl\": "
				     "\"net/../kernel/core_pattern\", "
				     "\"value\": \"x\"}")},
	{"a sysctl without a value",
	 RES("{\"sysctl\": \"net/ipv4/ip_forward\"}")},
	{"an address without a length",
	 RES("{\"addr\": \"10.0.0.1\", \"dev\": \"x\"}")},
	{"an address on nothing", RES("{\"addr\": \"10.0.0.1/24\"}")},
	{"a route of two families",
	 RES("{\"route\": \"0.0.0.0/0\", \"via\": \"fe80::1\", "
	     "\"dev\": \"x\"}")},
	{"an entry without a destination",
	 RES("{\"fdb\": \"00:00:00:00:00:00\", \"dev\": \"x\"}")},
	{"an engine for a router with a slash",
	 RES("{\"engine\": \"\", \"ids\": [\"../../etc\"]}")},
	{"an engine without a configuration",
	 RES("{\"engine\": [], \"ids\": []}")},
	{"what is virtual, on nothing",
	 GOOD "\"virt\": [{\"addr\": \"10.0.0.1/24\"}]}"},
};

static void refusals(void)
{
	auto_arena struct arena a = {0};
	struct plan p;
	size_t i;

	for (i = 0; i < ARRAY_LEN(bad_plans); i++) {
		struct err err = {.msg = ""};
		int e = plan_decode(&a, parse(&a, bad_plans[i].text), &p, &err);

		ok(e == -EINVAL && *err.msg, "refused: %s", bad_plans[i].name);
	}
	is_int(plan_decode(&a, parse(&a, GOOD "\"res\": []}"), &p, NULL), 0,
	       "an empty plan is one");
	is_int(plan_decode(&a, NULL, &p, NULL), -EINVAL, "no plan is none");
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
	"\"mtu\": 1450,\"ipv6_router\": true,\"forward_delay\": 1500,"
	"\"stp\": true,\"mcast_snooping\": true},"
	"{\"name\": \"tap\",\"index\": 9,\"kind\": \"veth\",\"peer\": 2}],"
	"\"addrs\": [{\"dev\": \"brq-1\",\"addr\": \"fe80::1/64\","
	"\"scope\": 253,\"proto\": 3,\"tentative\": true}],"
	"\"routes\": [{\"to\": \"::/0\",\"via\": \"fe80::2\","
	"\"dev\": \"brq-1\",\"proto\": 4,\"metric\": 1024},"
	"{\"to\": \"10.0.0.0/8\",\"dev\": \"tap\",\"proto\": 2,"
	"\"scope\": 253}],"
	"\"fdb\": [{\"dev\": \"vxlan-1\",\"mac\": \"00:00:00:00:00:00\","
	"\"dst\": \"10.0.1.22\",\"permanent\": true}],"
	"\"sysctls\": {\"net/ipv4/ip_forward\": \"1\"}}],"
	"\"engine\": {\"running\": true,\"pid\": 99,\"error\": \"why\","
	"\"files\": true,\"digest\": \"00\",\"routers\": [{\"id\": \"u\","
	"\"state\": \"backup\",\"file\": \"backup\"},{\"id\": \"v\","
	"\"state\": \"active\"}]}}";

static void observation(void)
{
	auto_arena struct arena a = {0};
	auto_buf struct buf out = {0};
	struct err err = {.msg = ""};
	const struct obs_ns *own;
	struct observed o;
	struct ipnet n;

	if (!is_int(observed_decode(&a, parse(&a, seen), &o, &err), 0,
		    "an observation is decoded")) {
		tap_diag("%s", err.msg);
		return;
	}
	encode_observed(&o, &out);
	is(out.data, seen, "and encoded again it is the same");
	own = obs_ns(&o, "");
	is_int(obs_link(own, "vxlan-1")->vxlan_port, 8472, "a link is found");
	ok(!obs_link(own, "vxlan-2") && !obs_ns(&o, "x"), "others are not");
	ipnet_parse("fe80::1/64", &n);
	ok(obs_has_addr(own, "brq-1", &n), "an address is found");
	ok(!obs_has_addr(own, "tap", &n), "not on another link");
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
		"\"sysctls\": {\"net/a\": []}}]}",
		"{\"hostname\": \"h\", \"engine\": {\"routers\": [[]]}}",
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
	const struct observe_what w = {keys,  1, "labctl:x",
				       names, 2, "/run/labctl/x"};
	auto_arena struct arena a = {0};
	auto_buf struct buf out = {0};
	struct observe_what back;
	struct json j;

	json_init(&j, &out, 0);
	json_obj(&j);
	observe_what_encode(&w, &j);
	json_obj_end(&j);
	is_int(observe_what_decode(&a, parse(&a, out.data), &back, NULL), 0,
	       "what to look at: decoded");
	ok(back.nsysctls == 1 && back.nnames == 2 &&
		   strcmp(back.names[1], names[1]) == 0 &&
		   strcmp(back.mark, w.mark) == 0 &&
		   strcmp(back.state_dir, w.state_dir) == 0,
	   "what to look at: the same");
	is_int(observe_what_decode(&a, NULL, &back, NULL), 0,
	       "nothing said: all namespaces");
	ok(!back.mark && !back.nsysctls, "and no settings");
	is_int(observe_what_decode(
		       &a, parse(&a, "{\"sysctls\": [\"../etc/shadow\"]}"),
		       &back, NULL),
	       -EINVAL, "a file that is no setting is refused");
}

int main(void)
{
	struct topo_errors errs = {0};
	struct lab *lab = NULL;
	size_t i;

	is_int(topo_load("topologies/l3ha-linuxbridge.yaml", &lab, &errs), 0,
	       "the shipped lab loads");
	topo_errors_release(&errs);
	for (i = 0; lab && i < lab->nnodes; i++)
		plan_there_and_back(lab, i);
	lab_free(lab);
	refusals();
	observation();
	bad_observations();
	what();
	return tap_done();
}
