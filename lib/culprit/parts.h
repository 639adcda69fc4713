/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of what happened, as trees: processes by name, what they did, and the frames of that; their
 * pids; their cgroups. Each part has its seconds in ordinary times and in the time of trouble.
 *
 * Windows are added one after the other: add to the leaves, then flush. Parents are always made
 * before their children.
 */
#ifndef PDIAG_CULPRIT_PARTS_H
#define PDIAG_CULPRIT_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include <pdiag/types.h>

#include "util/strings.h"
#include "util/table.h"

#define PDIAG_PART_NONE UINT32_MAX
/* From so many parts on no more frames are made: 70 MB. Processes and what they did are. */
#define PDIAG_PARTS_FRAMES (1u << 19)

enum pdiag_part_kind {
	PDIAG_PART_ROOT,
	PDIAG_PART_NAME,   /* key: the interned name of processes */
	PDIAG_PART_PID,	   /* key: pid */
	PDIAG_PART_CGROUP, /* key: the interned path */
	PDIAG_PART_DOING,  /* key: pdiag_doing() (culprit/doing.h) */
	PDIAG_PART_FRAME,  /* key: interned name */
};

/* The three trees: by name, doing and frames; by name and pid and doing; by cgroup and doing. */
enum pdiag_part_root {
	PDIAG_ROOT_STACKS,
	PDIAG_ROOT_PIDS,
	PDIAG_ROOT_CGROUPS,
	PDIAG_ROOTS,
};

/* Seconds and numbers of samples. */
struct pdiag_tally {
	double current, normal, trouble;
	double squares; /* of each ordinary window's seconds over its length */
	double lumps;	/* seconds times how long one sample or wait is, of all windows */
	double current_count, normal_count, trouble_count;
};

struct pdiag_part {
	uint32_t parent;
	uint8_t kind;
	uint8_t off;	/* 1: a DOING or FRAME that is not on the CPU */
	uint16_t rests; /* 1: and that may be a rest */
	uint64_t key;
	uint32_t threads; /* of a DOING: that did it in the time of trouble */
	uint32_t user; /* 1: a NAME that ran code of user space, wherever that is from */
	uint32_t child, next; /* set by _link(): first child, next sibling; 0: none */
	union {
		const struct pdiag_symbol *symbol; /* of a FRAME: the first of its name */
		const char *cgroup; /* of a PID: "" not known, NULL not asked yet */
	};
	const char *comm; /* of a FRAME that stacks end at: of a thread that was seen there */
	struct pdiag_tally tally;
};

struct pdiag_parts {
	struct pdiag_part *list;
	size_t count, cap;
	struct pdiag_table index;
	struct pdiag_strings strings;
	/* Ordinary windows, on the CPU and off it: how many have such samples, their length. */
	double normal_time[2];
	uint32_t windows[2];
	uint32_t asked; /* processes, for their cgroups */
	/* The time of trouble; 0: it has no such samples. */
	double trouble_time[2];
};

/* The roots are there afterwards. Free it in any case. 0 or -ENOMEM. */
int pdiag_parts_init(struct pdiag_parts *p);
void pdiag_parts_free(struct pdiag_parts *p);
/* The part of this key below `parent`, made if need be; NONE: out of memory, or parent is NONE. */
uint32_t pdiag_parts_get(
	struct pdiag_parts *p, uint32_t parent, enum pdiag_part_kind kind, uint64_t key);
/* The same, but NONE where there is none. */
uint32_t pdiag_parts_find(
	const struct pdiag_parts *p, uint32_t parent, enum pdiag_part_kind kind, uint64_t key);
/* Seconds of one window; `samples` of them. */
void pdiag_parts_add(struct pdiag_parts *p, uint32_t part, double seconds, double samples);
/* A window of so many seconds is over: bring it into all parts, and those above them. `has` says
 * if it has samples on the CPU and off it; without them nothing is known of that. */
void pdiag_parts_flush(struct pdiag_parts *p, double seconds, bool trouble, const bool has[2]);
/* All is in: make lists of children. */
void pdiag_parts_link(struct pdiag_parts *p);

/* Seconds a second, in the time of trouble, in ordinary times, and how much more. */
double pdiag_parts_rate(const struct pdiag_parts *p, uint32_t part);
double pdiag_parts_normal_rate(const struct pdiag_parts *p, uint32_t part);
double pdiag_parts_rise(const struct pdiag_parts *p, uint32_t part);

static inline const char *pdiag_part_text(const struct pdiag_part *part)
{
	return (const char *)(uintptr_t)part->key;
}

#endif
