/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A record: one thing that happened, in the terms of this library, whatever source it came from.
 * Pointers in it are into the raw record and live as long as that.
 */
#ifndef PDIAG_DECODE_RECORD_H
#define PDIAG_DECODE_RECORD_H

#include <stdint.h>

#include <pdiag/profile.h>

enum pdiag_record_type {
	PDIAG_RECORD_NONE = 0,	  /* nothing of interest: skip it */
	PDIAG_RECORD_INFO = 1,	  /* how the capture was made; first. Flag OUT: it ends */
	PDIAG_RECORD_MMAP = 2,	  /* executable memory was mapped */
	PDIAG_RECORD_COMM = 3,	  /* a thread got a name; flag EXEC: the process began anew */
	PDIAG_RECORD_FORK = 4,	  /* a thread or process was made */
	PDIAG_RECORD_EXIT = 5,	  /* a thread ended */
	PDIAG_RECORD_STACK = 6,	  /* a stack, given a number */
	PDIAG_RECORD_SAMPLE = 7,  /* a thread was seen with a stack, standing for `weight` */
	PDIAG_RECORD_SWITCH = 8,  /* a thread left (flag OUT) or took a CPU */
	PDIAG_RECORD_LOSS = 9,	  /* events were lost */
	PDIAG_RECORD_FORGET = 10, /* stack numbers start over */
	PDIAG_RECORD_MODULE = 11, /* names follow for this module */
	PDIAG_RECORD_NAME = 12,	  /* a name for a frame of that module */
	PDIAG_RECORD_END = 13,	  /* the capture ended whole */
};

/* The highest enum pdiag_loss_reason that this release knows. */
#define PDIAG_LOSS_LAST PDIAG_LOSS_TASKS

#define PDIAG_RECORD_EXEC 1u	 /* COMM */
#define PDIAG_RECORD_OUT 2u	 /* SWITCH */
#define PDIAG_RECORD_PREEMPT 4u	 /* SWITCH out: it wanted to run on */
#define PDIAG_RECORD_SEEDED 8u	 /* COMM, FORK, MMAP: read from /proc, not an event */
#define PDIAG_RECORD_GONE 16u	 /* COMM: seeding found no such process */
#define PDIAG_RECORD_OF_CPU 32u	 /* STACK, SAMPLE: each CPU's ring has numbers of its own */
#define PDIAG_RECORD_WAKER 64u	 /* SAMPLE by number: it tells who ended the wait */

struct pdiag_record {
	uint16_t type;	/* enum pdiag_record_type */
	uint16_t flags; /* PDIAG_RECORD_* */
	int32_t cpu;	/* -1: not known */
	int32_t pid, tid;
	uint64_t time;	/* ns, CLOCK_MONOTONIC */
	union {
		struct {
			uint64_t realtime; /* ns since 1970 at `time` */
			uint64_t period_ns;
			uint64_t boot_id[2];
			uint32_t hz;
			uint32_t events;
			uint32_t cpus;
			uint32_t kernel;
		} info;
		struct {
			uint64_t start, len, pgoff;
			uint64_t inode, generation;
			uint32_t major, minor;
			const char *path;
		} mmap;
		struct {
			const char *text;
		} comm;
		struct {
			int32_t ppid, ptid;
		} fork;
		struct {
			uint32_t id;
			uint32_t nr;
			const uint64_t *ips; /* with PERF_CONTEXT_* marks, leaf first */
			uint32_t flags; /* PDIAG_STACK_* of all its samples; OF_CPU only */
		} stack;
		struct {
			const uint64_t *ips; /* NULL: see stack */
			uint32_t nr;
			uint32_t stack; /* a number given by STACK; with ips NULL only */
			uint64_t weight; /* ns */
			uint32_t state; /* enum pdiag_state */
			uint32_t flags; /* PDIAG_STACK_* */
			uint32_t waker_stack; /* a number, as `stack`; with flag WAKER only */
			int32_t waker_pid, waker_tid;
			const uint64_t *regs; /* the user's DI, BP, SP and IP; NULL: not told */
			const void *copy; /* with regs: the bytes at SP ... */
			uint32_t copy_len; /* ... as many as could be read */
		} sample;
		struct {
			uint64_t events;
			uint32_t reason; /* enum pdiag_loss_reason */
			int32_t pid;	 /* -1: not known */
		} loss;
		struct { /* the identity of a struct pdiag_module */
			uint32_t id;
			uint32_t kind, reason;
			uint64_t inode, generation, born;
			uint32_t major, minor;
			int32_t pid;
			const char *path;
		} module;
		struct {
			uint64_t value; /* the frame's */
			uint64_t address, size, offset;
			uint32_t kind, reason;
			const char *name, *raw_name, *module;
		} name;
	};
};

#endif
