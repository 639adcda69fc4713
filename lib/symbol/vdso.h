/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vdso's image: the same in all 64-bit processes of a kernel, so our own will do. */
#ifndef PDIAG_SYMBOL_VDSO_H
#define PDIAG_SYMBOL_VDSO_H

#include <stddef.h>

/* The image in our own memory, and its length; NULL if there is none. */
const char *pdiag_vdso_image(size_t *size);

#endif
