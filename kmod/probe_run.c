// SPDX-License-Identifier: GPL-2.0-only
/* What hook functions of probes call. */
#include <linux/bitops.h>
#include <linux/string.h>
#include <linux/ktime.h>

#include "arch/walk.h"
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
	if (likely(!task || pdiag_probe_wants(run, task)))
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

/* Values above the threshold are all counted; of others, under the governor, one for many: what it
 * stands for is not lost. */
bool pdiag_probe_measure(struct pdiag_probe_call *call, u64 value)
{
	if (unlikely(value >= pdiag_probe_threshold(call->run))) {
		count(call->own, value, 1);
		call->own->events++;
		return true;
	}
	if (pdiag_governor_turn(call->cpu))
		count(call->own, value, 1ull << call->cpu->governor.shift);
	return false;
}

/* True: too many of late. What is rare is never left out, whatever the governor does. */
static bool too_many(struct pdiag_probe_call *call)
{
	struct pdiag_probe_cpu *own = call->own;

	if (own->judge_at != call->cpu->governor.judge_at) {
		own->judge_at = call->cpu->governor.judge_at;
		own->recorded = 0;
	}
	return own->recorded++ >= ALWAYS && pdiag_governor_skip(call->cpu);
}

void pdiag_probe_keep_stack(
	struct pdiag_probe_call *call, struct pt_regs *regs, struct pdiag_probe_stack *stack)
{
	struct pdiag_session *session = call->run->session;
	struct pdiag_walk walk = { .words = stack->words, .max = session->max_depth + 2 };

	pdiag_walk_current(&walk, regs, call, session->walk);
	stack->nr = walk.nr;
	stack->flags = walk.flags;
}

static u32 send_stack(struct pdiag_probe_call *call, const struct pdiag_probe_seen *seen)
{
	const struct pdiag_probe_stack *kept = seen->stack;
	struct pdiag_stack_entry *entry;

	if (kept)
		entry = pdiag_record_stack_copy(call->cpu, kept->words, kept->nr, kept->flags);
	else
		entry = pdiag_record_stack(call->cpu, seen->regs, call, false);
	return pdiag_record_send_stack(call->cpu, entry, call->now);
}

void pdiag_probe_event(struct pdiag_probe_call *call, const struct pdiag_probe_seen *seen)
{
	u32 nr = min_t(u32, seen->nr_args, PDIAG_KMOD_ARGS_MAX), stack;
	struct pdiag_cpu *cpu = call->cpu;
	struct pdiag_kmod_event *record;
	u16 flags = seen->flags;

	if (too_many(call))
		return;
	pdiag_record_begin(cpu, call->now);
	stack = send_stack(call, seen);
	if (unlikely(stack == PDIAG_KMOD_NO_STACK))
		flags |= PDIAG_KMOD_COARSE;
	record = pdiag_record_reserve(cpu, sizeof(*record) + nr * sizeof(u64), PDIAG_KMOD_EVENT,
		flags, call->now);
	if (!record) {
		cpu->lost[PDIAG_KMOD_LOST_RING]++;
		return;
	}
	if (flags & PDIAG_KMOD_COARSE)
		pdiag_record_coarse(cpu);
	record->probe = call->run->index;
	record->nr_args = nr;
	record->stack = stack;
	record->pid = pdiag_session_pid(cpu->session, seen->task);
	record->tid = pdiag_session_tid(cpu->session, seen->task);
	record->value = seen->value;
	pdiag_probe_comm(record->comm, seen->task);
	memcpy(record->args, seen->args, nr * sizeof(u64));
	pdiag_record_commit(cpu, record);
}
