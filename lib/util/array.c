/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/array.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

int pdiag_array_reserve(void *data_ptr, size_t *cap, size_t want, size_t size)
{
	size_t grown = *cap + *cap / 2 + 8;
	void *old, *p;

	if (want <= *cap)
		return 0;
	if (grown < want)
		grown = want;
	if (grown > SIZE_MAX / 2 / size)
		return -ENOMEM;
	memcpy(&old, data_ptr, sizeof(old));
	p = realloc(old, grown * size);
	if (!p)
		return -ENOMEM;
	memcpy(data_ptr, &p, sizeof(p));
	*cap = grown;
	return 0;
}

int pdiag_array_extend(void *data_ptr, size_t *count, size_t *cap, size_t want, size_t size)
{
	char *data;

	if (want <= *count)
		return 0;
	if (pdiag_array_reserve(data_ptr, cap, want, size))
		return -ENOMEM;
	memcpy(&data, data_ptr, sizeof(data));
	memset(data + *count * size, 0, (want - *count) * size);
	*count = want;
	return 0;
}
