/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/options.h"

#include <string.h>

#include "core/error.h"

/* No struct will ever be that large: the size was not set. */
#define SIZE_LIMIT 4096u

int pdiag_options_copy(void *to, size_t known, const void *from, size_t first, const char *name)
{
	size_t size;

	memset(to, 0, known);
	if (!from) {
		memcpy(to, &known, sizeof(known));
		return 0;
	}
	memcpy(&size, from, sizeof(size));
	if (size < first)
		return pdiag_fail(EINVAL, "%s: size is %zu, less than the %zu bytes of the first "
			"release; set it to sizeof the struct", name, size, first);
	if (size > SIZE_LIMIT)
		return pdiag_fail(E2BIG, "%s: size is %zu, more than any release has; set it to "
			"sizeof the struct", name, size);
	for (size_t i = known; i < size; i++)
		if (((const char *)from)[i])
			return pdiag_fail(E2BIG,
				"%s: has options that this release of libpdiag "
				"does not know (byte %zu of %zu); update the library",
				name, i, size);
	memcpy(to, from, size < known ? size : known);
	memcpy(to, &known, sizeof(known));
	return 0;
}

int pdiag_info_check(const void *info, size_t first, const char *name)
{
	size_t size;

	if (!info)
		return pdiag_fail(EINVAL, "%s: it is NULL; give a struct with its size set", name);
	memcpy(&size, info, sizeof(size));
	if (size < first)
		return pdiag_fail(EINVAL, "%s: size is %zu, less than the %zu bytes of the first "
			"release; set it to sizeof the struct", name, size, first);
	if (size > SIZE_LIMIT)
		return pdiag_fail(EINVAL, "%s: size is %zu, more than any release has; set it to "
			"sizeof the struct", name, size);
	return 0;
}

int pdiag_info_copy(void *to, const void *from, size_t known, size_t first, const char *name)
{
	size_t size;
	int ret = pdiag_info_check(to, first, name);

	if (ret)
		return ret;
	memcpy(&size, to, sizeof(size));
	if (size > known)
		memset((char *)to + known, 0, size - known);
	memcpy((char *)to + sizeof(size), (const char *)from + sizeof(size),
		(size < known ? size : known) - sizeof(size));
	return 0;
}
