/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int pdiag_file_read(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (len < size - 1) {
		n = read(fd, buf + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (n < 0)
		n = -errno;
	close(fd);
	buf[len] = '\0';
	return n < 0 ? (int)n : (int)len;
}

long pdiag_file_number(const char *path, long fallback)
{
	char text[64], *end;
	long v;

	if (pdiag_file_read(path, text, sizeof(text)) <= 0)
		return fallback;
	errno = 0;
	v = strtol(text, &end, 10);
	return errno || end == text ? fallback : v;
}
