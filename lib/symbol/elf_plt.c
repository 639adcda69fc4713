/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/elf_plt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

/* Stubs of a section that are looked at: 16 MiB are a million functions. */
#define PLT_MAX ((uint64_t)16 << 20)
#define NO_NAME UINT32_MAX

/* A slot in the global offset table, and what the dynamic linker puts there. */
struct slot {
	uint64_t address;
	uint64_t resolver; /* with NO_NAME: the function that chooses */
	uint32_t name;
};

struct plt {
	const struct pdiag_elf *elf;
	struct pdiag_symbol_table *table;
	const struct pdiag_elf_added *dynamic;
	struct slot *slots; /* sorted by address once all are there */
	size_t count, cap;
	uint32_t *jumps;    /* names of .rela.plt, in its order */
	size_t jump_count, jump_cap;
};

enum reloc { RELOC_OTHER, RELOC_SLOT, RELOC_RESOLVER };

static enum reloc kind_of(uint16_t machine, uint64_t info)
{
	uint64_t type = GELF_R_TYPE(info);

	if (machine == EM_X86_64) {
		if (type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT)
			return RELOC_SLOT;
		return type == R_X86_64_IRELATIVE ? RELOC_RESOLVER : RELOC_OTHER;
	}
	if (type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT)
		return RELOC_SLOT;
	return type == R_AARCH64_IRELATIVE ? RELOC_RESOLVER : RELOC_OTHER;
}

static int add_slot(struct plt *p, const GElf_Rela *rela, Elf_Data *symbols, bool jumps)
{
	enum reloc kind = kind_of(p->elf->header.e_machine, rela->r_info);
	struct slot s = { .address = rela->r_offset, .name = NO_NAME };
	GElf_Sym sym;

	if (kind == RELOC_SLOT && symbols && GELF_R_SYM(rela->r_info) <= INT32_MAX &&
		gelf_getsym(symbols, (int)GELF_R_SYM(rela->r_info), &sym) &&
		sym.st_name < p->dynamic->text_len && sym.st_name)
		s.name = p->dynamic->text + (uint32_t)sym.st_name;
	if (kind == RELOC_RESOLVER)
		s.resolver = (uint64_t)rela->r_addend;
	if (jumps) {
		if (pdiag_array_reserve(&p->jumps, &p->jump_cap, p->jump_count + 1,
			    sizeof(*p->jumps)))
			return -ENOMEM;
		p->jumps[p->jump_count++] = s.name;
	}
	if (s.name == NO_NAME && !s.resolver)
		return 0;
	if (pdiag_array_reserve(&p->slots, &p->cap, p->count + 1, sizeof(*p->slots)))
		return -ENOMEM;
	p->slots[p->count++] = s;
	return 0;
}

static int read_relocations(struct plt *p, const char *section, bool jumps)
{
	Elf_Data *data, *symbols = NULL;
	Elf_Scn *scn, *link;
	GElf_Shdr h, link_h;
	GElf_Rela rela;
	int error;

	scn = pdiag_elf_section(p->elf, section, &h);
	if (!scn || h.sh_type != SHT_RELA)
		return 0;
	data = pdiag_elf_data(scn, &error);
	if (!data)
		return error;
	link = elf_getscn(p->elf->elf, h.sh_link);
	if (link && gelf_getshdr(link, &link_h) && link_h.sh_type == SHT_DYNSYM &&
		pdiag_elf_has_bytes(p->elf, &link_h)) {
		symbols = pdiag_elf_data(link, &error);
		if (error)
			return error;
	}
	for (int i = 0; i < INT32_MAX && gelf_getrela(data, i, &rela); i++)
		if (add_slot(p, &rela, symbols, jumps))
			return -ENOMEM;
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (x->name > y->name) - (x->name < y->name);
}

static int by_resolver(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return (x->resolver > y->resolver) - (x->resolver < y->resolver);
}

/* In a static program the slots' functions are known by their resolvers' names. */
static void name_resolvers(struct plt *p)
{
	struct slot key, *s;
	bool any = false;

	for (size_t i = 0; i < p->count; i++)
		any |= p->slots[i].name == NO_NAME;
	if (!any)
		return;
	qsort(p->slots, p->count, sizeof(*p->slots), by_resolver);
	for (size_t i = 0; i < p->table->draft_count; i++) {
		const struct pdiag_symbol_draft *d = &p->table->drafts[i];

		key.resolver = d->start;
		s = key.resolver ? bsearch(&key, p->slots, p->count, sizeof(*s), by_resolver) :
				   NULL;
		/* Several names: the global ones come last in a symbol table. */
		if (s)
			s->name = d->name;
	}
}

static uint32_t name_of_slot(const struct plt *p, uint64_t address)
{
	struct slot key = { .address = address };
	size_t low = 0, high = p->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (p->slots[mid].address < key.address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->count && p->slots[low].address == address ? p->slots[low].name : NO_NAME;
}

static int add_stub(struct plt *p, uint64_t address, uint32_t size, uint32_t name)
{
	struct pdiag_symbol_draft d = {
		.start = address,
		.size = size,
		.name = name,
		.flags = PDIAG_DRAFT_PLT,
	};

	return name == NO_NAME ? 0 : pdiag_symbol_table_add(p->table, &d);
}

/* [endbr64] [bnd] jmp *slot(%rip), or [endbr64] push $index where another section jumps. */
static uint32_t decode_x86(const struct plt *p, const unsigned char *code, size_t len,
	uint64_t address)
{
	size_t at = 0;
	uint32_t value;

	if (len >= 4 && !memcmp(code, "\xf3\x0f\x1e\xfa", 4))
		at = 4;
	if (at < len && code[at] == 0xf2)
		at++;
	if (len - at >= 6 && code[at] == 0xff && code[at + 1] == 0x25) {
		memcpy(&value, code + at + 2, sizeof(value));
		return name_of_slot(p, address + at + 6 + (uint64_t)(int64_t)(int32_t)value);
	}
	if (len - at >= 5 && code[at] == 0x68) {
		memcpy(&value, code + at + 1, sizeof(value));
		return value < p->jump_count ? p->jumps[value] : NO_NAME;
	}
	return NO_NAME;
}

static int scan_x86(struct plt *p, const unsigned char *code, const GElf_Shdr *h)
{
	/* Only .plt.got without marks for branch tracking has stubs of 8 bytes. */
	size_t step = h->sh_entsize == 8 ? 8 : 16, left;
	uint32_t name;

	for (uint64_t i = 0; i < h->sh_size; i += step) {
		left = h->sh_size - i < step ? (size_t)(h->sh_size - i) : step;
		name = decode_x86(p, code + i, left, h->sh_addr + i);
		if (add_stub(p, h->sh_addr + i, (uint32_t)left, name))
			return -ENOMEM;
	}
	return 0;
}

/* [bti c] adrp x16, page; ldr x17, [x16, #low]; add; br x17 */
static int scan_arm64(struct plt *p, const unsigned char *code, const GElf_Shdr *h)
{
	uint32_t word[2], size;
	uint64_t at, start;
	int64_t page;

	for (uint64_t i = 0; i + 8 <= h->sh_size; i += 4) {
		memcpy(word, code + i, sizeof(word));
		if ((word[0] & 0x9f00001f) != 0x90000010 || (word[1] & 0xffc003ff) != 0xf9400211)
			continue;
		page = (int64_t)(word[0] >> 5 & 0x7ffff) << 2 | (word[0] >> 29 & 3);
		page = (int64_t)((uint64_t)page << 43) >> 31; /* 21 bits with sign, in pages */
		at = h->sh_addr + i;
		start = at;
		size = 16;
		if (i >= 4) {
			memcpy(word, code + i - 4, 4);
			if (word[0] == 0xd503245f) {
				start -= 4;
				size += 8;
			}
		}
		memcpy(word, code + i, sizeof(word));
		at = (at & ~(uint64_t)0xfff) + (uint64_t)page + (word[1] >> 10 & 0xfff) * 8;
		if (add_stub(p, start, size, name_of_slot(p, at)))
			return -ENOMEM;
	}
	return 0;
}

static int scan(struct plt *p, const char *section)
{
	pdiag_auto_free unsigned char *code = NULL;
	GElf_Shdr h;

	if (!pdiag_elf_section(p->elf, section, &h) || !(h.sh_flags & SHF_EXECINSTR) ||
		h.sh_size > PLT_MAX)
		return 0;
	code = malloc((size_t)h.sh_size);
	if (!code)
		return -ENOMEM;
	if (pdiag_elf_read(p->elf, h.sh_offset, code, (size_t)h.sh_size))
		return 0;
	return p->elf->header.e_machine == EM_X86_64 ? scan_x86(p, code, &h) :
						       scan_arm64(p, code, &h);
}

int pdiag_elf_add_plt(const struct pdiag_elf *e, const struct pdiag_elf_added *dynamic,
	struct pdiag_symbol_table *t)
{
	static const char *const sections[] = { ".plt", ".plt.sec", ".plt.got", ".iplt" };
	struct plt p = { .elf = e, .table = t, .dynamic = dynamic };
	int ret;

	if (e->header.e_ident[EI_CLASS] != ELFCLASS64 ||
		e->header.e_ident[EI_DATA] != ELFDATA2LSB ||
		(e->header.e_machine != EM_X86_64 && e->header.e_machine != EM_AARCH64))
		return 0;
	ret = read_relocations(&p, ".rela.plt", true);
	if (!ret)
		ret = read_relocations(&p, ".rela.dyn", false);
	if (!ret && p.count) {
		name_resolvers(&p);
		qsort(p.slots, p.count, sizeof(*p.slots), by_address);
	}
	for (size_t i = 0; !ret && p.count && i < PDIAG_COUNT(sections); i++)
		ret = scan(&p, sections[i]);
	free(p.slots);
	free(p.jumps);
	return ret;
}
