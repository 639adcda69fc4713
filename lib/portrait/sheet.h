/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sheet of a process being drawn: who it is, its class with the reasons, where its time goes, a
 * row for each quantity, its heaviest stack. Each part begins where the one before it ends.
 */
#ifndef PDIAG_PORTRAIT_SHEET_H
#define PDIAG_PORTRAIT_SHEET_H

#include "portrait/portrait.h"
#include "util/text.h"

#define PDIAG_SHEET_WIDTH 960
#define PDIAG_SHEET_MARGIN 16
#define PDIAG_SHEET_ROOM (PDIAG_SHEET_WIDTH - 2 * PDIAG_SHEET_MARGIN)

struct pdiag_sheet {
	const struct pdiag_portraits *portraits;
	const struct pdiag_proc *proc;
	const struct pdiag_portrait *portrait;
	struct pdiag_text text; /* what is drawn */
	uint32_t y;		/* where the next part begins */
};

/* Parts. */
void pdiag_sheet_who(struct pdiag_sheet *s);
void pdiag_sheet_class(struct pdiag_sheet *s);
void pdiag_sheet_times(struct pdiag_sheet *s);
void pdiag_sheet_table(struct pdiag_sheet *s);
void pdiag_sheet_stack(struct pdiag_sheet *s);
void pdiag_sheet_notes(struct pdiag_sheet *s);

/* Text of any origin, wrapped, from x on, its first baseline at y; returns its last baseline. */
uint32_t pdiag_sheet_wrap(struct pdiag_sheet *s, const char *class, uint32_t x, uint32_t y,
	const char *text, uint32_t lines);
/* One line of it, cut to so much room. */
void pdiag_sheet_line(struct pdiag_sheet *s, const char *class, double x, double y,
	const char *text, double room);
/* "1.23 s", "3 min 20 s", "2 h 5 min" */
void pdiag_sheet_span(struct pdiag_text *t, uint64_t ns);

extern const char pdiag_sheet_css[];
extern const unsigned int pdiag_sheet_css_len;

#endif
