/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile of the event against another, as flame graphs: on the CPU, and off it. */
#include <pdiag/profile.h>

#include "output/number.h"
#include "report/report.h"

/* Narrower frames are left out: they have no room for a name, and make the page long where they are
 * deep. */
#define MIN_PERCENT 0.25
/* Waits in which a thread merely rests. */
#define REST (1ull << PDIAG_STATE_SLEEP | 1ull << PDIAG_STATE_POLL | 1ull << PDIAG_STATE_CHILD)

struct weights {
	uint64_t on, off, waits; /* ns; waits: off without rest */
};

static int add_weight(void *user, const struct pdiag_stack *s)
{
	struct weights *w = user;

	if (s->state == PDIAG_STATE_RUNNING) {
		w->on += s->weight_ns;
	} else {
		w->off += s->weight_ns;
		w->waits += REST >> s->state & 1 ? 0 : s->weight_ns;
	}
	return 0;
}

/* What the event is compared with. */
struct pair {
	struct pdiag_profile *before, *during;
	const char *name; /* of before */
	uint64_t before_ns, during_ns;
	struct weights weights[2];
};

static int find_pair(struct pdiag_report *r, struct pair *p)
{
	int ret;

	p->during = pdiag_event_profile(r->event, PDIAG_EVIDENCE_DURING);
	p->during_ns = r->info.during_ns;
	p->before = pdiag_event_profile(r->event, PDIAG_EVIDENCE_NORMAL);
	p->before_ns = r->info.normal_ns;
	p->name = "ordinary times";
	if (!p->before) {
		p->before = pdiag_event_profile(r->event, PDIAG_EVIDENCE_BEFORE);
		p->before_ns = r->info.before_ns;
		p->name = "the seconds before it";
	}
	if (!p->during)
		return 0;
	ret = pdiag_profile_each_stack(p->during, add_weight, &p->weights[1]);
	if (!ret && p->before)
		ret = pdiag_profile_each_stack(p->before, add_weight, &p->weights[0]);
	return ret;
}

static void put_rate(struct pdiag_text *t, uint64_t weight, uint64_t over)
{
	pdiag_number_fixed(t, pdiag_number_ratio(weight, 100, over), 2);
}

/* "1.93 CPUs in use during the event, 0.41 in ordinary times." */
static void put_rates(struct pdiag_text *t, const struct pair *p, uint64_t before,
	uint64_t during, const char *what)
{
	if (!p->during_ns)
		return;
	pdiag_text_str(t, "<p>");
	put_rate(t, during, p->during_ns);
	pdiag_text_printf(t, " %s during the event", what);
	if (p->before && p->before_ns) {
		pdiag_text_str(t, ", ");
		put_rate(t, before, p->before_ns);
		pdiag_text_printf(t, " in %s", p->name);
	}
	pdiag_text_str(t, ".</p>\n");
}

static int put_graph(struct pdiag_report *r, const struct pair *p, const char *title,
	uint64_t states)
{
	struct pdiag_output_options o = { .size = sizeof(o), .title = title,
		.width = r->options.width, .min_percent = MIN_PERCENT, .states = states,
		.unit = PDIAG_UNIT_MICROSECONDS };
	struct pdiag_report_inline in;
	struct pdiag_sink sink = pdiag_report_inline_sink(&in, r);
	struct pdiag_text *t = &r->out->text;
	int ret;

	pdiag_text_str(t, "<div class=\"picture\">\n");
	ret = p->before ? pdiag_profile_write_diff(p->before, p->during, &o, &sink) :
			  pdiag_profile_write_flamegraph(p->during, &o, &sink);
	pdiag_text_str(t, "</div>\n");
	return ret;
}

static int put_on_cpu(struct pdiag_report *r, const struct pair *p)
{
	struct pdiag_text *t = &r->out->text;

	pdiag_text_str(t, "<section><h2>On the CPU</h2>\n");
	put_rates(t, p, p->weights[0].on, p->weights[1].on, "CPUs in use");
	if (!p->weights[1].on && !p->weights[0].on) {
		pdiag_text_str(t, "<p>Nothing was sampled on a CPU.</p>\n</section>\n");
		return 0;
	}
	if (p->before)
		pdiag_text_printf(t, "<p class=\"note\">\xe2\x80\x9c" "before\xe2\x80\x9d is %s, "
			"\xe2\x80\x9c" "after\xe2\x80\x9d the event; red has more of the time than "
			"before, blue less.</p>\n", p->name);
	int ret = put_graph(r, p, p->before ? "On the CPU: the event against what was before" :
		"On the CPU during the event", PDIAG_STATES_ON_CPU);

	pdiag_text_str(t, "</section>\n");
	return ret;
}

static int put_off_cpu(struct pdiag_report *r, const struct pair *p)
{
	const struct weights *w = p->weights;
	bool rest = !w[0].waits && !w[1].waits;
	struct pdiag_text *t = &r->out->text;
	int ret;

	pdiag_text_str(t, "<section><h2>Off the CPU</h2>\n");
	if (!w[0].off && !w[1].off) {
		pdiag_text_str(t, "<p>No time off the CPU was recorded.</p>\n</section>\n");
		return 0;
	}
	put_rates(t, p, rest ? w[0].off : w[0].waits, rest ? w[1].off : w[1].waits,
		"threads waited");
	if (!rest)
		pdiag_text_str(t, "<p class=\"note\">Without threads that merely rest: asleep on a "
			"timer, in poll, or waiting for a child.</p>\n");
	ret = put_graph(r, p, p->before ? "Off the CPU: the event against what was before" :
		"Off the CPU during the event",
		rest ? PDIAG_STATES_OFF_CPU : PDIAG_STATES_OFF_CPU & ~REST);
	pdiag_text_str(t, "</section>\n");
	return ret;
}

int pdiag_report_write_graphs(struct pdiag_report *r)
{
	struct pair p = { 0 };
	int ret = find_pair(r, &p);

	if (ret || !p.during)
		return ret;
	ret = put_on_cpu(r, &p);
	return ret ? ret : put_off_cpu(r, &p);
}
