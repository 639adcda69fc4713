/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as a name: what comes out holds nothing that an output could trip over. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "output/sanitize.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

/* Written apart from the decoder that is tested. */
static bool valid_utf8(const unsigned char *p, size_t len)
{
	size_t i = 0, more;

	while (i < len) {
		more = p[i] < 0x80 ? 0 : (p[i] & 0xe0) == 0xc0 ? 1 : (p[i] & 0xf0) == 0xe0 ? 2 :
			(p[i] & 0xf8) == 0xf0 ? 3 : 4;
		if (more == 4 || i + more >= len)
			return false;
		if (p[i] == 0xc0 || p[i] == 0xc1 || p[i] > 0xf4)
			return false;
		if (more >= 2 &&
			((p[i] == 0xe0 && p[i + 1] < 0xa0) || (p[i] == 0xed && p[i + 1] > 0x9f) ||
				(p[i] == 0xf0 && p[i + 1] < 0x90) ||
				(p[i] == 0xf4 && p[i + 1] > 0x8f)))
			return false;
		for (size_t k = 1; k <= more; k++)
			if ((p[i + k] & 0xc0) != 0x80)
				return false;
		i += more + 1;
	}
	return true;
}

static void must_be_clean(const struct pdiag_text *t)
{
	must(!t->error && t->len);
	must(valid_utf8((const unsigned char *)t->data, t->len));
	for (size_t i = 0; i < t->len; i++)
		must((unsigned char)t->data[i] >= ' ' && t->data[i] != 0x7f);
}

static void must_lack(const struct pdiag_text *t, const char *characters)
{
	for (size_t i = 0; i < t->len; i++)
		must(!strchr(characters, t->data[i]));
}

static void check_parts(const struct pdiag_text *clean)
{
	size_t used, fits;

	for (size_t n = 0; n <= clean->len && n < 64; n++) {
		fits = pdiag_sanitize_cut(clean->data, clean->len, n);
		must(fits <= n && valid_utf8((const unsigned char *)clean->data, fits));
		fits = pdiag_sanitize_fit(clean->data, clean->len, n, &used);
		must(used <= n && fits <= clean->len);
		must(valid_utf8((const unsigned char *)clean->data, fits));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdiag_text name = { 0 }, frame = { 0 }, again = { 0 }, xml = { 0 }, json = { 0 };

	pdiag_sanitize_name(&name, (const char *)data, size);
	must_be_clean(&name);
	pdiag_sanitize_frame(&frame, (const char *)data, size);
	must_be_clean(&frame);
	must_lack(&frame, ";");
	/* Clean text is left as it is. */
	pdiag_sanitize_name(&again, name.data, name.len);
	must(again.len == name.len && !memcmp(again.data, name.data, name.len));
	check_parts(&name);
	pdiag_sanitize_xml(&xml, name.data, name.len);
	must_be_clean(&xml);
	must_lack(&xml, "<>\"'");
	pdiag_sanitize_json(&json, name.data, name.len);
	must_be_clean(&json);
	must_lack(&json, "<>&");
	pdiag_text_free(&name);
	pdiag_text_free(&frame);
	pdiag_text_free(&again);
	pdiag_text_free(&xml);
	pdiag_text_free(&json);
	return 0;
}
