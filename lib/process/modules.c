/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The modules of a context. One file is one module however many processes map it, under whatever
 * name it had first: its identity is device, inode, generation and path. /proc/PID/maps does not
 * tell the generation; 0 stands for any, so that a mapping seen there and in an event is one.
 */
#include "process/module.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "process/module_kind.h"
#include "process/reach.h"
#include "util/arena.h"
#include "util/array.h"
#include "util/hash.h"
#include "util/strings.h"
#include "util/table.h"

#define HELD_MAX 128u
/* How often a file that was out of reach is tried again, when another process maps it. */
#define TRIES_MAX 8u
#define MARKS_MAX 4096u
#define REASON_COUNT (PDIAG_REASON_OUT_OF_MEMORY + 1)

struct entry {
	struct pdiag_module module;
	uint32_t tries;
};

struct pdiag_modules {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_arena arena;
	struct pdiag_strings paths;
	struct entry **list;
	size_t count, cap;
	struct pdiag_table index;
	struct pdiag_module *kernel[2], *vdso[2]; /* by live */
	struct pdiag_module *none[REASON_COUNT];
	uint32_t held, held_max;
	uint32_t marks;
};

static void destroy(struct pdiag_child *child)
{
	struct pdiag_modules *m = pdiag_container(child, struct pdiag_modules, child);

	for (size_t i = 0; i < m->count; i++)
		if (m->list[i]->module.fd >= 0)
			close(m->list[i]->module.fd);
	m->context->slots[PDIAG_SLOT_MODULES] = NULL;
	free(m->list);
	pdiag_table_free(&m->index);
	pdiag_strings_free(&m->paths);
	pdiag_arena_free(&m->arena);
	free(m);
}

/* Leave most descriptors to the host. */
static uint32_t held_max(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / 4 >= HELD_MAX)
		return HELD_MAX;
	return (uint32_t)(limit.rlim_cur / 4);
}

struct pdiag_modules *pdiag_modules_get(struct pdiag *context)
{
	struct pdiag_modules *m = context->slots[PDIAG_SLOT_MODULES];

	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->context = context;
	m->held_max = held_max();
	pdiag_child_add(context, &m->child, destroy);
	/* Children are freed from the last to the first: this one outlives all who use it. */
	pdiag_list_remove(&m->child.link);
	pdiag_list_add(&m->child.link, context->children.next);
	context->slots[PDIAG_SLOT_MODULES] = m;
	return m;
}

uint32_t pdiag_modules_count(const struct pdiag_modules *m)
{
	return (uint32_t)m->count;
}

struct pdiag_module *pdiag_modules_at(const struct pdiag_modules *m, uint32_t id)
{
	return id < m->count ? &m->list[id]->module : NULL;
}

/* A module like `like`, put into the index under `hash`. */
static struct entry *add(struct pdiag_modules *m, const struct pdiag_module *like, uint64_t hash)
{
	struct entry *e;

	if (m->count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&m->list, &m->cap, m->count + 1, sizeof(m->list[0])))
		return NULL;
	e = pdiag_arena_alloc(&m->arena, sizeof(*e));
	if (!e || pdiag_table_insert(&m->index, hash, (uint32_t)m->count))
		return NULL;
	*e = (struct entry){ .module = *like };
	e->module.id = (uint32_t)m->count;
	e->module.fd = -1;
	m->list[m->count++] = e;
	return e;
}

/* Where the index has a module of each kind; paths are interned. */
static uint64_t hash_single(enum pdiag_module_kind kind, enum pdiag_reason reason)
{
	return pdiag_hash_u64(kind, reason);
}

static uint64_t hash_jit(int32_t pid, uint64_t born, bool live)
{
	return pdiag_hash_u64(born, (uint64_t)(uint32_t)pid << 8 | live);
}

static uint64_t hash_file(const char *path, uint64_t inode, bool live)
{
	return pdiag_hash_u64((uintptr_t)path, inode * 2 + live);
}

/* One of a kind: kept in *slot. */
static struct pdiag_module *single(struct pdiag_modules *m, struct pdiag_module **slot,
	enum pdiag_module_kind kind, const char *path, enum pdiag_reason reason, bool live)
{
	struct pdiag_module like = { .kind = kind, .path = path, .reason = reason, .live = live };
	struct entry *e;

	if (*slot)
		return *slot;
	e = add(m, &like, hash_single(kind, reason));
	if (e)
		*slot = &e->module;
	return *slot;
}

struct pdiag_module *pdiag_modules_kernel(struct pdiag_modules *m, bool live)
{
	return single(m, &m->kernel[live], PDIAG_MODULE_KERNEL, "[kernel]", PDIAG_REASON_NONE,
		live);
}

struct pdiag_module *pdiag_modules_vdso(struct pdiag_modules *m, bool live)
{
	return single(m, &m->vdso[live], PDIAG_MODULE_VDSO, "[vdso]", PDIAG_REASON_NONE, live);
}

struct pdiag_module *pdiag_modules_none(struct pdiag_modules *m, enum pdiag_reason reason)
{
	if ((unsigned int)reason >= REASON_COUNT)
		reason = PDIAG_REASON_NO_MAPPING;
	return single(m, &m->none[reason], PDIAG_MODULE_NONE, "", reason, false);
}

struct pdiag_module *pdiag_modules_jit(struct pdiag_modules *m, int32_t pid, uint64_t born,
	bool live)
{
	uint64_t hash = hash_jit(pid, born, live);
	struct pdiag_module like = { .kind = PDIAG_MODULE_JIT, .path = "[jit]", .pid = pid,
		.born = born, .live = live };
	struct entry *e;
	uint32_t pos, i;

	for (i = pdiag_table_first(&m->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&m->index, hash, &pos)) {
		e = m->list[i];
		if (e->module.kind == PDIAG_MODULE_JIT && e->module.pid == pid &&
			e->module.born == born && e->module.live == live)
			return &e->module;
	}
	if (live)
		like.ns_pid = pdiag_reach_ns_pid(pid);
	e = add(m, &like, hash);
	return e ? &e->module : NULL;
}

struct pdiag_module *pdiag_modules_mark(struct pdiag_modules *m, const char *text)
{
	struct pdiag_module like = { .kind = PDIAG_MODULE_MARK };
	struct entry *e;
	uint32_t pos, i;
	uint64_t hash;

	/* Whoever names threads by a counter shall not fill memory that is kept. */
	like.path = pdiag_strings_add(&m->paths, m->marks < MARKS_MAX ? text : "[other]");
	if (!like.path)
		return NULL;
	hash = hash_file(like.path, PDIAG_MODULE_MARK, false);
	for (i = pdiag_table_first(&m->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&m->index, hash, &pos)) {
		e = m->list[i];
		if (e->module.kind == PDIAG_MODULE_MARK && e->module.path == like.path)
			return &e->module;
	}
	e = add(m, &like, hash);
	m->marks += !!e;
	return e ? &e->module : NULL;
}

/* Open the file to keep it, where our own path does not lead to it. */
static void hold(struct pdiag_modules *m, struct entry *e)
{
	struct pdiag_module *module = &e->module;
	int fd;

	e->tries++;
	module->reason = pdiag_reach_check(module);
	if (!module->reason)
		return;
	/* Out of reach now, but it may be reached when asked for. */
	if (m->held >= m->held_max) {
		module->reason = PDIAG_REASON_NONE;
		return;
	}
	fd = pdiag_reach_open(module, false);
	if (fd >= 0) {
		module->fd = fd;
		module->reason = PDIAG_REASON_NONE;
		m->held++;
	} else if (fd != -(int)PDIAG_REASON_FILE_GONE) {
		module->reason = (uint32_t)-fd;
	}
}

/* The one with this generation, else the newest that may have it; NULL: none. */
static struct entry *find_file(const struct pdiag_modules *m, const struct pdiag_module *like,
	uint64_t hash)
{
	struct entry *best = NULL, *e;
	uint32_t pos, i;

	for (i = pdiag_table_first(&m->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&m->index, hash, &pos)) {
		e = m->list[i];
		if (e->module.kind != PDIAG_MODULE_FILE || e->module.path != like->path ||
			e->module.inode != like->inode || e->module.major != like->major ||
			e->module.minor != like->minor || e->module.live != like->live)
			continue;
		if (e->module.generation == like->generation)
			return e;
		if ((!e->module.generation || !like->generation) &&
			(!best || e->module.id > best->module.id))
			best = e;
	}
	if (best && !best->module.generation)
		best->module.generation = like->generation;
	return best;
}

/* A process maps a file that is known: another chance where the last one failed. */
static void seen_again(struct pdiag_modules *m, struct entry *e, int32_t pid, bool deleted)
{
	struct pdiag_module *module = &e->module;
	bool other = module->pid != pid;

	if (module->fd >= 0)
		return;
	module->pid = pid;
	if (e->tries < TRIES_MAX && ((module->reason && other) || (deleted && !module->reason)))
		hold(m, e);
}

struct pdiag_module *pdiag_modules_file(struct pdiag_modules *m, const struct pdiag_record *mmap,
	bool live)
{
	size_t len = pdiag_module_path_len(mmap->mmap.path);
	bool deleted = mmap->mmap.path[len] != '\0', pseudo;
	struct pdiag_module like = { .kind = PDIAG_MODULE_FILE, .inode = mmap->mmap.inode,
		.generation = mmap->mmap.generation, .major = mmap->mmap.major,
		.minor = mmap->mmap.minor, .pid = mmap->pid, .live = live };
	struct entry *e;
	uint64_t hash;

	like.path = pdiag_strings_add_len(&m->paths, mmap->mmap.path, len);
	if (!like.path)
		return NULL;
	pseudo = pdiag_module_is_pseudo(like.path);
	hash = hash_file(like.path, like.inode, live);
	e = find_file(m, &like, hash);
	if (!e) {
		if (pseudo)
			like.reason = PDIAG_REASON_NO_SYMBOLS;
		e = add(m, &like, hash);
		if (e && live && !pseudo)
			hold(m, e);
	} else if (live && !pseudo) {
		seen_again(m, e, mmap->pid, deleted);
	}
	return e ? &e->module : NULL;
}

static bool is_meant(const struct pdiag_module *m, const struct pdiag_record *r)
{
	return !m->live && m->kind == r->module.kind && m->inode == r->module.inode &&
		m->generation == r->module.generation && m->major == r->module.major &&
		m->minor == r->module.minor && !strcmp(m->path, r->module.path) &&
		(m->kind != PDIAG_MODULE_JIT ||
			(m->pid == r->module.pid && m->born == r->module.born)) &&
		(m->kind != PDIAG_MODULE_NONE || m->reason == r->module.reason);
}

int pdiag_modules_find(struct pdiag_modules *m, const struct pdiag_record *r,
	struct pdiag_module **out)
{
	uint64_t hash = hash_single(r->module.kind, r->module.reason);
	const char *path;
	uint32_t pos, i;

	*out = NULL;
	if (r->module.kind == PDIAG_MODULE_JIT)
		hash = hash_jit(r->module.pid, r->module.born, false);
	if (r->module.kind == PDIAG_MODULE_FILE) {
		path = pdiag_strings_add(&m->paths, r->module.path);
		if (!path)
			return -ENOMEM;
		hash = hash_file(path, r->module.inode, false);
	}
	for (i = pdiag_table_first(&m->index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&m->index, hash, &pos))
		if (is_meant(&m->list[i]->module, r)) {
			*out = &m->list[i]->module;
			return 0;
		}
	return 0;
}

int pdiag_module_open(const struct pdiag_module *module)
{
	if (module->kind != PDIAG_MODULE_FILE || pdiag_module_is_pseudo(module->path))
		return -(int)(module->reason ? module->reason : PDIAG_REASON_NO_SYMBOLS);
	/* Never below 3, so that a zeroed struct holds none. */
	if (module->fd > 2)
		return pdiag_reach_again(module->fd);
	return pdiag_reach_open(module, true);
}
