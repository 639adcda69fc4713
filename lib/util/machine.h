/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the machine has. */
#ifndef PDIAG_UTIL_MACHINE_H
#define PDIAG_UTIL_MACHINE_H

#include <stdint.h>
#include <unistd.h>

/* Bytes of memory. */
static inline uint64_t pdiag_machine_memory(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

#endif
