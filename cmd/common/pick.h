/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_CMD_COMMON_PICK_H
#define LABCTL_CMD_COMMON_PICK_H

struct lab;

/*
 * The lab that a word on the command line means: a file where it looks like
 * one, else the name of a lab that is up; NULL: the only one that is up.
 * Returns 0 or an exit status, having said why on stderr.
 */
int pick_lab(const char *word, struct lab **ret);

/*
 * The same for who makes labs: word is a file, and NULL means the file of the
 * lab that is there, as it was last brought up.
 */
int pick_file(const char *word, struct lab **ret);

#endif
