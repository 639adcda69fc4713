/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process mostly does or waits for. All that holds it up is brought to one measure, seconds
 * a second, measured where the kernel or a profile measures it and guessed where not. The largest
 * gives the class; its share of all and how it is known give the confidence.
 */
#include <math.h>

#include "portrait/proofs.h"
#include "portrait/portrait.h"
#include "util/array.h"

#define IDLE 0.02	    /* less of everything than this is idleness */
#define MAJOR_S 1e-3	    /* that a major fault takes, about */
#define MINOR_S 1e-6
#define READ_RATE 200e6	    /* bytes a second of storage that nothing else is known of */
#define WRITE_RATE 400e6    /* mostly nobody waits for it */
#define SWITCH_S 30e-6	    /* of a wait for a lock that ends soon */
#define MANY_SWITCHES 500.0 /* a second */
#define WORTH_A_WORD 0.2    /* of what the first has */

/* How sure one can be of what was found in this way. */
#define MEASURED 1.0
#define SEEN 0.7
#define GUESSED 0.4

struct cause {
	double time;	/* s/s */
	double certain;
};

struct causes {
	struct cause by[PDIAG_CLASS_SCHEDULER + 1];
	double all;
	const struct pdiag_proof *proof; /* of a profile with waits; NULL: none */
};

static double or_0(double v)
{
	return isfinite(v) && v > 0 ? v : 0;
}

static struct cause storage(const struct pdiag_portraits *p, const struct pdiag_proc *proc,
	const double *now, const struct pdiag_proof *proof)
{
	double counted = or_0(now[PDIAG_QUANTITY_BLOCKED_IO]);
	double stuck = pdiag_portrait_stuck(p, proc), rates;

	if (proof || counted > 0)
		return (struct cause){ fmax(counted, proof ? proof->held[PDIAG_HOLD_STORAGE] : 0),
			MEASURED };
	rates = or_0(now[PDIAG_QUANTITY_STORAGE_READ]) / READ_RATE +
		or_0(now[PDIAG_QUANTITY_STORAGE_WRITE]) / WRITE_RATE;
	/* Who is in uninterruptible sleep and moves no data waits for a lock, or is broken; still,
	 * that is mostly storage. */
	if (stuck > rates)
		return (struct cause){ stuck, rates > 0 ? SEEN : GUESSED };
	return (struct cause){ fmin(rates, 1), GUESSED };
}

static struct cause memory(const double *now, const struct pdiag_proof *proof)
{
	double minor = or_0(now[PDIAG_QUANTITY_FAULTS_MINOR]) * MINOR_S;
	double major = or_0(now[PDIAG_QUANTITY_FAULTS_MAJOR]) * MAJOR_S;
	double waits = proof ? proof->held[PDIAG_HOLD_MEMORY] : 0;

	minor = fmin(minor, or_0(now[PDIAG_QUANTITY_CPU_SYSTEM]));
	if (waits > major)
		return (struct cause){ waits + minor, MEASURED };
	return (struct cause){ major + minor, SEEN };
}

/* Without a profile: threads that switch often, and neither for calls nor for storage. With one, a
 * short wait for a futex that no function's name tells more of may also be one for work. */
static struct cause lock(const struct pdiag_proc *proc, const double *now,
	const struct pdiag_proof *proof)
{
	double often = or_0(now[PDIAG_QUANTITY_VOLUNTARY]);
	double calls = or_0(now[PDIAG_QUANTITY_CALLS_READ]) +
		or_0(now[PDIAG_QUANTITY_CALLS_WRITE]);

	if (proof)
		return (struct cause){ proof->held[PDIAG_HOLD_LOCK],
			proof->named * 2 > proof->held[PDIAG_HOLD_LOCK] ? MEASURED : GUESSED };
	if (proc->threads < 2 || often < MANY_SWITCHES || calls > often / 10)
		return (struct cause){ 0, GUESSED };
	return (struct cause){ fmin(often * SWITCH_S, proc->threads), GUESSED };
}

static void find_causes(const struct pdiag_portraits *p, const struct pdiag_proc *proc,
	const double *now, struct causes *c)
{
	double cpu = or_0(now[PDIAG_QUANTITY_CPU_USER]) + or_0(now[PDIAG_QUANTITY_CPU_SYSTEM]);
	const struct pdiag_proof *proof = pdiag_proofs_of(p, proc);
	struct cause *by = c->by;

	if (proof && !p->proofs->waits)
		proof = NULL;
	*c = (struct causes){ .proof = proof };
	by[PDIAG_CLASS_MEMORY] = memory(now, proof);
	by[PDIAG_CLASS_CPU] = (struct cause){ cpu + or_0(now[PDIAG_QUANTITY_CHILDREN_CPU]),
		MEASURED };
	by[PDIAG_CLASS_SCHEDULER] = (struct cause){ or_0(now[PDIAG_QUANTITY_RUN_DELAY]),
		MEASURED };
	by[PDIAG_CLASS_STORAGE] = storage(p, proc, now, proof);
	by[PDIAG_CLASS_NETWORK] = (struct cause){ proof ? proof->held[PDIAG_HOLD_NETWORK] : 0,
		MEASURED };
	by[PDIAG_CLASS_LOCK] = lock(proc, now, proof);
	for (size_t i = 0; i < PDIAG_COUNT(c->by); i++)
		c->all += by[i].time;
}

static void amount(struct pdiag_text *t, uint32_t q, const double *now, const char *before,
	const char *after)
{
	pdiag_text_str(t, before);
	pdiag_portrait_amount(t, q, now[q]);
	pdiag_text_str(t, after);
}

static void say_cpu(struct pdiag_text *t, const double *now)
{
	double own = or_0(now[PDIAG_QUANTITY_CPU_USER]) + or_0(now[PDIAG_QUANTITY_CPU_SYSTEM]);
	double system = or_0(now[PDIAG_QUANTITY_CPU_SYSTEM]);

	pdiag_text_str(t, "it uses ");
	pdiag_portrait_amount(t, PDIAG_QUANTITY_CPU_USER, own);
	if (system > own / 2 && own > IDLE)
		pdiag_text_str(t, ", mostly in the kernel");
	if (or_0(now[PDIAG_QUANTITY_CHILDREN_CPU]) > WORTH_A_WORD * own)
		amount(t, PDIAG_QUANTITY_CHILDREN_CPU, now, "; its ended children used ", "");
}

static void say_storage(struct pdiag_text *t, const double *now, double time, double certain)
{
	if (certain > GUESSED) {
		pdiag_text_str(t, "it waits for storage ");
		pdiag_portrait_amount(t, PDIAG_QUANTITY_BLOCKED_IO, time);
		pdiag_text_str(t, "; ");
	}
	amount(t, PDIAG_QUANTITY_STORAGE_READ, now, "storage read ", ", ");
	amount(t, PDIAG_QUANTITY_STORAGE_WRITE, now, "written ", "");
}

static void say_memory(struct pdiag_text *t, const double *now, const struct cause *cause)
{
	if (cause->certain >= MEASURED) {
		pdiag_text_str(t, "it waits for memory ");
		pdiag_portrait_amount(t, PDIAG_QUANTITY_OFF_IO, cause->time);
		pdiag_text_str(t, ": ");
	} else {
		pdiag_text_str(t, "it faults in memory: ");
	}
	amount(t, PDIAG_QUANTITY_FAULTS_MAJOR, now, "major faults ", ", ");
	amount(t, PDIAG_QUANTITY_FAULTS_MINOR, now, "minor ", "");
}

static void say_lock(struct pdiag_text *t, const double *now, const struct causes *c)
{
	const struct cause *by = &c->by[PDIAG_CLASS_LOCK];

	if (!c->proof) {
		amount(t, PDIAG_QUANTITY_VOLUNTARY, now, "its threads give up their CPU ",
			" with few calls and no storage, as for locks");
		return;
	}
	pdiag_text_str(t, by->certain < MEASURED ? "its threads wait for a futex " :
		"its threads wait for locks ");
	pdiag_portrait_amount(t, PDIAG_QUANTITY_OFF_LOCK, by->time);
	if (by->certain < MEASURED)
		pdiag_text_str(t, ", shortly each time, as for locks");
	else if (or_0(now[PDIAG_QUANTITY_OFF_LOCK]) > by->time / 2)
		pdiag_text_str(t, ", mostly in the kernel");
}

static void say(struct pdiag_text *t, uint32_t klass, const double *now, const struct causes *c)
{
	double time = c->by[klass].time;

	switch (klass) {
	case PDIAG_CLASS_CPU:
		say_cpu(t, now);
		break;
	case PDIAG_CLASS_SCHEDULER:
		amount(t, PDIAG_QUANTITY_RUN_DELAY, now, "it wants to run and waits for a CPU ",
			"");
		break;
	case PDIAG_CLASS_MEMORY:
		say_memory(t, now, &c->by[klass]);
		break;
	case PDIAG_CLASS_STORAGE:
		say_storage(t, now, time, c->by[klass].certain);
		break;
	case PDIAG_CLASS_NETWORK:
		pdiag_text_str(t, "it waits for sockets ");
		pdiag_portrait_amount(t, PDIAG_QUANTITY_OFF_NETWORK, time);
		break;
	case PDIAG_CLASS_LOCK:
		say_lock(t, now, c);
		break;
	default:
		break;
	}
}

/* What is only guessed must be more than what is known. */
static double weight(const struct cause *cause)
{
	return cause->time * cause->certain;
}

static uint32_t largest(const struct causes *c, uint32_t but)
{
	uint32_t best = PDIAG_CLASS_CPU == but ? PDIAG_CLASS_SCHEDULER : PDIAG_CLASS_CPU;

	for (uint32_t i = PDIAG_CLASS_CPU; i <= PDIAG_CLASS_SCHEDULER; i++)
		if (i != but && weight(&c->by[i]) > weight(&c->by[best]))
			best = i;
	return best;
}

struct pdiag_judgement pdiag_portrait_judge(const struct pdiag_portraits *p,
	const struct pdiag_proc *proc, const double *now, struct pdiag_text *reasons)
{
	struct causes c;
	uint32_t first, second;
	double activity;

	if (!isfinite(now[PDIAG_QUANTITY_CPU_USER])) {
		pdiag_text_str(reasons, "too little is known of it yet");
		return (struct pdiag_judgement){ PDIAG_CLASS_UNKNOWN, 0 };
	}
	find_causes(p, proc, now, &c);
	if (c.all < IDLE) {
		say_cpu(reasons, now);
		pdiag_text_str(reasons, " and waits for nothing that is known of");
		return (struct pdiag_judgement){ PDIAG_CLASS_IDLE, 1 - c.all / IDLE / 2 };
	}
	first = largest(&c, PDIAG_CLASS_UNKNOWN);
	second = largest(&c, first);
	say(reasons, first, now, &c);
	if (weight(&c.by[second]) > WORTH_A_WORD * weight(&c.by[first])) {
		pdiag_text_str(reasons, "; ");
		say(reasons, second, now, &c);
	}
	activity = fmin(1, c.all / 0.2);
	return (struct pdiag_judgement){ first, c.by[first].time / c.all *
		c.by[first].certain * (0.5 + activity / 2) };
}
