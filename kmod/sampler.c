// SPDX-License-Identifier: GPL-2.0-only
/*
 * On-CPU samples: a pinned timer on each CPU, or a counter of cycles where there is one.
 *
 * A tick that comes late stands for all the ticks that were missed, so that the sum of weights is
 * the time that passed; what it interrupts is the first instruction after interrupts came on.
 */
#include <linux/ktime.h>
#include <linux/perf_event.h>
#include <linux/timekeeping.h>
#include <asm/irq_regs.h>

#include "arch/walk.h"
#include "compat/compat.h"
#include "record.h"

static u16 flags_of(struct pt_regs *regs, bool late)
{
	u16 flags = late ? PDIAG_KMOD_LATE : 0;

	if (!current->pid)
		flags |= PDIAG_KMOD_IDLE;
	if (regs && user_mode(regs))
		flags |= PDIAG_KMOD_IN_USER;
	return flags;
}

static bool wanted(const struct pdiag_session *session, struct pt_regs *regs)
{
	if (!pdiag_session_wants(session, current))
		return false;
	return !(session->flags & PDIAG_KMOD_USER_ONLY) || (regs && user_mode(regs));
}

static void sample(struct pdiag_cpu *cpu, struct pt_regs *regs, u64 now, u64 weight, bool late,
	bool nmi)
{
	struct pdiag_stack_entry *stack;
	u16 flags;

	pdiag_record_begin(cpu, now);
	if (!wanted(cpu->session, regs))
		return;
	stack = pdiag_record_stack(cpu, regs, NULL, nmi);
	flags = flags_of(regs, late);
	if (unlikely(!stack))
		flags |= pdiag_record_coarse(cpu);
	if (likely(!cpu->session->user_bytes) ||
		!pdiag_record_user_sample(cpu, now, stack, weight, flags, regs, nmi))
		pdiag_record_sample(cpu, now, current, stack, weight, flags);
	cpu->late += late;
}

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	struct pdiag_cpu *own = container_of(timer, struct pdiag_cpu, timer), *cpu;
	u64 began, now = ktime_get_mono_fast_ns(), covers = own->covers;
	u64 missed;

	cpu = pdiag_cpu_enter(own->session, &began);
	missed = hrtimer_forward(timer, now, own->period);
	if (unlikely(!missed)) /* the two clocks differ by nanoseconds */
		hrtimer_add_expires_ns(timer, own->period);
	else
		covers += (missed - 1) * own->period;
	own->covers = own->period;
	if (likely(cpu)) {
		sample(cpu, get_irq_regs(), now, covers, missed > 1, false);
		pdiag_cpu_leave(cpu, now, began);
	}
	return HRTIMER_RESTART;
}

static void overflow(
	struct perf_event *event, struct perf_sample_data *data, struct pt_regs *regs)
{
	struct pdiag_cpu *own = event->overflow_handler_context, *cpu;
	u64 began, now = ktime_get_mono_fast_ns();

	/* It is being tried whether it counts at all. */
	if (unlikely(!READ_ONCE(own->session->running)))
		return;
	cpu = pdiag_cpu_enter(own->session, &began);
	if (!cpu) {
		/* Of a frozen recorder nothing is missing. */
		if (!READ_ONCE(own->session->frozen) && wanted(own->session, regs))
			own->nested += own->session->period;
		return;
	}
	/* The rate of a counter stays, so some are left out; the next one weighs more for it. */
	if (unlikely(cpu->governor.shift) && wanted(cpu->session, regs) &&
		pdiag_governor_skip(cpu))
		cpu->nested += cpu->session->period;
	else
		sample(cpu, regs, now, cpu->session->period, false, in_nmi());
	pdiag_cpu_leave(cpu, now, began);
}

/* A counter that fires each time the cycles of one period have passed at the nominal rate. */
static struct perf_event *open_counter(struct pdiag_cpu *cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.size = sizeof(attr),
		.sample_period = mul_u64_u64_div_u64(
			cpu->session->period, pdiag_cycles_khz(), 1000000),
		.disabled = 1,
		.pinned = 1,
		.exclude_kernel = !!(cpu->session->flags & PDIAG_KMOD_USER_ONLY),
	};

	return perf_event_create_kernel_counter(&attr, cpu->number, NULL, overflow, cpu);
}

/* A counter that others hold is made nevertheless, and fails in silence when it is to count. */
static bool counts(struct perf_event *event)
{
	bool is;

	perf_event_enable(event);
	is = READ_ONCE(event->state) >= PERF_EVENT_STATE_INACTIVE;
	perf_event_disable(event);
	return is;
}

static void close_counters(struct pdiag_session *session)
{
	u32 i;

	for (i = 0; i + 1 < session->nr_rings; i++) {
		if (!session->cpu[i] || !session->cpu[i]->counter)
			continue;
		perf_event_release_kernel(session->cpu[i]->counter);
		session->cpu[i]->counter = NULL;
	}
}

/* 1: cycles are counted. 0: timers. */
int pdiag_sampler_open(struct pdiag_session *session)
{
	struct perf_event *event;
	u32 i, opened = 0;

	/* Members have no counter of a whole CPU, which others would lack. */
	if (session->flags & PDIAG_KMOD_SOFTWARE || session->restricted)
		return 0;
	for (i = 0; i + 1 < session->nr_rings; i++) {
		if (!session->cpu[i] || !cpu_online(i))
			continue;
		event = open_counter(session->cpu[i]);
		if (!IS_ERR(event))
			session->cpu[i]->counter = event;
		/* All or none: two clocks cannot be compared. */
		if (IS_ERR(event) || !counts(event)) {
			close_counters(session);
			return 0;
		}
		opened++;
	}
	return opened > 0;
}

bool pdiag_sampler_sleeps(const struct pdiag_cpu *cpu)
{
	/*
	 * The kernel takes counters off a CPU that goes, for good, and others may have taken what
	 * was free when it was tried: from then on it is the timer.
	 */
	return cpu->counter && cpu->counter->attach_state & PERF_ATTACH_CONTEXT &&
		READ_ONCE(cpu->counter->state) != PERF_EVENT_STATE_ERROR;
}

void pdiag_sampler_arm(struct pdiag_cpu *cpu)
{
	if (!cpu->session->period || cpu->armed)
		return;
	cpu->armed = true;
	cpu->timed = !pdiag_sampler_sleeps(cpu);
	if (!cpu->timed) {
		perf_event_enable(cpu->counter);
		return;
	}
	cpu->covers = cpu->period;
	pdiag_timer_setup(&cpu->timer, tick, HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&cpu->timer, ns_to_ktime(cpu->period), HRTIMER_MODE_REL_PINNED_HARD);
}

void pdiag_sampler_disarm(struct pdiag_cpu *cpu)
{
	if (!cpu->armed)
		return;
	cpu->armed = false;
	if (cpu->timed)
		hrtimer_cancel(&cpu->timer);
	else
		perf_event_disable(cpu->counter);
}
