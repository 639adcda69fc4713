/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole recording into a profile, in one call. */
#include <errno.h>

#include <pdiag/recording.h>

#include "capture/capture.h"
#include "core/error.h"
#include "core/options.h"
#include "source/replay.h"

int pdiag_recording_load(struct pdiag *context, const char *path,
	struct pdiag_recording_info *info, struct pdiag_profile **out)
{
	struct pdiag_capture_options options = {
		.size = sizeof(options), .target = PDIAG_TARGET_RECORDING, .path = path,
	};
	struct pdiag_recording_info known = { .size = sizeof(known) };
	struct pdiag_capture *capture = NULL;
	struct pdiag_replay_stats stats;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	if (!ret && !path)
		ret = pdiag_fail(EINVAL, "pdiag_recording_load: path is NULL; name a recording");
	if (ret)
		return ret;
	ret = pdiag_capture_new(context, &options, &capture);
	if (!ret)
		ret = pdiag_capture_run(capture, 0);
	if (!ret)
		ret = pdiag_capture_take(capture, out);
	if (!ret && info) {
		pdiag_replay_stats(capture->source, &stats);
		known.bytes = stats.bytes;
		known.frames = stats.frames;
		known.complete = capture->pipeline.ended_whole;
		known.corrupt = stats.corrupt;
		known.version = stats.major;
		ret = PDIAG_INFO_COPY(info, &known, reserved, "pdiag_recording_info");
	}
	if (ret && *out) {
		pdiag_profile_free(*out);
		*out = NULL;
	}
	pdiag_capture_free(capture);
	return ret;
}
