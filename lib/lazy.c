/* SPDX-License-Identifier: MIT */
#include "lib/lazy.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

static int load(struct lazy *l, struct err *reterr)
{
	void *lib = dlopen(l->soname, RTLD_LAZY | RTLD_LOCAL), *found;
	size_t i;

	if (!lib)
		return err_set(reterr, -ELIBACC, "%s", dlerror());
	for (i = 0; i < l->n; i++) {
		found = dlsym(lib, l->symbols[i].name);
		if (!found)
			return err_set(reterr, -ELIBBAD, "%s", dlerror());
		/* C has no cast from one to the other. */
		memcpy(l->symbols[i].at, &found, sizeof(found));
	}
	l->loaded = true;
	return 0;
}

int lazy_load(struct lazy *l, struct err *reterr)
{
	int r = 0;

	pthread_mutex_lock(&l->lock);
	if (!l->loaded)
		r = load(l, reterr);
	pthread_mutex_unlock(&l->lock);
	return r;
}
