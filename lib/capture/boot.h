/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which boot of which machine this is. */
#ifndef PDIAG_CAPTURE_BOOT_H
#define PDIAG_CAPTURE_BOOT_H

#include <stdint.h>

/* Zeroes if the kernel does not tell. */
void pdiag_boot_id(uint64_t id[2]);

#endif
