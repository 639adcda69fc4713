/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metric/keys.h"

#include "metric/metric.h"
#include "metric/scan.h"

/* So many texts in a row are expected to be alike. */
#define KEYS_USED 16

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

struct sums {
	uint64_t have, bad;
	uint64_t *values;
};

/* A sum with a part that is not known is not known. */
static void add(struct sums *sums, uint32_t slot, struct pdiag_scan *line)
{
	uint64_t value, bit = 1ull << slot;

	if (!pdiag_scan_u64(line, &value) ||
		(sums->have & bit && sums->values[slot] > UINT64_MAX - value)) {
		sums->bad |= bit;
		return;
	}
	sums->values[slot] = sums->have & bit ? sums->values[slot] + value : value;
	sums->have |= bit;
}

/* Look at every line, and note where the keys are. */
static uint64_t learn(struct pdiag_metric_keys_hint *hint, struct pdiag_scan s,
	const struct pdiag_metric_key *keys, size_t count, uint64_t *values)
{
	struct sums sums = { .values = values };
	struct pdiag_scan line;
	size_t next = 0, i, n;
	const char *word;

	hint->used = 0;
	for (hint->lines = 0; pdiag_scan_line(&s, &line); hint->lines++) {
		n = pdiag_scan_word(&line, &word);
		i = find(keys, count, next, word, n);
		if (hint->lines < PDIAG_KEYS_LINES)
			hint->key[hint->lines] = (uint8_t)(i < count ? i + 1 : 0);
		if (i == count)
			continue;
		next = i + 1 < count ? i + 1 : 0;
		add(&sums, keys[i].slot, &line);
	}
	hint->have = sums.have & ~sums.bad;
	return hint->have;
}

/* Look at those lines that had a key before. */
static uint64_t follow(const struct pdiag_metric_keys_hint *hint, struct pdiag_scan s,
	const struct pdiag_metric_key *keys, uint64_t *values)
{
	struct sums sums = { .values = values };
	const struct pdiag_metric_key *key;
	struct pdiag_scan line;
	const char *word;
	uint32_t i;

	for (i = 0; pdiag_scan_line(&s, &line); i++) {
		if (i >= hint->lines || !hint->key[i])
			continue;
		key = &keys[hint->key[i] - 1];
		if (pdiag_scan_word(&line, &word) == key->len &&
			!memcmp(word, key->name, key->len))
			add(&sums, key->slot, &line);
	}
	return i == hint->lines ? sums.have & ~sums.bad : 0;
}

uint64_t pdiag_metric_keys(struct pdiag_metric_keys_hint *hint, const char *text, size_t len,
	const struct pdiag_metric_key *keys, size_t count, uint64_t *values)
{
	struct pdiag_scan s = { text, text + len };
	uint64_t have;

	/* A key may come to where another line was: now and then all are looked at. */
	if (hint->lines && hint->lines <= PDIAG_KEYS_LINES && ++hint->used < KEYS_USED) {
		have = follow(hint, s, keys, values);
		if (have && have == hint->have)
			return have;
	}
	return learn(hint, s, keys, count, values);
}

void pdiag_metric_keys_found(const struct pdiag_metric_file *f, const uint64_t *values,
	uint64_t have, struct pdiag_metric_found *found)
{
	for (uint32_t i = 0; i < f->reader->count; i++) {
		if (!(have >> i & 1))
			continue;
		if (f->reader->defs[i].kind == PDIAG_METRIC_COUNTER)
			pdiag_metric_count(found, i, values[i]);
		else
			pdiag_metric_gauge(found, i, (double)values[i]);
	}
}
