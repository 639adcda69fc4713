// SPDX-License-Identifier: GPL-2.0-only
#include "session.h"

#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/oom.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "hooks.h"
#include "offcpu.h"
#include "probe.h"
#include "record.h"
#include "tasks.h"

static uint budget = 10000;
module_param(budget, uint, 0644);
MODULE_PARM_DESC(budget, "of each CPU's time that a session may use if it asks for nothing else, "
	"in millionths (default: 10000, 1 %)");

#define HZ_MAX 10000
#define RING_MIN (64u << 10)
#define FLIGHT_MIN (512u << 10)
#define RING_MAX (1ull << 30)
#define TOTAL_MAX (5ull << 30) /* of rings and stacks of all CPUs, tasks that are away, dumps */
#define EVENTS (PDIAG_KMOD_ON_CPU | PDIAG_KMOD_OFF_CPU | PDIAG_KMOD_TASKS)
#define FLAGS (PDIAG_KMOD_NO_INHERIT | PDIAG_KMOD_USER_ONLY | PDIAG_KMOD_FLIGHT | \
	PDIAG_KMOD_SKIP_IDLE | PDIAG_KMOD_SOFTWARE | PDIAG_KMOD_WAKERS | PDIAG_KMOD_SHORT_WAITS)

/* What all sessions of a group's members together may use of the machine, times a CPU. */
#define RESTRICTED_SESSIONS 16
#define RESTRICTED_RING (4u << 20)
#define RESTRICTED_STACKS 4096
#define RESTRICTED_PPM 10000
#define RESTRICTED_HZ 1000
#define RESTRICTED_WAKE_MS 10
/* One in so many parts of the machine's memory. */
#define RESTRICTED_PART 64

/* One in so many parts of it stays free of sessions. */
#define SPARE_PART 64

static DEFINE_MUTEX(making);
static atomic_t restricted_sessions;
static atomic64_t restricted_bytes;

static u64 cpu_bytes(const struct pdiag_kmod_session *options)
{
	return options->ring_bytes_used +
		pdiag_stack_table_bytes(options->stacks, options->max_depth);
}

/* What is not of one CPU. */
static u64 common_bytes(const struct pdiag_kmod_session *options)
{
	u64 tasks = options->events & PDIAG_KMOD_TASKS ? options->tasks_bytes_used : 0;

	return pdiag_offcpu_bytes(options) + tasks;
}

/* Fill in defaults; refuse what makes no sense. */
static int check_sizes(struct pdiag_kmod_session *options)
{
	u64 ring = options->ring_bytes ?: 1u << 20, tasks = options->tasks_bytes ?: 8u << 20;

	if (ring > RING_MAX || tasks > RING_MAX)
		return -EINVAL;
	/* A flight recorder keeps room in each of its segments for the longest records. */
	if (options->flags & PDIAG_KMOD_FLIGHT)
		ring = max_t(u64, ring, FLIGHT_MIN);
	options->ring_bytes_used = roundup_pow_of_two(max_t(u64, ring, RING_MIN));
	options->tasks_bytes_used = roundup_pow_of_two(max_t(u64, tasks, RING_MIN));
	options->stacks = options->stacks ?: 4096;
	options->off_cpu_tasks = options->off_cpu_tasks ?: 8192;
	if (!is_power_of_2(options->stacks) || options->stacks < 64 ||
		options->stacks > (1u << 16) || !is_power_of_2(options->off_cpu_tasks) ||
		options->off_cpu_tasks < 64 || options->off_cpu_tasks > (1u << 20))
		return -EINVAL;
	options->max_depth = options->max_depth ?: 127;
	if (options->max_depth > PDIAG_KMOD_DEPTH_MAX)
		return -EINVAL;
	return cpu_bytes(options) + common_bytes(options) > TOTAL_MAX ? -EINVAL : 0;
}

/* Nobody else's memory or time; of kernel frames none. */
static int restrict_sizes(struct pdiag_kmod_session *options)
{
	if (options->ring_bytes_used > RESTRICTED_RING || options->stacks > RESTRICTED_STACKS)
		return -EPERM;
	/* What an interrupt takes before and behind our callback is in no account. */
	if (options->hz > RESTRICTED_HZ)
		return -EPERM;
	options->budget_ppm = min_t(u32, options->budget_ppm, RESTRICTED_PPM);
	options->wake_ms = max_t(u32, options->wake_ms, RESTRICTED_WAKE_MS);
	options->watermark = max_t(u64, options->watermark, options->ring_bytes_used / 8);
	options->flags |= PDIAG_KMOD_USER_ONLY;
	return 0;
}

/* False: members of the group have enough of the machine's memory. */
static bool charge(struct pdiag_session *session)
{
	u64 more = session->total_bytes - session->charged;
	struct sysinfo machine;

	si_meminfo(&machine);
	session->charged += more;
	return atomic64_add_return(more, &restricted_bytes) <=
		(u64)machine.totalram * machine.mem_unit / RESTRICTED_PART;
}

/*
 * A machine that is short of memory is what this is for: no process is to be killed so that a
 * session begins, which is what allocating more than there is would come to.
 */
static int check_memory(u64 bytes)
{
	u64 pages = DIV_ROUND_UP_ULL(bytes, PAGE_SIZE);
	struct sysinfo machine;

	si_meminfo(&machine);
	return pages + machine.totalram / SPARE_PART > si_mem_available() ? -ENOMEM : 0;
}

static int check(struct pdiag_kmod_session *options, bool restricted)
{
	static const u64 zero[ARRAY_SIZE(options->reserved)];

	if (options->events & ~EVENTS || options->flags & ~FLAGS ||
		memcmp(options->reserved, zero, sizeof(zero)) || options->reserved0 ||
		options->user_bytes > PDIAG_KMOD_USER_MAX || options->user_bytes % sizeof(u64) ||
		options->target > PDIAG_KMOD_COMMAND || options->cpus_bytes % sizeof(u64) ||
		options->budget_ppm > 1000000)
		return -EINVAL;
	if (options->events & PDIAG_KMOD_ON_CPU ? !options->hz || options->hz > HZ_MAX :
						  options->hz)
		return -EINVAL;
	if (restricted && (options->events & ~PDIAG_KMOD_ON_CPU || options->user_bytes))
		return -EPERM;
	/* Who has no privilege does not choose. */
	if (!options->budget_ppm || restricted)
		options->budget_ppm = clamp_t(uint, READ_ONCE(budget), 1, 1000000);
	options->wake_ms = clamp_t(u32, options->wake_ms ?: 100, 1, 10000);
	return check_sizes(options) ?: restricted ? restrict_sizes(options) : 0;
}

/* Is this CPU in the caller's mask? A mask that is too short has zeros behind it. */
static int in_mask(const struct pdiag_kmod_session *options, unsigned int number)
{
	u64 word;

	if (!options->cpus)
		return 1;
	if (number / 64 >= options->cpus_bytes / sizeof(u64))
		return 0;
	if (get_user(word, (u64 __user *)u64_to_user_ptr(options->cpus) + number / 64))
		return -EFAULT;
	return word >> (number % 64) & 1;
}

static int make_cpus(struct pdiag_session *session, const struct pdiag_kmod_session *options)
{
	unsigned int number, made = 0;
	int in;

	for_each_present_cpu(number) {
		in = in_mask(options, number);
		if (in < 0)
			return in;
		if (!in)
			continue;
		if (session->total_bytes + cpu_bytes(options) + common_bytes(options) > TOTAL_MAX)
			return -EINVAL;
		if (check_memory(cpu_bytes(options)))
			return -ENOMEM;
		session->cpu[number] = pdiag_cpu_new(session, number, options);
		if (!session->cpu[number])
			return -ENOMEM;
		/* No more than one CPU's part is ever too much. */
		if (session->restricted && !charge(session))
			return -EUSERS;
		made++;
	}
	return made ? 0 : -EINVAL;
}

/* Rings below their watermark are worth a wake-up after a while, too. */
static enum hrtimer_restart remind(struct hrtimer *timer)
{
	struct pdiag_session *session = container_of(timer, struct pdiag_session, reminder);
	struct pdiag_cpu *unread = NULL;
	u32 i;

	/* Nobody reads a flight recorder that runs. */
	for (i = 0; !(session->flags & PDIAG_KMOD_FLIGHT) && i + 1 < session->nr_rings; i++)
		if (session->cpu[i] && pdiag_ring_unread(&session->cpu[i]->ring)) {
			unread = session->cpu[i];
			pdiag_ring_tell(&unread->ring);
		}
	if (unread)
		irq_work_queue(&unread->wake);
	hrtimer_forward_now(timer, ns_to_ktime(session->remind));
	return HRTIMER_RESTART;
}

static void set_up(struct pdiag_session *session, const struct pdiag_kmod_session *options)
{
	struct pid_namespace *ns = task_active_pid_ns(current);

	mutex_init(&session->lock);
	init_waitqueue_head(&session->readers);
	pdiag_timer_setup(&session->reminder, remind, HRTIMER_MODE_REL_HARD);
	session->nr_rings = nr_cpu_ids + 1;
	session->events = options->events;
	session->flags = options->flags;
	session->max_depth = options->max_depth;
	session->user_bytes = options->user_bytes;
	session->walk = PDIAG_WALK_USER |
		(options->flags & PDIAG_KMOD_USER_ONLY ? 0 : PDIAG_WALK_KERNEL);
	session->budget_ppm = options->budget_ppm;
	session->off_cpu_min = options->off_cpu_min_ns;
	session->period = options->hz ? NSEC_PER_SEC / options->hz : 0;
	session->remind = options->wake_ms * (u64)NSEC_PER_MSEC;
	session->watermark = options->watermark ?: options->ring_bytes_used / 8;
	session->ns = ns == &init_pid_ns ? NULL : get_pid_ns(ns);
	session->cred = get_current_cred();
	session->total_bytes = struct_size(session, cpu, nr_cpu_ids);
}

/* One after the other, so that what was free when one looked is not another's by then. */
static int make_parts(struct pdiag_session *session, const struct pdiag_kmod_session *options)
{
	int err = mutex_lock_killable(&making);

	if (err)
		return err;
	/* Not all that counts as available can be had here: at worst it is the caller who ends. */
	set_current_oom_origin();
	err = make_cpus(session, options);
	if (!err)
		err = check_memory(common_bytes(options));
	if (!err && session->events & PDIAG_KMOD_OFF_CPU)
		err = pdiag_offcpu_new(session, options);
	if (!err && session->events & PDIAG_KMOD_TASKS)
		err = pdiag_tasks_new(session, options);
	clear_current_oom_origin();
	mutex_unlock(&making);
	return err;
}

int pdiag_session_new(struct pdiag_kmod_session *options, bool restricted,
	struct pdiag_session **out)
{
	struct pdiag_session *session;
	int err = check(options, restricted);

	if (err)
		return err;
	if (restricted && atomic_inc_return(&restricted_sessions) > RESTRICTED_SESSIONS) {
		atomic_dec(&restricted_sessions);
		return -EUSERS;
	}
	session = kvzalloc(struct_size(session, cpu, nr_cpu_ids), GFP_KERNEL);
	if (!session) {
		if (restricted)
			atomic_dec(&restricted_sessions);
		return -ENOMEM;
	}
	session->restricted = restricted;
	set_up(session, options);
	err = make_parts(session, options);
	if (!err)
		err = pdiag_filter_open(session, options);
	if (!err && restricted && !charge(session))
		err = -EUSERS;
	if (err) {
		pdiag_session_free(session);
		return err;
	}
	options->clock = PDIAG_KMOD_CLOCK_TIMER;
	if (session->period && pdiag_sampler_open(session))
		options->clock = PDIAG_KMOD_CLOCK_CYCLES;
	options->nr_rings = session->nr_rings;
	options->period_ns = session->period;
	options->total_bytes = session->total_bytes;
	*out = session;
	return 0;
}

void pdiag_session_free(struct pdiag_session *session)
{
	u32 i;

	pdiag_session_stop(session);
	pdiag_probe_free(session);
	pdiag_tasks_free(session);
	pdiag_offcpu_free(session);
	pdiag_filter_close(session);
	for (i = 0; i + 1 < session->nr_rings; i++)
		pdiag_cpu_free(session->cpu[i]);
	if (session->ns)
		put_pid_ns(session->ns);
	put_cred(session->cred);
	if (session->restricted) {
		atomic64_sub(session->charged, &restricted_bytes);
		atomic_dec(&restricted_sessions);
	}
	mutex_destroy(&session->lock);
	kvfree(session);
}

int pdiag_session_start(struct pdiag_session *session)
{
	int err;

	if (session->running)
		return -EALREADY;
	/* Stop undoes as much of it as was done. */
	session->running = true;
	hrtimer_start(&session->reminder, ns_to_ktime(session->remind), HRTIMER_MODE_REL_HARD);
	pdiag_hotplug_start(session);
	err = pdiag_offcpu_start(session);
	if (!err)
		err = pdiag_tasks_start(session);
	if (!err)
		err = pdiag_probe_start(session);
	if (err)
		pdiag_session_stop(session);
	return err;
}

/* What waits have room for begins there. */
static void note_heads(struct pdiag_session *session)
{
	u32 i;

	for (i = 0; i + 1 < session->nr_rings; i++)
		if (session->cpu[i])
			session->cpu[i]->frozen_head = session->cpu[i]->ring.head;
}

int pdiag_session_stop(struct pdiag_session *session)
{
	u32 i;

	if (!session->running)
		return 0;
	pdiag_probe_stop(session);
	pdiag_tasks_stop(session);
	pdiag_offcpu_stop(session);
	pdiag_hook_sync();
	pdiag_hotplug_stop(session);
	/* Now nothing is written any more; what FLUSH tells from here on bears this time. */
	session->stopped = ktime_get_mono_fast_ns();
	note_heads(session);
	hrtimer_cancel(&session->reminder);
	for (i = 0; i + 1 < session->nr_rings; i++)
		if (session->cpu[i]) {
			irq_work_sync(&session->cpu[i]->wake);
			pdiag_ring_tell(&session->cpu[i]->ring);
		}
	session->running = false;
	wake_up_interruptible(&session->readers);
	return 0;
}

struct pdiag_ring *pdiag_session_ring(struct pdiag_session *session, u64 number)
{
	if (number + 1 == session->nr_rings)
		return session->tasks ? pdiag_tasks_ring(session->tasks) : NULL;
	if (number >= session->nr_rings)
		return NULL;
	number = array_index_nospec(number, session->nr_rings - 1);
	return session->cpu[number] ? &session->cpu[number]->ring : NULL;
}

static void freeze(struct pdiag_session *session)
{
	smp_store_release(&session->frozen, true);
	session->frozen_at = ktime_get_mono_fast_ns();
	/* Callbacks look at it once, with interrupts off; now none is at work that saw less. */
	synchronize_rcu();
	note_heads(session);
	pdiag_offcpu_freeze(session);
	smp_store_release(&session->whole, true);
}

static void thaw(struct pdiag_session *session)
{
	u32 i;

	WRITE_ONCE(session->whole, false);
	for (i = 0; i + 1 < session->nr_rings; i++)
		if (session->cpu[i]) {
			pdiag_ring_restart(&session->cpu[i]->ring);
			pdiag_record_forget_stacks(session->cpu[i]);
		}
	pdiag_offcpu_thaw(session);
	smp_store_release(&session->frozen, false);
	synchronize_rcu();
	pdiag_offcpu_thawed(session);
}

int pdiag_session_freeze(struct pdiag_session *session, bool frozen)
{
	if (!(session->flags & PDIAG_KMOD_FLIGHT))
		return -EINVAL;
	if (session->frozen == frozen)
		return 0;
	if (frozen)
		freeze(session);
	else
		thaw(session);
	wake_up_interruptible(&session->readers);
	return 0;
}
