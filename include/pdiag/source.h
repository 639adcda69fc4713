/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where samples come from, and what each source can do on this machine. */
#ifndef PDIAG_SOURCE_H
#define PDIAG_SOURCE_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

enum pdiag_source_id {
	PDIAG_SOURCE_AUTO = 0, /* the kernel module where it can be used, else perf events */
	PDIAG_SOURCE_PERF = 1, /* perf_event_open(2): every kernel has it */
	PDIAG_SOURCE_KMOD = 2, /* the kernel module of this library, by /dev/pdiag */
};

/* A source on this machine, for this process. Grows at its end only. */
struct pdiag_source_info {
	size_t size;	    /* set by the caller to sizeof(struct pdiag_source_info) */
	uint32_t source;    /* enum pdiag_source_id; never AUTO */
	uint32_t available; /* 1 if a capture can use it */
	uint32_t features;  /* how many pdiag_source_each_feature() tells */
	uint32_t abi;	    /* KMOD: counts changes of the module's calls ... */
	uint32_t schema;    /* ... and of its records; PERF: 0 */
	uint32_t probes;    /* KMOD: how many diagnosis probes the module has */
	char name[32];	    /* "perf", "kmod" */
	char release[32];   /* KMOD: of the module that is loaded; or "" */
	char why[256];	    /* why it is not available and what would help, or "" */
};

/* One thing that a source can do, or not. Grows at its end only. */
struct pdiag_source_feature {
	const char *name; /* "off-cpu"; the same thing has the same name with every source */
	const char *text; /* what it is, in a few words */
	const char *why;  /* why it is not available, or "" */
	uint32_t available;
	uint32_t reserved;
};

/* Returns 0 to go on; anything else ends the walk and is returned. */
typedef int (*pdiag_source_feature_fn)(void *user, const struct pdiag_source_feature *feature);

/*
 * Ask about a source; AUTO: about the one that a capture would try first and could use. A source
 * that is not available is no failure: info->why has the sentence. Nothing is sampled. Errors:
 * -EINVAL.
 */
PDIAG_API int pdiag_source_query(
	struct pdiag *context, uint32_t source, struct pdiag_source_info *info);

/*
 * Walk what a source can do, in a fixed order. Of one that is not available, nothing. Valid within
 * the callback. Errors: -EINVAL, and what the callback returns.
 */
PDIAG_API int pdiag_source_each_feature(
	struct pdiag *context, uint32_t source, pdiag_source_feature_fn fn, void *user);

PDIAG_END_DECLS

#endif
