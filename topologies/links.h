/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_LINKS_H
#define LABCTL_TOPOLOGIES_LINKS_H

/*
 * Impaired wires: what the file's key `links` says of the wires between nodes
 * and physical networks, and what a person said beside it (labctl impair).
 * Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "topologies/topo.h"

#define TOPO_LINKS_MAX (TOPO_NODES_MAX * TOPO_PHYS_MAX + TOPO_PHYS_MAX)
#define TOPO_DELAY_MAX_S 10
#define TOPO_RATE_MIN 8000u                   /* bits a second */
#define TOPO_RATE_MAX UINT64_C(1000000000000) /* likewise */
#define TOPO_PPM 1000000u

struct raw;

/* Names of nodes and physical networks, for what has not been read before. */
void raw_check_links(struct raw *raw);

/*
 * Puts the raw lab's links into the lab that was made of it, in the file's
 * order. What is on no wire of the lab is an error: -EINVAL.
 */
int topo_links_resolve(const struct raw *raw, struct lab *lab,
		       struct topo_errors *errs);

/*
 * Lays over the lab's links what a person said: a text with the key `links`
 * alone, read as the file's. A link of both is the person's. On an error
 * (-EINVAL, in errs) the lab is as it was. Without errs, what is on no wire of
 * the lab (any more) is left out.
 */
int topo_links_lay(struct lab *lab, const char *text, size_t len,
		   struct topo_errors *errs);

/* The same text again; nothing where no link is a person's. */
void topo_links_laid(const struct lab *lab, struct buf *out);

/* All links, as the member "links" of the object that j is in. */
struct json;
void topo_links_json(const struct lab *lab, struct json *j);

/* Takes back what a person said of a wire, or, NULL, of all: the file's word
 * counts again. Returns of how many. */
size_t topo_links_forget(struct lab *lab, const char *name);

/* The wire's link, or NULL where it is as any wire. node NULL: outside's. */
const struct topo_link *topo_link(const struct lab *lab,
				  const struct topo_node *node,
				  const struct topo_phys *phys);

/* "delay 20ms, jitter 2ms, loss 1%, rate 100mbit"; yaml: as in a file, in
 * braces. */
void topo_impair_print(const struct topo_impair *i, bool yaml, struct buf *out);

/* "1%", "0.05%" to millionths; "100mbit" to bits a second. -EINVAL where the
 * text is none, -ERANGE. */
int topo_loss_parse(const char *text, uint32_t *ret_ppm);
int topo_rate_parse(const char *text, uint64_t *ret);

/* --- theory ----------------------------------------------------------------
 */

/* What a frame meets from one node to another over a physical network, and
 * what is added to that by more on its way. NULL is the host outside. */
struct topo_way {
	int64_t delay_ns; /* at most: jitter is in it */
	int64_t jitter_ns;
	double lost; /* share of the frames */
};

struct topo_way topo_way(const struct lab *lab, const struct topo_node *from,
			 const struct topo_node *to,
			 const struct topo_phys *phys);
struct topo_way topo_way_add(struct topo_way a, struct topo_way b);

/* Of two, the worse in each. */
struct topo_way topo_way_worse(struct topo_way a, struct topo_way b);

/* How many of n are lost at most: more of them once in a million times. */
size_t topo_losses(size_t n, double share);

/* How many one after the other: a longer row begins once in a million times
 * at any of them. 0 where none is ever lost. */
size_t topo_losses_in_a_row(double share);

#endif
