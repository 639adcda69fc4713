/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/elf_symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

/* What is known of each section, by its number. */
struct section {
	uint64_t start, end;
	bool code;
};

struct reader {
	const struct pdiag_elf *elf;
	struct pdiag_symbol_table *table;
	struct section *sections;
	size_t section_count;
	struct pdiag_elf_added *strings;
};

static int read_sections(struct reader *r)
{
	size_t count, i;
	Elf_Scn *scn = NULL;
	GElf_Shdr h;

	if (elf_getshdrnum(r->elf->elf, &count) || !count)
		return 0;
	if (count > PDIAG_ELF_SECTIONS_MAX)
		count = PDIAG_ELF_SECTIONS_MAX;
	r->sections = calloc(count, sizeof(*r->sections));
	if (!r->sections)
		return -ENOMEM;
	r->section_count = count;
	while ((scn = pdiag_elf_next(r->elf, scn, &h))) {
		i = elf_ndxscn(scn);
		if (i >= count || h.sh_size > UINT64_MAX - h.sh_addr)
			continue;
		r->sections[i] = (struct section){
			.start = h.sh_addr,
			.end = h.sh_addr + h.sh_size,
			.code = h.sh_flags & SHF_EXECINSTR,
		};
	}
	return 0;
}

static const struct section *section_of(const struct reader *r, const GElf_Sym *sym)
{
	const struct section *s;

	if (sym->st_shndx >= SHN_LORESERVE || sym->st_shndx >= r->section_count)
		return NULL;
	s = &r->sections[sym->st_shndx];
	return sym->st_value >= s->start && sym->st_value < s->end ? s : NULL;
}

static uint32_t binding_rank(unsigned char info)
{
	switch (GELF_ST_BIND(info)) {
	case STB_GLOBAL:
	case STB_GNU_UNIQUE:
		return 2;
	case STB_WEAK:
		return 1;
	default:
		return 0;
	}
}

/* Labels of the assembler and the marks between code and data on ARM are no functions. */
static bool is_label(const char *name)
{
	return name[0] == '.' || name[0] == '$' || !name[0];
}

static bool to_draft(const struct reader *r, const GElf_Sym *sym, struct pdiag_symbol_draft *d)
{
	unsigned int type = GELF_ST_TYPE(sym->st_info);
	bool function = type == STT_FUNC || type == STT_GNU_IFUNC;
	const struct section *s = section_of(r, sym);
	uint64_t room;

	if (!function && (type != STT_NOTYPE || !s || !s->code))
		return false;
	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx == SHN_ABS ||
		sym->st_shndx == SHN_COMMON || sym->st_name >= r->strings->text_len)
		return false;
	d->name = r->strings->text + (uint32_t)sym->st_name;
	if (is_label(r->table->text + d->name))
		return false;
	d->start = sym->st_value;
	if (r->elf->header.e_machine == EM_ARM && function)
		d->start &= ~(uint64_t)1; /* the mark of Thumb code */
	d->flags = sym->st_size ? 0 : PDIAG_DRAFT_EXTEND;
	if (!sym->st_size && !s)
		return false;
	room = sym->st_size ? sym->st_size : s->end - sym->st_value;
	d->size = room > PDIAG_SYMBOL_SIZE_MAX ? PDIAG_SYMBOL_SIZE_MAX : (uint32_t)room;
	d->rank = (uint32_t)(sym->st_size != 0) << 3 | (uint32_t)function << 2 |
		binding_rank(sym->st_info);
	return true;
}

/* Copy the strings behind the table's text; names stay offsets into them. */
static int add_strings(struct reader *r, uint32_t link)
{
	Elf_Scn *scn = elf_getscn(r->elf->elf, link);
	GElf_Shdr h;
	char *to;

	if (!scn || !gelf_getshdr(scn, &h) || h.sh_type != SHT_STRTAB ||
		!pdiag_elf_has_bytes(r->elf, &h))
		return 0;
	to = pdiag_symbol_table_text(r->table, (size_t)h.sh_size, &r->strings->text);
	if (!to)
		return -ENOMEM;
	if (pdiag_elf_read(r->elf, h.sh_offset, to, (size_t)h.sh_size))
		memset(to, 0, (size_t)h.sh_size);
	r->strings->text_len = h.sh_size;
	return 0;
}

static int add_all(struct reader *r, Elf_Data *data, const GElf_Shdr *h)
{
	size_t entry = gelf_fsize(r->elf->elf, ELF_T_SYM, 1, EV_CURRENT);
	size_t count = entry ? (size_t)(h->sh_size / entry) : 0;
	struct pdiag_symbol_draft d;
	GElf_Sym sym;

	for (size_t i = 1; i < count && i < INT32_MAX; i++) {
		if (!gelf_getsym(data, (int)i, &sym))
			break;
		if (to_draft(r, &sym, &d) && pdiag_symbol_table_add(r->table, &d))
			return -ENOMEM;
	}
	return 0;
}

static Elf_Scn *find_table(const struct pdiag_elf *e, uint32_t type, GElf_Shdr *h)
{
	Elf_Scn *scn = NULL;

	while ((scn = pdiag_elf_next(e, scn, h)))
		if (h->sh_type == type && pdiag_elf_has_bytes(e, h))
			return scn;
	return NULL;
}

int pdiag_elf_add_symbols(const struct pdiag_elf *e, uint32_t type, struct pdiag_symbol_table *t,
	struct pdiag_elf_added *added)
{
	struct reader r = { .elf = e, .table = t, .strings = added };
	pdiag_auto_free struct section *sections = NULL;
	Elf_Data *data;
	Elf_Scn *scn;
	GElf_Shdr h;
	int ret;

	*added = (struct pdiag_elf_added){ 0 };
	scn = find_table(e, type, &h);
	if (!scn)
		return 0;
	data = pdiag_elf_data(scn, &ret);
	if (!data)
		return ret;
	added->found = true;
	ret = add_strings(&r, h.sh_link);
	if (ret)
		return ret;
	ret = read_sections(&r);
	sections = r.sections;
	return ret ? ret : add_all(&r, data, &h);
}
