/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Callers that frame pointers skip, put into the call chain before anything is made of it: so the
 * recording, and what is replayed from it, has them, too.
 */
#include "capture/pipeline.h"
#include "unwind/cfi.h"
#include "unwind/repair.h"

struct code {
	struct pdiag_pipeline *pipeline;
	struct pdiag_process *process;
	struct pdiag_cfi *cfi;
};

static bool find_row(void *user, uint64_t address, struct pdiag_cfi_row *row)
{
	struct code *code = user;
	struct pdiag_module *module;
	uint64_t offset;

	module = pdiag_process_locate(
		code->pipeline->processes, code->process, address, false, &offset);
	return module && pdiag_cfi_find(code->cfi, module, offset, row);
}

void pdiag_pipeline_repair(struct pdiag_pipeline *p, const struct pdiag_record *r,
	const uint64_t **ips, uint32_t *nr)
{
	const uint64_t *regs = r->sample.regs;
	struct pdiag_user_part part;
	struct pdiag_thread *thread;
	struct code code = { .pipeline = p };
	uint32_t words;

	if (!regs || !p->live)
		return;
	code.cfi = pdiag_cfi_get(p->context);
	thread = pdiag_processes_thread(p->processes, r->pid, r->tid, r->time);
	if (!code.cfi || !thread || pdiag_process_was_other(thread->process, r->time))
		return;
	code.process = thread->process;
	part = (struct pdiag_user_part){ .di = regs[0], .bp = regs[1], .sp = regs[2],
		.ip = regs[3], .copy = r->sample.copy, .copy_len = r->sample.copy_len };
	words = pdiag_unwind_repair(*ips, *nr, &part, p->max_depth, find_row, &code, p->repaired,
		PDIAG_REPAIRED_MAX);
	if (!words)
		return;
	*ips = p->repaired;
	*nr = words;
}
