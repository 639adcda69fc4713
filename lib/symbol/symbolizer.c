/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making and freeing symbolizers. */
#include "symbol/symbolizer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "symbol/state.h"

_Static_assert(sizeof(struct pdiag_symbolizer_options) == 40,
	"no holes in struct pdiag_symbolizer_options");
_Static_assert(sizeof(struct pdiag_symbol) == 80, "no holes in struct pdiag_symbol");

#define FLAGS (PDIAG_SYMBOL_RAW_NAMES | PDIAG_SYMBOL_NO_DEBUG_FILES)
#define RECHECK_NS 100000000u

static void destroy(struct pdiag_child *child)
{
	struct pdiag_symbolizer *s = pdiag_container(child, struct pdiag_symbolizer, child);

	if (s->context->slots[PDIAG_SLOT_SYMBOLIZER] == s)
		s->context->slots[PDIAG_SLOT_SYMBOLIZER] = NULL;
	pdiag_object_cache_free(&s->cache);
	pdiag_text_free(&s->raw);
	pdiag_text_free(&s->demangled);
	pdiag_strings_free(&s->strings);
	pdiag_arena_free(&s->symbols);
	pdiag_table_free(&s->kept_index);
	free(s->kept);
	free(s->debug_path);
	free(s->kallsyms_path);
	free(s->perf_map_dir);
	free(s);
}

static int copy_path(char **to, const char *path, const char *fallback)
{
	if (!path)
		path = fallback;
	if (!path)
		return 0;
	*to = strdup(path);
	return *to ? 0 : -ENOMEM;
}

int pdiag_symbolizer_new(struct pdiag *context, const struct pdiag_symbolizer_options *options,
	struct pdiag_symbolizer **out)
{
	struct pdiag_symbolizer_options opt;
	struct pdiag_symbolizer *s;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	if (!ret)
		ret = PDIAG_OPTIONS_COPY(&opt, options, reserved);
	if (ret)
		return ret;
	if (opt.flags & ~FLAGS || opt.reserved)
		return pdiag_fail(EINVAL, "pdiag_symbolizer_options: flags 0x%x are not known; "
			"reserved must be 0", opt.flags & ~FLAGS);
	s = calloc(1, sizeof(*s));
	if (!s)
		return pdiag_fail_memory("making a symbolizer");
	s->context = context;
	s->flags = opt.flags;
	pdiag_child_add(context, &s->child, destroy);
	if (copy_path(&s->debug_path, opt.debug_path, "/usr/lib/debug") ||
		copy_path(&s->kallsyms_path, opt.kallsyms_path, "/proc/kallsyms") ||
		copy_path(&s->perf_map_dir, opt.perf_map_dir, NULL)) {
		pdiag_symbolizer_free(s);
		return pdiag_fail_memory("making a symbolizer");
	}
	if (!(opt.flags & PDIAG_SYMBOL_NO_DEBUG_FILES))
		s->cache.debug_path = s->debug_path;
	s->cache.kallsyms_path = s->kallsyms_path;
	s->cache.perf_map_dir = s->perf_map_dir;
	s->cache.recheck_ns = RECHECK_NS;
	*out = s;
	return 0;
}

void pdiag_symbolizer_free(struct pdiag_symbolizer *s)
{
	if (!s)
		return;
	pdiag_child_remove(&s->child);
	destroy(&s->child);
}

int pdiag_symbolizer_default(struct pdiag *context, struct pdiag_symbolizer **out)
{
	struct pdiag_symbolizer *s = context->slots[PDIAG_SLOT_SYMBOLIZER];
	int ret = 0;

	if (!s) {
		ret = pdiag_symbolizer_new(context, NULL, &s);
		context->slots[PDIAG_SLOT_SYMBOLIZER] = s;
	}
	*out = s;
	return ret;
}
