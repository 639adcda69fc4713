/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output/out.h"

#include "core/error.h"

#define BUFFER_BYTES ((size_t)256 * 1024)

int pdiag_out_begin(struct pdiag_out *out, const struct pdiag_sink *sink)
{
	out->text = (struct pdiag_text){ 0 };
	return pdiag_writer_begin(&out->writer, sink, false);
}

static int flush(struct pdiag_out *out)
{
	int ret;

	if (out->text.error)
		return pdiag_fail_memory("writing an output");
	ret = pdiag_writer_put(&out->writer, out->text.data, out->text.len);
	out->text.len = 0;
	return ret;
}

int pdiag_out_room(struct pdiag_out *out)
{
	return out->text.error || out->text.len >= BUFFER_BYTES ? flush(out) : 0;
}

int pdiag_out_end(struct pdiag_out *out, int error)
{
	if (!error)
		error = flush(out);
	pdiag_text_free(&out->text);
	return pdiag_writer_end(&out->writer, error);
}
