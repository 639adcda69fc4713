/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sink that keeps what is written, and may fail. */
#ifndef TESTS_UNIT_OUTPUT_COLLECT_H
#define TESTS_UNIT_OUTPUT_COLLECT_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/output.h>

struct collect {
	char *data;
	size_t len, cap;
	size_t limit; /* fail with -ENOSPC beyond; 0: none */
	unsigned int writes;
};

static inline int collect_write(void *user, const void *data, size_t len)
{
	struct collect *c = user;
	char *grown;

	c->writes++;
	if (c->limit && c->len + len > c->limit)
		return -ENOSPC;
	if (c->len + len + 1 > c->cap) {
		grown = realloc(c->data, (c->len + len + 1) * 2);
		if (!grown)
			return -ENOMEM;
		c->cap = (c->len + len + 1) * 2;
		c->data = grown;
	}
	memcpy(c->data + c->len, data, len);
	c->len += len;
	c->data[c->len] = '\0';
	return 0;
}

static inline struct pdiag_sink collect_sink(struct collect *c)
{
	return (struct pdiag_sink){ .size = sizeof(struct pdiag_sink), .write = collect_write,
		.user = c };
}

static inline void collect_reset(struct collect *c)
{
	c->len = 0;
	c->writes = 0;
	if (c->data)
		c->data[0] = '\0';
}

static inline const char *collect_text(const struct collect *c)
{
	return c->data ? c->data : "";
}

#endif
