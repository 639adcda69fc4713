/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Anomaly detectors: arithmetic on a series of numbers, usable without the rest of the library.
 *
 * A detector takes one series point by point and says for each point how surprising it is, from
 * nothing but the points before it. It needs no training: it learns as it goes. It allocates when
 * it is made and never again, and takes constant time and under 2 KiB. None of this needs a context
 * or a privilege.
 *
 * It looks at three features: the value; what is left of it when the mean of its hour of the day is
 * taken off; and the trend, a fast mean less a slow one. Each is judged in two ways: NEW, when it
 * leaves the range of the last 10,000 points, and RARE, when it is further from its local mean
 * than the tail of its own past makes likely. The value is judged in a third way: SHIFT, when
 * several points in a row are so far out as runs of them seldom are. All give a surprise in
 * decades: 4 is what ordinary behaviour would show about once in 10,000 points. Where an alert
 * begins is set by how many false alarms a day are acceptable. What an alert is about does not
 * become ordinary, unless it goes on for 1,000 points, or comes again and again.
 */
#ifndef PDIAG_DETECT_H
#define PDIAG_DETECT_H

#include <pdiag/types.h>

PDIAG_BEGIN_DECLS

struct pdiag_detector;
struct pdiag_rule;
struct pdiag_detector_group;

/* Flags of pdiag_detector_options. */
#define PDIAG_DETECTOR_NO_DAY 1u     /* no profile of the hours of a day */
#define PDIAG_DETECTOR_ONLY_HIGH 2u  /* only values above what is expected are of interest */
#define PDIAG_DETECTOR_ONLY_LOW 4u   /* only values below */
#define PDIAG_DETECTOR_COUNTER32 8u  /* pdiag_detector_add_counter(): it wraps at 2^32 */

struct pdiag_detector_options {
	size_t size;	    /* sizeof(struct pdiag_detector_options) */
	double false_alarms; /* a day that are acceptable; 0: 0.1, which is one in ten days */
	double resolution;  /* smaller changes do not matter, in units of the value; 0: all do */
	uint32_t memory;    /* points until the past is forgotten; 0: 10,000; at least 1,000 */
	uint32_t flags;	    /* PDIAG_DETECTOR_* */
};

/* Where an alert stands after a point. */
enum pdiag_alert {
	PDIAG_ALERT_NONE = 0,
	PDIAG_ALERT_BEGIN = 1, /* with this point */
	PDIAG_ALERT_ON = 2,
	PDIAG_ALERT_END = 3, /* with this point; it does not belong to it any more */
};

/* What was surprising. */
enum pdiag_feature {
	PDIAG_FEATURE_NONE = 0,
	PDIAG_FEATURE_VALUE = 1,
	PDIAG_FEATURE_DAY = 2,	 /* the value, for that hour of the day */
	PDIAG_FEATURE_TREND = 3, /* a change of level, or a drift */
};

/* In what way. */
enum pdiag_surprise {
	PDIAG_SURPRISE_NONE = 0,
	PDIAG_SURPRISE_NEW = 1,	 /* outside of the range that was seen */
	PDIAG_SURPRISE_RARE = 2, /* inside, but far from where it just was */
	PDIAG_SURPRISE_SHIFT = 3, /* several in a row are, each of which alone is not so rare */
};

/* Flags of pdiag_detection. */
#define PDIAG_DETECTION_MISSING 1u  /* no value (NaN, infinite, a counter's first) */
#define PDIAG_DETECTION_LEARNING 2u /* too few points so far for an alert */
#define PDIAG_DETECTION_GAP 4u	    /* points are missing before this one */
#define PDIAG_DETECTION_RESTART 8u  /* the counter began again */
#define PDIAG_DETECTION_ACCEPTED 16u /* the alert ends because it went on so long: the new normal */

/* What a point tells. That an alert ends comes with what it was about. Grows at its end only. */
struct pdiag_detection {
	size_t size;	    /* set by the caller to sizeof(struct pdiag_detection) */
	uint64_t time_ns;   /* as it was given */
	uint64_t onset_ns;  /* when what the alert is about began; 0: there is none */
	double value;	    /* of a counter its rate a second */
	double expected;    /* before this point was seen, ... */
	double low;	    /* ... and from where ... */
	double high;	    /* ... to where it would have been ordinary */
	double surprise;    /* in decades, 0 and up; an alert begins at `threshold` */
	double threshold;
	double score;	    /* 0 to 1, to rank points by: the surprise, less what it follows on */
	double peak;	    /* the largest surprise of this alert */
	uint32_t alert;	    /* enum pdiag_alert */
	uint32_t feature;   /* enum pdiag_feature of the surprise, in an alert of its first one */
	uint32_t kind;	    /* enum pdiag_surprise */
	uint32_t flags;	    /* PDIAG_DETECTION_* */
	int32_t direction;  /* 1: above what was expected, -1: below, 0: neither */
	uint32_t reserved;
};

/* options may be NULL. Errors: -EINVAL, -E2BIG, -ENOMEM. */
PDIAG_API int pdiag_detector_new(
	const struct pdiag_detector_options *options, struct pdiag_detector **out);
/* NULL is fine. */
PDIAG_API void pdiag_detector_free(struct pdiag_detector *detector);

/*
 * The next point of the series. time_ns is of any clock that goes on at the pace of time; steps may
 * be from microseconds to days, and uneven. A time that does not go on is taken as the next step.
 * For the hours of the day to stay the same ones the clock has to be the same one in all runs, such
 * as CLOCK_REALTIME; its zone does not matter. A value that is no number is a missing point:
 * nothing is learned, an alert goes on. out may be NULL. Errors: -EINVAL (out->size is not set).
 */
PDIAG_API int pdiag_detector_add(struct pdiag_detector *detector, uint64_t time_ns, double value,
	struct pdiag_detection *out);
/*
 * The next reading of a counter; its rate a second is the value. A counter that went back has begun
 * again, or wrapped if it has 32 bits (PDIAG_DETECTOR_COUNTER32) and that is the shorter way; where
 * it began again, at the first reading, and where time did not go on, the point is missing.
 */
PDIAG_API int pdiag_detector_add_counter(struct pdiag_detector *detector, uint64_t time_ns,
	uint64_t counter, struct pdiag_detection *out);

/* No state is larger. */
#define PDIAG_DETECTOR_STATE_MAX 2048u
/*
 * What it has learned, as bytes that any release from this one on, on any machine, restores. *used
 * is their number. Errors: -ENOSPC (room is less than they are; *used says how many).
 */
PDIAG_API int pdiag_detector_save(
	const struct pdiag_detector *detector, void *bytes, size_t room, size_t *used);
/*
 * Go on from there. The detector must have the same memory and flags. On failure it is as it was.
 * Errors: -EBADMSG (not a state, or damaged), -ENOTSUP (of a newer release), -EINVAL (of a detector
 * with other options).
 */
PDIAG_API int pdiag_detector_restore(
	struct pdiag_detector *detector, const void *bytes, size_t size);

/* Flags of pdiag_rule_options. */
#define PDIAG_RULE_BELOW 1u /* at or below the threshold is what it warns of */

/* "load >= 8 for 10 s", and the like. */
struct pdiag_rule_options {
	size_t size;	      /* sizeof(struct pdiag_rule_options) */
	double threshold;     /* at or above this it warns */
	double scale;	      /* the value is divided by this, as by the number of CPUs; 0: 1 */
	double hysteresis;    /* it ends when the value is back by more than this; 0 or more */
	uint64_t hold_ns;     /* it must be so for this long */
	uint64_t release_ns;  /* and the end must be so for this long */
	uint64_t cooldown_ns; /* no other begins before this is over, from its end */
	uint64_t gap_ns;      /* with no point for longer, waiting starts again; 0: never */
	uint32_t flags;	      /* PDIAG_RULE_* */
	uint32_t reserved;    /* 0 */
};

/* What a rule says. Grows at its end only. */
struct pdiag_rule_status {
	size_t size;	   /* set by the caller to sizeof(struct pdiag_rule_status) */
	uint64_t onset_ns; /* when the value went over it; 0: no alert, and none waits */
	double value;	   /* scaled */
	double peak;	   /* the worst scaled value since the onset */
	uint32_t alert;	   /* enum pdiag_alert */
	uint32_t waiting;  /* 1: over the threshold, not yet for long enough; 2: cooling down */
};

/* Errors: -EINVAL, -E2BIG, -ENOMEM. */
PDIAG_API int pdiag_rule_new(const struct pdiag_rule_options *options, struct pdiag_rule **out);
/* NULL is fine. */
PDIAG_API void pdiag_rule_free(struct pdiag_rule *rule);
/* The next point. NaN is missing: nothing changes. Time that goes back counts as standing still.
 * Errors: -EINVAL (out->size is not set). out may be NULL. */
PDIAG_API int pdiag_rule_add(
	struct pdiag_rule *rule, uint64_t time_ns, double value, struct pdiag_rule_status *out);

struct pdiag_detector_group_options {
	size_t size;	   /* sizeof(struct pdiag_detector_group_options) */
	double threshold;  /* in decades; 0: the lowest of its members */
	uint64_t window_ns; /* surprises that far apart count as together; 0: 10 s */
	uint32_t members;  /* how many there are, 1 to 65,536 */
	uint32_t reserved; /* 0 */
};

/* Several metrics together. Grows at its end only. */
struct pdiag_incident {
	size_t size;	   /* set by the caller to sizeof(struct pdiag_incident) */
	uint64_t onset_ns; /* the earliest of its members; 0: there is no incident */
	double surprise;   /* of all members together, in decades */
	double threshold;
	double peak;	   /* the largest so far in this incident */
	uint32_t alert;	   /* enum pdiag_alert */
	uint32_t member;   /* that was most surprising in the window, or at this incident's peak */
	uint32_t alerting; /* members that are in an alert now */
	uint32_t reserved;
};

/*
 * Several detectors make one incident. The surprise of a group is the mean, over its members, of
 * their odds (10 to the surprise), as decades again: one member among 100 counts two decades less
 * than alone, many at once make up for that. It is right whether members depend on each other or
 * not. An incident begins when it is at the threshold, or when a member's alert begins, and ends
 * when no member is in an alert and the window is over.
 * Errors: -EINVAL, -E2BIG, -ENOMEM.
 */
PDIAG_API int pdiag_detector_group_new(
	const struct pdiag_detector_group_options *options, struct pdiag_detector_group **out);
/* NULL is fine. */
PDIAG_API void pdiag_detector_group_free(struct pdiag_detector_group *group);
/* What a detector just said of the point it was given. Errors: -EINVAL (no such member; a size is
 * not set). out may be NULL. */
PDIAG_API int pdiag_detector_group_add(struct pdiag_detector_group *group, uint32_t member,
	const struct pdiag_detection *detection, struct pdiag_incident *out);

/* A short word for an enum pdiag_feature or enum pdiag_surprise; never NULL. Any thread. */
PDIAG_API const char *pdiag_feature_text(uint32_t feature);
PDIAG_API const char *pdiag_surprise_text(uint32_t kind);

PDIAG_END_DECLS

#endif
