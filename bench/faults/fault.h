/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults with known names: each kind is a process of its own, and what it does wrong is done in
 * functions that a profile must show.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the caller asked for. */
struct fault {
	double strength; /* of the normal level: 1.2, 2, ...; INFINITY: full */
	double seconds;
	const char *work; /* a folder of ours */
};

struct fault_kind {
	const char *name;      /* also the process's */
	const char *functions; /* where the trouble is, with "," between */
	const char *what;
	int (*run)(const struct fault *f); /* exit status; 77: cannot, and said why */
};

extern const struct fault_kind fault_kinds[];

/* Is it time to end? */
bool fault_over(void);
/* "begin TIME PID FUNCTIONS" on stdout: from now on it is wrong. */
void fault_begins(pid_t pid);
/* A reason on stderr; returns 77. */
int fault_cannot(const char *what);
bool fault_is_full(const struct fault *f);
/* (strength - 1) * normal, or full */
double fault_level(const struct fault *f, double normal, double full);
int fault_cpus(void);

uint64_t fault_clock(void);
void fault_sleep(double seconds);
/* Run fn(arg) in so many threads until the end. */
int fault_threads(int count, void *(*fn)(void *), void *arg);
/* A child that dies with us; in it 0. */
pid_t fault_fork(void);
/* Kill it, and wait. */
void fault_reap(pid_t pid);
/* Wait until it is time to end, or the child has ended; the exit status that follows. */
int fault_attend(pid_t pid);

/* A part of the time is spent by the work, the rest sleeping: about `level` of a CPU. */
struct fault_duty {
	double level;
	uint64_t start;
};
void fault_duty_begin(struct fault_duty *d, double level);
void fault_duty_end(struct fault_duty *d);

int fault_run_hog(const struct fault *f);
int fault_run_calls(const struct fault *f);
int fault_run_convoy(const struct fault *f);
int fault_run_forks(const struct fault *f);
int fault_run_vfork(const struct fault *f);
int fault_run_memory(const struct fault *f);
int fault_run_storage(const struct fault *f);
int fault_run_loss(const struct fault *f);

#endif
