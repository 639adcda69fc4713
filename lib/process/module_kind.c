/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process/module_kind.h"

#include <string.h>

#include "util/array.h"

#define DELETED " (deleted)"

static bool begins(const char *path, const char *with)
{
	return !strncmp(path, with, strlen(with));
}

/* System V shared memory is named /SYSV and its key in eight digits. */
static bool is_sysv(const char *path)
{
	return begins(path, "/SYSV") && strspn(path + 5, "0123456789abcdef") == 8;
}

static bool is_anonymous(const char *path)
{
	static const char *const names[] = { "/dev/zero", "/anon_hugepage", "//anon" };
	static const char *const prefixes[] = { "[anon", "[heap]", "[stack", "/memfd:",
		"anon_inode:" };
	size_t len = pdiag_module_path_len(path);

	if (!len)
		return true;
	for (size_t i = 0; i < PDIAG_COUNT(names); i++)
		if (len == strlen(names[i]) && begins(path, names[i]))
			return true;
	for (size_t i = 0; i < PDIAG_COUNT(prefixes); i++)
		if (begins(path, prefixes[i]))
			return true;
	return is_sysv(path);
}

enum pdiag_module_kind pdiag_module_kind_of(const char *path)
{
	if (!strcmp(path, PDIAG_PATH_DENIED))
		return PDIAG_MODULE_NONE;
	if (!strcmp(path, "[vdso]"))
		return PDIAG_MODULE_VDSO;
	return is_anonymous(path) ? PDIAG_MODULE_JIT : PDIAG_MODULE_FILE;
}

bool pdiag_module_is_pseudo(const char *path)
{
	return path[0] == '[';
}

size_t pdiag_module_path_len(const char *path)
{
	size_t len = strlen(path), tail = strlen(DELETED);

	if (len > tail && !strcmp(path + len - tail, DELETED))
		return len - tail;
	return len;
}
