/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How far a wait holds a process up. Waits for storage, for memory and for locks of the kernel do.
 * Others may be waits for work, as those of a pool of threads are: names of functions tell, and
 * where they do not, that waits for a lock are short, as a rule.
 */
#include <string.h>

#include "culprit/doing.h"
#include "portrait/proofs.h"
#include "symbol/symbolizer.h"
#include "util/array.h"

/* Parts of the names of functions in user space, in C, C++, Rust, Go and Java. */
static const char *const locks[] = { "mutex_lock", "lll_lock", "mutex_cond_lock", "rwlock_rdlock",
	"rwlock_wrlock", "rwlock_timed", "mutex_timedlock", "mutex_clocklock", "lock_contended",
	"lock_slow", "runtime.lock", "sync.(*Mutex)", "sync.(*RWMutex)", "ObjectMonitor::enter",
	"Mutex::lock", "spin_lock" };
static const char *const rests[] = { "cond_wait", "cond_timedwait", "cond_clockwait",
	"condition_variable", "Condvar", "sem_wait", "sem_timedwait", "sem_clockwait",
	"pthread_join", "clockjoin", "runtime.notesleep", "runtime.notetsleep", "runtime.stopm",
	"ObjectMonitor::wait" };

enum meaning { UNSAID, A_LOCK, A_REST };

static bool has_any(const char *name, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(name, parts[i]))
			return true;
	return false;
}

#define SAYING_FRAMES 8u /* of user space, from the leaf on */

/* What the functions nearest to the wait are called after. */
static enum meaning meaning_of(const struct pdiag_symbol *const *frames, uint32_t depth)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < depth && frames[i] && seen < SAYING_FRAMES; i++) {
		if (frames[i]->kind == PDIAG_FRAME_KERNEL)
			continue;
		seen++;
		if (frames[i]->reason)
			continue;
		if (has_any(frames[i]->name, locks, PDIAG_COUNT(locks)))
			return A_LOCK;
		if (has_any(frames[i]->name, rests, PDIAG_COUNT(rests)))
			return A_REST;
	}
	return UNSAID;
}

static const struct {
	uint8_t quantity, hold;
} kinds[] = {
	[PDIAG_STATE_RUNNING] = { PDIAG_QUANTITY_COUNT, PDIAG_HOLDS },
	/* It wants to run; the kernel counts that by itself. */
	[PDIAG_STATE_PREEMPTED] = { PDIAG_QUANTITY_COUNT, PDIAG_HOLDS },
	[PDIAG_STATE_BLOCKED] = { PDIAG_QUANTITY_OFF_OTHER, PDIAG_HOLDS },
	[PDIAG_STATE_FUTEX] = { PDIAG_QUANTITY_OFF_FUTEX, PDIAG_HOLD_LOCK },
	[PDIAG_STATE_IO] = { PDIAG_QUANTITY_OFF_IO, PDIAG_HOLD_STORAGE },
	[PDIAG_STATE_SLEEP] = { PDIAG_QUANTITY_OFF_OTHER, PDIAG_HOLDS },
	[PDIAG_STATE_POLL] = { PDIAG_QUANTITY_OFF_OTHER, PDIAG_HOLDS },
	[PDIAG_STATE_NETWORK] = { PDIAG_QUANTITY_OFF_NETWORK, PDIAG_HOLD_NETWORK },
	[PDIAG_STATE_PIPE] = { PDIAG_QUANTITY_OFF_OTHER, PDIAG_HOLDS },
	[PDIAG_STATE_LOCK] = { PDIAG_QUANTITY_OFF_LOCK, PDIAG_HOLD_LOCK },
	[PDIAG_STATE_CHILD] = { PDIAG_QUANTITY_OFF_OTHER, PDIAG_HOLDS },
	[PDIAG_STATE_PAGE_FAULT] = { PDIAG_QUANTITY_OFF_IO, PDIAG_HOLD_MEMORY },
};

/* Waits that last longer than those that hold one up do, on average, count less and less. */
static double shortened(double seconds, double count, double most)
{
	double part = seconds > 0 ? most * count / seconds : 0;

	return part >= 1 ? seconds : seconds * part * part;
}

struct pdiag_wait pdiag_hold_of(enum pdiag_state state, const struct pdiag_symbol *const *frames,
	uint32_t depth, double seconds, double count)
{
	struct pdiag_wait w = { PDIAG_QUANTITY_OFF_OTHER, PDIAG_HOLDS, 0, false };
	enum meaning meaning = UNSAID;
	enum pdiag_heed heed;
	double most;

	if (state == PDIAG_STATE_BLOCKED)
		state = pdiag_wait_cause(frames, depth);
	if (state == PDIAG_STATE_FUTEX || state == PDIAG_STATE_BLOCKED)
		meaning = meaning_of(frames, depth);
	/* The kernel's part of the stack is missing, or has no names. */
	if (state == PDIAG_STATE_BLOCKED && meaning == A_LOCK)
		state = PDIAG_STATE_FUTEX;
	if ((size_t)state < PDIAG_COUNT(kinds)) {
		w.quantity = kinds[state].quantity;
		w.hold = (enum pdiag_hold)kinds[state].hold;
	}
	heed = pdiag_heed_wait(state, frames, depth, &most);
	w.named = meaning == A_LOCK || state == PDIAG_STATE_LOCK;
	if (w.hold == PDIAG_HOLDS || heed == PDIAG_HEED_REST || meaning == A_REST)
		w.hold = PDIAG_HOLDS;
	else
		w.held = meaning == A_LOCK ? seconds : shortened(seconds, count, most);
	return w;
}
