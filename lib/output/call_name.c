/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/call_name.h"

#include <string.h>

#include "output/sanitize.h"

/* A label for raw text; FOLDED puts `mark` behind and does not tell kinds apart. */
static uint32_t raw_label(struct pdiag_call_namer *n, const char *text, size_t len, uint32_t kind,
	const char *mark)
{
	n->clean.len = 0;
	if (n->style == PDIAG_CALL_FOLDED) {
		pdiag_sanitize_frame(&n->clean, text, len);
		pdiag_text_str(&n->clean, mark);
		kind = 0;
	} else {
		pdiag_sanitize_name(&n->clean, text, len);
	}
	if (n->clean.error)
		return PDIAG_CALL_NONE;
	return pdiag_call_tree_label(n->tree, n->clean.data, n->clean.len, kind);
}

uint32_t pdiag_call_name(struct pdiag_call_namer *n, const struct pdiag_text *text, uint32_t kind)
{
	return text->error ? PDIAG_CALL_NONE : raw_label(n, text->data, text->len, kind, "");
}

static const char *mark_of(const struct pdiag_call_namer *n, uint32_t kind)
{
	if (!(n->flags & PDIAG_OUTPUT_KERNEL_MARK))
		return "";
	switch (kind) {
	case PDIAG_FRAME_KERNEL:
		return "_[k]";
	case PDIAG_FRAME_JIT:
		return "_[j]";
	case PDIAG_FRAME_INLINED:
		return "_[i]";
	default:
		return "";
	}
}

static uint32_t kind_of(const struct pdiag_symbol *s)
{
	return s->kind <= PDIAG_FRAME_MARK ? s->kind : PDIAG_FRAME_UNRESOLVED;
}

/* "libfoo.so+0x1234" for a frame without a name. */
static uint32_t place_label(struct pdiag_call_namer *n, const struct pdiag_symbol *s,
	uint64_t address)
{
	const char *module = s->module && *s->module ? s->module : "[unknown]";
	const char *slash = strrchr(module, '/');

	n->place.len = 0;
	pdiag_text_str(&n->place, slash && slash[1] ? slash + 1 : module);
	pdiag_text_printf(&n->place, "+0x%llx", (unsigned long long)address);
	return pdiag_call_name(n, &n->place, PDIAG_FRAME_UNRESOLVED);
}

/* Keep with the label what its frames tell beside their name. */
static bool add_details(struct pdiag_call_tree *t, struct pdiag_call_label *l,
	const struct pdiag_symbol *s)
{
	const char *module = s->module && *s->module ? s->module : NULL;

	if (!l->reason)
		l->reason = (uint16_t)s->reason;
	if (l->module && module && strcmp(l->module, module))
		l->modules = true;
	if (!l->module && module)
		l->module = pdiag_arena_copy(&t->arena, module, strlen(module));
	return l->module || !module;
}

uint32_t pdiag_call_name_frame(struct pdiag_call_namer *n, const struct pdiag_symbol *s,
	uint64_t address)
{
	uint32_t kind = kind_of(s), id;

	if (n->flags & PDIAG_OUTPUT_MODULE && kind == PDIAG_FRAME_UNRESOLVED)
		id = place_label(n, s, address);
	else
		id = raw_label(n, s->name, strlen(s->name), kind, mark_of(n, kind));
	if (id == PDIAG_CALL_NONE || n->style == PDIAG_CALL_FOLDED)
		return id;
	return add_details(n->tree, &n->tree->labels[id], s) ? id : PDIAG_CALL_NONE;
}

void pdiag_call_namer_free(struct pdiag_call_namer *n)
{
	pdiag_text_free(&n->place);
	pdiag_text_free(&n->clean);
}
