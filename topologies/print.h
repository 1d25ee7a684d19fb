/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_PRINT_H
#define LABCTL_TOPOLOGIES_PRINT_H

/*
 * A lab with all that was resolved, for people and programs. Pure.
 */

struct buf;
struct json;
struct lab;

/*
 * As a lab file: every value that a file can say is said, and what follows
 * from it (UUIDs, MACs, interface names) stands in comments. Loading the text
 * gives the same lab.
 */
void topo_print(const struct lab *lab, struct buf *out);

/* As one JSON object, with everything. */
void topo_print_json(const struct lab *lab, struct json *j);

#endif
