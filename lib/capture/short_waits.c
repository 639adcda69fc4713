/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capture/short_waits.h"

/* Marsaglia's xorshift. The same in every run: who waits does not know it. */
static uint64_t below(struct pdiag_short_waits *s, uint64_t least)
{
	uint64_t x = s->chance ? s->chance : 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	s->chance = x;
	return x % least;
}

uint64_t pdiag_short_wait(
	struct pdiag_short_waits *s, bool preempted, uint64_t ns, uint64_t least)
{
	struct pdiag_mark *m = &s->marks[preempted];
	uint64_t told = 0, at;

	if (!m->rest) {
		m->left = below(s, least);
		m->rest = least - m->left;
	}
	/* Twice at most: a third mark is more than `least` away. */
	while (m->left < ns) {
		ns -= m->left;
		told += least;
		at = below(s, least);
		m->left = m->rest + at;
		m->rest = least - at;
	}
	m->left -= ns;
	return told;
}
