/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "symbol/line_reader.h"
#include "util/array.h"

/* Far above any kernel's table. */
#define SIZE_LIMIT ((uint64_t)1 << 30)
/* What is behind the last function of a module is not known; perf takes as much. */
#define TAIL 4096u
/* Stands behind a name's NUL when its module follows. */
#define MODULE_MARK '\1'

struct symbol {
	uint64_t address;
	char type;
	const char *name, *module;
	size_t name_len, module_len; /* module_len 0: none */
};

static bool is_code(char type)
{
	return type == 'T' || type == 't' || type == 'W' || type == 'w';
}

/* "[MODULE]" at the end, behind a blank; cuts it off the name. */
static void parse_module(struct symbol *s)
{
	const char *end = s->name + s->name_len - 1, *p = end;

	s->module_len = 0;
	if (*end != ']')
		return;
	while (p > s->name && *p != '[')
		p--;
	if (p == s->name || (p[-1] != '\t' && p[-1] != ' '))
		return;
	s->module = p + 1;
	s->module_len = (size_t)(end - p) - 1;
	while (p > s->name && (p[-1] == '\t' || p[-1] == ' '))
		p--;
	s->name_len = (size_t)(p - s->name);
}

static bool parse(const char *p, size_t len, struct symbol *s)
{
	const char *end = p + len;

	if (!pdiag_parse_hex(&p, end, &s->address) || end - p < 4 || p[0] != ' ' || p[2] != ' ')
		return false;
	s->type = p[1];
	s->name = p + 3;
	s->name_len = strnlen(s->name, (size_t)(end - s->name));
	if (!s->name_len)
		return false;
	parse_module(s);
	return s->name_len;
}

static int add_text(struct pdiag_symbol_table *t, const struct symbol *s, uint32_t *offset)
{
	size_t len = s->name_len + (s->module_len ? s->module_len + 2 : 0);
	char *text = pdiag_symbol_table_text(t, len, offset);

	if (!text)
		return -ENOMEM;
	memcpy(text, s->name, s->name_len);
	text[s->name_len] = '\0';
	if (s->module_len) {
		text[s->name_len + 1] = MODULE_MARK;
		memcpy(text + s->name_len + 2, s->module, s->module_len);
	}
	return 0;
}

/* Data is kept until the table is finished, as the end of the code before it. */
static int add(struct pdiag_symbol_table *t, const struct symbol *s)
{
	struct pdiag_symbol_draft d = { .start = s->address, .size = UINT32_MAX };

	if (is_code(s->type)) {
		d.flags = PDIAG_DRAFT_EXTEND;
		d.rank = s->type == 'T' ? 3 : s->type == 't' ? 1 : 2;
		if (add_text(t, s, &d.name))
			return -ENOMEM;
	} else {
		d.flags = PDIAG_DRAFT_EXTEND | PDIAG_DRAFT_BOUND;
	}
	return pdiag_symbol_table_add(t, &d);
}

const char *pdiag_kallsyms_module(const char *name)
{
	/* The text goes on behind a name, if only with the NUL that ends it all. */
	name += strlen(name) + 1;
	return *name == MODULE_MARK ? name + 1 : NULL;
}

static bool same_module(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return !strcmp(a, b);
}

/* Names of places where a section ends: nothing is behind them. */
static bool ends_text(const char *name)
{
	return !strcmp(name, "_etext") || !strcmp(name, "_einittext");
}

/* Functions reach to the next symbol; hold them back where that is in another module. */
static void cap_tails(struct pdiag_symbol_table *t)
{
	const char *module, *next;
	uint64_t cap;

	module = t->count ? pdiag_kallsyms_module(t->text + t->entries[0].name) : NULL;
	for (size_t i = 0; i < t->count; i++, module = next) {
		struct pdiag_symbol_entry *e = &t->entries[i];

		next = i + 1 < t->count ?
			pdiag_kallsyms_module(t->text + t->entries[i + 1].name) : NULL;
		if (!module && ends_text(t->text + e->name))
			e->size = 0;
		if (i + 1 < t->count && same_module(module, next))
			continue;
		cap = ((e->start + TAIL + TAIL - 1) & ~(uint64_t)(TAIL - 1)) - e->start;
		if (e->size > cap)
			e->size = (uint32_t)cap;
	}
}

int pdiag_kallsyms_read(int fd, struct pdiag_symbol_table *table, enum pdiag_reason *reason)
{
	struct pdiag_line_reader lines;
	bool zero = false, other = false;
	struct symbol s;
	uint32_t offset;
	size_t len;
	char *line;
	int ret, error;

	*reason = PDIAG_REASON_NO_SYMBOLS;
	ret = pdiag_line_reader_init(&lines, fd, SIZE_LIMIT);
	while (!ret && pdiag_line_reader_next(&lines, &line, &len)) {
		if (!parse(line, len, &s))
			continue;
		if (s.address)
			other = true;
		else
			zero = true;
		/* Absolute symbols are offsets in per-CPU data, not addresses. */
		if (s.address && s.type != 'A' && s.type != 'a')
			ret = add(table, &s);
	}
	error = lines.error;
	pdiag_line_reader_free(&lines);
	/* pdiag_kallsyms_module() looks one byte beyond a name. */
	if (!ret && !pdiag_symbol_table_text(table, 0, &offset))
		ret = -ENOMEM;
	if (!ret)
		ret = pdiag_symbol_table_finish(table);
	if (ret)
		return ret;
	cap_tails(table);
	if (table->count)
		*reason = PDIAG_REASON_NONE;
	else if (error)
		*reason = PDIAG_REASON_NO_PERMISSION;
	else if (zero && !other)
		*reason = PDIAG_REASON_KERNEL_HIDDEN;
	return 0;
}

int pdiag_kallsyms_load(const char *path, struct pdiag_symbol_table *table,
	enum pdiag_reason *reason)
{
	pdiag_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		*reason = errno == ENOENT || errno == ENOTDIR ? PDIAG_REASON_FILE_GONE :
								PDIAG_REASON_NO_PERMISSION;
		return 0;
	}
	return pdiag_kallsyms_read(fd, table, reason);
}
