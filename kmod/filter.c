// SPDX-License-Identifier: GPL-2.0-only
#include "filter.h"

#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "session.h"

/* The global pid of the caller's `pid`, of a process or a thread. */
static int resolve_pid(struct pdiag_filter *filter, s32 pid)
{
	struct task_struct *task;
	int err = -ESRCH;

	rcu_read_lock();
	task = pid_task(find_vpid(pid), PIDTYPE_PID);
	if (task && filter->target == PDIAG_KMOD_THREAD) {
		filter->pid = task->pid;
		err = 0;
	} else if (task) {
		filter->pid = task->tgid;
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

#ifdef CONFIG_CGROUPS
static int open_cgroup(struct pdiag_filter *filter, s32 fd)
{
	struct cgroup *cgroup = cgroup_get_from_fd(fd);

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	filter->cgroup = cgroup;
	return 0;
}

static bool in_cgroup(const struct pdiag_filter *filter, struct task_struct *task)
{
	bool in;

	rcu_read_lock();
	in = cgroup_is_descendant(task_dfl_cgroup(task), filter->cgroup);
	rcu_read_unlock();
	return in;
}
#else
static int open_cgroup(struct pdiag_filter *filter, s32 fd)
{
	return -EOPNOTSUPP;
}

static bool in_cgroup(const struct pdiag_filter *filter, struct task_struct *task)
{
	return false;
}

static void cgroup_put(struct cgroup *cgroup)
{
}
#endif

int pdiag_filter_open(struct pdiag_session *session, const struct pdiag_kmod_session *options)
{
	struct pdiag_filter *filter = &session->filter;
	int err;

	filter->target = options->target;
	filter->skip_idle = options->flags & PDIAG_KMOD_SKIP_IDLE;
	session->all = filter->target == PDIAG_KMOD_ALL && !filter->skip_idle &&
		!session->restricted;
	switch (filter->target) {
	case PDIAG_KMOD_ALL:
		return 0;
	case PDIAG_KMOD_PROCESS:
	case PDIAG_KMOD_THREAD:
		err = resolve_pid(filter, options->pid);
		if (err || (session->flags & PDIAG_KMOD_NO_INHERIT))
			return err;
		err = pdiag_follow_new(session, &filter->follow);
		if (!err)
			session->total_bytes += pdiag_follow_bytes();
		return err;
	case PDIAG_KMOD_CGROUP:
		return open_cgroup(filter, options->cgroup_fd);
	case PDIAG_KMOD_COMMAND:
		strscpy(filter->comm, options->comm, sizeof(filter->comm));
		return filter->comm[0] ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

void pdiag_filter_close(struct pdiag_session *session)
{
	pdiag_follow_free(session->filter.follow);
	session->filter.follow = NULL;
	if (session->filter.cgroup)
		cgroup_put(session->filter.cgroup);
	session->filter.cgroup = NULL;
}

/* As ptrace(2) would decide for a caller without capabilities. */
static bool may_see(const struct pdiag_session *session, struct task_struct *task)
{
	const struct cred *own = session->cred, *cred;
	bool may;

	/* What a task says of itself can be asked of the current one only. */
	if (task != current || task->flags & PF_KTHREAD || !pdiag_session_tid(session, task))
		return false;
	rcu_read_lock();
	cred = __task_cred(task);
	may = uid_eq(cred->uid, own->fsuid) && uid_eq(cred->euid, own->fsuid) &&
		uid_eq(cred->suid, own->fsuid) && gid_eq(cred->gid, own->fsgid) &&
		gid_eq(cred->egid, own->fsgid) && gid_eq(cred->sgid, own->fsgid) &&
		cred->user_ns == own->user_ns &&
		cap_issubset(cred->cap_permitted, own->cap_permitted);
	rcu_read_unlock();
	return may && pdiag_current_dumpable();
}

bool pdiag_filter_match(const struct pdiag_session *session, struct task_struct *task)
{
	const struct pdiag_filter *filter = &session->filter;

	if (unlikely(session->restricted) && !may_see(session, task))
		return false;
	switch (filter->target) {
	case PDIAG_KMOD_ALL:
		return !filter->skip_idle || task->pid;
	case PDIAG_KMOD_PROCESS:
		return filter->follow ? pdiag_follow_has(filter->follow, task) :
			task->tgid == filter->pid;
	case PDIAG_KMOD_THREAD:
		return filter->follow ? pdiag_follow_has(filter->follow, task) :
			task->pid == filter->pid;
	case PDIAG_KMOD_CGROUP:
		return in_cgroup(filter, task);
	case PDIAG_KMOD_COMMAND:
		return !strncmp(task->comm, filter->comm, sizeof(filter->comm));
	default:
		return false;
	}
}
