/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The symbolizer: from addresses to names, usable alone. */
#ifndef PDIAG_SYMBOLIZER_H
#define PDIAG_SYMBOLIZER_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

/* Symbolizer flags. */
#define PDIAG_SYMBOL_RAW_NAMES 1u /* do not demangle */
#define PDIAG_SYMBOL_NO_DEBUG_FILES 2u /* do not look for separate debug files */

struct pdiag_symbolizer_options {
	size_t size;
	const char *debug_path;	    /* colon-separated; NULL: "/usr/lib/debug" */
	const char *kallsyms_path;  /* NULL: "/proc/kallsyms" */
	const char *perf_map_dir;   /* NULL: "/tmp" in the process's own file system */
	uint32_t flags;		    /* PDIAG_SYMBOL_* */
	uint32_t reserved;
};

/* options may be NULL. Errors: -EINVAL, -E2BIG, -ENOMEM. */
PDIAG_API int pdiag_symbolizer_new(struct pdiag *context,
	const struct pdiag_symbolizer_options *options, struct pdiag_symbolizer **out);
/* Names handed out stay valid until here. NULL is fine. */
PDIAG_API void pdiag_symbolizer_free(struct pdiag_symbolizer *symbolizer);

/*
 * Name one address. *out is library-owned and valid until the symbolizer is freed. An address
 * without a name is no error: *out then carries the reason. Errors: -EINVAL, -ENOMEM.
 */
/* An address in the running kernel. */
PDIAG_API int pdiag_symbolizer_kernel(struct pdiag_symbolizer *symbolizer, uint64_t address,
	const struct pdiag_symbol **out);
/* An address in the process `pid`, as it is mapped now. Also -ESRCH, -EACCES. */
PDIAG_API int pdiag_symbolizer_process(struct pdiag_symbolizer *symbolizer, int32_t pid,
	uint64_t address, const struct pdiag_symbol **out);
/* An ELF virtual address in a file. Also -ENOENT, -EACCES. */
PDIAG_API int pdiag_symbolizer_file(struct pdiag_symbolizer *symbolizer, const char *path,
	uint64_t address, const struct pdiag_symbol **out);

PDIAG_END_DECLS

#endif
