/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metric/sysfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/array.h"

/* Is there FOLDER/NAME/WHAT? what may be "". */
static bool exists(int root_fd, const char *folder, const char *name, const char *what)
{
	char path[PATH_MAX];

	if (root_fd < 0 || snprintf(path, sizeof(path), "%s/%s/%s", folder, name, what) >=
		(int)sizeof(path))
		return false;
	return !faccessat(root_fd, path, F_OK, 0);
}

static bool begins_with(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strncmp(name, list[i], strlen(list[i])))
			return true;
	return false;
}

/* A folder with nothing in it counts as none. Without an allocation, which might fail. */
static bool has_entries(int root_fd, const char *folder, const char *name, const char *what)
{
	char path[PATH_MAX], list[1024] __attribute__((aligned(8)));
	const struct dirent64 *entry;
	bool found = false;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, name, what);
	fd = openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = getdents64(fd, list, sizeof(list));
	for (ssize_t i = 0; i < n && !found; i += entry->d_reclen) {
		entry = (const struct dirent64 *)(const void *)(list + i);
		found = entry->d_name[0] != '.';
	}
	close(fd);
	return found;
}

/* A path to an NVMe disk that has several is "hidden"; the disk itself is there, too. */
static bool is_hidden(int root_fd, const char *folder, const char *name)
{
	char path[PATH_MAX], c = '0';
	int fd;

	snprintf(path, sizeof(path), "%s/%s/hidden", folder, name);
	fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return c == '1';
}

/* "sda1" is of "sda", "nvme0n1p2" of "nvme0n1"; "nvme0n10" is not. */
static bool is_part_of(const char *name, const char *whole)
{
	size_t len = strlen(whole);

	if (!len || strncmp(name, whole, len))
		return false;
	name += len;
	if (whole[len - 1] >= '0' && whole[len - 1] <= '9' && *name++ != 'p')
		return false;
	return *name && strspn(name, "0123456789") == strlen(name);
}

static bool is_no_storage(const char *name)
{
	static const char *const list[] = { "loop", "ram", "zram", "dm-", "md", "bcache", "fd" };

	return begins_with(name, list, PDIAG_COUNT(list));
}

enum pdiag_device_kind pdiag_metric_disk_kind(int root_fd, const char *name, const char *whole)
{
	char file[64];

	if (is_no_storage(name))
		return PDIAG_DEVICE_IGNORED;
	/* In sysfs a slash in a name is an exclamation mark. */
	snprintf(file, sizeof(file), "%s", name);
	for (char *p = file; *p; p++)
		if (*p == '/')
			*p = '!';
	if (!exists(root_fd, "sys", "block", ""))
		return whole && is_part_of(name, whole) ? PDIAG_DEVICE_IGNORED :
			PDIAG_DEVICE_COUNTED;
	if (!exists(root_fd, "sys/block", file, "") || is_hidden(root_fd, "sys/block", file) ||
		has_entries(root_fd, "sys/block", file, "slaves"))
		return PDIAG_DEVICE_IGNORED;
	return PDIAG_DEVICE_COUNTED;
}

enum pdiag_device_kind pdiag_metric_disk_kind_by_number(int root_fd, const char *number)
{
	char path[PATH_MAX], link[PATH_MAX];
	const char *name;
	ssize_t n = -1;

	if (!strncmp(number, "7:", 2) || !strncmp(number, "1:", 2))
		return PDIAG_DEVICE_IGNORED;
	snprintf(path, sizeof(path), "sys/dev/block/%s", number);
	if (root_fd >= 0)
		n = readlinkat(root_fd, path, link, sizeof(link) - 1);
	if (n <= 0)
		return PDIAG_DEVICE_COUNTED;
	link[n] = '\0';
	name = strrchr(link, '/');
	return pdiag_metric_disk_kind(root_fd, name ? name + 1 : link, NULL);
}

enum pdiag_device_kind pdiag_metric_interface_kind(int root_fd, const char *name)
{
	static const char *const made[] = { "veth", "docker", "br-", "br0", "virbr", "bond", "team",
		"tun", "tap", "wg", "vlan", "dummy", "ifb", "vxlan", "gre", "sit", "ip6", "cni",
		"flannel", "cali", "macvtap", "nlmon", "vnet" };
	static const char folder[] = "sys/class/net";

	if (!strcmp(name, "lo"))
		return PDIAG_DEVICE_IGNORED;
	if (!exists(root_fd, folder, name, ""))
		return begins_with(name, made, PDIAG_COUNT(made)) || strchr(name, '.') ?
			PDIAG_DEVICE_VIRTUAL : PDIAG_DEVICE_COUNTED;
	if (!exists(root_fd, folder, name, "device"))
		return PDIAG_DEVICE_VIRTUAL;
	return exists(root_fd, folder, name, "master/device") ? PDIAG_DEVICE_IGNORED :
		PDIAG_DEVICE_COUNTED;
}
