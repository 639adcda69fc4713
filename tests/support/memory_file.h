/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes as an open file. */
#ifndef TESTS_SUPPORT_MEMORY_FILE_H
#define TESTS_SUPPORT_MEMORY_FILE_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Positioned at its start; the caller closes it. */
static inline int memory_file(const void *data, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	const char *p = data;
	ssize_t n;

	if (fd < 0)
		abort();
	while (size) {
		n = write(fd, p, size);
		if (n <= 0)
			abort();
		p += n;
		size -= (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET))
		abort();
	return fd;
}

#endif
