/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Outputs compared with files. The style and the script of an SVG are taken out, so that a golden
 * file changes when the picture changes, and not with each word of the script.
 */
#ifndef TESTS_GOLDEN_GOLDEN_H
#define TESTS_GOLDEN_GOLDEN_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/output.h>

#include "unit/output/collect.h"

/* Take out what stands between the first `from` and the next `to` behind it. */
static inline void golden_cut(struct collect *c, const char *from, const char *to)
{
	char *start = strstr(c->data, from), *end;

	if (!start)
		return;
	start += strlen(from);
	end = strstr(start, to);
	if (!end)
		return;
	memmove(start, end, strlen(end) + 1);
	c->len = strlen(c->data);
}

static inline void golden_strip(struct collect *c, const char *path)
{
	size_t len = strlen(path);

	if (len < 4 || strcmp(path + len - 4, ".svg") || !c->data)
		return;
	golden_cut(c, "<style><![CDATA[", "]]></style>");
	golden_cut(c, "<script><![CDATA[", "]]></script>");
}

static inline bool golden_update(const struct collect *c, const char *path)
{
	FILE *f = fopen(path, "w");
	bool good = f && fwrite(c->data, 1, c->len, f) == c->len;

	if (f)
		good = !fclose(f) && good;
	printf("%s %s\n", good ? "wrote" : "cannot write", path);
	return good;
}

/* The first line that differs, on stderr. */
static inline void golden_show(const char *got, const char *wanted)
{
	while (*got && *got == *wanted && strchr(got, '\n') && strchr(wanted, '\n')) {
		size_t a = strcspn(got, "\n") + 1, b = strcspn(wanted, "\n") + 1;

		if (a != b || strncmp(got, wanted, a))
			break;
		got += a;
		wanted += b;
	}
	fprintf(stderr, "wanted: %.*s\ngot:    %.*s\n", (int)strcspn(wanted, "\n"), wanted,
		(int)strcspn(got, "\n"), got);
}

/* Compare what was collected with the file; true if they are the same. */
static inline bool golden_same(struct collect *c, const char *path)
{
	struct collect wanted = { 0 };
	char buffer[4096];
	bool same;
	size_t n;
	FILE *f;

	if (!c->data)
		collect_write(c, "", 0);
	golden_strip(c, path);
	if (getenv("PDIAG_GOLDEN_UPDATE"))
		return golden_update(c, path);
	f = fopen(path, "r");
	if (!f) {
		fprintf(stderr, "%s is missing; make it with PDIAG_GOLDEN_UPDATE=1\n", path);
		return false;
	}
	collect_write(&wanted, "", 0);
	while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0)
		collect_write(&wanted, buffer, n);
	fclose(f);
	same = wanted.len == c->len && !memcmp(wanted.data, c->data, c->len);
	if (!same) {
		fprintf(stderr, "%s differs\n", path);
		golden_show(c->data, wanted.data);
	}
	free(wanted.data);
	return same;
}

#endif
