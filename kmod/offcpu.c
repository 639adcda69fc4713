// SPDX-License-Identifier: GPL-2.0-only
#include "offcpu.h"

int pdiag_offcpu_new(struct pdiag_session *session, const struct pdiag_kmod_session *options)
{
	return -EOPNOTSUPP;
}

void pdiag_offcpu_free(struct pdiag_session *session)
{
}

int pdiag_offcpu_start(struct pdiag_session *session)
{
	return 0;
}

void pdiag_offcpu_stop(struct pdiag_session *session)
{
}

const char *pdiag_offcpu_why_not(void)
{
	return "not in this release";
}
