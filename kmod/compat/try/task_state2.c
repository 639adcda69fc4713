// SPDX-License-Identifier: GPL-2.0-only
/* The state of a task is in a field named with two underscores. */
#include <linux/sched.h>

unsigned int try(struct task_struct *task);
unsigned int try(struct task_struct *task)
{
	return task->__state;
}
