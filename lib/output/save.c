/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "core/error.h"
#include "output/output.h"

static int ends(const char *path, const char *ending)
{
	size_t len = strlen(path), want = strlen(ending);

	return len > want && !strcmp(path + len - want, ending);
}

int pdiag_profile_save(struct pdiag_profile *profile, const char *path)
{
	struct pdiag_sink sink = { .size = sizeof(sink), .path = path };

	pdiag_error_clear();
	if (!path || !*path)
		return pdiag_fail(EINVAL, "no path given to save the profile to");
	if (ends(path, ".folded") || ends(path, ".txt"))
		return pdiag_profile_write_folded(profile, NULL, &sink);
	if (ends(path, ".svg"))
		return pdiag_profile_write_flamegraph(profile, NULL, &sink);
	if (ends(path, ".pdiag"))
		return pdiag_fail(EINVAL,
			"cannot save a profile as %s: a recording is written while "
			"the capture runs; use pdiag_recording_new() and pdiag_capture_record()",
			path);
	return pdiag_fail(EINVAL, "cannot tell the format of %s from its ending; use .folded, .txt "
		"or .svg", path);
}
