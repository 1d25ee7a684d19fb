/* SPDX-License-Identifier: MIT */
#ifndef LABCTL_LIB_KEYS_KEYS_H
#define LABCTL_LIB_KEYS_KEYS_H

/*
 * One keyed reader for all maps of YAML and JSON: a table of rows tells what
 * a map may hold, where in a struct it goes, its limits and its default, and
 * what it is for. From the same rows a struct is read, written as JSON, and
 * described to editors and people (lib/keys/about.h).
 *
 *	static const struct key addr_keys[] = {
 *		{"dev", KEY_TEXT, KEY_FIELD(struct addr, dev),
 *		 .flags = KEY_REQUIRED, .max = 15},
 *		{"scope", KEY_UINT, KEY_FIELD(struct addr, scope)},
 *	};
 *	const struct key_table addr_table =
 *		KEY_TABLE("address", struct addr, addr_keys);
 *
 * Values are those of YAML 1.2's core schema: `yes` is a text and not true,
 * "1" in quotes is a text and not a number, 010 is refused.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/doc.h"
#include "lib/err.h"

#define KEYS_MAX 48        /* rows of one table */
#define KEYS_LIST_MAX 4096 /* entries of a list whose row has no limit */

/* What stands in the struct. Numbers, enums and flags may be 1, 2, 4 or 8
 * bytes wide: the field says it. */
enum key_type {
	KEY_BOOL,     /* bool */
	KEY_UINT,     /* unsigned, any width */
	KEY_INT,      /* signed, any width */
	KEY_DURATION, /* "2s": a count of row.unit nanoseconds, any width */
	KEY_TEXT,     /* const char *, NULL where absent */
	KEY_CHARS,    /* char[], empty where absent */
	KEY_IP,       /* struct ip, family 0 where absent */
	KEY_NET,      /* struct ipnet: an address with its prefix length */
	KEY_MAC,      /* struct mac, zeros where absent */
	KEY_ENUM,     /* index of a word */
	KEY_FLAGS,    /* list of words: bit i is word i */
	KEY_TEXTS,    /* const char *const * and a count */
	KEY_IPS,      /* list of addresses: struct ip * and a count */
	KEY_MAP,      /* a struct inside this one, or this one itself */
	KEY_LIST,     /* list of maps: struct * and a count */
	KEY_NAMED,    /* map from names to maps: struct * and a count */
	KEY_CUSTOM,   /* row.read and row.write do it */
};

enum key_flags {
	KEY_REQUIRED = 1 << 0,
	KEY_EMPTY = 1 << 1, /* no value means none, or an empty map or list */
	KEY_POINTERS = 1 << 2, /* the list is of pointers to structs */
	KEY_INSIDE = 1 << 3,   /* a list of maps or addresses is an array in
				  the struct, of row.max entries */
};

struct key;
struct key_table;
struct keys;

struct key {
	const char *name;
	enum key_type type;
	size_t offset, size; /* of the field; lists: of one entry */
	unsigned flags;      /* enum key_flags */
	size_t count;        /* lists: offset of their size_t */
	/* Offset of a const struct doc *: where the value stands, right or
	 * wrong. 0: none, as also below; what is first cannot be one. */
	size_t at;
	/* Offset of a bool: the value was there and right. Then writing asks
	 * it, and not the default. */
	size_t known;
	/* Maps: offset of a bool that a map sets, and true or false in its
	 * place too. 0: none, and only a map will do. */
	size_t on;
	/* Numbers: range; 0 and 0: what the field holds. Durations: the same
	 * in nanoseconds. Texts: bytes, lists: entries (0: no limit of their
	 * own). */
	int64_t min, max;
	/* Default of numbers, in the field's own unit, of what a map sets, and
	 * of texts. */
	int64_t def;
	const char *def_text;
	const char *const *words; /* enums and flags */
	size_t nwords;
	int64_t unit; /* durations: nanoseconds of 1 in the field */
	int64_t step; /* durations: must be a multiple of it; 0: any */
	const struct key_table *table; /* maps and lists of them */
	const char *names; /* KEY_NAMED: the schema's definition of a name */
	/* KEY_CUSTOM: sets obj, says what is wrong with keys_wrong(). */
	void (*read)(struct keys *ks, const struct key *k, const struct doc *v,
		     void *obj);
	void (*write)(const struct key *k, const void *obj, struct json *j);
	/* After a value of the right type was set: false takes it back (what
	 * was there before stands again) and has said why. */
	bool (*check)(struct keys *ks, const struct key *k, const struct doc *v,
		      void *obj);
	/* Words. what: in messages, instead of name; about: a sentence;
	 * shown: a default that is worked out; example: a value; schema: JSON
	 * members for an editor instead of what the type tells. */
	const char *what, *about, *shown, *example, *schema;
};

#define KEY_FIELD(T, m) .offset = offsetof(T, m), .size = sizeof(((T *)0)->m)
#define KEY_ITEMS(T, m, n_)                                                    \
	.offset = offsetof(T, m), .size = sizeof(*((T *)0)->m),                \
	.count = offsetof(T, n_)
#define KEY_ARRAY(T, m, n_)                                                    \
	.offset = offsetof(T, m), .size = sizeof(((T *)0)->m[0]),              \
	.count = offsetof(T, n_), .flags = KEY_INSIDE,                         \
	.max = sizeof(((T *)0)->m) / sizeof(((T *)0)->m[0])
#define KEY_WORDS(list) .words = (list), .nwords = ARRAY_LEN(list)

struct key_table {
	const char *name; /* "node": names of the schema's definitions */
	const char *what; /* "physical network", in messages; NULL: name */
	const struct key *keys;
	size_t n;
	size_t size;  /* of the struct */
	size_t id;    /* KEY_NAMED: offset of the const char * for the name */
	size_t place; /* offset of a const struct doc *: the map, or its
			 name; 0: none */
	/* Before the rows of a new thing, its defaults set, and after them.
	 * name: in a KEY_NAMED, else NULL. Both may be NULL. */
	void (*begin)(struct keys *ks, const struct doc *name, void *obj);
	void (*end)(struct keys *ks, const struct doc *d, void *obj);
	const char *about;
};

#define KEY_TABLE(name_, T, rows)                                              \
	{                                                                      \
		.name = (name_), .keys = (rows), .n = ARRAY_LEN(rows),         \
		.size = sizeof(T)                                              \
	}

enum key_wrong {
	KEY_WRONG_OTHER,     /* msg tells it */
	KEY_WRONG_MAP,       /* what should be a map of keys is none */
	KEY_WRONG_UNKNOWN,   /* no such key; near: what may be meant, or NULL */
	KEY_WRONG_ELSEWHERE, /* it is a key of the map under `key` */
	KEY_WRONG_MERGE,     /* YAML 1.1's << */
	KEY_WRONG_TWICE,     /* also at `first` */
	KEY_WRONG_MISSING,   /* a required one; at is the thing */
	KEY_WRONG_NO_VALUE,
	KEY_WRONG_TYPE,
	KEY_WRONG_OCTAL, /* a number with leading zeros */
	KEY_WRONG_RANGE, /* numbers, durations; texts: too short, too long */
	KEY_WRONG_STEP,
	KEY_WRONG_WORD, /* none of the words; near as above */
	KEY_WRONG_SAME, /* a word of flags twice */
	KEY_WRONG_MANY, /* entries; at is the one too many, first the list */
};

/* What is wrong, for a reporter that has words of its own. */
struct key_fault {
	enum key_wrong why;
	const struct doc *at; /* the key or value to blame */
	const struct key *key;
	const char *what; /* the thing: "node 'network1'" */
	const char *near;
	const struct doc *first;
	size_t n; /* KEY_WRONG_MANY: entries there are */
	const char *msg;
};

/* One reading. Zeroed, then a and report set, is good. */
struct keys {
	struct arena *a; /* all memory comes from it */
	/* Told of each fault, as it is found. */
	void (*report)(struct keys *ks, const struct key_fault *f);
	void *ctx;     /* for report and the hooks */
	bool borrow;   /* texts may stay the document's own */
	bool first;    /* stop at the first fault */
	bool open;     /* another program's: keys without a row are passed
			  over, and null is none */
	bool lax;      /* any scalar is a text, quotes do not matter, and yes
			  and on are true */
	size_t most;   /* faults after which none is looked at closely;
			  0: any number */
	size_t faults; /* found */
};

/*
 * Sets obj's defaults, then reads d into it: all rows in the table's order,
 * whatever the document's. A wrong value leaves its field as it was. what:
 * the thing in messages; at: the place to blame for what is missing.
 * Returns 0, or -EINVAL where anything was wrong.
 */
int keys_read(struct keys *ks, const struct doc *d, const struct key_table *t,
	      void *obj, const struct doc *at, const char *what);

/* The same for machine-made documents: only the first fault, with its place,
 * in reterr. Texts are copied. */
int keys_read_first(struct arena *a, const struct doc *d,
		    const struct key_table *t, void *obj, struct err *reterr);

/* The same for what another program says (keys.open). */
int keys_read_open(struct arena *a, const struct doc *d,
		   const struct key_table *t, void *obj, struct err *reterr);

/* The same for an answer of which nothing is believed: what is wrong is
 * passed over, lists end at their limit, and the rest is read. */
void keys_read_loose(struct arena *a, const struct doc *d,
		     const struct key_table *t, void *obj);

/* For row.read of a value that is looked at later: row.at has it then. */
void keys_keep(struct keys *ks, const struct key *k, const struct doc *v,
	       void *obj);

/* Sets what has a default other than zero. */
void keys_defaults(const struct key_table *t, void *obj);

/*
 * Writes obj as members of the JSON object that j is in, without what has
 * its default. Reading that gives the same struct.
 */
void keys_write(const struct key_table *t, const void *obj, struct json *j);

/* For row.read, row.check and hooks: reports in words. */
void keys_wrong(struct keys *ks, const struct doc *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Reads one value by a row; false where it is wrong. */
bool keys_value(struct keys *ks, const struct key *k, const struct doc *v,
		void *obj);

/* A text, or NULL with a report. */
const char *keys_text(struct keys *ks, const struct key *k,
		      const struct doc *v);

#define KEYS_MSG_MAX 1024 /* bytes; words of a document can be megabytes */

/* The fault in words, in the arena. */
const char *keys_fault_print(struct arena *a, const struct key_fault *f);

/* What a value is, for "expected ..., found ...": "a list", "a number". */
const char *keys_found(const struct doc *v);

/* A row's range: its own or that of its field. */
void keys_range(const struct key *k, int64_t *ret_min, int64_t *ret_max);

#endif
