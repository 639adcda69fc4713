/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "profile/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

int pdiag_stack_take(
	const struct pdiag_profile *p, uint32_t node, struct pdiag_stack_symbols *to)
{
	for (to->depth = 0; node; node = p->nodes[node].parent) {
		if (pdiag_array_reserve(&to->list, &to->cap, (size_t)to->depth + 1,
			    sizeof(*to->list)))
			return -ENOMEM;
		to->list[to->depth++] = p->frames[p->nodes[node].frame].symbol;
	}
	return 0;
}

void pdiag_stack_symbols_free(struct pdiag_stack_symbols *s)
{
	free(s->list);
	memset(s, 0, sizeof(*s));
}

uint32_t pdiag_stack_own(const struct pdiag_profile *p, const struct pdiag_entry *e)
{
	const struct pdiag_module *module;

	for (uint32_t at = e->node; e->flags & PDIAG_STACK_WAKER && at; at = p->nodes[at].parent) {
		module = p->frames[p->nodes[at].frame].module;
		if (module->kind == PDIAG_MODULE_MARK && !strcmp(module->path, PDIAG_WAKER_MARK))
			return p->nodes[at].parent;
	}
	return e->node;
}
