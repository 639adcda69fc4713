/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unwind/cfi_image.h"

#include <dwarf.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unwind/cfi_entry.h"

/* Linkers make four or five segments of code and data, and a dozen headers in all. */
#define HEADERS_MAX 64u
#define SEGMENTS_MAX 16u

/* The start of .eh_frame_hdr, as all linkers make it. */
struct table_header {
	uint8_t version, frame_encoding, count_encoding, table_encoding;
	int32_t frame;
	uint32_t count;
};

struct table_entry {
	int32_t start, fde; /* relative to .eh_frame_hdr */
};

_Static_assert(sizeof(struct table_header) == 12, "layout of .eh_frame_hdr");

static bool is_usual(const Elf64_Ehdr *h)
{
	return !memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_ident[EI_CLASS] == ELFCLASS64 &&
		h->e_ident[EI_DATA] == ELFDATA2LSB && h->e_machine == EM_X86_64 &&
		h->e_phentsize == sizeof(Elf64_Phdr) && h->e_phnum && h->e_phnum <= HEADERS_MAX;
}

/* Find the table by its header, which is at `at` in the file. */
static int find_table(struct pdiag_cfi_image *image, const struct pdiag_cfi_reader *reader,
	const Elf64_Phdr *at)
{
	struct table_header h;
	uint64_t end;
	int ret;

	if (at->p_filesz < sizeof(h) ||
		__builtin_add_overflow(at->p_offset, at->p_filesz, &end))
		return -EBADMSG;
	ret = reader->read(reader->user, at->p_offset, &h, sizeof(h));
	if (ret)
		return ret;
	/* What is found by the table tells where it is; so where .eh_frame begins is not asked. */
	if (h.version != 1 || h.count_encoding != DW_EH_PE_udata4 ||
		((h.frame_encoding & 0x0f) != DW_EH_PE_sdata4 &&
			(h.frame_encoding & 0x0f) != DW_EH_PE_udata4) ||
		h.table_encoding != (DW_EH_PE_datarel | DW_EH_PE_sdata4) ||
		h.count > (at->p_filesz - sizeof(h)) / sizeof(struct table_entry))
		return -EBADMSG;
	image->base = at->p_vaddr;
	image->table = at->p_offset + sizeof(h);
	image->fde_count = h.count;
	return 0;
}

static int read_headers(const struct pdiag_cfi_reader *reader, Elf64_Phdr *headers, size_t *count)
{
	Elf64_Ehdr h;
	int ret = reader->read(reader->user, 0, &h, sizeof(h));

	if (!ret && !is_usual(&h))
		ret = -EBADMSG;
	if (ret)
		return ret;
	*count = h.e_phnum;
	return reader->read(reader->user, h.e_phoff, headers, *count * sizeof(*headers));
}

/* The segments that have bytes in the file, and where the table's header is. */
static const Elf64_Phdr *take_headers(
	struct pdiag_cfi_image *image, const Elf64_Phdr *headers, size_t count)
{
	const Elf64_Phdr *table = NULL;

	for (size_t i = 0; i < count; i++) {
		const Elf64_Phdr *h = &headers[i];

		if (h->p_type == PT_GNU_EH_FRAME)
			table = h;
		if (h->p_type != PT_LOAD || !h->p_filesz || image->segment_count == SEGMENTS_MAX)
			continue;
		image->segments[image->segment_count++] = (struct pdiag_cfi_segment){
			.offset = h->p_offset, .size = h->p_filesz, .vaddr = h->p_vaddr,
			.code = h->p_flags & PF_X };
	}
	return table;
}

int pdiag_cfi_image_open(const struct pdiag_cfi_reader *reader, struct pdiag_cfi_image **out)
{
	Elf64_Phdr headers[HEADERS_MAX];
	struct pdiag_cfi_image *image;
	const Elf64_Phdr *table;
	size_t count, segments = 0;
	int ret = read_headers(reader, headers, &count);

	*out = NULL;
	if (ret)
		return ret;
	for (size_t i = 0; i < count; i++)
		segments += headers[i].p_type == PT_LOAD;
	image = calloc(1, sizeof(*image) + segments * sizeof(image->segments[0]));
	if (!image)
		return -ENOMEM;
	table = take_headers(image, headers, count);
	ret = table ? find_table(image, reader, table) : -EBADMSG;
	if (ret)
		free(image);
	else
		*out = image;
	return ret;
}

/* From an offset of code to its virtual address. */
static bool address_of(const struct pdiag_cfi_image *image, uint64_t offset, uint64_t *vaddr)
{
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const struct pdiag_cfi_segment *s = &image->segments[i];

		if (s->code && offset >= s->offset && offset - s->offset < s->size) {
			*vaddr = s->vaddr + (offset - s->offset);
			return true;
		}
	}
	return false;
}

/* The last entry of the table that does not begin behind pc. */
static int search(const struct pdiag_cfi_image *image, const struct pdiag_cfi_reader *reader,
	uint64_t pc, struct table_entry *out)
{
	uint32_t low = 0, high = image->fde_count, middle;
	struct table_entry e;
	int ret;

	while (low < high) {
		middle = low + (high - low) / 2;
		ret = reader->read(reader->user, image->table + (uint64_t)middle * sizeof(e), &e,
			sizeof(e));
		if (ret)
			return ret;
		if (image->base + (uint64_t)(int64_t)e.start <= pc) {
			*out = e;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low ? 0 : -EBADMSG;
}

int pdiag_cfi_image_row(const struct pdiag_cfi_image *image, const struct pdiag_cfi_reader *reader,
	uint64_t offset, struct pdiag_cfi_row *row)
{
	struct table_entry e;
	uint64_t pc;
	int ret;

	*row = (struct pdiag_cfi_row){ .base = PDIAG_CFI_NONE };
	if (!address_of(image, offset, &pc))
		return -EBADMSG;
	ret = search(image, reader, pc, &e);
	if (ret)
		return ret;
	return pdiag_cfi_entry_row(
		image, reader, image->base + (uint64_t)(int64_t)e.fde, pc, row);
}
