/* SPDX-License-Identifier: GPL-2.0-only */
/* Which tasks a session is about. Asked in interrupts: no locks, bounded. */
#ifndef PDIAG_FILTER_H
#define PDIAG_FILTER_H

#include <linux/sched.h>

#include "uapi/pdiag_kmod.h"

struct cgroup;
struct pdiag_session;
struct pdiag_follow;

struct pdiag_filter {
	u32 target; /* enum pdiag_kmod_target */
	bool skip_idle;
	struct cgroup *cgroup;
	struct pdiag_follow *follow; /* threads and children of the target; NULL: none */
	pid_t pid;  /* of the process or thread, global */
	char comm[PDIAG_KMOD_COMM_LEN];
};

int pdiag_filter_open(struct pdiag_session *session, const struct pdiag_kmod_session *options);
void pdiag_filter_close(struct pdiag_session *session);
/* The way of pdiag_session_wants() if not everything is wanted. */
bool pdiag_filter_match(const struct pdiag_session *session, struct task_struct *task);

/* follow.c: a set of processes or threads that grows with what they create. */
int pdiag_follow_new(struct pdiag_session *session, struct pdiag_follow **out);
void pdiag_follow_free(struct pdiag_follow *follow);
bool pdiag_follow_has(const struct pdiag_follow *follow, const struct task_struct *task);
size_t pdiag_follow_bytes(void);

#endif
