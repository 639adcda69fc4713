// SPDX-License-Identifier: GPL-2.0-only
/* One CPU's part of a session: its memory, and the frame around its callbacks. */
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "arch/walk.h"
#include "record.h"
#include "session.h"

static void wake_reader(struct irq_work *work)
{
	struct pdiag_cpu *cpu = container_of(work, struct pdiag_cpu, wake);

	wake_up_interruptible(&cpu->session->readers);
}

struct pdiag_cpu *pdiag_cpu_new(
	struct pdiag_session *session, u32 number, const struct pdiag_kmod_session *options)
{
	struct pdiag_cpu *cpu = kzalloc_node(sizeof(*cpu), GFP_KERNEL, cpu_to_node(number));

	if (!cpu)
		return NULL;
	cpu->session = session;
	cpu->number = number;
	cpu->period = session->period;
	cpu->governor.chance = get_random_u32() | 1;
	init_irq_work(&cpu->wake, wake_reader);
	if (pdiag_ring_init(&cpu->ring, options->ring_bytes_used,
		    session->flags & PDIAG_KMOD_FLIGHT) ||
		pdiag_stack_table_init(&cpu->stacks, options->stacks, session->max_depth,
			number * options->stacks) ||
		pdiag_pending_init(&cpu->pending)) {
		pdiag_cpu_free(cpu);
		return NULL;
	}
	cpu->ring.wake_at = session->watermark;
	session->total_bytes += sizeof(*cpu) + PAGE_SIZE + cpu->ring.size +
		pdiag_stack_table_bytes(options->stacks, session->max_depth) +
		PDIAG_PENDING_SIZE * sizeof(struct pdiag_pending_entry);
	return cpu;
}

void pdiag_cpu_free(struct pdiag_cpu *cpu)
{
	if (!cpu)
		return;
	if (cpu->counter)
		perf_event_release_kernel(cpu->counter);
	irq_work_sync(&cpu->wake);
	pdiag_pending_free(&cpu->pending);
	pdiag_stack_table_free(&cpu->stacks);
	pdiag_ring_free(&cpu->ring);
	kfree(cpu);
}
