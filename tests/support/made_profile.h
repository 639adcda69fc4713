/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Profiles made by hand, through the profile's internal interface.
 *
 * A frame is written "KIND[#N][@MODULE]:NAME". KIND is u user, k kernel, j run-time code, v vdso,
 * i inlined, x for a frame without a name (NAME is then its placeholder), or n for one that is
 * in no mapping. #N makes it another address of the same function.
 */
#ifndef TESTS_SUPPORT_MADE_PROFILE_H
#define TESTS_SUPPORT_MADE_PROFILE_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/context.h>

#include "profile/profile.h"
#include "util/hash.h"

#define MADE_PERIOD 10000000ull /* ns: 100 Hz */

/* Only its id and address matter: frames are named before anybody looks them up. */
static struct pdiag_module made_module = { .path = "/made", .fd = -1, .pid = -1 };

static inline void made_check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "cannot make a profile: %s\n", what);
	exit(1);
}

static inline struct pdiag_profile *made_profile(struct pdiag *context)
{
	struct pdiag_profile *p;

	made_check(pdiag_profile_new(context, &p) == 0, "new");
	p->hz = 100;
	p->period_ns = MADE_PERIOD;
	p->start_realtime = 1767225600ull * 1000000000ull; /* 2026-01-01 00:00:00 UTC */
	p->end_time = 10ull * 1000000000ull;
	return p;
}

static inline uint32_t made_kind(char c)
{
	switch (c) {
	case 'k':
		return PDIAG_FRAME_KERNEL;
	case 'j':
		return PDIAG_FRAME_JIT;
	case 'v':
		return PDIAG_FRAME_VDSO;
	case 'i':
		return PDIAG_FRAME_INLINED;
	case 'x':
	case 'n':
		return PDIAG_FRAME_UNRESOLVED;
	default:
		return PDIAG_FRAME_USER;
	}
}

static inline const char *made_module_name(uint32_t kind)
{
	switch (kind) {
	case PDIAG_FRAME_KERNEL:
		return "[kernel]";
	case PDIAG_FRAME_JIT:
		return "[jit]";
	case PDIAG_FRAME_VDSO:
		return "[vdso]";
	default:
		return "/usr/bin/app";
	}
}

static inline uint32_t made_frame(struct pdiag_profile *p, const char *spec)
{
	const char *name = strchr(spec, ':'), *at = strchr(spec, '@');
	uint64_t value = pdiag_hash_bytes(1, spec, strlen(spec)) >> 32;
	struct pdiag_symbol symbol = { .kind = made_kind(*spec) };
	char module[256];
	uint32_t id;

	made_check(name != NULL, "a frame without a colon");
	symbol.name = symbol.raw_name = name + 1;
	symbol.module = made_module_name(symbol.kind);
	if (at && at < name) {
		snprintf(module, sizeof(module), "%.*s", (int)(name - at - 1), at + 1);
		symbol.module = module;
	}
	if (symbol.kind == PDIAG_FRAME_UNRESOLVED)
		symbol.reason = PDIAG_REASON_NO_SYMBOLS;
	if (*spec == 'n') {
		symbol.reason = PDIAG_REASON_NO_MAPPING;
		symbol.module = "";
	}
	symbol.address = value & ~0xfull;
	id = pdiag_profile_frame(p, &made_module, value);
	made_check(id != PDIAG_ID_NONE && pdiag_profile_name(p, id, &symbol) == 0, "frame");
	return id;
}

/* One sample of `ns`; frames outermost first, up to NULL. */
static inline void made_sample_frames(struct pdiag_profile *p, const char *comm, int32_t pid,
	enum pdiag_state state, uint32_t flags, uint64_t ns, const char *const *frames)
{
	uint32_t node = 0, thread, entry;

	for (; *frames; frames++)
		node = pdiag_profile_node(p, node, made_frame(p, *frames));
	thread = pdiag_profile_thread(p, pid, pid + 1, comm, comm);
	made_check(node != PDIAG_ID_NONE && thread != PDIAG_ID_NONE, "node");
	entry = pdiag_profile_entry(p, thread, node, state, flags);
	made_check(entry != PDIAG_ID_NONE && pdiag_profile_count(p, entry, ns, 0, 1) == 0, "count");
}

/* `samples` samples on the CPU; frames outermost first, up to NULL. */
static inline void made_samples(struct pdiag_profile *p, const char *comm, unsigned int samples,
	...)
{
	const char *frames[1200];
	size_t n = 0;
	va_list args;

	va_start(args, samples);
	while ((frames[n] = va_arg(args, const char *)))
		n++;
	va_end(args);
	for (unsigned int i = 0; i < samples; i++)
		made_sample_frames(p, comm, 100, PDIAG_STATE_RUNNING, 0, MADE_PERIOD, frames);
}

/* One wait of `ns`. */
static inline void made_wait(struct pdiag_profile *p, const char *comm, enum pdiag_state state,
	uint64_t ns, ...)
{
	const char *frames[64];
	size_t n = 0;
	va_list args;

	va_start(args, ns);
	while ((frames[n] = va_arg(args, const char *)))
		n++;
	va_end(args);
	made_sample_frames(p, comm, 100, state, 0, ns, frames);
}

/* A loss in a second of its own. */
static inline void made_loss(struct pdiag_profile *p, enum pdiag_loss_reason reason, int32_t cpu,
	uint32_t second, uint64_t events)
{
	made_check(pdiag_profile_lose(p, reason, cpu, -1, second * 1000000000ull + 1, events) == 0,
		"loss");
}

/* Names that files and processes may have, each in a stack of its own below "main". */
static inline void made_hostile(struct pdiag_profile *p)
{
	static char huge[65536 + 3];
	static const char *const names[] = {
		"u:semi;colon;name",
		"u:new\nline\r\ttab\x01\x1b[31mred\x7f",
		"u:<script>alert(1)</script>",
		"u:]]>&amp;<!--\"'--><![CDATA[",
		"u:bad\xff\xfe\xc0\xafutf8\xed\xa0\x80",
		"u:",
		"u:counts 12",
		"u:turned\xe2\x80\xaename",
		"u:line\xe2\x80\xa8separator",
		"u:\xe6\xbc\xa2\xe5\xad\x97 \xc3\xa9\xf0\x9f\x94\xa5",
		"u:back\\slash\\x41",
		"u: blanks ",
		"u:#comment",
		"u:</title></style>",
		"u:operator()(int) const::{lambda()#1}",
	};
	unsigned int count = 1;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		made_samples(p, "hostile;\n<comm>", count++, "u:main", names[i], NULL);
	memcpy(huge, "u:", 2);
	memset(huge + 2, 'A', 65536);
	made_samples(p, "comm 7", 3, "u:main", huge, NULL);
	made_samples(p, "comm 7", 2, NULL);
	made_samples(p, "", 1, "u@/tmp/;<&\n/lib.so:in_a_hostile_file", NULL);
}

#endif
