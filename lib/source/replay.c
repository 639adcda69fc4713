/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The replay source: the records of a recording, in their order, as fast as they are asked for. */
#include "source/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/error.h"
#include "source/source.h"
#include "source/stream_frame.h"
#include "source/stream_reader.h"
#include "util/list.h"

struct replay {
	struct pdiag_source source;
	struct pdiag_stream_reader reader;
	const unsigned char *at, *end; /* what is left of the frame */
	struct pdiag_stream_record forget; /* handed out when the file's own was lost */
	int error;			   /* sticks */
	char path[];
};

static struct replay *of(const struct pdiag_source *s)
{
	return pdiag_container(s, struct replay, source);
}

static void replay_close(struct pdiag_source *s)
{
	struct replay *p = of(s);

	pdiag_stream_reader_close(&p->reader);
	if (s->fd >= 0)
		close(s->fd);
	free(p);
}

static int replay_open(const struct pdiag_source_config *config, struct pdiag_source **out)
{
	struct replay *p;
	size_t len;
	int ret;

	if (!config->path)
		return pdiag_fail(EINVAL, "no path given of the recording to replay");
	len = strlen(config->path) + 1;
	p = calloc(1, sizeof(*p) + len);
	if (!p)
		return pdiag_fail_memory("opening a recording");
	memcpy(p->path, config->path, len);
	p->source.ops = &pdiag_source_replay;
	p->source.context = config->context;
	p->source.state.event = "";
	p->source.state.exit_status = -1;
	p->reader.fd = -1;
	/* A regular file cannot be polled; this counter is never read, so always readable. */
	p->source.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->source.fd < 0) {
		ret = pdiag_fail(errno, "cannot make an eventfd: %s", strerror(errno));
		goto fail;
	}
	ret = pdiag_stream_reader_open(&p->reader, p->path);
	if (ret)
		goto fail;
	p->source.state.bytes = p->reader.stats.bytes;
	*out = &p->source;
	return 0;
fail:
	replay_close(&p->source);
	return ret;
}

static int replay_nothing(struct pdiag_source *s)
{
	(void)s;
	return 0;
}

static void hand_out(struct pdiag_raw *raw, const struct pdiag_stream_record *r)
{
	*raw = (struct pdiag_raw){
		.data = r,
		.len = r->len,
		.cpu = -1,
		.format = PDIAG_RAW_STREAM,
	};
}

/* Numbers given before the lost FORGET must not be taken for those given after it. */
static void forget(struct replay *p, struct pdiag_raw *raw)
{
	const struct pdiag_stream_record *next = pdiag_stream_record_at(p->at,
		(size_t)(p->end - p->at));

	p->forget = (struct pdiag_stream_record){
		.len = sizeof(p->forget),
		.type = PDIAG_STREAM_FORGET,
		.time = next ? next->time : 0,
		.cpu = -1,
	};
	hand_out(raw, &p->forget);
}

/* 1: a frame was opened; 2: and *raw is a FORGET to begin with; 0: the end. */
static int next_frame(struct replay *p, struct pdiag_raw *raw)
{
	const void *body;
	bool forgot;
	size_t len;
	int ret;

	ret = pdiag_stream_reader_next(&p->reader, &body, &len, &forgot);
	if (ret <= 0)
		return ret;
	p->source.state.bytes = p->reader.stats.bytes;
	p->at = body;
	p->end = p->at + len;
	if (!forgot)
		return 1;
	forget(p, raw);
	return 2;
}

static int replay_next(struct pdiag_source *s, struct pdiag_raw *raw)
{
	struct replay *p = of(s);
	const struct pdiag_stream_record *r;
	int ret;

	if (p->error || s->state.ended)
		return p->error;
	for (;;) {
		if (p->at == p->end) {
			ret = next_frame(p, raw);
			if (ret != 1)
				break;
			continue;
		}
		r = pdiag_stream_record_at(p->at, (size_t)(p->end - p->at));
		if (!r) { /* a whole frame, made badly */
			p->reader.stats.corrupt++;
			p->at = p->end;
			continue;
		}
		p->at += r->len;
		p->reader.stats.records++;
		if (r->type == PDIAG_STREAM_FORGET)
			p->reader.forgets++;
		/* What stands behind the end mark is not looked at. */
		if (r->type == PDIAG_STREAM_END)
			p->reader.stats.complete = s->state.ended = true;
		hand_out(raw, r);
		return 1;
	}
	if (ret < 0)
		p->error = ret;
	if (ret <= 0)
		s->state.ended = true;
	return ret < 0 ? ret : ret > 0;
}

void pdiag_replay_stats(const struct pdiag_source *s, struct pdiag_replay_stats *out)
{
	*out = of(s)->reader.stats;
}

const struct pdiag_source_ops pdiag_source_replay = {
	.name = "replay",
	.open = replay_open,
	.start = replay_nothing,
	.stop = replay_nothing,
	.refresh = replay_nothing,
	.next = replay_next,
	.close = replay_close,
};
