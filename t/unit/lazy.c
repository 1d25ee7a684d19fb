/* SPDX-License-Identifier: MIT */
/* Libraries that are loaded when they are needed. */
#include "lib/lazy.h"

#include <errno.h>
#include <string.h>

#include "provision/libssh.h"
#include "t/lib/tap.h"
#include "verify/looks/capture/libpcap.h"

static double (*cosine)(double);

static void *load_it(void *ctx)
{
	return lazy_load(ctx, NULL) == 0 ? ctx : NULL;
}

static void loads(void)
{
	static const struct lazy_symbol rows[] = {{"cos", &cosine}};
	static struct lazy lib = LAZY("libm.so.6", rows);
	pthread_t threads[8];
	size_t i, good = 0;
	void *ret;

	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, load_it, &lib);
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], &ret);
		good += ret != NULL;
	}
	is_int((long long)good, 8, "threads load a library at once");
	ok(cosine && cosine(0) == 1, "its function can be called");
}

static void refuses(void)
{
	static double (*none)(double);
	static const struct lazy_symbol rows[] = {{"cos", &none},
						  {"no_such_thing", &none}};
	static struct lazy absent = LAZY("libno-such-thing.so.9", rows);
	static struct lazy lacks = LAZY("libm.so.6", rows);
	struct err err = {0};

	is_int(lazy_load(&absent, &err), -ELIBACC, "a library is not there");
	ok(strstr(err.msg, "libno-such-thing.so.9"), "it is named");
	is_int(lazy_load(&lacks, &err), -ELIBBAD, "a function is not there");
	ok(strstr(err.msg, "no_such_thing"), "it is named");
	is_int(lazy_load(&lacks, &err), -ELIBBAD, "and is not the next time");
}

/* By names and version: what this program was built with is what is there. */
static void ours(void)
{
	struct err err = {0};

	is_int(libssh_load(&err), 0, "libssh: %s", err.msg);
	is_int(libpcap_load(&err), 0, "libpcap: %s", err.msg);
}

int main(void)
{
	loads();
	refuses();
	ours();
	return tap_done();
}
