/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The words every other header uses: handles, visibility, frame kinds.
 *
 * Rules that hold for the whole library:
 *  - Every call that can fail returns 0 (or a count) or a negative errno; pdiag_errmsg() has the
 *    sentence behind the last failure of this thread.
 *  - An option struct starts with `size`; set it to sizeof(the struct). Every other field left
 *    zero means the default. A NULL options pointer means all defaults.
 *  - What the library hands out through a const pointer belongs to the library; such a struct
 *    only ever grows at its end.
 *  - Handles and out pointers must not be NULL, except where NULL is named; _free and _close take
 *    NULL. (What makes an object checks them: -EINVAL.)
 *  - A handle is used by one thread at a time. Different contexts are independent.
 */
#ifndef PDIAG_TYPES_H
#define PDIAG_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define PDIAG_BEGIN_DECLS extern "C" {
#define PDIAG_END_DECLS }
#else
#define PDIAG_BEGIN_DECLS
#define PDIAG_END_DECLS
#endif

#if defined(__GNUC__)
#define PDIAG_API __attribute__((visibility("default")))
#define PDIAG_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define PDIAG_API
#define PDIAG_PRINTF(fmt, first)
#endif

PDIAG_BEGIN_DECLS

struct pdiag;
struct pdiag_capture;
struct pdiag_profile;
struct pdiag_symbolizer;
struct pdiag_recording;

/* What kind of code a frame stands for. */
enum pdiag_frame_kind {
	PDIAG_FRAME_USER = 0,	    /* machine code from a file in user space */
	PDIAG_FRAME_KERNEL = 1,	    /* the kernel or one of its modules */
	PDIAG_FRAME_JIT = 2,	    /* code made at run time, named by a perf map */
	PDIAG_FRAME_VDSO = 3,	    /* the kernel's page in user space */
	PDIAG_FRAME_INLINED = 4,    /* inlined into the frame below it */
	PDIAG_FRAME_UNRESOLVED = 5, /* no name; `reason` says why */
	PDIAG_FRAME_MARK = 6,	    /* not code: a wait cause or a truncation mark */
};

/* Why an address has no name. */
enum pdiag_reason {
	PDIAG_REASON_NONE = 0,		/* it has one */
	PDIAG_REASON_NOT_RESOLVED = 1,	/* nobody has asked yet */
	PDIAG_REASON_NO_MAPPING = 2,	/* no mapping of the process covers the address */
	PDIAG_REASON_PROCESS_GONE = 3,	/* the process ended before its mappings could be read */
	PDIAG_REASON_NO_PERMISSION = 4, /* the file or /proc entry may not be read */
	PDIAG_REASON_FILE_GONE = 5,	/* the mapped file is deleted and could not be reached */
	PDIAG_REASON_FILE_REPLACED = 6, /* another file stands at the path now */
	PDIAG_REASON_NOT_ELF = 7,	/* the mapped file is not ELF, or malformed */
	PDIAG_REASON_NO_SYMBOLS = 8, /* the file has no symbol table and no debug file was found */
	PDIAG_REASON_NO_MATCH = 9,   /* no symbol covers the address */
	PDIAG_REASON_DEBUG_MISMATCH = 10, /* a debug file was found, but with another build-id */
	PDIAG_REASON_NO_PERF_MAP = 11,	  /* anonymous code and no /tmp/perf-PID.map */
	PDIAG_REASON_KERNEL_HIDDEN = 12,  /* kptr_restrict hides kernel addresses */
	PDIAG_REASON_OTHER_BOOT = 13,	  /* a kernel address from another boot or machine */
	PDIAG_REASON_OUT_OF_MEMORY = 14,  /* the lookup ran out of memory */
};

/* What a thread was doing when it was sampled. */
enum pdiag_state {
	PDIAG_STATE_RUNNING = 0,     /* on a CPU */
	PDIAG_STATE_PREEMPTED = 1,   /* off the CPU, but it wanted to run */
	PDIAG_STATE_BLOCKED = 2,     /* off the CPU; the cause is not known */
	PDIAG_STATE_FUTEX = 3,	     /* waiting for a user-space lock or condition */
	PDIAG_STATE_IO = 4,	     /* waiting for storage or a file system */
	PDIAG_STATE_SLEEP = 5,	     /* asleep on a timer */
	PDIAG_STATE_POLL = 6,	     /* in poll, select or epoll */
	PDIAG_STATE_NETWORK = 7,     /* in a socket call */
	PDIAG_STATE_PIPE = 8,	     /* reading or writing a pipe */
	PDIAG_STATE_LOCK = 9,	     /* waiting for a lock inside the kernel */
	PDIAG_STATE_CHILD = 10,	     /* waiting for a child to end */
	PDIAG_STATE_PAGE_FAULT = 11, /* waiting for memory to be paged in */
};

/*
 * One name for an address. `name` is never NULL: where there is no name it is a placeholder such
 * as "[unknown libfoo.so]", and `reason` says why.
 */
struct pdiag_symbol {
	const char *name;	/* demangled */
	const char *raw_name;	/* as the symbol table has it; equals name if not mangled */
	const char *module;	/* path of the file, kernel module name, or "[kernel]" */
	const char *file;	/* source file; NULL (line information comes later) */
	const struct pdiag_symbol *caller; /* the function this one is inlined into, or NULL */
	uint64_t address;	/* start of the symbol, in the terms of its file */
	uint64_t size;		/* bytes, 0 if not known */
	uint64_t offset;	/* of the address asked for, from the symbol's start */
	uint32_t line;		/* 0 */
	uint32_t kind;		/* enum pdiag_frame_kind */
	uint32_t reason;	/* enum pdiag_reason */
	uint32_t reserved;
};

/* A sentence for an enum pdiag_reason, as structs hold it; never NULL. Any thread. */
PDIAG_API const char *pdiag_reason_text(uint32_t reason);
/* A short word for an enum pdiag_state, such as "futex"; never NULL. Any thread. */
PDIAG_API const char *pdiag_state_text(uint32_t state);

PDIAG_END_DECLS

#endif
