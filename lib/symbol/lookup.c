/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lookups by module, as profiles do them. */
#include <errno.h>

#include "symbol/state.h"

static enum pdiag_frame_kind kind_of(const struct pdiag_module *module)
{
	switch (module->kind) {
	case PDIAG_MODULE_KERNEL:
		return PDIAG_FRAME_KERNEL;
	case PDIAG_MODULE_VDSO:
		return PDIAG_FRAME_VDSO;
	case PDIAG_MODULE_JIT:
		return PDIAG_FRAME_JIT;
	default:
		return PDIAG_FRAME_USER;
	}
}

static bool by_offset(const struct pdiag_module *module)
{
	return module->kind == PDIAG_MODULE_FILE || module->kind == PDIAG_MODULE_VDSO;
}

int pdiag_symbolizer_lookup(struct pdiag_symbolizer *s, const struct pdiag_module *module,
	uint64_t value, const struct pdiag_symbol **out)
{
	const struct pdiag_object *object;
	enum pdiag_reason reason;
	uint64_t address = value;
	int ret;

	*out = NULL;
	if (module->kind == PDIAG_MODULE_MARK) {
		s->last = NULL;
		s->result = (struct pdiag_symbol){ .name = module->path, .raw_name = module->path,
			.module = "", .kind = PDIAG_FRAME_MARK };
		*out = &s->result;
		return 0;
	}
	ret = pdiag_object_cache_module(&s->cache, module, value, &object, &reason);
	if (ret)
		return ret;
	if (object && !reason && by_offset(module) &&
		!pdiag_segments_vaddr(object->segments, object->segment_count, value, &address))
		reason = PDIAG_REASON_NO_MATCH;
	return pdiag_symbolizer_name(s, object, reason, module->path, kind_of(module), address,
		out);
}
