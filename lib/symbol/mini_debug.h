/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* .gnu_debugdata: a small ELF image with symbols only, packed with xz. */
#ifndef PDIAG_SYMBOL_MINI_DEBUG_H
#define PDIAG_SYMBOL_MINI_DEBUG_H

#include "symbol/elf_image.h"

/*
 * Unpack it. The caller frees *image, which is NULL if there is none or it is malformed or too
 * large. 0 or -ENOMEM.
 */
int pdiag_mini_debug(const struct pdiag_elf *e, char **image, size_t *size);

#endif
