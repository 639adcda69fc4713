// SPDX-License-Identifier: GPL-2.0-only
#include "tasks.h"

int pdiag_tasks_new(struct pdiag_session *session, const struct pdiag_kmod_session *options)
{
	return -EOPNOTSUPP;
}

void pdiag_tasks_free(struct pdiag_session *session)
{
}

struct pdiag_ring *pdiag_tasks_ring(struct pdiag_tasks *tasks)
{
	return NULL;
}

int pdiag_tasks_start(struct pdiag_session *session)
{
	return 0;
}

void pdiag_tasks_stop(struct pdiag_session *session)
{
}

int pdiag_tasks_dump(struct pdiag_session *session, struct pdiag_kmod_dump *dump)
{
	return -EOPNOTSUPP;
}

int pdiag_tasks_trigger(struct pdiag_session *session, const struct pdiag_kmod_trigger *trigger)
{
	return -EOPNOTSUPP;
}

const char *pdiag_tasks_why_no_kernel(void)
{
	return "not in this release";
}

const char *pdiag_tasks_why_no_user(void)
{
	return "not in this release";
}
