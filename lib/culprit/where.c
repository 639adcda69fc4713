/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit/where.h"

#include <string.h>

#include "output/sanitize.h"

/* Longer names are cut in sentences, not in the fields. */
#define NAME_MAX_SHOWN 80

void pdiag_tell_name(struct pdiag_text *t, const char *name)
{
	struct pdiag_text clean = { 0 };
	size_t len;

	pdiag_sanitize_name(&clean, name, strlen(name));
	if (clean.error) {
		t->error = clean.error;
		pdiag_text_free(&clean);
		return;
	}
	len = pdiag_sanitize_cut(clean.data, clean.len, NAME_MAX_SHOWN);
	pdiag_text_add(t, clean.data, len);
	if (len < clean.len)
		pdiag_text_str(t, "...");
	pdiag_text_free(&clean);
}

/* How a program waits is told by the C library, what for is not. */
static bool is_libc(const struct pdiag_symbol *s)
{
	const char *name = strrchr(s->module ? s->module : "", '/');

	return name && (!strncmp(name, "/libc.", 6) || !strncmp(name, "/libc-", 6) ||
		!strncmp(name, "/libpthread", 11) || !strncmp(name, "/ld-musl", 8));
}

static bool has_name(const struct pdiag_symbol *s)
{
	return s->kind != PDIAG_FRAME_UNRESOLVED;
}

/* Also where the kernel does not tell its names. */
static bool is_kernel(const struct pdiag_symbol *s)
{
	return s->kind == PDIAG_FRAME_KERNEL ||
		(!has_name(s) && s->module && !strcmp(s->module, "[kernel]"));
}

/* Does anything tell where it is? */
static bool is_known(const struct pdiag_symbol *s)
{
	return has_name(s) || (s->module && *s->module);
}

static const struct pdiag_symbol *last_of_user(const struct pdiag_told_frames *f, bool libc)
{
	for (uint32_t i = 0; i < f->depth; i++)
		if (!is_kernel(f->list[i]) && f->list[i]->kind != PDIAG_FRAME_MARK &&
			is_known(f->list[i]) && (libc || !is_libc(f->list[i])))
			return f->list[i];
	return NULL;
}

/* "serve", "code of dash without a name" */
static void add_place(struct pdiag_text *t, const struct pdiag_symbol *s)
{
	const char *base;

	if (has_name(s)) {
		pdiag_tell_name(t, s->name);
		return;
	}
	if (!strcmp(s->module, "[jit]")) {
		pdiag_text_str(t, "run-time code without a name");
		return;
	}
	base = strrchr(s->module, '/');
	pdiag_text_str(t, "code of ");
	pdiag_tell_name(t, base && base[1] ? base + 1 : s->module);
	pdiag_text_str(t, " without a name");
}

void pdiag_tell_where(struct pdiag_text *t, const struct pdiag_told_frames *f, bool running)
{
	const struct pdiag_symbol *leaf = f->depth ? f->list[0] : NULL;
	const struct pdiag_symbol *user = last_of_user(f, running);

	if (!leaf)
		return;
	if (!user)
		user = last_of_user(f, true);
	if (user || has_name(leaf)) {
		pdiag_text_str(t, " in ");
		add_place(t, user ? user : leaf);
	} else if (is_kernel(leaf)) {
		pdiag_text_str(t, " in the kernel");
	}
	if (!user || user == leaf || !running || !has_name(leaf))
		return;
	pdiag_text_str(t, " (kernel: ");
	pdiag_tell_name(t, leaf->name);
	pdiag_text_char(t, ')');
}
