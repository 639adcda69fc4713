/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests share whose flight recorder is made of records: times, and what comes out of it. */
#ifndef TESTS_UNIT_CAPTURE_FLIGHT_GROUND_H
#define TESTS_UNIT_CAPTURE_FLIGHT_GROUND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flight_source.h"
#include "util/text.h"

static struct pdiag *context;
static struct pdiag_capture *capture;
static struct flight_source *source;
static struct pdiag_text text;
static uint64_t now;

static inline int setup(void **state)
{
	(void)state;
	if (pdiag_open(NULL, &context))
		return -1;
	now = pdiag_capture_clock();
	source = flight_new(context, &capture);
	return !source;
}

static inline int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	pdiag_text_free(&text);
	return 0;
}

static inline void start(void)
{
	assert_int_equal(pdiag_capture_start(capture), 0);
}

/* So many seconds ago. */
static inline uint64_t ago(double seconds)
{
	return now - (uint64_t)(int64_t)(seconds * 1e9);
}

static inline int add_stack(void *user, const struct pdiag_stack *s)
{
	pdiag_text_printf(user, "%s/%s", s->process, s->comm);
	for (uint32_t i = 0; i < s->depth; i++)
		pdiag_text_printf(user, " %s", s->frames[i]->module);
	pdiag_text_printf(user, " %llu%s\n", (unsigned long long)s->weight_ns,
		s->flags & PDIAG_STACK_PENDING ? " pending" : "");
	return 0;
}

static inline const char *stacks_of(struct pdiag_profile *profile)
{
	pdiag_text_free(&text);
	pdiag_text_add(&text, "", 0);
	assert_int_equal(pdiag_profile_each_stack(profile, add_stack, &text), 0);
	assert_int_equal(text.error, 0);
	return text.data ? text.data : "";
}

static inline void expect(const char *stacks)
{
	assert_string_equal(stacks_of(pdiag_capture_profile(capture)), stacks);
}

static inline int add_loss(void *user, const struct pdiag_loss *l)
{
	pdiag_text_printf(user, "%s %u %llu\n", pdiag_loss_text(l->reason), l->second,
		(unsigned long long)l->events);
	return 0;
}

static inline void expect_losses(const char *losses)
{
	pdiag_text_free(&text);
	assert_int_equal(pdiag_profile_each_loss(pdiag_capture_profile(capture), add_loss, &text),
		0);
	assert_string_equal(text.data ? text.data : "", losses);
}

static inline void freeze(int samples)
{
	assert_int_equal(pdiag_capture_freeze(capture), 0);
	assert_int_equal(pdiag_capture_dispatch(capture), samples);
}

/* Of what was sampled since the last time. */
static inline const char *taken(void)
{
	struct pdiag_profile *profile;

	assert_int_equal(pdiag_capture_take(capture, &profile), 0);
	stacks_of(profile);
	pdiag_profile_free(profile);
	return text.data;
}

#endif
