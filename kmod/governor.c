// SPDX-License-Identifier: GPL-2.0-only
/*
 * The governor: what the callbacks of a session cost on a CPU, and what is done when it is more
 * than the session may use. Samples get rarer and stand for more time each; of events only one in
 * 2, 4, 8... is looked at and stands for the others.
 */
#include <linux/math64.h>

#include "arch/walk.h"
#include "record.h"
#include "session.h"

#define WINDOW (100 * NSEC_PER_MSEC)
#define PERIOD_MAX NSEC_PER_SEC
#define SHIFT_MAX 10

/* All sessions together may use five times what one may, but no more than a quarter of a CPU. */
#define SESSIONS 5
#define QUARTER_PPM 250000

DEFINE_PER_CPU(u64, pdiag_governor_spent[2]);

/* What finds no room is told at a later look, together with what has changed by then. */
static void tell(struct pdiag_cpu *cpu, u64 now, u64 old)
{
	struct pdiag_governor *governor = &cpu->governor;
	struct pdiag_kmod_rate *record;

	if (!governor->untold)
		governor->told = old;
	record = pdiag_record_reserve(cpu, sizeof(*record), PDIAG_KMOD_RATE, 0, now);
	governor->untold = !record;
	if (!record)
		return;
	record->old_period = governor->told;
	record->period = cpu->period;
	pdiag_record_commit(cpu, record);
}

static void slower(struct pdiag_cpu *cpu, u64 now)
{
	struct pdiag_governor *governor = &cpu->governor;
	u64 old = cpu->period;

	if (governor->shift < SHIFT_MAX)
		governor->shift++;
	if (old && old < PERIOD_MAX && cpu->timed)
		cpu->period = min_t(u64, old * 2, PERIOD_MAX);
	governor->throttled++;
	tell(cpu, now, old);
}

static void faster(struct pdiag_cpu *cpu, u64 now)
{
	struct pdiag_governor *governor = &cpu->governor;
	u64 old = cpu->period;

	if (governor->shift)
		governor->shift--;
	else if (old <= cpu->session->period)
		return;
	if (cpu->timed)
		cpu->period = max(old / 2, cpu->session->period);
	tell(cpu, now, old);
}

void pdiag_governor_judge(struct pdiag_cpu *cpu, u64 now)
{
	struct pdiag_governor *governor = &cpu->governor;
	u64 ppm = cpu->session->budget_ppm, all_ppm = min_t(u64, ppm * SESSIONS, QUARTER_PPM);
	u64 budget, used, all, all_used, spent = __this_cpu_read(pdiag_governor_spent[0]);

	/* What members do makes nobody else's sessions slower. */
	if (cpu->session->restricted)
		spent += __this_cpu_read(pdiag_governor_spent[1]);
	/* A longer window means that nothing happened for a while. */
	budget = mul_u64_u64_div_u64(now - governor->window, ppm, 1000000);
	all = mul_u64_u64_div_u64(now - governor->window, max(ppm, all_ppm), 1000000);
	used = pdiag_cycles_ns(governor->used);
	all_used = pdiag_cycles_ns(spent - governor->spent);
	governor->spent = spent;
	governor->cycles += governor->used;
	governor->used = 0;
	if (governor->window && (used > budget || all_used > all))
		slower(cpu, now);
	else if (used < budget / 4 && all_used < all / 2)
		faster(cpu, now);
	if (unlikely(governor->untold))
		tell(cpu, now, governor->told);
	governor->window = now;
	governor->judge_at = now + WINDOW;
}
