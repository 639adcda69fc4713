/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pdiag/version.h>

const char *pdiag_version(void)
{
	return PDIAG_VERSION;
}

uint32_t pdiag_version_number(void)
{
	return PDIAG_VERSION_NUMBER;
}
