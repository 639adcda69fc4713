// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoint sched_switch hands over the state of the task that leaves, last. */
#include <trace/events/sched.h>

void hook(void *data, bool preempt, struct task_struct *prev, struct task_struct *next,
	unsigned int state);
void try(void);
void try(void)
{
	check_trace_callback_type_sched_switch(hook);
}
