/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The objects a symbolizer has loaded. A file is loaded once, whatever modules it is known by;
 * what was not used for longest is dropped when all of it takes too much memory.
 */
#ifndef PDIAG_SYMBOL_OBJECT_CACHE_H
#define PDIAG_SYMBOL_OBJECT_CACHE_H

#include <sys/stat.h>

#include "process/module.h"
#include "symbol/object.h"
#include "util/table.h"

#define PDIAG_OBJECT_CACHE_BYTES ((size_t)64 << 20)

/* A file as it was when it was read. */
struct pdiag_file_id {
	uint64_t device, inode, size, mtime, ctime;
};

struct pdiag_cached {
	struct pdiag_object object;
	struct pdiag_file_id id;
	uint64_t used; /* count of uses at the last one; 0: not loaded */
	size_t bytes;
	uint64_t checked; /* ns: when its perf map was last looked at */
};

/* What a module turned out to be. */
struct pdiag_module_state {
	uint32_t cached; /* index + 1; 0: none yet */
	uint32_t reason; /* enum pdiag_reason: why there is none */
};

struct pdiag_object_cache {
	const char *debug_path;	  /* NULL: no debug files */
	const char *perf_map_dir; /* NULL: see pdiag_perf_map_open() */
	const char *kallsyms_path;
	struct pdiag_cached **list;
	size_t count, cap;
	struct pdiag_table files; /* by id */
	struct pdiag_module_state *modules; /* by id */
	size_t module_count, module_cap;
	struct pdiag_object kernel, vdso;
	bool kernel_loaded, vdso_loaded;
	size_t bytes, limit; /* of what is in `list` */
	uint64_t recheck_ns; /* perf maps are looked at again no sooner than that */
	uint64_t uses;
	uint64_t loads; /* counts changes; pointers into objects hold while it stands */
};

/* Each gives an object, valid until the next call, or NULL with *reason. 0 or -ENOMEM. */
int pdiag_object_cache_module(struct pdiag_object_cache *c, const struct pdiag_module *module,
	uint64_t value, const struct pdiag_object **out, enum pdiag_reason *reason);
/* An open file that lies at `path`. */
int pdiag_object_cache_file(struct pdiag_object_cache *c, int fd, const char *path,
	const struct pdiag_object **out, enum pdiag_reason *reason);
void pdiag_object_cache_free(struct pdiag_object_cache *c);

#endif
