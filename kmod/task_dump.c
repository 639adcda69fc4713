// SPDX-License-Identifier: GPL-2.0-only
/*
 * One dump. Tasks are taken in small pieces, each task's state and stack at the same moment. A
 * record is written only if the one that ends the dump fits behind it; when the ring is full the
 * dump waits for its reader for a while, then counts what it leaves out.
 */
#include <linux/sched/loadavg.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/ktime.h>

#include "compat/task.h"
#include "task_list.h"
#include "task_walk.h"
#include "tasks_own.h"

#define PIECE 16 /* tasks between two looks at the time */
#define FIRST_SLICE (4 * NSEC_PER_MSEC) /* enough for most dumps */
#define PATIENCE (10 * NSEC_PER_SEC) /* with a full ring and nobody who reads */
#define LOOK_AGAIN (5 * NSEC_PER_MSEC)
#define LENGTH(type) round_up((u32)sizeof(struct pdiag_kmod_##type), 16)
#define STACK_LENGTH(nr) round_up((u32)(sizeof(struct pdiag_kmod_stack) + (nr) * sizeof(u64)), 16)

struct dump {
	const struct pdiag_task_request *request;
	u64 began;
	struct pdiag_task_counts seen;
	u32 dumped, lost;
};

u32 pdiag_task_load(void)
{
	return (READ_ONCE(avenrun[0]) * 100 + FIXED_1 / 2) >> FSHIFT;
}

static void *reserve(struct pdiag_tasks *tasks, u32 len, u16 type, u16 flags)
{
	struct pdiag_kmod_record *record = pdiag_ring_reserve(&tasks->ring, len);

	if (!record)
		return NULL;
	memset(record, 0, len);
	pdiag_record_head(record, len, type, flags, ktime_get_mono_fast_ns());
	return record;
}

static void wake(struct pdiag_tasks *tasks)
{
	tasks->ring.wake_at = tasks->ring.head + tasks->session->watermark;
	wake_up_interruptible(&tasks->session->readers);
}

static void commit(struct pdiag_tasks *tasks, const void *record)
{
	pdiag_ring_commit(&tasks->ring, ((const struct pdiag_kmod_record *)record)->len);
	if (tasks->ring.head >= tasks->ring.wake_at)
		wake(tasks);
}

/* Have room for a record and the end of the dump. */
static bool wait_for_room(struct pdiag_tasks *tasks, u32 len)
{
	u64 now;

	while (!pdiag_ring_fits(&tasks->ring, len + LENGTH(tasks_end))) {
		now = ktime_get_mono_fast_ns();
		if (!tasks->gives_up)
			tasks->gives_up = now + PATIENCE;
		if (now >= tasks->gives_up)
			return false;
		wake(tasks);
		if (!pdiag_tasks_sleep(tasks, LOOK_AGAIN))
			return false;
	}
	/* Somebody reads. */
	tasks->gives_up = 0;
	return true;
}

static bool begin(struct pdiag_tasks *tasks, const struct pdiag_task_request *request)
{
	struct pdiag_kmod_tasks_begin *record;

	if (!wait_for_room(tasks, LENGTH(tasks_begin)))
		return false;
	record = reserve(tasks, LENGTH(tasks_begin), PDIAG_KMOD_TASKS_BEGIN, 0);
	if (!record)
		return false;
	record->id = request->id;
	record->by = request->by;
	record->load = pdiag_task_load();
	record->value = request->value;
	commit(tasks, record);
	return true;
}

static void end(struct pdiag_tasks *tasks, const struct dump *dump)
{
	struct pdiag_kmod_tasks_end *record;

	record = reserve(tasks, LENGTH(tasks_end), PDIAG_KMOD_TASKS_END, 0);
	if (!record)
		return;
	record->id = dump->request->id;
	record->runnable = dump->seen.runnable;
	record->blocked = dump->seen.blocked;
	record->dumped = dump->dumped;
	record->lost = dump->lost;
	record->took_ns = ktime_get_mono_fast_ns() - dump->began;
	commit(tasks, record);
	wake(tasks);
}

/* Where the words of a stack go, which are then looked up or kept there. */
static u64 *stack_room(struct pdiag_stack_table *stacks)
{
	u64 *room = pdiag_stack_room(stacks);

	if (room)
		return room;
	pdiag_stack_reset(stacks);
	return pdiag_stack_room(stacks);
}

static struct pdiag_stack_entry *keep(
	struct pdiag_stack_table *stacks, const struct pdiag_walk *walk)
{
	struct pdiag_stack_entry *entry;

	entry = pdiag_stack_find(stacks, walk->nr, walk->hash, walk->flags);
	if (entry)
		return entry;
	pdiag_stack_reset(stacks);
	memmove(stacks->word, walk->words, walk->nr * sizeof(u64));
	return pdiag_stack_find(stacks, walk->nr, walk->hash, walk->flags);
}

/* The reader knows the stack, and a TASK record has room behind it. */
static bool send_stack(struct pdiag_tasks *tasks, struct pdiag_stack_entry *entry)
{
	u32 len = entry->sent ? 0 : STACK_LENGTH(entry->nr);
	struct pdiag_kmod_stack *record;

	if (!wait_for_room(tasks, len + LENGTH(task)))
		return false;
	if (entry->sent)
		return true;
	record = reserve(tasks, len, PDIAG_KMOD_STACK, entry->flags);
	if (!record)
		return false;
	record->id = pdiag_stack_id(&tasks->stacks, entry);
	record->nr = entry->nr;
	memcpy(record->ips, tasks->stacks.word + entry->first, entry->nr * sizeof(u64));
	commit(tasks, record);
	entry->sent = 1;
	tasks->stacks_sent++;
	return true;
}

static bool send_task(struct pdiag_tasks *tasks, struct task_struct *task, char letter,
	struct pdiag_stack_entry *entry, bool running)
{
	struct pdiag_kmod_task *record;

	if (entry ? !send_stack(tasks, entry) : !wait_for_room(tasks, LENGTH(task)))
		return false;
	record = reserve(tasks, LENGTH(task), PDIAG_KMOD_TASK, running ? PDIAG_KMOD_RUNNING : 0);
	if (!record)
		return false;
	record->stack = entry ? pdiag_stack_id(&tasks->stacks, entry) : PDIAG_KMOD_NO_STACK;
	record->pid = pdiag_session_pid(tasks->session, task);
	record->tid = pdiag_session_tid(tasks->session, task);
	record->state = letter;
	record->start = task->start_boottime;
	record->cpu = task_cpu(task);
	strscpy(record->comm, task->comm, sizeof(record->comm));
	commit(tasks, record);
	return true;
}

static void dump_one(struct pdiag_tasks *tasks, struct dump *dump, struct task_struct *task)
{
	struct pdiag_walk walk = { .max = tasks->session->max_depth + 2 };
	struct pdiag_stack_entry *entry = NULL;
	bool running = false;
	char letter;

	/* Now, not when the piece was made: what goes with the stack. */
	letter = pdiag_task_letter(task);
	if (!(dump->request->flags & PDIAG_KMOD_DUMP_ALL) && letter != 'R' && letter != 'D')
		return;
	if (!pdiag_filter_match(tasks->session, task))
		return;
	dump->seen.runnable += letter == 'R';
	dump->seen.blocked += letter == 'D';
	if (!dump->lost) {
		walk.words = stack_room(&tasks->stacks);
		running = pdiag_task_walk(tasks, task, &walk);
		if (walk.nr)
			entry = keep(&tasks->stacks, &walk);
		if (send_task(tasks, task, letter, entry, running)) {
			dump->dumped++;
			return;
		}
	}
	dump->lost++;
	tasks->lost++;
}

static bool dump_piece(struct pdiag_tasks *tasks, struct dump *dump, int *at)
{
	struct task_struct *piece[PIECE];
	u32 i, nr;

	nr = pdiag_task_piece(at, dump->request->flags & PDIAG_KMOD_DUMP_ALL, piece, PIECE);
	for (i = 0; i < nr; i++) {
		dump_one(tasks, dump, piece[i]);
		put_task_struct(piece[i]);
	}
	return *at >= 0;
}

void pdiag_task_dump(struct pdiag_tasks *tasks, const struct pdiag_task_request *request)
{
	struct dump dump = { .request = request, .began = ktime_get_mono_fast_ns() };
	int at = 1;

	tasks->gives_up = 0;
	pdiag_tasks_slice(tasks, FIRST_SLICE);
	if (!begin(tasks, request)) {
		tasks->lost++;
		pdiag_tasks_slice(tasks, 0);
		return;
	}
	pdiag_task_walk_begin(tasks);
	while (dump_piece(tasks, &dump, &at) && pdiag_tasks_pace(tasks))
		;
	pdiag_task_walk_end(tasks);
	pdiag_tasks_slice(tasks, 0);
	end(tasks, &dump);
	tasks->dumps++;
}

void pdiag_task_frozen(struct pdiag_tasks *tasks, const struct pdiag_task_request *request)
{
	struct pdiag_kmod_frozen *record = reserve(tasks, LENGTH(frozen), PDIAG_KMOD_FROZEN, 0);

	if (!record)
		return;
	record->head.time = tasks->session->frozen_at;
	record->by = request->by;
	record->value = request->value;
	commit(tasks, record);
	wake(tasks);
}
