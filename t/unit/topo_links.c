/* SPDX-License-Identifier: MIT */
/* Impaired wires: the file's words, a person's beside it, and the theory that
 * bounds are made of. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/auto.h"
#include "lib/buf.h"
#include "lib/mono.h"
#include "provision/fabric/build.h"
#include "provision/fabric/worse.h"
#include "t/lib/tap.h"
#include "topologies/links.h"
#include "topologies/print.h"
#include "topologies/topo.h"

static const char text[] =
	"lab: t\n"
	"nodes:\n"
	"  n1: {role: network}\n"
	"  n2: {role: network}\n"
	"  k1: {role: compute}\n"
	"links:\n"
	"  n1.tunnel: {delay: 20ms, jitter: 2ms, loss: 1%, rate: 100mbit}\n"
	"  n2.tunnel: {loss: 0.05%, rate: 1.5gbit}\n"
	"  k1.management: {delay: 1500us}\n";

static void drop(struct lab **lab)
{
	lab_free(*lab);
}
#define auto_lab auto_(drop)

static struct lab *load(const char *from)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_buf struct buf out = {0};
	struct lab *lab = NULL;

	if (topo_load_text("lab", from, strlen(from), &lab, &errs) < 0) {
		topo_errors_print(&errs, "lab", 0, false, &out);
		printf("Bail out! %s\n", out.data);
		exit(1);
	}
	return lab;
}

/* "n1.tunnel: {...}!; ...": a person's with a mark. */
static const char *links_of(const struct lab *lab, struct buf *b)
{
	buf_reset(b);
	buf_adds(b, "");
	for (size_t i = 0; i < lab->nlinks; i++) {
		buf_printf(b, "%s%s ", i ? "; " : "", lab->links[i].name);
		topo_impair_print(&lab->links[i].impair, true, b);
		buf_adds(b, lab->links[i].by_hand ? "!" : "");
	}
	return b->data;
}

static const char *words_of(const struct topo_impair *i, struct buf *b)
{
	buf_reset(b);
	topo_impair_print(i, false, b);
	return b->data;
}

static void test_file(void)
{
	auto_lab struct lab *lab = load(text), *again = NULL;
	auto_buf struct buf b = {0}, out = {0};
	const struct topo_node *n1 = topo_node(lab, "n1");
	const struct topo_nic *tunnel = topo_nic(n1, TOPO_TUNNEL);
	const struct topo_link *l = topo_link(lab, n1, tunnel->phys);

	is(links_of(lab, &b),
	   "n1.tunnel {delay: 20ms, jitter: 2ms, loss: 1%, rate: 100mbit}; "
	   "n2.tunnel {loss: 0.05%, rate: 1500mbit}; "
	   "k1.management {delay: 1500us}",
	   "file: as it says");
	ok(l && l->impair.delay_us == 20000 && l->impair.jitter_us == 2000 &&
		   l->impair.loss_ppm == 10000 && l->impair.rate == 100000000,
	   "file: in its units");
	is(words_of(&l->impair, &b),
	   "delay 20ms, jitter 2ms, loss 1%, rate 100mbit", "file: in words");
	ok(!topo_link(lab, NULL, tunnel->phys), "file: of no other wire");
	topo_print(lab, &out);
	again = load(out.data);
	is(links_of(again, &b),
	   "n1.tunnel {delay: 20ms, jitter: 2ms, loss: 1%, rate: 100mbit}; "
	   "n2.tunnel {loss: 0.05%, rate: 1500mbit}; "
	   "k1.management {delay: 1500us}",
	   "file: printed and read again");
}

static void test_values(void)
{
	static const struct {
		const char *text;
		int r;
		uint32_t ppm;
	} losses[] = {{"0%", 0, 0},
		      {"1%", 0, 10000},
		      {"0.0001%", 0, 1},
		      {"100%", 0, 1000000},
		      {"100.0001%", -ERANGE, 0},
		      {"0.00001%", -EINVAL, 0},
		      {"1", -EINVAL, 0},
		      {"%", -EINVAL, 0},
		      {"-1%", -EINVAL, 0},
		      {"1.%", -EINVAL, 0},
		      {".5%", -EINVAL, 0},
		      {"1%%", -EINVAL, 0},
		      {"", -EINVAL, 0},
		      {"99999999999999999999999%", -ERANGE, 0}};
	static const struct {
		const char *text;
		int r;
		uint64_t rate;
	} rates[] = {{"8kbit", 0, 8000},
		     {"8000bit", 0, 8000},
		     {"1.5mbit", 0, 1500000},
		     {"1000gbit", 0, UINT64_C(1000000000000)},
		     {"1001gbit", -ERANGE, 0},
		     {"2500000001bit", 0, UINT64_C(2500000001)},
		     {"1000000000001bit", -ERANGE, 0},
		     {"7999bit", -ERANGE, 0},
		     {"0mbit", -ERANGE, 0},
		     {"0", -ERANGE, 0},
		     {"1", -EINVAL, 0},
		     {"1 mbit", -EINVAL, 0},
		     {"1Mbit", -EINVAL, 0},
		     {"mbit", -EINVAL, 0},
		     {"1.2345mbit", -EINVAL, 0},
		     {"99999999999999999999999gbit", -ERANGE, 0}};

	for (size_t i = 0; i < ARRAY_LEN(losses); i++) {
		uint32_t ppm = 0;

		is_int(topo_loss_parse(losses[i].text, &ppm), losses[i].r,
		       "loss '%s'", losses[i].text);
		is_int(ppm, losses[i].ppm, "loss '%s': its value",
		       losses[i].text);
	}
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		uint64_t rate = 0;

		is_int(topo_rate_parse(rates[i].text, &rate), rates[i].r,
		       "rate '%s'", rates[i].text);
		is_int(rate, rates[i].rate, "rate '%s': its value",
		       rates[i].text);
	}
}

static int lay(struct lab *lab, const char *said, struct topo_errors *errs)
{
	return topo_links_lay(lab, said, strlen(said), errs);
}

static void test_hand(void)
{
	auto_(topo_errors_release) struct topo_errors errs = {0};
	auto_lab struct lab *lab = load(text);
	auto_buf struct buf b = {0}, laid = {0};

	is_int(lay(lab,
		   "links: {n2.tunnel: {loss: 5%}, k1.tunnel: {delay: 1ms}}",
		   &errs),
	       0, "hand: laid over");
	is(links_of(lab, &b),
	   "n1.tunnel {delay: 20ms, jitter: 2ms, loss: 1%, rate: 100mbit}; "
	   "n2.tunnel {loss: 5%}!; k1.management {delay: 1500us}; "
	   "k1.tunnel {delay: 1ms}!",
	   "hand: it counts before the file, and beside it");
	topo_links_laid(lab, &laid);
	is(laid.data,
	   "links:\n  n2.tunnel: {loss: 5%}\n  k1.tunnel: {delay: 1ms}\n",
	   "hand: the record");
	buf_reset(&b);
	topo_print(lab, &b);
	ok(strstr(b.data, "n2.tunnel: {loss: 0.05%, rate: 1500mbit}") &&
		   !strstr(b.data, "k1.tunnel"),
	   "hand: it is no part of the file");
	is_int(lay(lab, "links: {n3.tunnel: {loss: 5%}}", &errs), -EINVAL,
	       "hand: no such node");
	is_int(errs.n, 1, "hand: told once");
	is(errs.n ? errs.items[0].msg : "",
	   "no node is named 'n3'; did you mean 'n1'?", "hand: in words");
	is_int(lay(lab, "links: {n3.tunnel: {loss: 5%}}", NULL), 0,
	       "hand: a record of what is no more is passed over");
	ok(lay(lab, "links: {n1.tunnel: {loss: x}}", NULL) < 0 &&
		   lay(lab, "[", NULL) < 0 && lay(lab, "nodes: {}", NULL) < 0,
	   "hand: a record that is none is refused");
	is_int(topo_links_forget(lab, "k1.tunnel"), 1,
	       "hand: one is taken back");
	is_int(topo_links_forget(lab, "k1.management"), 0,
	       "hand: what the file says is not");
	is_int(topo_links_forget(lab, NULL), 1, "hand: and all");
	is(links_of(lab, &b),
	   "n1.tunnel {delay: 20ms, jitter: 2ms, loss: 1%, rate: 100mbit}; "
	   "n2.tunnel {loss: 0.05%, rate: 1500mbit}; "
	   "k1.management {delay: 1500us}",
	   "hand: then the file counts");
}

static void test_spec(void)
{
	auto_arena struct arena a = {0};
	auto_lab struct lab *lab = load(text), *plain = NULL;
	struct emul_spec s, t;
	struct err e = {0};

	emul_spec_build(&a, lab, &s, &e);
	is(s.nodes[0].nics[1].wire, "n1.tunnel", "spec: a wire's name");
	ok(worse_is(&s.nodes[0].nics[1]) && !worse_is(&s.nodes[0].nics[0]),
	   "spec: which is worse");
	lab->nlinks = 0;
	emul_spec_build(&a, lab, &t, &e);
	ok(emul_node_same(&s.nodes[0], &t.nodes[0]),
	   "spec: no node starts anew for it");
	(void)plain;
}

static void test_lacks(void)
{
	const struct topo_impair delay = {.delay_us = 1},
				 loss = {.loss_ppm = 1}, rate = {.rate = 8000},
				 none = {0};
	struct err e = {0};

	ok(!worse_lacks(&delay, WORSE_NETEM) && !worse_lacks(&none, 0) &&
		   !worse_lacks(&loss, WORSE_LOSS) &&
		   !worse_lacks(&rate, WORSE_TBF),
	   "lacks: nothing");
	ok(worse_lacks(&delay, WORSE_TBF | WORSE_LOSS) &&
		   worse_lacks(&loss, WORSE_TBF) &&
		   worse_lacks(&rate, WORSE_LOSS),
	   "lacks: something");
	is_int(worse_refuse("n1.tunnel", &delay, WORSE_TBF, &e), -EOPNOTSUPP,
	       "lacks: refused");
	ok(strstr(e.msg, "n1.tunnel cannot have delay 1us: a delay needs "
			 "netem") != NULL,
	   "lacks: in words: %s", e.msg);
}

static void test_theory(void)
{
	auto_lab struct lab *lab = load(text);
	const struct topo_node *n1 = topo_node(lab, "n1"),
			       *n2 = topo_node(lab, "n2"),
			       *k1 = topo_node(lab, "k1");
	const struct topo_phys *tunnel = topo_nic(n1, TOPO_TUNNEL)->phys;
	struct topo_way w = topo_way(lab, n1, n2, tunnel);

	is_int(w.delay_ns, 22 * NS_PER_MS, "way: the longest");
	is_int(w.jitter_ns, 2 * NS_PER_MS, "way: how much it varies");
	is_int((int64_t)(w.lost * 1e8 + 0.5), 1049500, "way: both wires lose");
	w = topo_way(lab, n2, k1, tunnel);
	is_int(w.delay_ns, 0, "way: no delay on others");
	w = topo_way(lab, n1, n1, tunnel);
	ok(w.delay_ns == 0 && w.lost <= 0, "way: none within a node");
	is_int(topo_losses(100, 0), 0, "losses: none");
	is_int(topo_losses(100, 1), 100, "losses: all");
	is_int(topo_losses(3, 0.5), 3, "losses: any of few");
	/* Worked out by hand with the binomial distribution. */
	is_int(topo_losses(100, 0.01), 8, "losses: some of many");
	is_int(topo_losses(1000, 0.01), 28, "losses: of more");
	is_int(topo_losses_in_a_row(0), 0, "row: none");
	is_int(topo_losses_in_a_row(0.009), 3, "row: of less than a hundredth");
	is_int(topo_losses_in_a_row(0.5), 20, "row: of every other");
}

int main(void)
{
	test_file();
	test_values();
	test_hand();
	test_spec();
	test_lacks();
	test_theory();
	return tap_done();
}
