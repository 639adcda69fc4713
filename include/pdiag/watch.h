/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The watch: looks at the machine's metrics, finds when something goes wrong, and keeps the
 * evidence of the seconds before. One event for one incident, with its culprits.
 *
 * It has no thread. pdiag_watch_fd() and pdiag_watch_dispatch() fit an event loop; run, wait and
 * the callback are thin wrappers over them.
 */
#ifndef PDIAG_WATCH_H
#define PDIAG_WATCH_H

#include <pdiag/event.h>
#include <pdiag/journal.h>
#include <pdiag/metric.h>
#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_watch;

/* Flags of pdiag_watch_options. */
#define PDIAG_WATCH_ONLY_RULES 1u /* nothing is looked for but what `rules` say */
#define PDIAG_WATCH_NO_PROFILE 2u /* no samples: events have metrics and tasks only */
#define PDIAG_WATCH_NO_TASKS 4u	  /* no task dumps */
#define PDIAG_WATCH_NO_OFF_CPU 8u /* samples of what runs only */
#define PDIAG_WATCH_ONLY_ENDED 16u /* events are told when they are over, and not before */

/* With an event that begins, with the same one when it has been sampled for during_s, and when it
 * has ended: see phase in its info. It is the watch's, and valid within the callback. */
typedef void (*pdiag_watch_fn)(void *user, struct pdiag_event *event);

struct pdiag_watch_options {
	size_t size;		  /* sizeof(struct pdiag_watch_options) */
	/*
	 * What is always an event, up to a NULL: "METRIC >= NUMBER", also > <= <, each with
	 * "per cpu", "for N s", "clear N" (where it ends) and "cooldown N s" behind it if wanted;
	 * "load" stands for system.cpu.load_average.1m. NULL: none.
	 */
	const char *const *rules;
	/* What is looked at for anything unusual: names up to a NULL, "*" at the end of one stands
	 * for all that begin so. NULL: some two dozen of the machine, or those of the cgroup. */
	const char *const *metrics;
	const char *journal;	  /* a folder for pdiag_journal_open(), which see; NULL: none */
	const char *cgroup;	  /* watch and sample this cgroup only; NULL: the machine */
	pdiag_watch_fn fn;	  /* NULL: take events by pdiag_watch_take() */
	void *user;
	double false_alarms;	  /* a day that are acceptable, of all metrics; 0: 0.5 */
	uint64_t max_bytes;	  /* of memory for evidence; 0: 64 MiB */
	uint64_t journal_bytes;	  /* as in pdiag_journal_options */
	uint32_t interval_ms;	  /* from look to look, 100 to 1,000; 0: 1,000 */
	uint32_t hz;		  /* samples a second and CPU; 0: 99 */
	uint32_t before_s;	  /* of samples from before the onset, 5 to 300; 0: 15 */
	uint32_t during_s;	  /* of samples from the event itself, at most; 0: 15 */
	uint32_t cooldown_s;	  /* profiles and a dump are taken once in so long: for four events
				     in a row at most in four times that; others say that they
				     have none; 0: 30 */
	uint32_t history;	  /* events that are kept in memory, 1 to 4,096; 0: 64 */
	uint32_t source;	  /* enum pdiag_source_id of samples and dumps */
	uint32_t flags;		  /* PDIAG_WATCH_* */
};

/* Grows at its end only. */
struct pdiag_watch_info {
	size_t size;		/* set by the caller to sizeof(struct pdiag_watch_info) */
	const char *source;	/* of samples: "kmod", "perf", or "" */
	const char *limits;	/* what is missing and why, or "" */
	uint64_t looks;		/* at the metrics */
	uint64_t events;	/* so far */
	uint64_t dropped;	/* that were not taken before `history` newer ones came, or in time
				   for max_bytes */
	uint64_t not_written;	/* to the journal; the sentence is in the log */
	uint64_t normal_ns;	/* of ordinary times in profiles that are held */
	uint64_t bytes;		/* of memory for evidence */
	uint32_t metrics;	/* that are looked at */
	uint32_t rules;
	uint32_t learning;	/* 1: too little is known yet to find anything but by rules */
	uint32_t ongoing;	/* 1: there is an event that goes on */
	double load;		/* 1-minute load average, to show */
	double surprise;	/* of all metrics together, now */
};

/* options may be NULL. Errors: -EINVAL (an option; the sentence shows where a rule is wrong),
 * -E2BIG, -ENOENT (no such metric or cgroup), -EMFILE, -ENOMEM, those of pdiag_journal_open(). That
 * nothing can be sampled is no error: `limits` says why. */
PDIAG_API int pdiag_watch_new(struct pdiag *context, const struct pdiag_watch_options *options,
	struct pdiag_watch **out);
/* An event that goes on is left in the journal as it was last told. NULL is fine. */
PDIAG_API void pdiag_watch_free(struct pdiag_watch *watch);
/* Polls readable when dispatch has work, which is at least every interval_ms. Do not read from or
 * close it. */
PDIAG_API int pdiag_watch_fd(const struct pdiag_watch *watch);
/* Look, sample, tell. Never blocks for longer than taking evidence takes, which is also done, each
 * 30 s at most, where metrics are off and the samples may say by whom: some 3 us of CPU time for
 * each sample and switch of before_s and 10 s more, so 0.1 s where a thousand threads leave a CPU
 * each second; where ten threads want each CPU that may last ten times as long. A program whose
 * loop must not stand still gives the watch a thread and a context of its own. Returns how many
 * events wait to be taken. Errors: -ENOMEM, -EPERM (after fork). */
PDIAG_API int pdiag_watch_dispatch(struct pdiag_watch *watch);
/* The oldest that waits. 1: *out is yours, to be freed by pdiag_event_free(); 0: none waits. With a
 * callback none ever does. An event is told up to three times, as with a callback. */
PDIAG_API int pdiag_watch_take(struct pdiag_watch *watch, struct pdiag_event **out);
/* Wait for at most `milliseconds` (0: for ever) and take: 1, or 0 when the time is over. */
PDIAG_API int pdiag_watch_wait(
	struct pdiag_watch *watch, uint32_t milliseconds, struct pdiag_event **out);
/* Dispatch for so long (0: for ever), for those who have a callback. -EINTR: a signal came. */
PDIAG_API int pdiag_watch_run(struct pdiag_watch *watch, uint32_t milliseconds);
/* Errors: -EINVAL. */
PDIAG_API int pdiag_watch_get_info(const struct pdiag_watch *watch, struct pdiag_watch_info *info);
/* Its metrics with their history, to draw or read. They belong to the watch. Never NULL. */
PDIAG_API const struct pdiag_metrics *pdiag_watch_metrics(const struct pdiag_watch *watch);
/* Walk the last `history` events, oldest first, taken or not; fn as for journals. */
PDIAG_API int pdiag_watch_each_event(struct pdiag_watch *watch, pdiag_journal_fn fn, void *user);
/* What its detectors have learned, as bytes, so that another watch of the same metrics need not
 * begin from nothing. *used is their number. Errors: -ENOSPC (*used says how many there are). */
PDIAG_API int pdiag_watch_save(
	const struct pdiag_watch *watch, void *bytes, size_t room, size_t *used);
/* Metrics that are not in them begin anew. Errors: -EBADMSG, -ENOTSUP; then all is as it was. */
PDIAG_API int pdiag_watch_restore(struct pdiag_watch *watch, const void *bytes, size_t size);

PDIAG_END_DECLS

#endif
