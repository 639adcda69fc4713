/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unwind/cfi_entry.h"

#include <dwarf.h>
#include <errno.h>

#include "unwind/cfi_cursor.h"

/* Programs of large functions have some hundred bytes; what is longer is not followed. */
#define ENTRY_MAX 4096u

struct entry {
	unsigned char bytes[ENTRY_MAX];
	uint64_t vaddr; /* of bytes[0] */
	struct pdiag_cursor c;
};

struct cie {
	uint64_t code_align;
	int64_t data_align;
	uint8_t encoding; /* of addresses in its FDEs */
	bool augmented;	  /* FDEs have the length of what languages add */
	bool signal;	  /* a signal's frame: what it interrupted has called nothing */
};

static int read_at(const struct pdiag_cfi_image *image, const struct pdiag_cfi_reader *reader,
	uint64_t vaddr, void *to, size_t len)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct pdiag_cfi_segment *s = &image->segments[i];
		uint64_t in = vaddr - s->vaddr, offset;

		if (vaddr < s->vaddr || in >= s->size || len > s->size - in ||
			__builtin_add_overflow(s->offset, in, &offset))
			continue;
		return reader->read(reader->user, offset, to, len);
	}
	return -EBADMSG;
}

/* An entry without its length. */
static int read_entry(const struct pdiag_cfi_image *image, const struct pdiag_cfi_reader *reader,
	uint64_t vaddr, struct entry *e)
{
	uint32_t len;
	int ret = read_at(image, reader, vaddr, &len, sizeof(len));

	if (!ret && (len < 4 || len > ENTRY_MAX))
		ret = -EBADMSG;
	e->vaddr = vaddr + sizeof(len);
	if (!ret)
		ret = read_at(image, reader, e->vaddr, e->bytes, len);
	if (!ret)
		e->c = (struct pdiag_cursor){ .at = e->bytes, .end = e->bytes + len };
	return ret;
}

/* An address as an encoding of the language's tables says, absolute or relative to itself. */
static uint64_t take_encoded(struct entry *e, uint8_t encoding)
{
	uint64_t at = e->vaddr + (uint64_t)(e->c.at - e->bytes), value = 0;

	switch (encoding & 0x0f) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		value = pdiag_cursor_uint(&e->c, 8);
		break;
	case DW_EH_PE_udata4:
		value = pdiag_cursor_uint(&e->c, 4);
		break;
	case DW_EH_PE_sdata4:
		value = (uint64_t)(int64_t)(int32_t)pdiag_cursor_uint(&e->c, 4);
		break;
	default:
		e->c.bad = true;
		break;
	}
	if ((encoding & 0x70) == DW_EH_PE_pcrel)
		value += at;
	return value;
}

/* What languages add to a CIE: the letters say what there is. */
static void take_augmentation(struct entry *e, const char *letters, struct cie *cie)
{
	if (*letters++ != 'z') {
		e->c.bad = true;
		return;
	}
	cie->augmented = true;
	for (; *letters && !e->c.bad; letters++) {
		if (*letters == 'R')
			cie->encoding = (uint8_t)pdiag_cursor_uint(&e->c, 1);
		else if (*letters == 'L')
			pdiag_cursor_uint(&e->c, 1);
		else if (*letters == 'P')
			take_encoded(e, (uint8_t)pdiag_cursor_uint(&e->c, 1));
		else if (*letters == 'S')
			cie->signal = true;
		else
			e->c.bad = *letters != 'B';
	}
}

/* Read a CIE up to its program. */
static bool take_cie(struct entry *e, struct cie *cie)
{
	const unsigned char *letters, *end;
	struct pdiag_cursor program;
	uint64_t version, len;

	*cie = (struct cie){ .encoding = DW_EH_PE_absptr };
	if (pdiag_cursor_uint(&e->c, 4)) /* not 0: an FDE */
		return false;
	version = pdiag_cursor_uint(&e->c, 1);
	letters = e->c.at;
	end = memchr(letters, '\0', pdiag_cursor_left(&e->c));
	if ((version != 1 && version != 3) || !end)
		return false;
	pdiag_cursor_skip(&e->c, (uint64_t)(end - letters) + 1);
	cie->code_align = pdiag_cursor_uleb(&e->c);
	cie->data_align = pdiag_cursor_sleb(&e->c);
	if ((version == 1 ? pdiag_cursor_uint(&e->c, 1) : pdiag_cursor_uleb(&e->c)) != 16)
		return false;
	if (!*letters)
		return !e->c.bad;
	len = pdiag_cursor_uleb(&e->c);
	program = e->c;
	pdiag_cursor_skip(&program, len);
	take_augmentation(e, (const char *)letters, cie);
	if (e->c.bad || program.bad || e->c.at > program.at)
		return false;
	e->c = program;
	return true;
}

/* Read an FDE up to its program. False: it is malformed, or not about pc. */
static bool take_fde(struct entry *e, const struct cie *cie, uint64_t pc, uint64_t *start)
{
	uint64_t len;

	pdiag_cursor_uint(&e->c, 4);
	*start = take_encoded(e, cie->encoding);
	len = take_encoded(e, cie->encoding & 0x0f);
	if (cie->augmented)
		pdiag_cursor_skip(&e->c, pdiag_cursor_uleb(&e->c));
	return !e->c.bad && pc >= *start && pc - *start < len;
}

int pdiag_cfi_entry_row(const struct pdiag_cfi_image *image, const struct pdiag_cfi_reader *reader,
	uint64_t vaddr, uint64_t pc, struct pdiag_cfi_row *row)
{
	struct pdiag_cfi_program program;
	struct entry fde, shared;
	uint32_t back;
	struct cie cie;
	int ret = read_entry(image, reader, vaddr, &fde);

	if (ret)
		return ret;
	memcpy(&back, fde.bytes, sizeof(back));
	if (!back)
		return -EBADMSG;
	ret = read_entry(image, reader, fde.vaddr - back, &shared);
	if (ret)
		return ret;
	if (!take_cie(&shared, &cie) || cie.signal || !take_fde(&fde, &cie, pc, &program.start))
		return -EBADMSG;
	program.initial = shared.c.at;
	program.initial_len = pdiag_cursor_left(&shared.c);
	program.instructions = fde.c.at;
	program.instructions_len = pdiag_cursor_left(&fde.c);
	program.code_align = cie.code_align;
	program.data_align = cie.data_align;
	return pdiag_cfi_run(&program, pc, row) ? 0 : -EBADMSG;
}
