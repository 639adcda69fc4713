/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public lookups: an address in the kernel, in a process, in a file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "process/module_kind.h"
#include "process/proc_maps.h"
#include "symbol/process_start.h"
#include "symbol/state.h"

/* Make what was found last as long as the symbolizer. */
static int keep(struct pdiag_symbolizer *s, int ret, const struct pdiag_symbol **out)
{
	if (!ret)
		*out = pdiag_symbolizer_keep(s, *out);
	if (ret || !*out) {
		*out = NULL;
		return pdiag_fail_memory("looking up a symbol");
	}
	return 0;
}

static int keep_module(struct pdiag_symbolizer *s, const struct pdiag_module *module,
	uint64_t value, const struct pdiag_symbol **out)
{
	int ret = module ? pdiag_symbolizer_lookup(s, module, value, out) : -ENOMEM;

	return keep(s, ret, out);
}

int pdiag_symbolizer_kernel(struct pdiag_symbolizer *s, uint64_t address,
	const struct pdiag_symbol **out)
{
	struct pdiag_modules *modules;

	pdiag_error_clear();
	*out = NULL;
	modules = pdiag_modules_get(s->context);
	return keep_module(s, modules ? pdiag_modules_kernel(modules, true) : NULL, address, out);
}

/* The search for one address in the mappings of a process. */
struct search {
	struct pdiag_modules *modules;
	int32_t pid;
	uint64_t address, value;
	struct pdiag_module *module;
	bool found;
};

static struct pdiag_module *module_of(struct search *f, const struct pdiag_proc_map *map)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_MMAP, .pid = f->pid, .tid = f->pid };

	pdiag_proc_map_fill(map, &r);
	f->value = f->address - map->start + map->pgoff;
	switch (pdiag_module_kind_of(map->path)) {
	case PDIAG_MODULE_VDSO:
		/* That of a 32-bit process is another. */
		if (sizeof(void *) == 8 && map->start < UINT32_MAX)
			return pdiag_modules_file(f->modules, &r, true);
		f->value = f->address - map->start;
		return pdiag_modules_vdso(f->modules, true);
	case PDIAG_MODULE_JIT:
		f->value = f->address;
		/* Not before it began, by any clock, and the same each time. */
		return pdiag_modules_jit(f->modules, f->pid, pdiag_process_start(f->pid), true);
	default:
		return pdiag_modules_file(f->modules, &r, true);
	}
}

static int find(void *user, const struct pdiag_proc_map *map)
{
	struct search *f = user;

	if (f->address < map->start || f->address >= map->end)
		return 0;
	f->found = true;
	f->module = module_of(f, map);
	return 1;
}

static int fail_process(int err, int32_t pid)
{
	switch (err) {
	case ESRCH:
		return pdiag_fail(err, "there is no process %d, or it is about to end; check the "
			"pid", pid);
	case EACCES:
		return pdiag_fail(err, "the mappings of process %d may not be read; run as its "
			"user or with CAP_SYS_PTRACE", pid);
	case ENOMEM:
		return pdiag_fail_memory("reading a process's mappings");
	default:
		return pdiag_fail(err, "cannot read /proc/%d/maps: %s", pid, strerror(err));
	}
}

int pdiag_symbolizer_process(struct pdiag_symbolizer *s, int32_t pid, uint64_t address,
	const struct pdiag_symbol **out)
{
	struct search f = { .pid = pid, .address = address };
	int ret;

	pdiag_error_clear();
	*out = NULL;
	if (pid <= 0)
		return pdiag_fail(EINVAL, "%d is no pid; give one above 0", pid);
	f.modules = pdiag_modules_get(s->context);
	if (!f.modules)
		return pdiag_fail_memory("looking up a symbol");
	ret = pdiag_proc_maps_each(pid, find, &f);
	if (ret < 0)
		return fail_process(-ret, pid);
	if (!f.found) {
		f.value = address;
		f.module = pdiag_modules_none(f.modules, PDIAG_REASON_NO_MAPPING);
	}
	return keep_module(s, f.module, f.value, out);
}

static int fail_file(int err, const char *path)
{
	return pdiag_fail(err, "cannot read %s: %s", path, strerror(err));
}

int pdiag_symbolizer_file(struct pdiag_symbolizer *s, const char *path, uint64_t address,
	const struct pdiag_symbol **out)
{
	const struct pdiag_object *object;
	enum pdiag_reason reason;
	struct stat st;
	int fd, ret;

	pdiag_error_clear();
	*out = NULL;
	if (!path)
		return pdiag_fail(EINVAL, "no path given; name an ELF file");
	/* A pipe must not hold us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail_file(errno, path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return pdiag_fail(EINVAL, "%s is not a plain file; name an ELF file", path);
	}
	ret = pdiag_object_cache_file(&s->cache, fd, path, &object, &reason);
	close(fd);
	if (!ret)
		ret = pdiag_symbolizer_name(s, object, reason, path, PDIAG_FRAME_USER, address,
			out);
	return keep(s, ret, out);
}
