/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Portraits: what is kept of each process.
 *
 * A sample has three parts. The walk lists /proc: who is new, who is gone (table.c, family.c). The
 * glance asks each process, as cheaply as can be, if it ran at all (walk.c). The look reads what
 * counts of those that did, as many as the time of a sample allows (look.c, reading.c, threads.c).
 * Counters are cumulative and each process has the time of its own last look, so that rates are
 * true however long that is ago.
 */
#ifndef PDIAG_PORTRAIT_PORTRAIT_INTERNAL_H
#define PDIAG_PORTRAIT_PORTRAIT_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include <pdiag/portrait.h>

#include "core/context.h"
#include "util/arena.h"
#include "util/table.h"
#include "util/text.h"

#define PDIAG_PORTRAIT_COMM 16
#define PDIAG_PORTRAIT_BUCKETS 6u   /* that a window is made of, at most */
#define PDIAG_PORTRAIT_POINTS 32u   /* of a sparkline, at most; even */
#define PDIAG_PORTRAIT_LINES ((uint32_t)PDIAG_QUANTITY_OFF_FUTEX) /* quantities that have one */
#define PDIAG_PORTRAIT_WARM 8u	    /* looks before anything is unusual */
#define PDIAG_PORTRAIT_CUT 2u	    /* ticks by which sums of two numbers of the kernel differ */
#define PDIAG_PORTRAIT_NOTHING 1e-3 /* of what matters: it is written as 0 */
#define PDIAG_PORTRAIT_NEVER UINT64_MAX

/* What is counted from one look to the next, in the kernel's units. */
enum pdiag_flow {
	PDIAG_FLOW_USER,     /* ticks */
	PDIAG_FLOW_SYSTEM,
	PDIAG_FLOW_CHILDREN, /* ticks of those that were waited for */
	PDIAG_FLOW_MINOR,
	PDIAG_FLOW_MAJOR,
	PDIAG_FLOW_BLOCKED,  /* ticks */
	PDIAG_FLOW_READ,     /* bytes */
	PDIAG_FLOW_WRITE,
	PDIAG_FLOW_CALLS_READ,
	PDIAG_FLOW_CALLS_WRITE,
	PDIAG_FLOW_DELAY,    /* ns; from here on summed over threads */
	PDIAG_FLOW_VOLUNTARY,
	PDIAG_FLOW_INVOLUNTARY,
	PDIAG_FLOW_MIGRATIONS,
	PDIAG_FLOWS
};

/* What a look finds. */
struct pdiag_reading {
	uint64_t flow[PDIAG_FLOWS];
	uint32_t have;	 /* bits of flows */
	uint32_t threads;
	uint64_t start;	 /* ticks since boot */
	uint64_t resident; /* bytes */
	uint64_t run_ns; /* of the main thread, by its schedstat */
	uint64_t cpu_ns; /* of the process, by its clock */
	int32_t ppid;
	uint32_t uid;
	bool kernel, has_uid, has_run;
	bool begun; /* its threads were not looked at before: what they count is only known from now
		     * on */
	char state;
	char comm[PDIAG_PORTRAIT_COMM];
};

/* A part of the window. */
struct pdiag_bucket {
	uint32_t id;	  /* of samples, from 1; 0: empty */
	float seconds;
	float counted;	  /* seconds that what is counted by thread is known for */
	float blocked;	  /* seconds of looks that found it in uninterruptible sleep */
	float resident;	  /* bytes, at its begin */
	uint32_t ended;	  /* children */
	float flow[PDIAG_FLOWS]; /* seconds or numbers */
};

/* What one thread has counted so far. */
struct pdiag_portrait_thread {
	int32_t tid;
	uint32_t have; /* bits of flows */
	uint64_t flow[PDIAG_FLOWS - PDIAG_FLOW_DELAY];
};

/* What it usually is like. */
struct pdiag_usual {
	float mean[PDIAG_QUANTITY_COUNT], spread[PDIAG_QUANTITY_COUNT];
	float seconds, wait_seconds; /* that this is made of; the waits, of profiles */
	uint32_t samples, profiles;
};

/* How each quantity that /proc tells of went: points of equal numbers of seconds. */
struct pdiag_spark {
	int16_t points[PDIAG_PORTRAIT_LINES][PDIAG_PORTRAIT_POINTS];
	float largest[PDIAG_PORTRAIT_LINES];
	float sum[PDIAG_PORTRAIT_LINES], seconds; /* of the point that is being made */
	float step;	       /* seconds a point; 0: none yet */
	uint32_t count;
};

/* Of a process that has done anything since it is watched. */
struct pdiag_past {
	struct pdiag_bucket buckets[PDIAG_PORTRAIT_BUCKETS];
	struct pdiag_usual usual;
	struct pdiag_spark spark;
	struct pdiag_portrait_thread *threads; /* sorted by tid */
	size_t thread_count, thread_cap;
	bool cut;	 /* there were more threads than these */
	uint32_t last;	 /* bucket */
	float credit;	 /* CPU seconds of children that ended, not in `usual` yet */
};

struct pdiag_proc {
	int32_t pid, ppid;
	int32_t spawner; /* who made it; its parent may be another by now */
	uint32_t uid;
	uint64_t inode;	 /* of /proc/PID: another one means another process, or it was forgotten */
	uint64_t start;	 /* ticks since boot */
	uint64_t first_ns, base_ns; /* CLOCK_MONOTONIC: seen first; time of `base` */
	uint64_t base[PDIAG_FLOWS]; /* counters as of the last look */
	uint64_t run_ns; /* that it has run, at the last glance */
	uint64_t used;	 /* ns or ticks that it ran since the last look, by glances */
	uint64_t debt;	 /* ticks of ended children that were theirs as long as they lived */
	uint64_t unseen; /* ticks of children that the last look took for those of nobody seen */
	uint64_t resident, base_resident; /* now, and at the last look */
	uint32_t have;	 /* bits of flows in base */
	uint32_t threads;
	uint32_t sample; /* that listed it last */
	uint32_t looked; /* sample of the last look */
	uint32_t quiet;	 /* glances in a row that found nothing */
	struct pdiag_past *past; /* NULL: it did nothing so far */
	char *command, *cgroup; /* NULL: nobody asked yet */
	bool due, based, kernel, has_run;
	char state;
	char comm[PDIAG_PORTRAIT_COMM];
};

struct pdiag_portrait_clock {
	uint64_t (*now)(void *user, clockid_t id);
	/* CPU time of a process, all threads; 0 or a negative errno. NULL: cannot be asked. */
	int (*cpu)(void *user, int32_t pid, uint64_t *ns);
	void *user;
};

struct pdiag_proofs;	/* portrait/proofs.h */

struct pdiag_portraits {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_portrait_clock clock;
	int proc_fd;
	char *buffer, *names; /* of files, of directories */
	int32_t pid;
	uint32_t window_s, max, flags;
	uint64_t interval_ns, tick_ns, page;
	uint32_t cpus;
	struct pdiag_proc *procs;
	size_t count, cap;
	struct pdiag_table index; /* of procs, by pid */
	uint32_t *due;	/* places in procs */
	size_t due_count, due_cap;
	struct pdiag_proofs *proofs; /* of the last profile; NULL: none */
	uint32_t bucket_samples, bucket_count;
	uint32_t sample;  /* number of the one that is being taken, or was last */
	int error; /* of the walk: -ENOMEM, what there was no memory for is missing */
	uint64_t looks, glances; /* of the last sample */
	uint64_t glance_ns, list_ns; /* CPU time, measured: of a glance, of a listing */
	uint64_t boot_ns; /* CLOCK_BOOTTIME less CLOCK_MONOTONIC */
	uint64_t bytes;	  /* of pasts and texts */
	bool run_counted, run_seen; /* schedstat counts here; it has counted something */
	uint32_t lacks;	  /* PDIAG_PORTRAIT_LACKS_* */
	char limits[512];
	struct pdiag_portraits_info info;
};

/* Why some of it is not known; each is said once in limits. */
enum {
	PDIAG_PORTRAIT_LACKS_IO = 1,	   /* /proc/PID/io may not be read */
	PDIAG_PORTRAIT_LACKS_DELAYACCT = 2,
	PDIAG_PORTRAIT_LACKS_SCHED = 4,	   /* no /proc/PID/sched */
	PDIAG_PORTRAIT_LACKS_SCHEDSTAT = 8,
	PDIAG_PORTRAIT_LACKS_ROOM = 16,	   /* more processes than max */
	PDIAG_PORTRAIT_LACKS_THREADS = 32, /* more threads than are looked at */
};

#define PDIAG_PORTRAIT_BUFFER 16384u

/* Sentence on failure. clock NULL: the machine's. */
int pdiag_portraits_make(struct pdiag *context, const struct pdiag_portraits_options *options,
	const struct pdiag_portrait_clock *clock, struct pdiag_portraits **out);
int pdiag_portraits_options_check(
	struct pdiag_portraits_options *to, const struct pdiag_portraits_options *from);
void pdiag_portrait_limits(struct pdiag_portraits *p);

/* ---- table.c: processes by pid ---- */

struct pdiag_proc *pdiag_portrait_find(const struct pdiag_portraits *p, int32_t pid);
/* NULL: out of memory, or there are too many. Pointers to others are not valid any more. */
struct pdiag_proc *pdiag_portrait_add(struct pdiag_portraits *p, int32_t pid);
/* The last one takes its place. */
void pdiag_portrait_remove(struct pdiag_portraits *p, struct pdiag_proc *proc);
void pdiag_portrait_drop_past(struct pdiag_portraits *p, struct pdiag_proc *proc);

/* ---- reading.c: files of one process ---- */

/* The text of /proc/PID/NAME in p->buffer, with a NUL behind it. Bytes, or a negative errno. */
long pdiag_portrait_text(struct pdiag_portraits *p, int32_t pid, const char *name);
/* Parse a text; false: it is not one. */
bool pdiag_portrait_parse_stat(const char *text, size_t len, struct pdiag_reading *r);
bool pdiag_portrait_parse_schedstat(const char *text, size_t len, struct pdiag_reading *r);
bool pdiag_portrait_parse_io(const char *text, size_t len, struct pdiag_reading *r);
bool pdiag_portrait_parse_status(const char *text, size_t len, struct pdiag_reading *r);
bool pdiag_portrait_parse_sched(const char *text, size_t len, struct pdiag_reading *r);
/* 0, or a negative errno: -ESRCH when it is gone, also when its text makes no sense. */
int pdiag_portrait_read_stat(struct pdiag_portraits *p, int32_t pid, struct pdiag_reading *r);
int pdiag_portrait_read_run(struct pdiag_portraits *p, int32_t pid, struct pdiag_reading *r);
/* All that is there. */
int pdiag_portrait_read(struct pdiag_portraits *p, int32_t pid, struct pdiag_reading *r);
/* Its command line and cgroup, once. */
void pdiag_portrait_read_texts(struct pdiag_portraits *p, struct pdiag_proc *proc);
void pdiag_portrait_forget_texts(struct pdiag_portraits *p, struct pdiag_proc *proc);

/* ---- threads.c ---- */

/*
 * Read what is counted for each thread alone, and add to the flows of the process what is new of
 * it. 0 or a negative errno; -ENOMEM.
 */
int pdiag_portrait_read_threads(
	struct pdiag_portraits *p, struct pdiag_proc *proc, struct pdiag_reading *r);

/* ---- walk.c, look.c, family.c ---- */

/* List /proc, or look if the one process is there: new ones are added, all get their glance. */
int pdiag_portrait_walk(struct pdiag_portraits *p);
/* A number in the listing of /proc; calls fn for each. getdents64() by hand, as it allocates
 * nothing. */
typedef int (*pdiag_portrait_entry_fn)(void *user, int32_t id, uint64_t inode);
int pdiag_portrait_list(
	int dir_fd, char *buffer, size_t size, pdiag_portrait_entry_fn fn, void *user);
/* Take over what identifies a process. */
void pdiag_portrait_identify(struct pdiag_proc *proc, const struct pdiag_reading *r);
/* Read a process and count what is new. -ESRCH: it is gone. */
int pdiag_portrait_look(struct pdiag_portraits *p, struct pdiag_proc *proc);
/* From here on it has a past; until now it was idle. 0 or -ENOMEM. */
int pdiag_portrait_give_past(struct pdiag_portraits *p, struct pdiag_proc *proc);
/* Nothing happened since the last look. */
void pdiag_portrait_rest(struct pdiag_portraits *p, struct pdiag_proc *proc, uint64_t now_ns);
/* Those that were not listed are gone: credit them to who made them, and remove them. */
void pdiag_portrait_bury(struct pdiag_portraits *p);
/* The same for one of them; whatever is in the table moves. */
void pdiag_portrait_bury_one(struct pdiag_portraits *p, struct pdiag_proc *proc);

/* ---- class.c, sentence.c: in words ---- */

struct pdiag_judgement {
	uint32_t klass;
	double confidence;
};
/* What it mostly does or waits for; the reasons are added to the text. */
struct pdiag_judgement pdiag_portrait_judge(const struct pdiag_portraits *p,
	const struct pdiag_proc *proc, const double *now, struct pdiag_text *reasons);
/* "40 MiB/s", "94 %"; "?" */
void pdiag_portrait_value(struct pdiag_text *t, uint32_t quantity, double value);
/* The same in a sentence: "94 % of a CPU", "not known". */
void pdiag_portrait_amount(struct pdiag_text *t, uint32_t quantity, double value);
/* What is unusual: "storage written 40 MiB/s, usually 0". */
void pdiag_portrait_change(struct pdiag_text *t, const struct pdiag_portrait_value *values);
/* The name of a quantity in a sentence, such as "storage written". */
const char *pdiag_portrait_word(uint32_t quantity);

/* ---- paint.c: a portrait as it is handed out ---- */

struct pdiag_painting {
	struct pdiag_portrait portrait;
	struct pdiag_portrait_value values[PDIAG_QUANTITY_COUNT];
	struct pdiag_text reasons, change;
};
/* 0 or -ENOMEM; free it in any case. It holds pointers into itself. */
int pdiag_portrait_paint(
	struct pdiag_portraits *p, struct pdiag_proc *proc, struct pdiag_painting *painting);
void pdiag_painting_free(struct pdiag_painting *painting);
void pdiag_portrait_values(const struct pdiag_portraits *p, const struct pdiag_proc *proc,
	struct pdiag_portrait_value *values);

/* ---- window.c: what it is like now ---- */

/* That of now. */
struct pdiag_bucket *pdiag_portrait_bucket(struct pdiag_portraits *p, struct pdiag_proc *proc);
/* values by enum pdiag_portrait_quantity; NaN where not known. */
void pdiag_portrait_now(
	const struct pdiag_portraits *p, const struct pdiag_proc *proc, double *values);
/* The same of one step: what was counted in so many seconds, in the units of buckets; what is
 * counted by thread, in those that this is known for. */
void pdiag_portrait_rates(const struct pdiag_proc *proc, const double *flow, double seconds,
	double counted, double growth, double *values);
uint32_t pdiag_portrait_ended(const struct pdiag_portraits *p, const struct pdiag_past *past);
/* The share of looks of the window that found it in uninterruptible sleep. */
double pdiag_portrait_stuck(const struct pdiag_portraits *p, const struct pdiag_proc *proc);

/* ---- usual.c: and what it usually is like ---- */

void pdiag_usual_init(struct pdiag_usual *u);
void pdiag_usual_add(struct pdiag_usual *u, const double *values, double seconds);
/* What a profile of so many seconds tells: values from PDIAG_QUANTITY_OFF_FUTEX on. */
void pdiag_usual_add_waits(struct pdiag_usual *u, const double *values, double seconds);
/* What a quantity's past is made of. */
uint32_t pdiag_usual_samples(const struct pdiag_usual *u, uint32_t quantity);
double pdiag_usual_deviation(const struct pdiag_usual *u, uint32_t quantity, double now);
double pdiag_portrait_abnormality(const struct pdiag_portrait_value *values);
/* How much of a quantity is worth a word. */
double pdiag_quantity_floor(uint32_t quantity);

/* ---- spark.c ---- */

/* Values by enum pdiag_portrait_quantity. */
void pdiag_spark_add(struct pdiag_spark *s, const double *values, double seconds);
/* Points that there are, the last of which may be a part of one; NaN: not known. */
uint32_t pdiag_spark_count(const struct pdiag_spark *s);
double pdiag_spark_at(const struct pdiag_spark *s, uint32_t line, uint32_t i);

#endif
