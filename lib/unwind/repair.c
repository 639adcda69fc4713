/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unwind/repair.h"

#include <linux/perf_event.h>
#include <string.h>

#define PAGE 4096u
/* Above are no addresses of user space. */
#define ADDRESS_BITS 56
/* Each frame has a return address: a copy of 512 bytes has no more. */
#define STEPS_MAX 64u
/* What the kernel tells of BP when it interrupted itself and cannot be sure. */
#define BP_UNKNOWN UINT64_MAX

/*
 * The kernel's frames behind the innermost one, by the chain of BP: `fp` is the frame pointer that
 * the first of these return addresses belongs to.
 */
struct tail {
	const uint64_t *ips;
	uint32_t nr;
	uint64_t fp;
};

struct walk {
	const struct pdiag_user_part *part;
	uint64_t ip, sp, bp; /* of the frame at hand */
	bool bp_known;	     /* else it still is what the kernel's walk began with */
	struct tail tail;
	uint64_t *out;
	uint32_t nr, room;
};

static bool word_at(const struct pdiag_user_part *part, uint64_t address, uint64_t *word)
{
	uint64_t at = address - part->sp;

	if (address < part->sp || part->copy_len < sizeof(*word) ||
		at > part->copy_len - sizeof(*word))
		return false;
	memcpy(word, part->copy + at, sizeof(*word));
	return true;
}

static bool is_address(uint64_t ip)
{
	return ip >= PAGE && !(ip >> ADDRESS_BITS);
}

static bool push(struct walk *w, uint64_t ip)
{
	if (w->nr == w->room)
		return false;
	w->out[w->nr++] = ip;
	return true;
}

/*
 * BP was not told, and a frame has saved it: at its place in the kernel's chain, if that came by
 * there. False: nobody knows.
 */
static bool settle(struct walk *w, uint64_t bp)
{
	struct tail *t = &w->tail;
	uint64_t ra;

	if (!word_at(w->part, bp + 8, &ra))
		return false;
	for (; t->nr && t->ips[0] != ra; t->nr--)
		t->ips++;
	t->fp = bp;
	w->bp_known = true;
	return true;
}

static bool return_address(
	const struct walk *w, const struct pdiag_cfi_row *row, uint64_t cfa, uint64_t *ra)
{
	/* Callers' frames lie above: so it ends. */
	if (!row->ra_in_di)
		return cfa > w->sp && word_at(w->part, cfa - 8, ra);
	/* Nobody saves that one: it is the innermost frame's or lost. */
	*ra = w->part->di;
	return cfa >= w->sp && !w->nr;
}

/* To the caller; false: the walk ends here. */
static bool step(struct walk *w, const struct pdiag_cfi_row *row)
{
	uint64_t cfa = (row->base == PDIAG_CFI_BP ? w->bp : w->sp) + (uint64_t)(int64_t)row->cfa;
	uint64_t ra, bp = w->bp;

	if ((row->base == PDIAG_CFI_BP && !w->bp_known) || cfa % 8)
		return false;
	if (!return_address(w, row, cfa, &ra) || !is_address(ra))
		return false;
	if (row->bp_saved && !word_at(w->part, cfa + (uint64_t)(int64_t)row->bp, &bp))
		return false;
	if (row->bp_saved && !w->bp_known && !settle(w, bp))
		return false;
	if (!push(w, ra))
		return false;
	w->ip = ra;
	w->sp = cfa;
	w->bp = bp;
	return true;
}

/* By call frame information, as far as the copy reaches. True: up to the outermost frame. */
static bool walk_rows(struct walk *w, pdiag_row_fn find, void *user)
{
	struct pdiag_cfi_row row;

	for (uint32_t i = 0; i < STEPS_MAX; i++) {
		/* All but the first are behind the call. */
		if (!find(user, w->ip - (i > 0), &row))
			return false;
		if (row.outermost)
			return true;
		if (!step(w, &row))
			return false;
	}
	return false;
}

/*
 * The kernel's frames from that on whose frame pointer is the walk's: false if it did not come by
 * there. Those below SP have been walked.
 */
static bool join(struct walk *w)
{
	struct tail *t = &w->tail;
	bool found = !w->bp_known;
	uint64_t next;

	while (w->bp_known) {
		found |= t->fp == w->bp;
		if (found && t->fp >= w->sp - 8)
			break;
		if (!t->nr || !word_at(w->part, t->fp, &next) || next <= t->fp)
			return false;
		t->fp = next;
		t->ips++;
		t->nr--;
	}
	return found && t->nr;
}

static void take_tail(struct walk *w)
{
	for (uint32_t i = 0; i < w->tail.nr && push(w, w->tail.ips[i]); i++)
		;
}

/* By frame pointers, as far as the copy reaches: what the kernel found was something else. */
static void walk_pointers(struct walk *w)
{
	uint64_t next, ra;

	while (w->bp_known && w->bp >= w->sp && !(w->bp % 8) && word_at(w->part, w->bp, &next) &&
		word_at(w->part, w->bp + 8, &ra) && is_address(ra) && push(w, ra)) {
		w->sp = w->bp + 16;
		w->bp = next;
	}
}

/* Is what the kernel found what its registers say? Else nothing is known. */
static bool agrees(const struct walk *w, uint64_t ip)
{
	const struct pdiag_user_part *part = w->part;
	uint64_t ra;

	if (ip != part->ip || part->sp < PAGE || part->sp % 8)
		return false;
	return !w->bp_known || !w->tail.nr || !word_at(part, part->bp + 8, &ra) ||
		ra == w->tail.ips[0];
}

/* Behind the mark before the user's frames. */
static uint32_t find_user(const uint64_t *ips, uint32_t nr)
{
	uint32_t i = 0;

	while (i < nr && ips[i] != (uint64_t)PERF_CONTEXT_USER)
		i++;
	return i + 1;
}

/* The most words that max_depth frames and the marks among the first `head` words make. */
static uint32_t limit(const uint64_t *ips, uint32_t head, uint32_t max_depth, uint32_t room)
{
	uint32_t marks = 0;

	for (uint32_t i = 0; i < head; i++)
		marks += ips[i] >= (uint64_t)PERF_CONTEXT_MAX;
	return room - marks < max_depth ? room : max_depth + marks;
}

uint32_t pdiag_unwind_repair(const uint64_t *ips, uint32_t nr, const struct pdiag_user_part *part,
	uint32_t max_depth, pdiag_row_fn find, void *user, uint64_t *out, uint32_t room)
{
	/* The innermost frame is where user space was left: IP, and no return address. */
	uint32_t head = find_user(ips, nr) + 1, most;
	struct walk w = { .part = part, .ip = part->ip, .sp = part->sp, .bp = part->bp,
		.bp_known = part->bp != BP_UNKNOWN };

	if (head > nr || head > room)
		return 0;
	w.tail = (struct tail){ .ips = ips + head, .nr = nr - head, .fp = part->bp };
	most = limit(ips, head, max_depth, room);
	if (head > most || !agrees(&w, ips[head - 1]))
		return 0;
	w.out = out + head;
	w.room = most - head;
	if (!walk_rows(&w, find, user)) {
		if (!w.nr)
			return 0;
		if (join(&w))
			take_tail(&w);
		else
			walk_pointers(&w);
	}
	memcpy(out, ips, head * sizeof(*ips));
	return head + w.nr;
}
