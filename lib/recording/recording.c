/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recording/recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/context.h"
#include "core/error.h"
#include "core/options.h"
#include "core/sink.h"
#include "decode/encode.h"
#include "profile/profile.h"
#include "recording/names.h"
#include "source/stream_frame.h"

_Static_assert(sizeof(struct pdiag_recording_options) == 24, "no holes");

struct pdiag_recording {
	struct pdiag_child child;
	struct pdiag *context;
	struct pdiag_writer writer;
	struct pdiag_stream_frame *frame; /* being filled: FRAME_MAX bytes, touched as needed */
	size_t len;			  /* of it */
	uint32_t records, forgets;	  /* in it */
	uint64_t offset;	 /* bytes written, whole frames only */
	uint64_t records_before; /* in the frames written */
	uint32_t forgets_before;
	uint32_t flags;
	uint64_t last_time;
	struct pdiag_profile *kept; /* frames of profiles that were given away; NULL: none */
	uint32_t holders, running;  /* captures */
	bool names_lost; /* no memory to keep them all */
	bool finished;
	bool freed; /* by its owner, not yet by its holders */
	int error; /* the first, negative; sticks */
	char message[512]; /* its sentence */
};

static void begin_frame(struct pdiag_recording *r)
{
	r->len = sizeof(*r->frame);
	r->records = r->forgets = 0;
}

/* Keep the first failure and its sentence, which later calls would wipe out. */
static int stick(struct pdiag_recording *r, int error)
{
	if (r->error || !error)
		return r->error;
	r->error = error;
	strncpy(r->message, pdiag_errmsg(), sizeof(r->message) - 1);
	begin_frame(r);
	pdiag_log(r->context, PDIAG_LOG_ERROR, "the recording ends here: %s", r->message);
	return error;
}

static int write_out(struct pdiag_recording *r, const void *data, size_t len)
{
	int ret = pdiag_writer_put(&r->writer, data, len);

	if (!ret) {
		r->offset += len;
		return 0;
	}
	/* Half a frame may stand there. What cannot be cut off is left to the reader. */
	if (r->writer.own_fd && ftruncate(r->writer.fd, (off_t)r->offset))
		return stick(r, ret);
	return stick(r, ret);
}

static int write_header(struct pdiag_recording *r)
{
	struct pdiag_stream_header header;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	pdiag_stream_header_make(&header,
		(uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
	return write_out(r, &header, sizeof(header));
}

int pdiag_recording_flush(struct pdiag_recording *r)
{
	struct pdiag_stream_frame *f = r->frame;
	int ret;

	if (r->error || !r->records)
		return r->error;
	f->len = (uint32_t)r->len;
	f->offset = r->offset;
	f->before = r->records_before;
	f->records = r->records;
	f->forgets = r->forgets_before;
	pdiag_stream_frame_seal(f);
	ret = write_out(r, f, r->len);
	r->records_before += r->records;
	r->forgets_before += r->forgets;
	begin_frame(r);
	return ret;
}

static long encode(struct pdiag_recording *r, const struct pdiag_record *record)
{
	return pdiag_encode(record, (char *)r->frame + r->len, PDIAG_STREAM_FRAME_MAX - r->len);
}

static int refuse(struct pdiag_recording *r, long error)
{
	return stick(r, pdiag_fail((int)-error, "a record cannot be written to a recording: %s",
		strerror((int)-error)));
}

int pdiag_recording_put(struct pdiag_recording *r, const struct pdiag_record *record)
{
	long len;
	int ret;

	if (r->error || r->finished)
		return r->error ? r->error : -EBADF;
	len = encode(r, record);
	if (len == -ENOBUFS) {
		ret = pdiag_recording_flush(r);
		if (ret)
			return ret;
		len = encode(r, record);
	}
	if (len <= 0)
		return len ? refuse(r, len) : 0;
	r->len += (size_t)len;
	r->records++;
	r->forgets += record->type == PDIAG_RECORD_FORGET;
	r->last_time = record->time;
	return r->len < PDIAG_STREAM_FRAME_FULL ? 0 : pdiag_recording_flush(r);
}

void pdiag_recording_hold(struct pdiag_recording *r)
{
	r->holders++;
}

void pdiag_recording_release(struct pdiag_recording *r)
{
	if (!--r->holders && r->freed)
		free(r);
}

void pdiag_recording_running(struct pdiag_recording *r, bool running)
{
	if (running)
		r->running++;
	else
		r->running--;
}

void pdiag_recording_keep(struct pdiag_recording *r, const struct pdiag_profile *profile)
{
	if (r->error || r->finished || (r->flags & PDIAG_RECORDING_NO_NAMES))
		return;
	if (!pdiag_recording_keep_frames(&r->kept, profile))
		return;
	r->names_lost = true;
	/* The caller has not failed. */
	pdiag_error_clear();
}

static void forget_kept(struct pdiag_recording *r)
{
	pdiag_profile_destroy(r->kept);
	r->kept = NULL;
}

static void recording_destroy(struct pdiag_child *child)
{
	struct pdiag_recording *r = pdiag_container(child, struct pdiag_recording, child);

	/* In a child of fork() what is buffered is the parent's to write. */
	if (!r->finished && !pdiag_context_forked(r->context))
		pdiag_recording_flush(r);
	if (!r->finished)
		pdiag_writer_end(&r->writer, r->error);
	forget_kept(r);
	free(r->frame);
	r->frame = NULL;
	r->records = 0;
	r->finished = r->freed = true;
	if (!r->holders)
		free(r);
}

int pdiag_recording_new(struct pdiag *context, const struct pdiag_recording_options *options,
	struct pdiag_recording **out)
{
	struct pdiag_recording_options opt;
	struct pdiag_recording *r;
	int ret;

	pdiag_error_clear();
	ret = PDIAG_CHECK_NEW(context, out);
	if (ret)
		return ret;
	*out = NULL;
	ret = PDIAG_OPTIONS_COPY(&opt, options, reserved);
	if (ret)
		return ret;
	if ((opt.flags & ~PDIAG_RECORDING_NO_NAMES) || opt.reserved)
		return pdiag_fail(EINVAL, "pdiag_recording_options: flags are 0x%x, only "
			"PDIAG_RECORDING_NO_NAMES is known; reserved must be 0", opt.flags);
	r = calloc(1, sizeof(*r));
	if (!r)
		return pdiag_fail_memory("making a recording");
	r->context = context;
	r->flags = opt.flags;
	r->frame = malloc(PDIAG_STREAM_FRAME_MAX);
	if (!r->frame) {
		ret = pdiag_fail_memory("making a recording");
		goto fail;
	}
	begin_frame(r);
	ret = pdiag_writer_begin(&r->writer, opt.sink, true);
	if (ret)
		goto fail;
	ret = write_header(r);
	if (ret) {
		pdiag_writer_end(&r->writer, ret);
		goto fail;
	}
	pdiag_child_add(context, &r->child, recording_destroy);
	*out = r;
	return 0;
fail:
	free(r->frame);
	free(r);
	return ret;
}

static int put_end(struct pdiag_recording *r)
{
	const struct pdiag_record end = {
		.type = PDIAG_RECORD_END,
		.cpu = -1,
		.time = r->last_time,
	};

	return pdiag_recording_put(r, &end);
}

/* The names of what was taken before and of `profile`. */
static int put_names(struct pdiag_recording *r, struct pdiag_profile *profile)
{
	int ret = pdiag_recording_put_names(r, r->kept, profile, r->last_time);

	if (!ret && r->names_lost)
		ret = pdiag_fail_memory("keeping the names of a profile that was taken");
	return ret;
}

int pdiag_recording_finish(struct pdiag_recording *r, struct pdiag_profile *profile)
{
	char message[sizeof(r->message)] = "";
	int ret = 0, end;

	pdiag_error_clear();
	if (pdiag_context_forked(r->context))
		return pdiag_fail(EPERM, "this recording belongs to the process that fork() left; "
			"make one of your own");
	if (r->finished)
		return pdiag_fail(EALREADY, "the recording is already finished");
	if (r->running)
		return pdiag_fail(EBUSY, "the capture is still running; stop it before its "
			"recording is finished");
	if (profile && !r->error && !(r->flags & PDIAG_RECORDING_NO_NAMES)) {
		/* Without names the recording is whole all the same. */
		ret = put_names(r, profile);
		strncpy(message, pdiag_errmsg(), sizeof(message) - 1);
	}
	forget_kept(r);
	put_end(r);
	pdiag_recording_flush(r);
	end = pdiag_writer_end(&r->writer, 0);
	r->finished = true;
	if (r->error)
		return pdiag_fail(-r->error, "%s", r->message);
	return ret ? pdiag_fail(-ret, "%s", message) : end;
}

void pdiag_recording_free(struct pdiag_recording *r)
{
	if (!r)
		return;
	pdiag_child_remove(&r->child);
	recording_destroy(&r->child);
}
