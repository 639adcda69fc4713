// SPDX-License-Identifier: GPL-2.0-only
#include "probe.h"

u32 pdiag_probe_count(void)
{
	return 0;
}

int pdiag_probe_describe(struct pdiag_kmod_probe_info *info)
{
	return -EINVAL;
}

int pdiag_probe_attach(struct pdiag_session *session, const struct pdiag_kmod_probe *probe)
{
	return -EINVAL;
}

int pdiag_probe_histogram(struct pdiag_session *session, struct pdiag_kmod_histogram *histogram)
{
	return -EINVAL;
}

int pdiag_probe_start(struct pdiag_session *session)
{
	return 0;
}

void pdiag_probe_stop(struct pdiag_session *session)
{
}

void pdiag_probe_free(struct pdiag_session *session)
{
}
