/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names made safe for output. Symbol and file names come from files and processes that nobody
 * vouches for: they may hold anything but NUL, and be of any length.
 *
 * Clean text is valid UTF-8 without control characters, line separators, and marks that turn the
 * direction of writing; each byte of those is written as \xNN. It is never empty: "[empty]".
 */
#ifndef PDIAG_OUTPUT_SANITIZE_H
#define PDIAG_OUTPUT_SANITIZE_H

#include <stddef.h>

#include "util/text.h"

/* Add `s` as clean text. */
void pdiag_sanitize_name(struct pdiag_text *t, const char *s, size_t len);
/* The same for a frame of a folded stack: ";" becomes ":", as other collapsers write it. */
void pdiag_sanitize_frame(struct pdiag_text *t, const char *s, size_t len);

/* Add clean text as XML text or attribute, or as what stands between the quotes of a JSON string
 * (which holds no "<", ">" or "&", so that it may stand in a script or CDATA section). */
void pdiag_sanitize_xml(struct pdiag_text *t, const char *clean, size_t len);
void pdiag_sanitize_json(struct pdiag_text *t, const char *clean, size_t len);

/* The bytes of clean text that are at most `max`, ending between characters. */
size_t pdiag_sanitize_cut(const char *clean, size_t len, size_t max);
/* The bytes of clean text that fill at most `cells` columns of a monospaced font; *used says how
 * many they fill. */
size_t pdiag_sanitize_fit(const char *clean, size_t len, size_t cells, size_t *used);

#endif
