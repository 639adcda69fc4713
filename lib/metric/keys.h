/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts of lines such as "pgfault 123" and "MemFree:  123 kB". */
#ifndef PDIAG_METRIC_KEYS_H
#define PDIAG_METRIC_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* Values of keys with the same slot are added up; a slot is below 64. */
struct pdiag_metric_key {
	const char *name; /* the first word of the line, colon and all */
	uint32_t len;
	uint32_t slot;
};

#define PDIAG_METRIC_KEY(name, slot) { (name), sizeof(name) - 1, (slot) }

#define PDIAG_KEYS_LINES 256

/* What the text before was like, as the next one mostly is. */
struct pdiag_metric_keys_hint {
	uint64_t have;
	uint32_t lines; /* 0: nothing known */
	uint32_t used;	/* since all lines were looked at */
	uint8_t key[PDIAG_KEYS_LINES]; /* the key in that line, from 1; 0: none of ours */
};

/* values[slot] of the keys that are there; bits of those slots. Fewer than 255 keys. */
uint64_t pdiag_metric_keys(struct pdiag_metric_keys_hint *hint, const char *text, size_t len,
	const struct pdiag_metric_key *keys, size_t count, uint64_t *values);

struct pdiag_metric_file;
struct pdiag_metric_found;

/* Slots by the number of the metric are found, each by its kind. */
void pdiag_metric_keys_found(const struct pdiag_metric_file *f, const uint64_t *values,
	uint64_t have, struct pdiag_metric_found *found);

/* What no key has: values[to] is `all` less `part`, if both are known and it is not negative.
 * Returns the bits of what is known then. */
static inline uint64_t pdiag_metric_keys_less(
	uint64_t *values, uint64_t have, uint32_t to, uint32_t all, uint32_t part)
{
	if (!(have >> all & 1) || !(have >> part & 1) || values[part] > values[all])
		return have;
	values[to] = values[all] - values[part];
	return have | 1ull << to;
}

#endif
