/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what a table found to the symbol that is handed out. */
#include <errno.h>
#include <string.h>

#include "symbol/demangle.h"
#include "symbol/kallsyms.h"
#include "symbol/state.h"
#include "util/array.h"
#include "util/hash.h"

/* "[unknown libfoo.so]"; names such as "[vdso]" lose their own brackets. */
static int placeholder(struct pdiag_symbolizer *s, const char *module)
{
	const char *base = strrchr(module, '/');
	size_t len;

	base = base ? base + 1 : module;
	len = strlen(base);
	if (len > 2 && base[0] == '[' && base[len - 1] == ']') {
		base++;
		len -= 2;
	}
	s->raw.len = 0;
	pdiag_text_str(&s->raw, len ? "[unknown " : "[unknown");
	pdiag_text_add(&s->raw, base, len);
	pdiag_text_char(&s->raw, ']');
	return s->raw.error;
}

/* A failure to grow is over with the call that it made fail. */
static int text_error(struct pdiag_text *t)
{
	int error = t->error;

	t->error = 0;
	return error;
}

static int unresolved(struct pdiag_symbolizer *s, enum pdiag_reason reason, const char *module,
	uint64_t address)
{
	s->last = NULL;
	if (placeholder(s, module))
		return text_error(&s->raw);
	s->result = (struct pdiag_symbol){
		.name = s->raw.data,
		.raw_name = s->raw.data,
		.module = module,
		.address = address,
		.kind = PDIAG_FRAME_UNRESOLVED,
		.reason = reason,
	};
	return 0;
}

/* Make name and raw name in the symbolizer's own memory. */
static int make_names(struct pdiag_symbolizer *s, const struct pdiag_symbol_hit *hit,
	enum pdiag_frame_kind kind)
{
	size_t len = 0, plain;

	s->raw.len = s->demangled.len = 0;
	pdiag_text_add(&s->raw, hit->name, hit->name_len);
	if (!(s->flags & PDIAG_SYMBOL_RAW_NAMES)) {
		char name[PDIAG_DEMANGLED_MAX + 1];

		len = pdiag_demangle(s->raw.data ? s->raw.data : "", s->raw.len, name);
		/* "read@@GLIBC_2.2.5" is for linkers; people look for read. */
		plain = kind == PDIAG_FRAME_USER ? strcspn(s->raw.data ? s->raw.data : "", "@") : 0;
		if (!len && plain && plain < s->raw.len)
			pdiag_text_add(&s->demangled, s->raw.data, len = plain);
		else if (len)
			pdiag_text_add(&s->demangled, name, len);
	}
	if (hit->plt) {
		pdiag_text_str(&s->raw, "@plt");
		if (len)
			pdiag_text_str(&s->demangled, "@plt");
	}
	if (s->raw.error || s->demangled.error)
		return text_error(&s->raw) | text_error(&s->demangled);
	s->result.raw_name = s->raw.data;
	s->result.name = len ? s->demangled.data : s->raw.data;
	return 0;
}

/* Is it the function that the last lookup named? */
static bool again(const struct pdiag_symbolizer *s, const struct pdiag_object *object,
	const struct pdiag_symbol_hit *hit, const char *module)
{
	return s->last == object && s->last_index == hit->index &&
		s->last_loads == s->cache.loads && s->result.module == module;
}

static int resolved(struct pdiag_symbolizer *s, const struct pdiag_object *object,
	const struct pdiag_symbol_hit *hit, const char *module, enum pdiag_frame_kind kind,
	uint64_t address)
{
	if (!again(s, object, hit, module)) {
		s->last = NULL;
		s->result = (struct pdiag_symbol){ .module = module };
		if (make_names(s, hit, kind))
			return -ENOMEM;
		s->last = object;
		s->last_index = hit->index;
		s->last_loads = s->cache.loads;
	}
	s->result.address = hit->start;
	s->result.size = hit->size;
	s->result.offset = address - hit->start;
	s->result.kind = kind;
	return 0;
}

int pdiag_symbolizer_name(struct pdiag_symbolizer *s, const struct pdiag_object *object,
	enum pdiag_reason reason, const char *module, enum pdiag_frame_kind kind, uint64_t address,
	const struct pdiag_symbol **out)
{
	struct pdiag_symbol_hit hit;
	const char *of_kernel;
	int ret;

	if (!object || reason) {
		ret = unresolved(s, reason, module, address);
	} else if (!pdiag_symbol_table_find(&object->table, address, &hit)) {
		ret = unresolved(s, object->miss, module, address);
	} else {
		of_kernel = kind == PDIAG_FRAME_KERNEL ? pdiag_kallsyms_module(hit.name) : NULL;
		ret = resolved(s, object, &hit, of_kernel ? of_kernel : module, kind, address);
	}
	*out = ret ? NULL : &s->result;
	return ret;
}

static uint64_t hash_symbol(const struct pdiag_symbol *s)
{
	const uint64_t key[] = { (uintptr_t)s->name, (uintptr_t)s->raw_name, (uintptr_t)s->module,
		s->address, s->size, s->offset, (uint64_t)s->kind << 32 | s->reason };

	return pdiag_hash_u64s(0, key, sizeof(key) / sizeof(key[0]));
}

/* The text is interned, so that pointers tell. */
static bool same_symbol(const struct pdiag_symbol *a, const struct pdiag_symbol *b)
{
	return a->name == b->name && a->raw_name == b->raw_name && a->module == b->module &&
		a->address == b->address && a->size == b->size && a->offset == b->offset &&
		a->kind == b->kind && a->reason == b->reason;
}

const struct pdiag_symbol *pdiag_symbolizer_keep(struct pdiag_symbolizer *s,
	const struct pdiag_symbol *symbol)
{
	struct pdiag_symbol copy = *symbol, *kept;
	uint32_t pos, i;
	uint64_t hash;

	copy.name = pdiag_strings_add(&s->strings, symbol->name);
	copy.raw_name = pdiag_strings_add(&s->strings, symbol->raw_name);
	copy.module = pdiag_strings_add(&s->strings, symbol->module);
	if (!copy.name || !copy.raw_name || !copy.module)
		return NULL;
	hash = hash_symbol(&copy);
	for (i = pdiag_table_first(&s->kept_index, hash, &pos); i != PDIAG_TABLE_END;
		i = pdiag_table_next(&s->kept_index, hash, &pos))
		if (same_symbol(s->kept[i], &copy))
			return s->kept[i];
	if (s->kept_count >= UINT32_MAX / 2 ||
		pdiag_array_reserve(&s->kept, &s->kept_cap, s->kept_count + 1, sizeof(*s->kept)))
		return NULL;
	kept = pdiag_arena_alloc(&s->symbols, sizeof(*kept));
	if (!kept || pdiag_table_insert(&s->kept_index, hash, (uint32_t)s->kept_count))
		return NULL;
	*kept = copy;
	s->kept[s->kept_count++] = kept;
	return kept;
}
