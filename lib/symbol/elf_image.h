/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An ELF image, from a file or from memory, read through libelf. A file is read, never mapped, so
 * that it may be cut short under us. Nothing in it is trusted.
 */
#ifndef PDIAG_SYMBOL_ELF_IMAGE_H
#define PDIAG_SYMBOL_ELF_IMAGE_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A section that is read whole is no larger than this. */
#define PDIAG_ELF_SECTION_MAX ((uint64_t)512 << 20)
/* Far above what linkers make of any program. */
#define PDIAG_ELF_SECTIONS_MAX ((size_t)1 << 20)

struct pdiag_elf {
	Elf *elf;
	int fd;		   /* -1: from memory; not owned */
	const char *image; /* NULL: from a file; not owned */
	uint64_t size;
	GElf_Ehdr header;
	size_t names;	   /* the section with the sections' names */
};

/* 0; -ENOMEM; -EBADMSG: not ELF, or not one we can read. */
int pdiag_elf_open_fd(struct pdiag_elf *e, int fd);
int pdiag_elf_open_memory(struct pdiag_elf *e, const char *image, size_t size);
void pdiag_elf_close(struct pdiag_elf *e);

/* Read bytes of the file or image into `to`. 0, or -EBADMSG if they are not all there. */
int pdiag_elf_read(const struct pdiag_elf *e, uint64_t offset, void *to, size_t len);

/* Walk the sections: NULL first, NULL at the end. */
Elf_Scn *pdiag_elf_next(const struct pdiag_elf *e, Elf_Scn *scn, GElf_Shdr *header);
/* A section by name; NULL if there is none, or if it has no bytes that can be read whole. */
Elf_Scn *pdiag_elf_section(const struct pdiag_elf *e, const char *name, GElf_Shdr *header);
/* Can its bytes be read whole? */
bool pdiag_elf_has_bytes(const struct pdiag_elf *e, const GElf_Shdr *header);
/* Its bytes, translated; NULL on failure with *error 0 (malformed) or -ENOMEM. Freed on close. */
Elf_Data *pdiag_elf_data(Elf_Scn *scn, int *error);

#define PDIAG_BUILD_ID_MAX 64
/* Its build-id; 0: none. */
size_t pdiag_elf_build_id(const struct pdiag_elf *e, unsigned char id[PDIAG_BUILD_ID_MAX]);

/* A PT_LOAD segment. */
struct pdiag_segment {
	uint64_t offset, file_size, vaddr;
	bool code;
};
/* All of them, at most 65,535; the caller frees *out. 0 or -ENOMEM. */
int pdiag_elf_segments(const struct pdiag_elf *e, struct pdiag_segment **out, size_t *count);
/* From an offset in the file to a virtual address, code first. */
bool pdiag_segments_vaddr(const struct pdiag_segment *s, size_t count, uint64_t offset,
	uint64_t *vaddr);

#endif
