// SPDX-License-Identifier: GPL-2.0-only
#include "hooks.h"

#include <linux/string.h>
#include <linux/tracepoint.h>

struct search {
	const char *name;
	struct tracepoint *found;
};

static void look(struct tracepoint *tracepoint, void *data)
{
	struct search *search = data;

	if (!strcmp(tracepoint->name, search->name))
		search->found = tracepoint;
}

struct tracepoint *pdiag_tracepoint(const char *name)
{
	struct search search = { .name = name };

	for_each_kernel_tracepoint(look, &search);
	return search.found;
}

int pdiag_hook(const char *name, void *fn, void *data)
{
	struct tracepoint *tracepoint = pdiag_tracepoint(name);

	return tracepoint ? tracepoint_probe_register(tracepoint, fn, data) : -ENOENT;
}

void pdiag_unhook(const char *name, void *fn, void *data)
{
	struct tracepoint *tracepoint = pdiag_tracepoint(name);

	if (tracepoint)
		tracepoint_probe_unregister(tracepoint, fn, data);
}

void pdiag_hook_sync(void)
{
	tracepoint_synchronize_unregister();
}
