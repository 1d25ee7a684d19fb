/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_TOPOLOGIES_ABOUT_H
#define LABCTL_TOPOLOGIES_ABOUT_H

/*
 * What is generated from the rows of the lab file: topologies/schema.json for
 * editors, docs/labfile.md for people. `make generate` writes them; a test
 * says when they are stale.
 */

struct buf;

void topo_schema(struct buf *out);
void topo_reference(struct buf *out);

#endif
