/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows of time made by hand, to be compared: profiles of so many seconds. */
#ifndef TESTS_SUPPORT_MADE_WINDOW_H
#define TESTS_SUPPORT_MADE_WINDOW_H

#include "support/made_profile.h"

static inline struct pdiag_profile *window_new(struct pdiag *context, double seconds)
{
	struct pdiag_profile *p = made_profile(context);

	p->end_time = p->start_time + (uint64_t)(seconds * 1e9);
	return p;
}

/* `samples` samples or waits, of so many seconds together; frames outermost first, one after the
 * other with '<' between: "u:main<u:loop". */
static inline void window_thread(struct pdiag_profile *p, const char *process, const char *comm,
	int32_t pid, int32_t tid, enum pdiag_state state, double seconds, unsigned int samples,
	const char *frames)
{
	char text[1024], *rest = text, *frame;
	uint32_t node = 0, thread, entry;

	made_check(strlen(frames) < sizeof(text), "frames");
	strcpy(text, frames);
	while ((frame = strsep(&rest, "<")) && *frame)
		node = pdiag_profile_node(p, node, made_frame(p, frame));
	thread = pdiag_profile_thread(p, pid, tid, comm, process);
	made_check(node != PDIAG_ID_NONE && thread != PDIAG_ID_NONE, "node");
	entry = pdiag_profile_entry(p, thread, node, state, 0);
	made_check(entry != PDIAG_ID_NONE, "entry");
	for (unsigned int i = 0; i < samples; i++)
		made_check(pdiag_profile_count(p, entry, (uint64_t)(seconds / samples * 1e9), 0,
				   1) == 0, "count");
}

static inline void window_add(struct pdiag_profile *p, const char *process, const char *comm,
	int32_t pid, enum pdiag_state state, double seconds, unsigned int samples,
	const char *frames)
{
	window_thread(p, process, comm, pid, pid, state, seconds, samples, frames);
}

/* Time on the CPU, sampled at 100 Hz. */
static inline void window_run(struct pdiag_profile *p, const char *process, int32_t pid,
	double seconds, const char *frames)
{
	unsigned int samples = (unsigned int)(seconds * 100 + 0.5);

	if (samples)
		window_add(p, process, process, pid, PDIAG_STATE_RUNNING, samples / 100.0, samples,
			frames);
}

/* Waits of `each` seconds. */
static inline void window_wait(struct pdiag_profile *p, const char *process, int32_t pid,
	enum pdiag_state state, double seconds, double each, const char *frames)
{
	unsigned int samples = (unsigned int)(seconds / each + 0.5);

	if (samples)
		window_add(p, process, process, pid, state, seconds, samples, frames);
}

#endif
