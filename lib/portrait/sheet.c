/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sheet of a process as one file: the page, who it is, what class it has and why. */
#include "portrait/sheet.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "output/number.h"
#include "output/out.h"
#include "output/quantity.h"
#include "output/sanitize.h"
#include "trend/chart.h"

#define LETTER 0.56 /* how wide a letter is, of its height; on the safe side */
#define SIZE 12.0
#define LINE_HEIGHT 17
#define BADGE 128

/* ---- texts ---- */

void pdiag_sheet_span(struct pdiag_text *t, uint64_t ns)
{
	unsigned long long s = (ns + 500000000) / 1000000000;

	if (s < 120)
		pdiag_number_span(t, ns);
	else if (s < 7200)
		pdiag_text_printf(t, "%llu min %llu s", s / 60, s % 60);
	else if (s < 2 * 86400)
		pdiag_text_printf(t, "%llu h %llu min", s / 3600, s / 60 % 60);
	else
		pdiag_text_printf(t, "%llu days", s / 86400);
}

static void open_text(struct pdiag_text *t, const char *class, double x, double y)
{
	pdiag_text_printf(t, "<text class=\"%s\" x=\"", class);
	pdiag_chart_put(t, x);
	pdiag_text_str(t, "\" y=\"");
	pdiag_chart_put(t, y);
	pdiag_text_str(t, "\">");
}

void pdiag_sheet_line(struct pdiag_sheet *s, const char *class, double x, double y,
	const char *text, double room)
{
	open_text(&s->text, class, x, y);
	pdiag_chart_put_text(&s->text, text, room, SIZE);
	pdiag_text_str(&s->text, "</text>\n");
}

/* So much of clean text stands in one line, ending at a blank if there is one. */
static size_t line_of(const char *clean, size_t len, size_t cells)
{
	size_t used, fits = pdiag_sanitize_fit(clean, len, cells, &used), at;

	if (fits >= len)
		return len;
	for (at = fits; at && clean[at] != ' '; at--)
		;
	return at ? at : fits ? fits : len;
}

uint32_t pdiag_sheet_wrap(struct pdiag_sheet *s, const char *class, uint32_t x, uint32_t y,
	const char *text, uint32_t lines)
{
	size_t cells = (size_t)((PDIAG_SHEET_WIDTH - PDIAG_SHEET_MARGIN - x) / (SIZE * LETTER));
	struct pdiag_text clean = { 0 };
	size_t n;

	pdiag_sanitize_name(&clean, text, strlen(text));
	for (size_t at = 0; !clean.error && at < clean.len && lines; at += n) {
		while (clean.data[at] == ' ')
			at++;
		n = line_of(clean.data + at, clean.len - at, cells);
		open_text(&s->text, class, x, y);
		pdiag_sanitize_xml(&s->text, clean.data + at, n);
		if (!--lines && at + n < clean.len)
			pdiag_text_str(&s->text, "\xe2\x80\xa6");
		pdiag_text_str(&s->text, "</text>\n");
		y += LINE_HEIGHT;
	}
	s->text.error = s->text.error ? s->text.error : clean.error;
	pdiag_text_free(&clean);
	return y - LINE_HEIGHT;
}

/* ---- who it is ---- */

static void put_facts(const struct pdiag_sheet *s, struct pdiag_text *t)
{
	const struct pdiag_portraits *p = s->portraits;
	const struct pdiag_portrait *of = s->portrait;
	uint64_t now = p->info.time_ns + p->boot_ns;

	pdiag_text_printf(t, "process %d, made by %d, user %u, ", of->pid, of->parent, of->uid);
	pdiag_text_printf(t, "%u thread%s; began ", s->proc->threads,
		s->proc->threads == 1 ? "" : "s");
	pdiag_sheet_span(t, now > of->start_ns ? now - of->start_ns : 0);
	pdiag_text_str(t, of->seen_ns ? " before this, watched for " : " before this, seen once");
	if (of->seen_ns)
		pdiag_sheet_span(t, of->seen_ns);
	if (of->children)
		pdiag_text_printf(t, "; %u of its children ended in the window", of->children);
}

void pdiag_sheet_who(struct pdiag_sheet *s)
{
	struct pdiag_text *t = &s->text;

	open_text(t, "title", PDIAG_SHEET_MARGIN, 27);
	pdiag_chart_put_text(t, s->portrait->name, PDIAG_SHEET_ROOM, 18);
	pdiag_text_str(t, "</text>\n");
	open_text(t, "note", PDIAG_SHEET_MARGIN, 47);
	put_facts(s, t);
	pdiag_text_str(t, "</text>\n");
	s->y = 47;
	if (*s->portrait->command) {
		s->y += LINE_HEIGHT + 1;
		pdiag_sheet_line(s, "code", PDIAG_SHEET_MARGIN, s->y, s->portrait->command,
			PDIAG_SHEET_ROOM * 0.9);
	}
	if (*s->portrait->cgroup) {
		s->y += LINE_HEIGHT;
		pdiag_sheet_line(s, "note", PDIAG_SHEET_MARGIN, s->y, s->portrait->cgroup,
			PDIAG_SHEET_ROOM);
	}
	s->y += 16;
}

/* ---- its class ---- */

void pdiag_sheet_class(struct pdiag_sheet *s)
{
	const struct pdiag_portrait *of = s->portrait;
	struct pdiag_text *t = &s->text;
	uint32_t x = PDIAG_SHEET_MARGIN + BADGE + 14, top = s->y, low;
	bool warm = of->samples >= PDIAG_PORTRAIT_WARM;

	pdiag_text_printf(t, "<g class=\"badge\"><rect class=\"c%u\" x=\"%d\" y=\"%u\" "
		"width=\"%d\" height=\"32\" rx=\"4\"/><text x=\"%d\" y=\"%u\">%s</text></g>\n",
		of->klass < 8 ? of->klass : 0, PDIAG_SHEET_MARGIN, top, BADGE,
		PDIAG_SHEET_MARGIN + BADGE / 2, top + 21, pdiag_class_text(of->klass));
	if (of->klass) {
		open_text(t, "note", PDIAG_SHEET_MARGIN, top + 48);
		pdiag_text_printf(t, "%u %% sure", (unsigned int)(of->confidence * 100 + 0.5));
		pdiag_text_str(t, "</text>\n");
	}
	low = pdiag_sheet_wrap(s, "why", x, top + 12, of->reasons, 4) + LINE_HEIGHT;
	if (*of->change)
		low = pdiag_sheet_wrap(s, "odd", x, low, of->change, 3);
	else
		pdiag_sheet_line(s, "note", x, low, warm ? "Nothing of it is unusual." :
			"It was not watched for long enough to tell what is unusual.",
			PDIAG_SHEET_ROOM);
	s->y = (low > top + 50 ? low : top + 48) + 26;
}

/* ---- what it is made of ---- */

void pdiag_sheet_notes(struct pdiag_sheet *s)
{
	struct pdiag_text note = { 0 };

	pdiag_text_printf(&note, "Now is the last %u s. Usual is the mean of its own past, of "
		"which %u looks are known; it fades within hours. Off by: in usual spreads. Of "
		"times, 100 %% is one CPU in use, or one thread that waits.",
		s->portraits->window_s, s->portrait->samples);
	s->y += 6;
	s->y = pdiag_sheet_wrap(s, "note", PDIAG_SHEET_MARGIN, s->y, note.data ? note.data : "",
		4) + LINE_HEIGHT;
	if (*s->portraits->limits)
		s->y = pdiag_sheet_wrap(s, "note", PDIAG_SHEET_MARGIN, s->y,
			s->portraits->limits, 4) + LINE_HEIGHT;
	s->text.error = s->text.error ? s->text.error : note.error;
	pdiag_text_free(&note);
}

/* ---- the page ---- */

static void put_start(const struct pdiag_sheet *s, struct pdiag_text *t)
{
	pdiag_text_printf(t, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pdiag-sheet\" version=\"1.1\" "
		"width=\"%d\" height=\"%u\" viewBox=\"0 0 %d %u\" role=\"graphics-document\" "
		"aria-label=\"Portrait of ", PDIAG_SHEET_WIDTH, s->y, PDIAG_SHEET_WIDTH, s->y);
	pdiag_chart_put_text(t, s->portrait->name, 1000, SIZE);
	pdiag_text_str(t, "\">\n<title>");
	pdiag_chart_put_text(t, s->portrait->name, 1000, SIZE);
	pdiag_text_printf(t, ", process %d: %s</title>\n<desc>", s->portrait->pid,
		pdiag_class_text(s->portrait->klass));
	pdiag_chart_put_text(t, s->portrait->reasons, 10000, SIZE);
	pdiag_text_str(t, "</desc>\n<style><![CDATA[\n");
	pdiag_text_add(t, pdiag_sheet_css, pdiag_sheet_css_len);
	pdiag_text_str(t, "]]></style>\n"
		"<rect class=\"bg\" width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
}

static int write_out(struct pdiag_sheet *s, const struct pdiag_sink *sink)
{
	struct pdiag_out out;
	int ret = pdiag_out_begin(&out, sink);

	if (ret)
		return ret;
	put_start(s, &out.text);
	if (s->text.error)
		out.text.error = s->text.error;
	else
		pdiag_text_add(&out.text, s->text.data, s->text.len);
	pdiag_text_str(&out.text, "</svg>\n");
	return pdiag_out_end(&out, pdiag_out_room(&out));
}

static int draw(struct pdiag_sheet *s, const struct pdiag_sink *sink)
{
	int ret;

	pdiag_sheet_who(s);
	pdiag_sheet_class(s);
	pdiag_sheet_times(s);
	pdiag_sheet_table(s);
	pdiag_sheet_stack(s);
	pdiag_sheet_notes(s);
	ret = write_out(s, sink);
	pdiag_text_free(&s->text);
	return ret;
}

int pdiag_portraits_write_sheet(
	struct pdiag_portraits *p, int32_t pid, const struct pdiag_sink *sink)
{
	struct pdiag_painting painting;
	struct pdiag_sheet s = { .portraits = p };
	struct pdiag_proc *proc;
	int ret;

	pdiag_error_clear();
	proc = pdiag_portrait_find(p, pid);
	if (!proc)
		return pdiag_fail(ESRCH, "process %d was not there at the last sample", pid);
	s.proc = proc;
	s.portrait = &painting.portrait;
	ret = pdiag_portrait_paint(p, proc, &painting);
	ret = ret ? pdiag_fail_memory("making a portrait") : draw(&s, sink);
	pdiag_painting_free(&painting);
	return ret;
}
