/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/vdso.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

/* More than any kernel's. */
#define SIZE_MAX_OF_VDSO ((size_t)1 << 20)

/* The kernel maps the whole file, whose section headers are its last part. */
const char *pdiag_vdso_image(size_t *size)
{
	const char *base = (const char *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	ElfW(Ehdr) header;
	size_t len;

	if (!base)
		return NULL;
	memcpy(&header, base, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_shentsize != sizeof(ElfW(Shdr)) ||
		header.e_shoff > SIZE_MAX_OF_VDSO)
		return NULL;
	len = header.e_shoff + (size_t)header.e_shnum * sizeof(ElfW(Shdr));
	*size = len;
	return len >= sizeof(header) && len <= SIZE_MAX_OF_VDSO ? base : NULL;
}
