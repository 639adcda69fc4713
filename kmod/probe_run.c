// SPDX-License-Identifier: GPL-2.0-only
/* What hook functions of probes call. */
#include <linux/bitops.h>
#include <linux/string.h>
#include <linux/ktime.h>

#include "probe_kit.h"
#include "record.h"

/* Events recorded in each window of the governor, however much else the callbacks cost. */
#define ALWAYS 32

bool pdiag_probe_enter(
	struct pdiag_probe_call *call, struct pdiag_probe_run *run, struct task_struct *task)
{
	local_irq_save(call->irqs);
	call->cpu = pdiag_cpu_enter(run->session, &call->began);
	if (unlikely(!call->cpu)) {
		local_irq_restore(call->irqs);
		return false;
	}
	call->run = run;
	call->own = this_cpu_ptr(run->cpus);
	call->now = ktime_get_mono_fast_ns();
	if (likely(!task || pdiag_filter_match(run->session, task)))
		return true;
	pdiag_probe_leave(call);
	return false;
}

void pdiag_probe_leave(struct pdiag_probe_call *call)
{
	pdiag_cpu_leave(call->cpu, call->now, call->began);
	local_irq_restore(call->irqs);
}

static void count(struct pdiag_probe_cpu *own, u64 value, u64 times)
{
	own->count += times;
	own->sum += value * times;
	own->bucket[fls64(value)] += times;
	if (value > own->max)
		own->max = value;
}

/* Values above the threshold are all counted; of others, under the governor, one for many. */
bool pdiag_probe_measure(struct pdiag_probe_call *call, u64 value)
{
	if (unlikely(value >= pdiag_probe_threshold(call->run))) {
		count(call->own, value, 1);
		call->own->events++;
		return true;
	}
	if (!pdiag_governor_skip(call->cpu))
		count(call->own, value, 1ull << call->cpu->governor.shift);
	return false;
}

/* True: too many of late. What is rare is never left out, whatever the governor does. */
static bool too_many(struct pdiag_probe_call *call)
{
	struct pdiag_probe_cpu *own = call->own;

	if (own->window != call->cpu->governor.window) {
		own->window = call->cpu->governor.window;
		own->recorded = 0;
	}
	return own->recorded++ >= ALWAYS && pdiag_governor_skip(call->cpu);
}

void pdiag_probe_event(struct pdiag_probe_call *call, const struct pdiag_probe_seen *seen)
{
	u32 nr = min_t(u32, seen->nr_args, PDIAG_KMOD_ARGS_MAX), stack;
	struct pdiag_cpu *cpu = call->cpu;
	struct pdiag_kmod_event *record;

	if (too_many(call))
		return;
	pdiag_record_begin(cpu, call->now);
	stack = pdiag_record_send_stack(
		cpu, pdiag_record_stack(cpu, seen->regs, 0, false), call->now);
	record = pdiag_record_reserve(cpu, sizeof(*record) + nr * sizeof(u64), PDIAG_KMOD_EVENT,
		seen->flags, call->now);
	if (!record) {
		cpu->lost[PDIAG_KMOD_LOST_RING]++;
		return;
	}
	record->probe = call->run->index;
	record->nr_args = nr;
	record->stack = stack;
	record->pid = pdiag_session_pid(cpu->session, seen->task);
	record->tid = pdiag_session_tid(cpu->session, seen->task);
	record->value = seen->value;
	memcpy(record->comm, seen->task->comm, sizeof(record->comm));
	record->comm[sizeof(record->comm) - 1] = 0;
	memcpy(record->args, seen->args, nr * sizeof(u64));
	pdiag_record_commit(cpu, record);
}
