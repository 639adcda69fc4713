/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that a recording carries: MODULE says which module, NAME names a value in it. */
#include <errno.h>

#include "capture/pipeline.h"

static int take_module(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	struct pdiag_modules *modules = pdiag_modules_get(p->context);

	p->naming = NULL;
	if (modules && (r->module.kind == PDIAG_MODULE_KERNEL ||
			       r->module.kind == PDIAG_MODULE_VDSO)) {
		p->naming = r->module.kind == PDIAG_MODULE_KERNEL ?
			pdiag_modules_kernel(modules, p->same_boot) :
			pdiag_modules_vdso(modules, p->same_boot);
		return p->naming ? 0 : -ENOMEM;
	}
	return modules ? pdiag_modules_find(modules, r, &p->naming) : -ENOMEM;
}

int pdiag_pipeline_name(struct pdiag_pipeline *p, const struct pdiag_record *r)
{
	struct pdiag_symbol symbol;
	uint32_t frame;

	if (p->live)
		return 0;
	if (r->type == PDIAG_RECORD_MODULE)
		return take_module(p, r);
	if (!p->naming)
		return 0;
	frame = pdiag_profile_find_frame(p->profile, p->naming, r->name.value);
	if (frame == PDIAG_ID_NONE)
		return 0;
	symbol = (struct pdiag_symbol){
		.name = r->name.name, .raw_name = r->name.raw_name, .module = r->name.module,
		.address = r->name.address, .size = r->name.size, .kind = r->name.kind,
		.reason = r->name.reason, .offset = r->name.offset,
	};
	return pdiag_profile_name(p->profile, frame, &symbol);
}
