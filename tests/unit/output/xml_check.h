/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says if text is well-formed XML, as far as the graphs use XML. */
#ifndef TESTS_UNIT_OUTPUT_XML_CHECK_H
#define TESTS_UNIT_OUTPUT_XML_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct xml_check {
	const char *at;
	const char *open[32];
	size_t open_len[32];
	unsigned int depth, elements;
	const char *wrong; /* NULL: well-formed */
};

static inline void xml_wrong(struct xml_check *x, const char *what)
{
	if (x->wrong)
		return;
	x->wrong = what;
	fprintf(stderr, "%s at: %.60s\n", what, x->at);
}

static inline void xml_reference(struct xml_check *x)
{
	static const char *const known[] = { "&lt;", "&gt;", "&amp;", "&quot;", "&#39;" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strncmp(x->at, known[i], strlen(known[i])))
			return;
	xml_wrong(x, "a reference");
}

static inline size_t xml_name(const char *s)
{
	return strcspn(s, " />\n");
}

/* From "<" of a start or end tag to behind its ">". */
static inline void xml_tag(struct xml_check *x)
{
	bool end = x->at[1] == '/', quoted = false;
	const char *name = x->at + 1 + end;

	if (end) {
		if (!x->depth || x->open_len[x->depth - 1] != xml_name(name) ||
			strncmp(x->open[x->depth - 1], name, xml_name(name)))
			return xml_wrong(x, "an end without its start");
		x->depth--;
	} else {
		x->elements++;
		if (x->depth == 32)
			return xml_wrong(x, "too deep");
		x->open[x->depth] = name;
		x->open_len[x->depth++] = xml_name(name);
	}
	for (x->at++; *x->at && (quoted || *x->at != '>'); x->at++) {
		if (*x->at == '"')
			quoted = !quoted;
		else if (*x->at == '<')
			return xml_wrong(x, "< in a tag");
		else if (*x->at == '&')
			xml_reference(x);
	}
	if (!*x->at)
		return xml_wrong(x, "a tag without end");
	if (x->at[-1] == '/')
		x->depth--;
	x->at++;
}

static inline void xml_skip(struct xml_check *x, const char *behind)
{
	const char *end = strstr(x->at, behind);

	if (!end)
		return xml_wrong(x, "no end");
	for (; x->at < end; x->at++)
		if ((unsigned char)*x->at < ' ' && *x->at != '\n' && *x->at != '\t')
			xml_wrong(x, "a control character");
	x->at = end + strlen(behind);
}

static inline struct xml_check xml_check(const char *text)
{
	struct xml_check x = { .at = text };

	while (*x.at && !x.wrong) {
		if (!strncmp(x.at, "<?xml ", 6))
			xml_skip(&x, "?>");
		else if (!strncmp(x.at, "<![CDATA[", 9))
			xml_skip(&x, "]]>");
		else if (*x.at == '<')
			xml_tag(&x);
		else if ((unsigned char)*x.at < ' ' && *x.at != '\n')
			xml_wrong(&x, "a control character");
		else if (!strncmp(x.at, "]]>", 3))
			xml_wrong(&x, "]]> in text");
		else if (*x.at == '&')
			xml_reference(&x), x.at++;
		else
			x.at++;
	}
	if (!x.wrong && x.depth)
		xml_wrong(&x, "elements left open");
	return x;
}

#endif
