// SPDX-License-Identifier: GPL-2.0-only
/* Whether a task may be dumped is kept with the task, not with its memory. */
#include <linux/sched.h>
#include <linux/sched/exec_state.h>

int try(struct task_struct *task);
int try(struct task_struct *task)
{
	return rcu_dereference(task->exec_state)->dumpable == TASK_DUMPABLE_OWNER;
}
