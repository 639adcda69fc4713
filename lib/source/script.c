/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The script source: records made by a test. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/error.h"
#include "source/source.h"
#include "util/list.h"

struct script {
	struct pdiag_source source;
	const void *const *records;
	uint32_t count, at;
};

static struct script *of(struct pdiag_source *s)
{
	return pdiag_container(s, struct script, source);
}

static int script_open(const struct pdiag_source_config *config, struct pdiag_source **out)
{
	(void)config;
	(void)out;
	return pdiag_fail(EINVAL, "a script is made by pdiag_source_script_new()");
}

static int script_nothing(struct pdiag_source *s)
{
	(void)s;
	return 0;
}

static int script_next(struct pdiag_source *s, struct pdiag_raw *raw)
{
	struct script *p = of(s);

	if (p->at == p->count) {
		s->state.ended = true;
		return 0;
	}
	/* The length is the decoder's to know. */
	*raw = (struct pdiag_raw){
		.data = p->records[p->at++],
		.cpu = -1,
		.format = PDIAG_RAW_RECORD,
	};
	return 1;
}

static void script_close(struct pdiag_source *s)
{
	close(s->fd);
	free(of(s));
}

static const struct pdiag_source_ops script_ops = {
	.name = "script",
	.open = script_open,
	.start = script_nothing,
	.stop = script_nothing,
	.refresh = script_nothing,
	.next = script_next,
	.close = script_close,
};

int pdiag_source_script_new(struct pdiag *context, const void *const *records, uint32_t count,
	struct pdiag_source **out)
{
	struct script *p;
	int ret;

	p = calloc(1, sizeof(*p));
	if (!p)
		return pdiag_fail_memory("making a script");
	p->source.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->source.fd < 0) {
		ret = pdiag_fail(errno, "cannot make an eventfd: %s", strerror(errno));
		free(p);
		return ret;
	}
	p->source.ops = &script_ops;
	p->source.context = context;
	p->source.state.event = "";
	p->source.state.exit_status = -1;
	p->records = records;
	p->count = count;
	*out = &p->source;
	return 0;
}
