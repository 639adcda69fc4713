/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "culprit/doing.h"

#include <math.h>
#include <string.h>

#include "util/array.h"

/* Of a wait that may be a rest, so much counts. */
#define SHORT_WAIT 0.1

struct known {
	const char *name; /* up to a final '*': how it begins */
	enum pdiag_state state;
	enum pdiag_heed heed;
	double most;
};

/* Where a function on the stack says more than the state. */
static const struct known known[] = {
	/* Uninterruptible, and over in a moment, as a rule. */
	{ "wait_for_vfork_done", PDIAG_STATE_CHILD, PDIAG_HEED_FULL, INFINITY },
	{ "kernel_clone", PDIAG_STATE_BLOCKED, PDIAG_HEED_FULL, INFINITY },
	{ "_do_fork", PDIAG_STATE_BLOCKED, PDIAG_HEED_FULL, INFINITY },
	{ "wait_for_completion", PDIAG_STATE_BLOCKED, PDIAG_HEED_FULL, INFINITY },
	{ "wait_for_completion_timeout", PDIAG_STATE_BLOCKED, PDIAG_HEED_FULL, INFINITY },
	{ "schedule_timeout_uninterruptible", PDIAG_STATE_BLOCKED, PDIAG_HEED_FULL, INFINITY },
	{ "synchronize_rcu*", PDIAG_STATE_BLOCKED, PDIAG_HEED_FULL, INFINITY },
	{ "msleep", PDIAG_STATE_SLEEP, PDIAG_HEED_FULL, INFINITY },
	/* The other side, or the way to it, does not take what is sent. */
	{ "sk_stream_wait_memory", PDIAG_STATE_NETWORK, PDIAG_HEED_HALF, INFINITY },
	{ "sock_alloc_send_pskb", PDIAG_STATE_NETWORK, PDIAG_HEED_HALF, INFINITY },
	{ "tcp_sendmsg*", PDIAG_STATE_NETWORK, PDIAG_HEED_HALF, INFINITY },
	{ "anon_pipe_write", PDIAG_STATE_PIPE, PDIAG_HEED_SOME, SHORT_WAIT },
	{ "pipe_write", PDIAG_STATE_PIPE, PDIAG_HEED_SOME, SHORT_WAIT },
	/* A loop of events may be built on these. */
	{ "io_cqring_wait", PDIAG_STATE_IO, PDIAG_HEED_SOME, SHORT_WAIT },
	{ "read_events", PDIAG_STATE_IO, PDIAG_HEED_SOME, SHORT_WAIT },
	/* Locks on files may be held for as long as a program runs. */
	{ "flock_lock_inode_wait", PDIAG_STATE_LOCK, PDIAG_HEED_SOME, SHORT_WAIT },
	{ "posix_lock_inode_wait", PDIAG_STATE_LOCK, PDIAG_HEED_SOME, SHORT_WAIT },
	{ "locks_lock_inode_wait", PDIAG_STATE_LOCK, PDIAG_HEED_SOME, SHORT_WAIT },
	{ "fcntl_setlk*", PDIAG_STATE_LOCK, PDIAG_HEED_SOME, SHORT_WAIT },
	/* Threads of the kernel that wait for work. */
	{ "worker_thread", PDIAG_STATE_BLOCKED, PDIAG_HEED_REST, 0 },
	{ "smpboot_thread_fn", PDIAG_STATE_BLOCKED, PDIAG_HEED_REST, 0 },
	{ "kthread", PDIAG_STATE_BLOCKED, PDIAG_HEED_REST, 0 },
};

static bool is_named(const char *name, const char *want)
{
	size_t len = strlen(want);

	return want[len - 1] == '*' ? !strncmp(name, want, len - 1) : !strcmp(name, want);
}

double pdiag_heed_weight(enum pdiag_heed heed)
{
	switch (heed) {
	case PDIAG_HEED_FULL:
		return 1;
	case PDIAG_HEED_HALF:
		return 0.5;
	case PDIAG_HEED_SOME:
		return 0.25;
	case PDIAG_HEED_SLIGHT:
		return 0.05;
	default:
		return 0;
	}
}

static enum pdiag_heed by_state(enum pdiag_state state, double *most)
{
	*most = INFINITY;
	switch (state) {
	case PDIAG_STATE_RUNNING:
	case PDIAG_STATE_IO:
	case PDIAG_STATE_LOCK:
	case PDIAG_STATE_PAGE_FAULT:
		return PDIAG_HEED_FULL;
	case PDIAG_STATE_PREEMPTED:
		return PDIAG_HEED_QUEUE;
	case PDIAG_STATE_FUTEX:
	case PDIAG_STATE_NETWORK:
	case PDIAG_STATE_BLOCKED:
		*most = SHORT_WAIT;
		return PDIAG_HEED_SOME;
	default:
		*most = SHORT_WAIT;
		return PDIAG_HEED_SLIGHT;
	}
}

enum pdiag_heed pdiag_heed_wait(enum pdiag_state state, const struct pdiag_symbol *const *frames,
	uint32_t depth, double *most)
{
	const char *name;

	for (uint32_t i = 0; i < depth && frames[i]; i++) {
		if (frames[i]->kind == PDIAG_FRAME_UNRESOLVED)
			continue;
		if (frames[i]->kind != PDIAG_FRAME_KERNEL)
			break;
		name = frames[i]->name;
		for (size_t k = 0; k < PDIAG_COUNT(known); k++)
			if (known[k].state == state && is_named(name, known[k].name)) {
				*most = known[k].most;
				return known[k].heed;
			}
	}
	return by_state(state, most);
}

bool pdiag_finds_memory(const struct pdiag_symbol *symbol)
{
	static const char *const names[] = { "do_anonymous_page", "do_cow_fault", "do_swap_page",
		"shmem_get_folio*", "shmem_getpage*", "__alloc_pages*", "alloc_pages*",
		"__folio_alloc*", "try_to_free_*", "shrink_*", "mem_cgroup_charge*",
		"__mem_cgroup_charge*", "try_charge*", "clear_page*", "clear_huge_page*",
		"do_huge_pmd_*", "exc_page_fault", "vma_alloc_folio*" };

	if (symbol->kind != PDIAG_FRAME_KERNEL)
		return false;
	for (size_t i = 0; i < PDIAG_COUNT(names); i++)
		if (is_named(symbol->name, names[i]))
			return true;
	return false;
}
