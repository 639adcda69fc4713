/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"
#include "core/options.h"

_Static_assert(sizeof(struct pdiag_options) == 32, "no holes in struct pdiag_options");

int pdiag_open(const struct pdiag_options *options, struct pdiag **out)
{
	struct pdiag_options opt;
	struct pdiag *ctx;
	int ret;

	pdiag_error_clear();
	if (!out)
		return pdiag_fail(EINVAL, "pdiag_open: out is NULL; give a pointer for the result");
	*out = NULL;
	ret = PDIAG_OPTIONS_COPY(&opt, options, reserved);
	if (ret)
		return ret;
	if (opt.log_level > PDIAG_LOG_DEBUG || opt.reserved)
		return pdiag_fail(EINVAL, "pdiag_options: log_level is %u, the highest is %u; "
			"reserved must be 0", opt.log_level, PDIAG_LOG_DEBUG);
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return pdiag_fail_memory("making a context");
	ctx->log = opt.log;
	ctx->log_user = opt.log_user;
	ctx->log_level = opt.log_level ? opt.log_level : PDIAG_LOG_WARNING;
	ctx->owner = getpid();
	pdiag_list_init(&ctx->children);
	*out = ctx;
	return 0;
}

void pdiag_close(struct pdiag *ctx)
{
	struct pdiag_child *child;

	if (!ctx)
		return;
	while (!pdiag_list_empty(&ctx->children)) {
		child = pdiag_container(ctx->children.prev, struct pdiag_child, link);
		pdiag_child_remove(child);
		child->destroy(child);
	}
	free(ctx);
}

void pdiag_child_add(struct pdiag *ctx, struct pdiag_child *child,
	void (*destroy)(struct pdiag_child *))
{
	child->destroy = destroy;
	pdiag_list_add(&child->link, &ctx->children);
}

void pdiag_child_remove(struct pdiag_child *child)
{
	pdiag_list_remove(&child->link);
}

bool pdiag_context_forked(const struct pdiag *ctx)
{
	return ctx->owner != getpid();
}

void pdiag_log(const struct pdiag *ctx, enum pdiag_log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	if (!ctx->log || level > ctx->log_level)
		return;
	va_start(args, fmt);
	if (vsnprintf(line, sizeof(line), fmt, args) < 0)
		line[0] = '\0';
	va_end(args);
	pdiag_one_line(line);
	ctx->log(ctx->log_user, level, line);
}
