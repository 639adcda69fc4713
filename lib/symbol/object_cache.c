/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/object_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "symbol/kallsyms.h"
#include "symbol/perf_map.h"
#include "symbol/vdso.h"
#include "util/array.h"
#include "util/hash.h"

static uint64_t ns(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * 1000000000u + (uint64_t)ts->tv_nsec;
}

static struct pdiag_file_id id_of(const struct stat *st)
{
	return (struct pdiag_file_id){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = ns(&st->st_mtim),
		.ctime = ns(&st->st_ctim),
	};
}

static uint64_t hash_of(const struct pdiag_file_id *id)
{
	return pdiag_hash_bytes(0, id, sizeof(*id));
}

static bool same_id(const struct pdiag_file_id *a, const struct pdiag_file_id *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void unload(struct pdiag_object_cache *c, struct pdiag_cached *o)
{
	if (!o->used)
		return;
	pdiag_object_free(&o->object);
	c->bytes -= o->bytes;
	o->bytes = 0;
	o->used = 0;
	o->checked = 0;
	c->loads++;
}

/* Drop what was not used for longest, but never `keep`. */
static void make_room(struct pdiag_object_cache *c, const struct pdiag_cached *keep)
{
	struct pdiag_cached *oldest;

	while (c->bytes > (c->limit ? c->limit : PDIAG_OBJECT_CACHE_BYTES)) {
		oldest = NULL;
		for (size_t i = 0; i < c->count; i++)
			if (c->list[i] != keep && c->list[i]->bytes &&
				(!oldest || c->list[i]->used < oldest->used))
				oldest = c->list[i];
		if (!oldest)
			return;
		unload(c, oldest);
	}
}

/* An object that was just read. */
static void loaded(struct pdiag_object_cache *c, struct pdiag_cached *o)
{
	o->bytes = pdiag_object_bytes(&o->object);
	o->used = ++c->uses;
	c->bytes += o->bytes;
	c->loads++;
	make_room(c, o);
}

static struct pdiag_cached *append(struct pdiag_object_cache *c)
{
	struct pdiag_cached *o;

	if (c->count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&c->list, &c->cap, c->count + 1, sizeof(*c->list)))
		return NULL;
	o = calloc(1, sizeof(*o));
	if (o)
		c->list[c->count++] = o;
	return o;
}

/* The index of the file in the list, added if need be. */
static int find_file(struct pdiag_object_cache *c, const struct pdiag_file_id *id, uint32_t *out)
{
	uint64_t hash = hash_of(id);
	struct pdiag_cached *o;
	uint32_t pos, i;

	for (i = pdiag_table_first(&c->files, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&c->files, hash, &pos))
		if (same_id(&c->list[i]->id, id)) {
			*out = i;
			return 0;
		}
	o = append(c);
	if (!o)
		return -ENOMEM;
	o->id = *id;
	*out = (uint32_t)c->count - 1;
	if (pdiag_table_insert(&c->files, hash, *out)) {
		free(c->list[--c->count]);
		return -ENOMEM;
	}
	return 0;
}

/* The object of an open file; *index is where it is kept. */
static int use_file(struct pdiag_object_cache *c, int fd, const char *path, uint32_t *index,
	enum pdiag_reason *reason)
{
	struct pdiag_file_id id;
	struct pdiag_cached *o;
	struct stat st;
	int ret;

	*reason = PDIAG_REASON_NONE;
	if (fstat(fd, &st)) {
		*reason = PDIAG_REASON_FILE_GONE;
		return 0;
	}
	id = id_of(&st);
	ret = find_file(c, &id, index);
	if (ret)
		return ret;
	o = c->list[*index];
	if (o->used) {
		o->used = ++c->uses;
		return 0;
	}
	ret = pdiag_object_load_file(&o->object, fd, path, c->debug_path);
	if (!ret)
		loaded(c, o);
	return ret;
}

int pdiag_object_cache_file(struct pdiag_object_cache *c, int fd, const char *path,
	const struct pdiag_object **out, enum pdiag_reason *reason)
{
	uint32_t index;
	int ret = use_file(c, fd, path, &index, reason);

	*out = NULL;
	if (!ret && !*reason) {
		*out = &c->list[index]->object;
		*reason = (*out)->reason;
	}
	return ret;
}

static int use_module_file(struct pdiag_object_cache *c, const struct pdiag_module *module,
	struct pdiag_module_state *state)
{
	enum pdiag_reason reason;
	uint32_t index;
	int fd, ret;

	if (state->reason)
		return 0;
	if (state->cached && c->list[state->cached - 1]->used) {
		c->list[state->cached - 1]->used = ++c->uses;
		return 0;
	}
	fd = pdiag_module_open(module);
	if (fd == -(int)PDIAG_REASON_OUT_OF_MEMORY)
		return -ENOMEM;
	if (fd < 0) {
		state->reason = (uint32_t)-fd;
		return 0;
	}
	ret = use_file(c, fd, module->path, &index, &reason);
	close(fd);
	if (!ret) {
		state->reason = reason;
		state->cached = reason ? 0 : index + 1;
	}
	return ret;
}

/* Read the map of a JIT module, if it is another than last time. */
static int read_perf_map(struct pdiag_object_cache *c, const struct pdiag_module *module,
	struct pdiag_cached *o)
{
	pdiag_auto_close int fd = -1;
	struct pdiag_file_id id;
	struct stat st;
	int ret;

	fd = pdiag_perf_map_open(module, c->perf_map_dir, &st);
	if (fd < 0) {
		/* What is known stays known when the file has gone. */
		if (!o->used)
			o->object.reason = (enum pdiag_reason)-fd;
		return 0;
	}
	id = id_of(&st);
	if (o->used && same_id(&id, &o->id))
		return 0;
	unload(c, o);
	o->object = (struct pdiag_object){ .miss = PDIAG_REASON_NO_MATCH };
	ret = pdiag_perf_map_read(fd, &o->object.table);
	if (ret) {
		pdiag_object_free(&o->object);
		return ret;
	}
	o->id = id;
	loaded(c, o);
	return 0;
}

static bool time_to_check(const struct pdiag_object_cache *c, struct pdiag_cached *o)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ns(&ts);
	if (o->checked && now - o->checked < c->recheck_ns)
		return false;
	o->checked = now;
	return true;
}

static int use_jit(struct pdiag_object_cache *c, const struct pdiag_module *module, uint64_t value,
	struct pdiag_module_state *state)
{
	struct pdiag_symbol_hit hit;
	struct pdiag_cached *o;

	if (!module->live) {
		state->reason = PDIAG_REASON_NO_PERF_MAP;
		return 0;
	}
	if (!state->cached) {
		if (!append(c))
			return -ENOMEM;
		state->cached = (uint32_t)c->count;
	}
	o = c->list[state->cached - 1];
	if (o->used && pdiag_symbol_table_find(&o->object.table, value, &hit)) {
		o->used = ++c->uses;
		return 0;
	}
	/* The map grows while the process runs. */
	return time_to_check(c, o) ? read_perf_map(c, module, o) : 0;
}

static int use_kernel(struct pdiag_object_cache *c)
{
	int ret;

	if (c->kernel_loaded)
		return 0;
	ret = pdiag_kallsyms_load(c->kallsyms_path, &c->kernel.table, &c->kernel.reason);
	if (ret) {
		pdiag_object_free(&c->kernel);
		return ret;
	}
	c->kernel.miss = PDIAG_REASON_NO_MATCH;
	c->kernel_loaded = true;
	c->loads++;
	return 0;
}

static int use_vdso(struct pdiag_object_cache *c)
{
	const char *image;
	size_t size;
	int ret = 0;

	if (c->vdso_loaded)
		return 0;
	image = pdiag_vdso_image(&size);
	if (image)
		ret = pdiag_object_load_image(&c->vdso, image, size);
	else
		c->vdso.reason = PDIAG_REASON_NO_SYMBOLS;
	c->vdso_loaded = !ret;
	c->loads++;
	return ret;
}

static int state_of(struct pdiag_object_cache *c, const struct pdiag_module *module,
	struct pdiag_module_state **out)
{
	if (pdiag_array_extend(&c->modules, &c->module_count, &c->module_cap,
		    (size_t)module->id + 1, sizeof(*c->modules)))
		return -ENOMEM;
	*out = &c->modules[module->id];
	return 0;
}

static int use_process_module(struct pdiag_object_cache *c, const struct pdiag_module *module,
	uint64_t value, const struct pdiag_object **out, enum pdiag_reason *reason)
{
	struct pdiag_module_state *state;
	int ret = state_of(c, module, &state);

	if (!ret)
		ret = module->kind == PDIAG_MODULE_JIT ? use_jit(c, module, value, state) :
							 use_module_file(c, module, state);
	if (ret)
		return ret;
	*reason = state->reason;
	if (!state->reason) {
		*out = &c->list[state->cached - 1]->object;
		*reason = (*out)->reason;
	}
	return 0;
}

int pdiag_object_cache_module(struct pdiag_object_cache *c, const struct pdiag_module *module,
	uint64_t value, const struct pdiag_object **out, enum pdiag_reason *reason)
{
	int ret;

	*out = NULL;
	switch (module->kind) {
	case PDIAG_MODULE_FILE:
	case PDIAG_MODULE_JIT:
		return use_process_module(c, module, value, out, reason);
	case PDIAG_MODULE_KERNEL:
	case PDIAG_MODULE_VDSO:
		*reason = PDIAG_REASON_OTHER_BOOT;
		if (!module->live)
			return 0;
		ret = module->kind == PDIAG_MODULE_KERNEL ? use_kernel(c) : use_vdso(c);
		*out = module->kind == PDIAG_MODULE_KERNEL ? &c->kernel : &c->vdso;
		*reason = (*out)->reason;
		return ret;
	default:
		*reason = module->reason ? module->reason : PDIAG_REASON_NO_MAPPING;
		return 0;
	}
}

void pdiag_object_cache_free(struct pdiag_object_cache *c)
{
	for (size_t i = 0; i < c->count; i++) {
		pdiag_object_free(&c->list[i]->object);
		free(c->list[i]);
	}
	free(c->list);
	free(c->modules);
	pdiag_table_free(&c->files);
	pdiag_object_free(&c->kernel);
	pdiag_object_free(&c->vdso);
	*c = (struct pdiag_object_cache){ 0 };
}
