/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files of /proc and /sys. */
#ifndef PDIAG_UTIL_FILE_H
#define PDIAG_UTIL_FILE_H

#include <stddef.h>

/* Read up to size - 1 bytes and end them with NUL. Bytes read, or a negative errno. */
int pdiag_file_read(const char *path, char *buf, size_t size);
/* The integer a file begins with, or `fallback` if it cannot be had. */
long pdiag_file_number(const char *path, long fallback);

#endif
