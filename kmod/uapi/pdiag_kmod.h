/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The contract between the kernel module and who reads it. One device, /dev/pdiag:
 *
 *	device	VERSION, FEATURE and PROBE_INFO tell what is there; SESSION makes a session,
 *		a file descriptor of its own (O_CLOEXEC)
 *	session	mmap() its rings, START, poll(), read the rings, STOP, FLUSH, close()
 *
 * The rings: one a CPU (its number is the CPU's), and one for task dumps, which comes after the
 * CPUs. A ring's control page is mapped read-write at PDIAG_KMOD_CONTROL(ring), its data
 * read-only at PDIAG_KMOD_DATA(ring). A ring of a CPU that the session leaves out has no size.
 *
 * Reading: load `head` with acquire, read the records from `tail` to it, store the new `tail`
 * with release. Offsets only grow; the place in the data is the offset modulo `data_bytes`, a
 * power of two. A record never wraps: a PAD record fills the end. A flight recorder's ring is
 * read while it is frozen, from `oldest` to `head`.
 *
 * How it may change. Structs of ioctls begin with their size: a longer one with anything set
 * behind what the module knows is refused with E2BIG and the size it knows written back; a
 * shorter one is read as if filled up with zeros. Reserved fields must be zero. Records begin
 * with their length: readers skip types that they do not know and fields behind those they know.
 * `abi` counts changes of the ioctls, `schema` those of the records; both only ever grow, and
 * what is there keeps its meaning. An unknown ioctl is ENOTTY.
 */
#ifndef PDIAG_KMOD_UAPI_H
#define PDIAG_KMOD_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PDIAG_KMOD_DEVICE "/dev/pdiag"
#define PDIAG_KMOD_ABI 1
#define PDIAG_KMOD_SCHEMA 1

#define PDIAG_KMOD_DEPTH_MAX 254    /* frames of a stack, kernel and user together */
#define PDIAG_KMOD_NO_STACK 0xffffffffu
#define PDIAG_KMOD_USER_MAX 512
#define PDIAG_KMOD_NAME_LEN 32
#define PDIAG_KMOD_WHY_LEN 128
#define PDIAG_KMOD_COMM_LEN 16
#define PDIAG_KMOD_ARGS_MAX 8

/* ---- the device ---- */

struct pdiag_kmod_version {
	__u32 size;
	__u32 abi;	/* out */
	__u32 schema;	/* out */
	__u32 features;	/* out: number of them, see FEATURE */
	__u32 probes;	/* out: number of them, see PROBE_INFO */
	__u32 nr_rings;	/* out: CPUs that there may ever be, and one */
	char release[PDIAG_KMOD_NAME_LEN]; /* out: of the module */
};

/* What a module may have or lack on a kernel. The numbers are for good. */
enum pdiag_kmod_feature_id {
	PDIAG_KMOD_FEATURE_TIMER = 0,	    /* on-CPU samples by a timer on each CPU */
	PDIAG_KMOD_FEATURE_CYCLES = 1,	    /* on-CPU samples by a hardware counter */
	PDIAG_KMOD_FEATURE_OFF_CPU = 2,	    /* time away from the CPU */
	PDIAG_KMOD_FEATURE_INHERIT = 3,	    /* a filter follows new threads and children */
	PDIAG_KMOD_FEATURE_CGROUP = 4,	    /* filter by cgroup */
	PDIAG_KMOD_FEATURE_TASKS = 5,	    /* task dumps */
	PDIAG_KMOD_FEATURE_TASK_KERNEL = 6, /* ... with kernel stacks of tasks that do not run */
	PDIAG_KMOD_FEATURE_TASK_USER = 7,   /* ... with their user stacks */
	PDIAG_KMOD_FEATURE_FLIGHT = 8,	    /* flight recorder */
	PDIAG_KMOD_FEATURE_SHORT_WAITS = 9, /* the flag PDIAG_KMOD_SHORT_WAITS */
	PDIAG_KMOD_FEATURE_USER_PART = 10,  /* user_bytes */
	PDIAG_KMOD_FEATURES = 11,
};

struct pdiag_kmod_feature {
	__u32 size;
	__u32 id;	 /* in: enum pdiag_kmod_feature_id */
	__u32 available; /* out */
	__u32 reserved;
	char name[PDIAG_KMOD_NAME_LEN]; /* out */
	char why[PDIAG_KMOD_WHY_LEN];	/* out: why it is not available, or "" */
};

struct pdiag_kmod_param {
	char name[PDIAG_KMOD_NAME_LEN];
	char text[PDIAG_KMOD_WHY_LEN]; /* what it is and its unit */
	__u64 def, min, max;
};

#define PDIAG_KMOD_PARAMS 4

struct pdiag_kmod_probe_info {
	__u32 size;
	__u32 index;	 /* in: 0 to probes - 1 */
	__u32 available; /* out */
	__u32 params;	 /* out: how many of `param` are there */
	__u32 args;	 /* out: how many of `arg` are there */
	__u32 reserved;
	char name[PDIAG_KMOD_NAME_LEN]; /* out: "sched-delay" */
	char unit[PDIAG_KMOD_NAME_LEN]; /* out: of the value and histogram, "ns" */
	char text[PDIAG_KMOD_WHY_LEN];	/* out: what it tells, one sentence */
	char needs[PDIAG_KMOD_WHY_LEN]; /* out: what it hooks */
	char why[PDIAG_KMOD_WHY_LEN];	/* out: why it is not available, or "" */
	struct pdiag_kmod_param param[PDIAG_KMOD_PARAMS];
	char arg[PDIAG_KMOD_ARGS_MAX][PDIAG_KMOD_NAME_LEN]; /* what an event's args are */
};

/* ---- a session ---- */

/* What is gathered; may be combined. */
#define PDIAG_KMOD_ON_CPU 1u
#define PDIAG_KMOD_OFF_CPU 2u
#define PDIAG_KMOD_TASKS 4u /* task dumps, on request or by a trigger */

#define PDIAG_KMOD_NO_INHERIT 1u  /* leave out what the target creates later */
#define PDIAG_KMOD_USER_ONLY 2u	  /* no kernel frames, no time in the kernel */
#define PDIAG_KMOD_FLIGHT 4u	  /* overwrite the oldest; read when frozen */
#define PDIAG_KMOD_SKIP_IDLE 8u	  /* no samples of idle CPUs */
#define PDIAG_KMOD_SOFTWARE 16u	  /* a timer even where there are hardware cycles */
#define PDIAG_KMOD_WAKERS 32u	  /* off-CPU: the waker's stack, too */
#define PDIAG_KMOD_SHORT_WAITS 64u /* off-CPU: one in each off_cpu_min_ns of short waits */

enum pdiag_kmod_target {
	PDIAG_KMOD_ALL = 0,
	PDIAG_KMOD_PROCESS = 1, /* pid: all its threads */
	PDIAG_KMOD_THREAD = 2,	/* pid: of a thread */
	PDIAG_KMOD_CGROUP = 3,	/* cgroup_fd: a directory in cgroup v2 */
	PDIAG_KMOD_COMMAND = 4,	/* comm: threads of this name */
};

enum pdiag_kmod_clock {
	PDIAG_KMOD_CLOCK_TIMER = 0,
	PDIAG_KMOD_CLOCK_CYCLES = 1,
};

struct pdiag_kmod_session {
	__u32 size;
	__u32 events;	/* PDIAG_KMOD_ON_CPU | ...; 0: for probes only */
	__u32 flags;	/* PDIAG_KMOD_NO_INHERIT | ... */
	__u32 target;	/* enum pdiag_kmod_target */
	__s32 pid;	/* in the caller's pid namespace */
	__s32 cgroup_fd;
	char comm[PDIAG_KMOD_COMM_LEN];
	__aligned_u64 cpus;   /* bit mask in 64-bit words; 0: all */
	__u32 cpus_bytes;     /* of the mask, a multiple of 8 */
	__u32 hz;	      /* 1 to 10,000; on-CPU only */
	__u64 ring_bytes;     /* of a CPU; power of two of pages; 0: 1 MiB */
	__u64 tasks_bytes;    /* of the ring for task dumps, likewise; 0: 8 MiB */
	__u32 max_depth;      /* frames of a stack; 0: 127 */
	__u32 stacks;	      /* distinct stacks kept for a CPU; power of two; 0: 4,096 */
	__u32 watermark;      /* bytes in a ring that make it readable; 0: an eighth */
	__u32 wake_ms;	      /* ... or this long after the oldest of them; 0: 100 */
	/*
	 * Shorter waits are counted only; with PDIAG_KMOD_SHORT_WAITS their time is added up, and
	 * one in each off_cpu_min_ns of it, by chance, is told of, as if it had taken all of that.
	 * Not those that are still away at STOP; and nobody notes their wakers.
	 */
	__u64 off_cpu_min_ns;
	__u32 off_cpu_tasks;  /* tasks away at once; power of two; 0: 8,192 */
	__u32 budget_ppm;     /* of each CPU's time for all callbacks; 0: 10,000 (1 %) */
	/*
	 * Bytes of the user's stack with each SAMPLE and WAIT, a multiple of 8, at most
	 * PDIAG_KMOD_USER_MAX; 0: none. See struct pdiag_kmod_user.
	 */
	__u32 user_bytes;
	__u32 reserved0;
	__u64 reserved[3];
	/* out */
	__u32 nr_rings;
	__u32 clock;	      /* enum pdiag_kmod_clock */
	__u64 period_ns;      /* of a sample */
	__u64 total_bytes;    /* kernel memory of the session */
	__u64 ring_bytes_used; /* ring_bytes as in use */
	__u64 tasks_bytes_used;
};

/* The control page of a ring. The module never reads back anything but `tail`. */
struct pdiag_kmod_ring {
	__u64 head;	  /* written by the module */
	__u64 oldest;	  /* flight recorder: where reading begins */
	__u64 data_bytes; /* power of two */
	__u64 reserved0[5];
	__u64 tail;	  /* written by the reader */
	__u64 reserved1[7];
};

#define PDIAG_KMOD_RING_SHIFT 32
#define PDIAG_KMOD_CONTROL(ring) ((__u64)(ring) << PDIAG_KMOD_RING_SHIFT)
#define PDIAG_KMOD_DATA(ring) (PDIAG_KMOD_CONTROL(ring) + (1ull << (PDIAG_KMOD_RING_SHIFT - 1)))

/* Why events did not reach the ring. The numbers are for good. */
enum pdiag_kmod_loss {
	PDIAG_KMOD_LOST_RING = 0,    /* probe events: no room (they are in the histogram) */
	PDIAG_KMOD_LOST_NESTED = 1,  /* an NMI came in the middle; its weight goes to the next */
	PDIAG_KMOD_LOST_SLOTS = 2,   /* off-CPU: more tasks away than there is room for */
	PDIAG_KMOD_LOST_INHERIT = 3, /* more tasks to follow than there is room for */
	PDIAG_KMOD_LOST_BUDGET = 4,  /* left out by the governor; others weigh more for it */
	PDIAG_KMOD_LOST_DUMP = 5,    /* tasks that a dump had no room for */
	PDIAG_KMOD_LOSSES = 6,
};

/* Of one ring, or of all of them together. */
struct pdiag_kmod_stats {
	__u32 size;
	__u32 ring;	  /* in; PDIAG_KMOD_ALL_RINGS: sums */
	__u64 records;	  /* written to the ring */
	__u64 bytes;
	__u64 samples;	  /* taken, delivered or pending */
	__u64 pending;	  /* samples that wait for room */
	__u64 coarsened;  /* samples that lost time, stack or thread, not count or weight */
	__u64 late;	  /* samples that came late */
	__u64 stacks;	  /* distinct stacks sent */
	__u64 short_waits; /* off-CPU: below the limit and not told of, and their time */
	__u64 short_ns;
	__u64 callbacks;
	__u64 callback_ns;
	__u64 throttled;  /* times that the governor lowered the rate */
	__u64 period_ns;  /* of a sample now */
	__u64 lost[8];	  /* enum pdiag_kmod_loss */
};
#define PDIAG_KMOD_ALL_RINGS 0xffffffffu

/* When a task dump is made by itself, or a flight recorder frozen. */
enum pdiag_kmod_trigger_on {
	PDIAG_KMOD_ON_LOAD = 0,	    /* 1-minute load average, in hundredths */
	PDIAG_KMOD_ON_RUNNABLE = 1, /* runnable tasks */
	PDIAG_KMOD_ON_BLOCKED = 2,  /* tasks in uninterruptible sleep, but idle kernel threads */
};
#define PDIAG_KMOD_TRIGGER_DUMP 1u
#define PDIAG_KMOD_TRIGGER_FREEZE 2u

struct pdiag_kmod_trigger {
	__u32 size;
	__u32 on;	   /* enum pdiag_kmod_trigger_on */
	__u32 actions;	   /* PDIAG_KMOD_TRIGGER_DUMP | ...; 0: take the trigger away */
	__u32 reserved;
	__u64 rise;	   /* at or above this, ... */
	__u32 hold_ms;	   /* ... and for this long */
	__u32 cooldown_ms; /* then not again before this; 0: 60,000 */
	__u32 check_ms;	   /* how often it is looked at; 0: 200; at least 10 */
	__u32 reserved2;
};

/* Ask for a task dump; it arrives in its ring. */
struct pdiag_kmod_dump {
	__u32 size;
	__u32 flags; /* PDIAG_KMOD_DUMP_* */
	__u64 id;    /* out: in its TASKS_BEGIN */
};
#define PDIAG_KMOD_DUMP_ALL 1u /* sleeping tasks, too */

/* Attach a probe to the session (before START or after it). */
struct pdiag_kmod_probe {
	__u32 size;
	__u32 index;
	__u64 param[PDIAG_KMOD_PARAMS]; /* 0: its default */
};

/* Sum over all CPUs. Bucket 0 counts zeros, bucket n values from 2^(n-1) to 2^n - 1. */
struct pdiag_kmod_histogram {
	__u32 size;
	__u32 index;	/* in: of the probe */
	__u64 count;	/* values measured, those below the threshold too */
	__u64 sum;
	__u64 max;
	__u64 events;	/* of those, above it */
	__u64 missed;	/* hooks that the kernel skipped */
	__u64 bucket[65];
};

struct pdiag_kmod_flush {
	__u32 size;
	__u32 reserved;
	__u64 pending; /* out: samples that still wait for room; read the rings, flush again */
};

/* No size in the number: a struct that has grown goes by the same, its first field tells. */
#define PDIAG_KMOD_IOC(nr, type) _IOC(_IOC_READ | _IOC_WRITE, 'd', (nr), 0)
#define PDIAG_KMOD_IOC_VERSION PDIAG_KMOD_IOC(0x80, version)
#define PDIAG_KMOD_IOC_FEATURE PDIAG_KMOD_IOC(0x81, feature)
#define PDIAG_KMOD_IOC_PROBE_INFO PDIAG_KMOD_IOC(0x82, probe_info)
#define PDIAG_KMOD_IOC_SESSION PDIAG_KMOD_IOC(0x83, session) /* returns a file descriptor */
/* of a session */
#define PDIAG_KMOD_IOC_START _IO('d', 0x90)
#define PDIAG_KMOD_IOC_STOP _IO('d', 0x91)
#define PDIAG_KMOD_IOC_FREEZE _IO('d', 0x92)
#define PDIAG_KMOD_IOC_THAW _IO('d', 0x93)
#define PDIAG_KMOD_IOC_FLUSH PDIAG_KMOD_IOC(0x94, flush)
#define PDIAG_KMOD_IOC_STATS PDIAG_KMOD_IOC(0x95, stats)
#define PDIAG_KMOD_IOC_DUMP PDIAG_KMOD_IOC(0x96, dump)
#define PDIAG_KMOD_IOC_TRIGGER PDIAG_KMOD_IOC(0x97, trigger)
#define PDIAG_KMOD_IOC_PROBE PDIAG_KMOD_IOC(0x98, probe)
#define PDIAG_KMOD_IOC_HISTOGRAM PDIAG_KMOD_IOC(0x99, histogram)

/* ---- records ---- */

enum pdiag_kmod_type {
	PDIAG_KMOD_PAD = 0,
	PDIAG_KMOD_STACK = 1,
	PDIAG_KMOD_SAMPLE = 2,
	PDIAG_KMOD_COUNT = 3,
	PDIAG_KMOD_WAIT = 4,
	PDIAG_KMOD_LOSS = 5,
	PDIAG_KMOD_RATE = 6,
	PDIAG_KMOD_TASKS_BEGIN = 7,
	PDIAG_KMOD_TASK = 8,
	PDIAG_KMOD_TASKS_END = 9,
	PDIAG_KMOD_EVENT = 10,
	PDIAG_KMOD_FROZEN = 11,
};

/* Flags of SAMPLE, COUNT, WAIT, TASK and EVENT. */
#define PDIAG_KMOD_LATE 1u	 /* came late; the weight covers it */
#define PDIAG_KMOD_IN_USER 2u	 /* SAMPLE: the CPU was in user mode */
#define PDIAG_KMOD_IDLE 4u	 /* the CPU was idle; pid and tid are 0 */
#define PDIAG_KMOD_COARSE 8u	 /* stack, or of a COUNT the thread, could not be kept apart */
#define PDIAG_KMOD_PREEMPTED 16u /* WAIT: it wanted to run on */
#define PDIAG_KMOD_RUNNING 32u	 /* TASK: on a CPU at this moment */
#define PDIAG_KMOD_AWAY 64u	 /* WAIT: still away at STOP, as FLUSH tells, or at FREEZE */
#define PDIAG_KMOD_HAS_USER 128u /* SAMPLE, WAIT: a struct pdiag_kmod_user is behind the fields */
/* Flags of STACK. */
#define PDIAG_KMOD_TRUNCATED 1u	 /* deeper than max_depth */
#define PDIAG_KMOD_FAULTED 2u	 /* user memory was not there */

/*
 * Every record begins with it. Lengths are multiples of 16. Times are CLOCK_MONOTONIC, ns, as it
 * can be read in any context: where the kernel adjusts the clock, they may step back by a few.
 */
struct pdiag_kmod_record {
	__u32 len; /* all of it */
	__u16 type;
	__u16 flags;
	__u64 time;
};

/*
 * A stack, from now on known in this ring by its number; an earlier one of that number is gone.
 * Leaf first, with the marks PERF_CONTEXT_KERNEL and PERF_CONTEXT_USER before the parts. Marks
 * count in nr.
 */
struct pdiag_kmod_stack {
	struct pdiag_kmod_record head;
	__u32 id;
	__u32 nr;
	__u64 ips[]; /* nr */
};

struct pdiag_kmod_sample {
	struct pdiag_kmod_record head;
	__u32 stack;  /* or PDIAG_KMOD_NO_STACK */
	__u32 pid;    /* of the process; in the caller's pid namespace */
	__u32 tid;
	__u32 weight; /* ns of CPU time that it stands for */
};

/*
 * Where the user's part of a stack was left, so that a reader with the program's call frame
 * information finds callers that frame pointers skip. It begins where struct pdiag_kmod_sample or
 * struct pdiag_kmod_wait, as they are here, end; x86-64: not of programs of 32 bits.
 */
struct pdiag_kmod_user {
	__u64 di, bp, sp, ip;
	__u32 bytes; /* of stack[]; fewer than asked for where memory was not there */
	__u32 reserved;
	__u8 stack[]; /* from sp on */
};

/* What a COUNT counts. */
enum pdiag_kmod_state {
	PDIAG_KMOD_STATE_ON_CPU = 0,
	PDIAG_KMOD_STATE_BLOCKED = 1,
	PDIAG_KMOD_STATE_DISK = 2,    /* blocked, uninterruptible */
	PDIAG_KMOD_STATE_WAITING = 3, /* runnable, but not running */
};

/* Samples that had no room in the ring when they were taken; `time` is when they got it. */
struct pdiag_kmod_count {
	struct pdiag_kmod_record head;
	__u32 stack;
	__u32 pid, tid;
	__u32 count;
	__u64 first, last; /* when they were taken */
	__u64 weight;	   /* ns, of all of them */
	__u32 state;	   /* enum pdiag_kmod_state */
	__u32 reserved;
};

/*
 * A task was away from the CPU; `time` is when it came back. With PDIAG_KMOD_AWAY it is still away:
 * its time up to STOP or FREEZE. After a FREEZE its next record begins there.
 */
struct pdiag_kmod_wait {
	struct pdiag_kmod_record head;
	__u32 stack;	 /* where it left the CPU */
	__u32 pid, tid;
	__u32 state;	 /* enum pdiag_kmod_state: BLOCKED or DISK; WAITING if preempted */
	__u64 blocked;	 /* ns until it was woken */
	__u64 waiting;	 /* ns from then until it ran */
	__u32 waker_stack; /* or PDIAG_KMOD_NO_STACK */
	__u32 waker_pid, waker_tid; /* 0: not known */
	__u32 scale;	 /* waits that this one stands for: 1, more under the governor */
};

struct pdiag_kmod_loss_record {
	struct pdiag_kmod_record head;
	__u32 reason; /* enum pdiag_kmod_loss */
	__u32 pid;    /* 0: not known */
	__u64 events; /* since the last such record */
};

/* The governor changed the rate of this CPU. */
struct pdiag_kmod_rate {
	struct pdiag_kmod_record head;
	__u64 old_period, period; /* ns */
};

struct pdiag_kmod_tasks_begin {
	struct pdiag_kmod_record head;
	__u64 id;
	__u32 by;    /* 0: request; else 1 + enum pdiag_kmod_trigger_on */
	__u32 load;  /* 1-minute load average, in hundredths */
	__u64 value; /* that the trigger saw */
	__u64 reserved;
};

struct pdiag_kmod_task {
	struct pdiag_kmod_record head;
	__u32 stack;
	__u32 pid, tid;
	__u32 state; /* the letter of ps(1): 'R', 'D', 'S', ... */
	__u64 start; /* ns, CLOCK_BOOTTIME, when the thread was made */
	__u32 cpu;
	__u32 reserved;
	char comm[PDIAG_KMOD_COMM_LEN];
};

struct pdiag_kmod_tasks_end {
	struct pdiag_kmod_record head;
	__u64 id;
	__u32 runnable, blocked; /* tasks seen in these states */
	__u32 dumped, lost;	 /* tasks with a TASK record; tasks that found no room */
	__u64 took_ns;		 /* from the first task to the last */
};

/* A probe saw something; args as its description says. */
struct pdiag_kmod_event {
	struct pdiag_kmod_record head;
	__u32 probe; /* index */
	__u32 nr_args;
	__u32 stack; /* or PDIAG_KMOD_NO_STACK */
	__u32 pid, tid;
	__u32 reserved;
	__u64 value; /* in the probe's unit */
	char comm[PDIAG_KMOD_COMM_LEN];
	__u64 args[]; /* nr_args */
};

struct pdiag_kmod_frozen {
	struct pdiag_kmod_record head;
	__u32 by; /* 0: a call; else 1 + enum pdiag_kmod_trigger_on */
	__u32 reserved;
	__u64 value;
};

#ifdef __cplusplus
#define PDIAG_KMOD_ASSERT(cond, text) static_assert(cond, text)
#else
#define PDIAG_KMOD_ASSERT(cond, text) _Static_assert(cond, text)
#endif
#define PDIAG_KMOD_SIZE(type, bytes) \
	PDIAG_KMOD_ASSERT(sizeof(struct pdiag_kmod_##type) == (bytes), "layout of " #type)

PDIAG_KMOD_SIZE(version, 56);
PDIAG_KMOD_SIZE(feature, 176);
PDIAG_KMOD_SIZE(param, 184);
PDIAG_KMOD_SIZE(probe_info, 1464);
PDIAG_KMOD_SIZE(session, 176);
PDIAG_KMOD_SIZE(ring, 128);
PDIAG_KMOD_SIZE(stats, 176);
PDIAG_KMOD_SIZE(trigger, 40);
PDIAG_KMOD_SIZE(dump, 16);
PDIAG_KMOD_SIZE(probe, 40);
PDIAG_KMOD_SIZE(histogram, 568);
PDIAG_KMOD_SIZE(flush, 16);
PDIAG_KMOD_SIZE(record, 16);
PDIAG_KMOD_SIZE(stack, 24);
PDIAG_KMOD_SIZE(sample, 32);
PDIAG_KMOD_SIZE(count, 64);
PDIAG_KMOD_SIZE(wait, 64);
PDIAG_KMOD_SIZE(loss_record, 32);
PDIAG_KMOD_SIZE(rate, 32);
PDIAG_KMOD_SIZE(user, 40);
PDIAG_KMOD_SIZE(tasks_begin, 48);
PDIAG_KMOD_SIZE(task, 64);
PDIAG_KMOD_SIZE(tasks_end, 48);
PDIAG_KMOD_SIZE(event, 64);
PDIAG_KMOD_SIZE(frozen, 32);

#endif
