/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/elf_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All notes together: libelf keeps what it has read, and many sections may show the same bytes. */
#define NOTES_MAX ((uint64_t)1 << 20)

int pdiag_elf_read(const struct pdiag_elf *e, uint64_t offset, void *to, size_t len)
{
	char *p = to;
	ssize_t n;

	if (offset > e->size || len > e->size - offset)
		return -EBADMSG;
	if (e->image) {
		memcpy(to, e->image + offset, len);
		return 0;
	}
	while (len) {
		n = pread(e->fd, p, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EBADMSG;
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * What libelf allocates before we can ask it anything: memory for as many sections as the header,
 * or for large numbers the first section, says.
 */
static int check_section_count(const struct pdiag_elf *e)
{
	unsigned char ident[EI_NIDENT];
	Elf64_Ehdr h64;
	Elf32_Ehdr h32;
	Elf64_Shdr s64;
	Elf32_Shdr s32;
	bool is64, swap;
	uint64_t offset, count;

	if (pdiag_elf_read(e, 0, ident, sizeof(ident)) || memcmp(ident, ELFMAG, SELFMAG))
		return -EBADMSG;
	is64 = ident[EI_CLASS] == ELFCLASS64;
	swap = ident[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB :
										ELFDATA2MSB);
	if (is64) {
		if (pdiag_elf_read(e, 0, &h64, sizeof(h64)))
			return -EBADMSG;
		offset = swap ? __builtin_bswap64(h64.e_shoff) : h64.e_shoff;
		if (h64.e_shnum || !offset)
			return 0;
		if (pdiag_elf_read(e, offset, &s64, sizeof(s64)))
			return 0;
		count = swap ? __builtin_bswap64(s64.sh_size) : s64.sh_size;
	} else {
		if (pdiag_elf_read(e, 0, &h32, sizeof(h32)))
			return -EBADMSG;
		offset = swap ? __builtin_bswap32(h32.e_shoff) : h32.e_shoff;
		if (h32.e_shnum || !offset)
			return 0;
		if (pdiag_elf_read(e, offset, &s32, sizeof(s32)))
			return 0;
		count = swap ? __builtin_bswap32(s32.sh_size) : s32.sh_size;
	}
	return count > PDIAG_ELF_SECTIONS_MAX ? -EBADMSG : 0;
}

static int begin(struct pdiag_elf *e)
{
	int ret = check_section_count(e);

	if (ret)
		return ret;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -EBADMSG;
	errno = 0;
	if (e->image)
		e->elf = elf_memory((char *)(uintptr_t)e->image, (size_t)e->size);
	else
		e->elf = elf_begin(e->fd, ELF_C_READ, NULL);
	if (!e->elf)
		return errno == ENOMEM ? -ENOMEM : -EBADMSG;
	if (elf_kind(e->elf) != ELF_K_ELF || !gelf_getehdr(e->elf, &e->header) ||
		(e->header.e_type != ET_EXEC && e->header.e_type != ET_DYN)) {
		pdiag_elf_close(e);
		return -EBADMSG;
	}
	if (elf_getshdrstrndx(e->elf, &e->names))
		e->names = 0;
	return 0;
}

int pdiag_elf_open_fd(struct pdiag_elf *e, int fd)
{
	struct stat st;

	*e = (struct pdiag_elf){ .fd = fd };
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < 0)
		return -EBADMSG;
	e->size = (uint64_t)st.st_size;
	return begin(e);
}

int pdiag_elf_open_memory(struct pdiag_elf *e, const char *image, size_t size)
{
	*e = (struct pdiag_elf){ .fd = -1, .image = image, .size = size };
	return begin(e);
}

void pdiag_elf_close(struct pdiag_elf *e)
{
	if (e->elf)
		elf_end(e->elf);
	e->elf = NULL;
}

Elf_Scn *pdiag_elf_next(const struct pdiag_elf *e, Elf_Scn *scn, GElf_Shdr *header)
{
	while ((scn = elf_nextscn(e->elf, scn))) {
		if (elf_ndxscn(scn) > PDIAG_ELF_SECTIONS_MAX)
			return NULL;
		if (gelf_getshdr(scn, header))
			return scn;
	}
	return NULL;
}

bool pdiag_elf_has_bytes(const struct pdiag_elf *e, const GElf_Shdr *h)
{
	return h->sh_type != SHT_NOBITS && h->sh_type != SHT_NULL &&
		!(h->sh_flags & SHF_COMPRESSED) && h->sh_size &&
		h->sh_size <= PDIAG_ELF_SECTION_MAX && h->sh_offset <= e->size &&
		h->sh_size <= e->size - h->sh_offset;
}

/* A section's name by our own reading: libelf would load the whole table of names. */
static bool has_name(const struct pdiag_elf *e, const GElf_Shdr *names, const GElf_Shdr *h,
	const char *name)
{
	char text[32];
	size_t len = strlen(name) + 1;

	return len <= sizeof(text) && h->sh_name < names->sh_size &&
		len <= names->sh_size - h->sh_name &&
		!pdiag_elf_read(e, names->sh_offset + h->sh_name, text, len) &&
		!memcmp(text, name, len);
}

Elf_Scn *pdiag_elf_section(const struct pdiag_elf *e, const char *name, GElf_Shdr *header)
{
	Elf_Scn *scn = elf_getscn(e->elf, e->names);
	GElf_Shdr names;

	if (!e->names || !scn || !gelf_getshdr(scn, &names) || !pdiag_elf_has_bytes(e, &names))
		return NULL;
	for (scn = NULL; (scn = pdiag_elf_next(e, scn, header));)
		if (has_name(e, &names, header, name))
			return pdiag_elf_has_bytes(e, header) ? scn : NULL;
	return NULL;
}

Elf_Data *pdiag_elf_data(Elf_Scn *scn, int *error)
{
	Elf_Data *data;

	errno = 0;
	data = elf_getdata(scn, NULL);
	*error = !data && errno == ENOMEM ? -ENOMEM : 0;
	return data && data->d_buf ? data : NULL;
}

static size_t find_build_id(Elf_Data *data, unsigned char id[PDIAG_BUILD_ID_MAX])
{
	size_t pos = 0, name, desc;
	const char *bytes = data->d_buf;
	GElf_Nhdr note;

	/* gelf_getnote() checks that name and description are inside. */
	while ((pos = gelf_getnote(data, pos, &note, &name, &desc)))
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
			!memcmp(bytes + name, "GNU", 4) && note.n_descsz &&
			note.n_descsz <= PDIAG_BUILD_ID_MAX) {
			memcpy(id, bytes + desc, note.n_descsz);
			return note.n_descsz;
		}
	return 0;
}

size_t pdiag_elf_build_id(const struct pdiag_elf *e, unsigned char id[PDIAG_BUILD_ID_MAX])
{
	Elf_Scn *scn = NULL;
	GElf_Shdr h;
	uint64_t left = NOTES_MAX;
	Elf_Data *data;
	size_t len;
	int error;

	while ((scn = pdiag_elf_next(e, scn, &h))) {
		if (h.sh_type != SHT_NOTE || !pdiag_elf_has_bytes(e, &h) || h.sh_size > left)
			continue;
		left -= h.sh_size;
		data = pdiag_elf_data(scn, &error);
		len = data ? find_build_id(data, id) : 0;
		if (len)
			return len;
	}
	return 0;
}

int pdiag_elf_segments(const struct pdiag_elf *e, struct pdiag_segment **out, size_t *count)
{
	struct pdiag_segment *s;
	size_t all, used = 0;
	GElf_Phdr ph;

	*out = NULL;
	*count = 0;
	if (elf_getphdrnum(e->elf, &all) || !all)
		return 0;
	if (all > 65535)
		all = 65535;
	s = malloc(all * sizeof(*s));
	if (!s)
		return -ENOMEM;
	for (size_t i = 0; i < all && gelf_getphdr(e->elf, (int)i, &ph); i++) {
		if (ph.p_type != PT_LOAD)
			continue;
		s[used++] = (struct pdiag_segment){
			.offset = ph.p_offset,
			.file_size = ph.p_filesz,
			.vaddr = ph.p_vaddr,
			.code = ph.p_flags & PF_X,
		};
	}
	*out = s;
	*count = used;
	return 0;
}

bool pdiag_segments_vaddr(const struct pdiag_segment *s, size_t count, uint64_t offset,
	uint64_t *vaddr)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		if (offset < s[i].offset || offset - s[i].offset >= s[i].file_size)
			continue;
		if (found && !s[i].code)
			continue;
		*vaddr = s[i].vaddr + (offset - s[i].offset);
		found = true;
		if (s[i].code)
			break;
	}
	return found;
}
