/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/loss.h"

#include <errno.h>
#include <stdlib.h>

#include "core/error.h"
#include "output/number.h"
#include "output/out.h"
#include "output/output.h"
#include "util/array.h"

static uint64_t add_sat(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static int add_total(void *user, const struct pdiag_loss *loss)
{
	struct pdiag_loss_totals *t = user;

	if (loss->reason < PDIAG_LOSS_REASONS)
		t->events[loss->reason] = add_sat(t->events[loss->reason], loss->events);
	return 0;
}

int pdiag_loss_totals(const struct pdiag_profile *profile, struct pdiag_loss_totals *out)
{
	*out = (struct pdiag_loss_totals){ 0 };
	return pdiag_profile_each_loss(profile, add_total, out);
}

/* THROTTLED and SHORT count something else than samples that are missing. */
static const char *what_is_counted(uint32_t reason, uint64_t events)
{
	switch (reason) {
	case PDIAG_LOSS_THROTTLED:
		return events == 1 ? " time" : " times";
	case PDIAG_LOSS_SHORT:
		return events == 1 ? " wait" : " waits";
	case PDIAG_LOSS_CUT:
		return events == 1 ? " place" : " places";
	default:
		return events == 1 ? " event" : " events";
	}
}

static void lost_of(struct pdiag_text *t, const struct pdiag_profile_info *info)
{
	pdiag_number_grouped(t, info->lost);
	pdiag_text_str(t, " lost");
	if (!info->lost)
		return;
	pdiag_text_str(t, " (");
	pdiag_number_percent(t, info->lost, add_sat(info->lost, info->samples));
	pdiag_text_str(t, ")");
}

void pdiag_loss_sentence(struct pdiag_text *t, const struct pdiag_profile_info *info,
	const struct pdiag_loss_totals *totals)
{
	const char *before = ": ";

	lost_of(t, info);
	for (uint32_t i = 0; i < PDIAG_LOSS_REASONS; i++) {
		if (!totals->events[i])
			continue;
		pdiag_text_str(t, before);
		before = ", ";
		pdiag_text_str(t, pdiag_loss_text(i));
		pdiag_text_char(t, ' ');
		pdiag_number_grouped(t, totals->events[i]);
		if (i == PDIAG_LOSS_THROTTLED || i == PDIAG_LOSS_SHORT)
			pdiag_text_str(t, what_is_counted(i, totals->events[i]));
	}
}

/* The ledger's lines, to be put in another order. */
struct lines {
	struct pdiag_loss *loss;
	size_t count, cap;
};

static int add_line(void *user, const struct pdiag_loss *loss)
{
	struct lines *l = user;

	if (pdiag_array_reserve(&l->loss, &l->cap, l->count + 1, sizeof(*l->loss)))
		return pdiag_fail_memory("listing losses");
	l->loss[l->count++] = *loss;
	return 0;
}

static int three_way(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare(const void *a, const void *b)
{
	const struct pdiag_loss *x = a, *y = b;
	int diff = three_way(x->reason, y->reason);

	diff = diff ? diff : three_way(x->cpu, y->cpu);
	diff = diff ? diff : three_way(x->pid, y->pid);
	return diff ? diff : three_way(x->second, y->second);
}

static bool same_span(const struct pdiag_loss *first, const struct pdiag_loss *last,
	const struct pdiag_loss *next)
{
	return first->reason == next->reason && first->cpu == next->cpu &&
		first->pid == next->pid && next->second - last->second <= 1;
}

static void put_span(struct pdiag_text *t, const struct pdiag_loss *first, uint32_t last_second,
	uint64_t events)
{
	pdiag_text_printf(t, "  %-10s", pdiag_loss_text(first->reason));
	if (first->cpu >= 0)
		pdiag_text_printf(t, "  cpu %d", first->cpu);
	if (first->pid >= 0)
		pdiag_text_printf(t, "  pid %d", first->pid);
	if (last_second != first->second)
		pdiag_text_printf(t, "  seconds %u-%u  ", first->second, last_second);
	else
		pdiag_text_printf(t, "  second %u  ", first->second);
	pdiag_number_grouped(t, events);
	pdiag_text_str(t, what_is_counted(first->reason, events));
	pdiag_text_char(t, '\n');
}

static int put_spans(struct pdiag_out *out, const struct lines *l)
{
	uint64_t events;
	size_t i, last;
	int ret = 0;

	for (i = 0; i < l->count && !ret; i = last + 1) {
		events = l->loss[i].events;
		for (last = i; last + 1 < l->count &&
			same_span(&l->loss[i], &l->loss[last], &l->loss[last + 1]); last++)
			events = add_sat(events, l->loss[last + 1].events);
		put_span(&out->text, &l->loss[i], l->loss[last].second, events);
		ret = pdiag_out_room(out);
	}
	return ret;
}

static void put_head(struct pdiag_text *t, const struct pdiag_profile_info *info)
{
	pdiag_text_str(t, "loss: ");
	if (!info->lost) {
		pdiag_text_str(t, "none (");
		pdiag_number_grouped(t, info->samples);
		pdiag_text_str(t, " samples taken)\n");
		return;
	}
	lost_of(t, info);
	pdiag_text_str(t, ", ");
	pdiag_number_grouped(t, info->samples);
	pdiag_text_str(t, " samples taken\n");
}

int pdiag_profile_write_loss(struct pdiag_profile *profile,
	const struct pdiag_output_options *options, const struct pdiag_sink *sink)
{
	struct pdiag_output output;
	struct lines lines = { 0 };
	struct pdiag_out out;
	int ret;

	pdiag_error_clear();
	ret = pdiag_output_check(&output, profile, options);
	if (ret)
		return ret;
	ret = pdiag_out_begin(&out, sink);
	if (ret)
		return ret;
	ret = pdiag_profile_each_loss(profile, add_line, &lines);
	if (!ret) {
		if (lines.count)
			qsort(lines.loss, lines.count, sizeof(*lines.loss), compare);
		put_head(&out.text, &output.all);
		ret = put_spans(&out, &lines);
	}
	free(lines.loss);
	return pdiag_out_end(&out, ret);
}
