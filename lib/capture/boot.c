/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/boot.h"

#include <stddef.h>
#include <stdio.h>

#include "util/file.h"

void pdiag_boot_id(uint64_t id[2])
{
	char text[64], hex[33];
	size_t n = 0;

	id[0] = id[1] = 0;
	if (pdiag_file_read("/proc/sys/kernel/random/boot_id", text, sizeof(text)) <= 0)
		return;
	for (const char *p = text; *p && n < 32; p++)
		if (*p != '-')
			hex[n++] = *p;
	hex[n] = '\0';
	if (n == 32)
		sscanf(hex, "%16llx%16llx", (unsigned long long *)&id[0],
			(unsigned long long *)&id[1]);
}
