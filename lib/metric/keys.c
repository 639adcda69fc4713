/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metric/keys.h"

#include "metric/scan.h"

/* The key of that name, looked for from `first` on; count: none. */
static size_t find(const struct pdiag_metric_key *keys, size_t count, size_t first,
	const char *word, size_t len)
{
	size_t i = first;

	for (size_t n = 0; n < count; n++, i++) {
		if (i == count)
			i = 0;
		if (keys[i].len == len && !memcmp(keys[i].name, word, len))
			return i;
	}
	return count;
}

uint64_t pdiag_metric_keys(const char *text, size_t len, const struct pdiag_metric_key *keys,
	size_t count, uint64_t *values)
{
	struct pdiag_scan s = { text, text + len }, line;
	uint64_t have = 0, bad = 0, value, bit;
	size_t next = 0, i, n;
	const char *word;

	while (pdiag_scan_line(&s, &line)) {
		n = pdiag_scan_word(&line, &word);
		i = find(keys, count, next, word, n);
		if (i == count)
			continue;
		next = i + 1 < count ? i + 1 : 0;
		bit = 1ull << keys[i].slot;
		/* A sum with a part that is not known is not known. */
		if (!pdiag_scan_u64(&line, &value) ||
			(have & bit && values[keys[i].slot] > UINT64_MAX - value)) {
			bad |= bit;
			continue;
		}
		values[keys[i].slot] = have & bit ? values[keys[i].slot] + value : value;
		have |= bit;
	}
	return have & ~bad;
}
