/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/debug_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "process/reach.h"
#include "util/array.h"

/* A file above this is not read through for its checksum. */
#define CHECKSUM_MAX ((off_t)8 << 30)

struct search {
	const struct pdiag_elf *elf;
	const char *debug_path;
	unsigned char id[PDIAG_BUILD_ID_MAX];
	size_t id_len;
	char link[NAME_MAX + 1]; /* of .gnu_debuglink, or "" */
	uint32_t checksum;
	bool mismatch;
};

/* Name, padding to four bytes, checksum. */
static void read_link(struct search *s)
{
	char bytes[NAME_MAX + 16];
	uint32_t sum;
	GElf_Shdr h;
	size_t len;

	if (!pdiag_elf_section(s->elf, ".gnu_debuglink", &h) || h.sh_size > sizeof(bytes) ||
		pdiag_elf_read(s->elf, h.sh_offset, bytes, (size_t)h.sh_size))
		return;
	len = strnlen(bytes, (size_t)h.sh_size);
	/* A name, not a path: the file does not get to choose where we look. */
	if (!len || len > NAME_MAX || memchr(bytes, '/', len) || ((len + 4) & ~(size_t)3) + 4 >
		h.sh_size)
		return;
	memcpy(&sum, bytes + ((len + 4) & ~(size_t)3), sizeof(sum));
	if (s->elf->header.e_ident[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ?
						ELFDATA2LSB : ELFDATA2MSB))
		sum = __builtin_bswap32(sum);
	s->checksum = sum;
	memcpy(s->link, bytes, len + 1);
}

static bool checksum_matches(int fd, off_t size, uint32_t want)
{
	unsigned char block[16 * 1024];
	uLong sum = crc32(0, NULL, 0);
	off_t at = 0;
	ssize_t n;

	if (size > CHECKSUM_MAX)
		return false;
	while ((n = pread(fd, block, sizeof(block), at)) > 0) {
		sum = crc32(sum, block, (uInt)n);
		at += n;
	}
	return !n && (uint32_t)sum == want;
}

/* Is the file open at `fd` the right one? */
static bool matches(struct search *s, int fd, off_t size, bool by_link)
{
	unsigned char id[PDIAG_BUILD_ID_MAX];
	struct pdiag_elf debug;
	size_t len;
	bool kin;

	if (pdiag_elf_open_fd(&debug, fd))
		return false;
	kin = debug.header.e_machine == s->elf->header.e_machine &&
		debug.header.e_ident[EI_CLASS] == s->elf->header.e_ident[EI_CLASS];
	len = pdiag_elf_build_id(&debug, id);
	pdiag_elf_close(&debug);
	if (!kin)
		return false;
	if (len && s->id_len)
		return len == s->id_len && !memcmp(id, s->id, len);
	return by_link && checksum_matches(fd, size, s->checksum);
}

static int try_path(struct search *s, const char *path, bool by_link)
{
	/* Not opened for reading before it is known to be a file: the directory may be anybody's,
	 * and the name a link to a device that does things when it is opened. */
	pdiag_auto_close int at = open(path, O_PATH | O_CLOEXEC);
	struct stat self, st;
	int fd;

	if (at < 0 || fstat(at, &st) || !S_ISREG(st.st_mode) || fstat(s->elf->fd, &self) ||
		(st.st_dev == self.st_dev && st.st_ino == self.st_ino))
		return -1;
	fd = pdiag_reach_again(at);
	if (fd < 0)
		return -1;
	if (matches(s, fd, st.st_size, by_link))
		return fd;
	s->mismatch = true;
	close(fd);
	return -1;
}

/* The next directory of the search path; false at its end. */
static bool next_dir(const char **rest, int *len, const char **dir)
{
	if (!*rest)
		return false;
	*dir = *rest;
	*len = (int)strcspn(*rest, ":");
	*rest = (*rest)[*len] ? *rest + *len + 1 : NULL;
	return true;
}

static int by_build_id(struct search *s)
{
	const char *rest = s->debug_path, *dir;
	char hex[2 * PDIAG_BUILD_ID_MAX + 1], path[PATH_MAX];
	int len, n, fd;

	if (s->id_len < 2)
		return -1;
	for (size_t i = 0; i < s->id_len; i++)
		snprintf(hex + 2 * i, 3, "%02x", s->id[i]);
	while (next_dir(&rest, &len, &dir)) {
		if (!len)
			continue;
		n = snprintf(path, sizeof(path), "%.*s/.build-id/%.2s/%s.debug", len, dir, hex,
			hex + 2);
		fd = n > 0 && n < (int)sizeof(path) ? try_path(s, path, false) : -1;
		if (fd >= 0)
			return fd;
	}
	return -1;
}

static int try_format(struct search *s, const char *root, int root_len, const char *dir,
	int dir_len, const char *sub)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%.*s%.*s/%s%s", root_len, root, dir_len, dir, sub,
		s->link);

	return n > 0 && n < (int)sizeof(path) ? try_path(s, path, true) : -1;
}

static int by_link(struct search *s, const char *file)
{
	const char *rest = s->debug_path, *root, *slash = strrchr(file, '/');
	int dir_len = slash ? (int)(slash - file) : 0, len, fd;

	if (!s->link[0] || !slash || slash - file > PATH_MAX)
		return -1;
	fd = try_format(s, "", 0, file, dir_len, "");
	if (fd < 0)
		fd = try_format(s, "", 0, file, dir_len, ".debug/");
	while (fd < 0 && next_dir(&rest, &len, &root))
		if (len)
			fd = try_format(s, root, len, file, dir_len, "");
	return fd;
}

int pdiag_debug_file_open(const struct pdiag_elf *e, const char *path, const char *debug_path,
	bool *mismatch)
{
	struct search s = { .elf = e, .debug_path = debug_path };
	int fd;

	s.id_len = pdiag_elf_build_id(e, s.id);
	read_link(&s);
	fd = by_build_id(&s);
	if (fd < 0)
		fd = by_link(&s, path);
	*mismatch = fd < 0 && s.mismatch;
	return fd;
}
