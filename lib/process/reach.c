/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "process/proc_maps.h"
#include "util/array.h"
#include "util/file.h"

#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static enum pdiag_reason reason_of(int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return PDIAG_REASON_NO_PERMISSION;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return PDIAG_REASON_OUT_OF_MEMORY;
	default:
		return PDIAG_REASON_FILE_GONE;
	}
}

/*
 * On overlayfs and btrfs stat() gives a device of the mount or subvolume, but events and maps give
 * the one of the file system below: there the inode alone decides.
 */
static bool device_differs_by_nature(long type)
{
	return type == OVERLAYFS_SUPER_MAGIC || type == BTRFS_SUPER_MAGIC;
}

static bool same_inode(const struct pdiag_module *m, const struct stat *st)
{
	return !m->inode || st->st_ino == m->inode;
}

static bool same_device(const struct pdiag_module *m, const struct stat *st)
{
	return !m->inode || (major(st->st_dev) == m->major && minor(st->st_dev) == m->minor);
}

/* Is the file behind `fd` (which may be O_PATH) the module's? NONE, or why not. */
static enum pdiag_reason check(const struct pdiag_module *m, int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st))
		return reason_of(errno);
	if (!same_inode(m, &st))
		return PDIAG_REASON_FILE_REPLACED;
	if (!same_device(m, &st) && (fstatfs(fd, &fs) || !device_differs_by_nature(fs.f_type)))
		return PDIAG_REASON_FILE_REPLACED;
	return S_ISREG(st.st_mode) ? PDIAG_REASON_NONE : PDIAG_REASON_NOT_ELF;
}

enum pdiag_reason pdiag_reach_check(const struct pdiag_module *m)
{
	struct statfs fs;
	struct stat st;

	if (m->path[0] != '/')
		return PDIAG_REASON_FILE_GONE;
	if (stat(m->path, &st))
		return reason_of(errno);
	if (!same_inode(m, &st))
		return PDIAG_REASON_FILE_REPLACED;
	if (!same_device(m, &st) &&
		(statfs(m->path, &fs) || !device_differs_by_nature(fs.f_type)))
		return PDIAG_REASON_FILE_REPLACED;
	return S_ISREG(st.st_mode) ? PDIAG_REASON_NONE : PDIAG_REASON_NOT_ELF;
}

int pdiag_reach_again(int fd)
{
	char path[32];
	int again, high;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, READ_FLAGS);
	if (again < 0 || again > 2)
		return again < 0 ? -(int)reason_of(errno) : again;
	/* The host closed its standard descriptors: do not take their place. */
	high = fcntl(again, F_DUPFD_CLOEXEC, 3);
	close(again);
	return high < 0 ? -(int)reason_of(errno) : high;
}

/* A file may take the inode number of one that was deleted; its generation is another then. */
static bool same_generation(const struct pdiag_module *m, int fd)
{
	int version[2] = { 0 };

	if (!m->inode || !m->generation || ioctl(fd, FS_IOC_GETVERSION, version))
		return true;
	return (uint32_t)version[0] == (uint32_t)m->generation;
}

/*
 * Open for reading only after the check: opening what is no regular file may block or do things.
 * `exact`: the kernel itself vouches that this is the mapped file.
 */
static int open_path(const struct pdiag_module *m, const char *path, bool exact)
{
	pdiag_auto_close int at = open(path, O_PATH | O_CLOEXEC);
	enum pdiag_reason reason;
	struct stat st;
	int fd;

	if (at < 0)
		return -(int)reason_of(errno);
	if (exact)
		reason = !fstat(at, &st) && S_ISREG(st.st_mode) ? PDIAG_REASON_NONE :
								  PDIAG_REASON_NOT_ELF;
	else
		reason = check(m, at);
	if (reason)
		return -(int)reason;
	fd = pdiag_reach_again(at);
	if (fd >= 0 && !exact && !same_generation(m, fd)) {
		close(fd);
		return -(int)PDIAG_REASON_FILE_REPLACED;
	}
	return fd;
}

struct search {
	const struct pdiag_module *module;
	uint64_t start, end;
};

static int find_map(void *user, const struct pdiag_proc_map *map)
{
	struct search *s = user;

	if (map->inode != s->module->inode || map->major != s->module->major ||
		map->minor != s->module->minor)
		return 0;
	s->start = map->start;
	s->end = map->end;
	return 1;
}

/* Exact, also when the file is deleted; asks for privilege. */
static int open_map_files(const struct pdiag_module *m)
{
	struct search s = { .module = m };
	char path[96];

	if (!m->inode || pdiag_proc_maps_each(m->pid, find_map, &s) != 1)
		return -(int)PDIAG_REASON_FILE_GONE;
	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, m->pid, s.start,
		s.end);
	return open_path(m, path, true);
}

static int open_below(const struct pdiag_module *m, const char *what, const char *path)
{
	char full[64 + 4096];
	int len = snprintf(full, sizeof(full), "/proc/%d/%s%s", m->pid, what, path);

	if (len < 0 || (size_t)len >= sizeof(full))
		return -(int)PDIAG_REASON_FILE_GONE;
	return open_path(m, full, false);
}

int pdiag_reach_open(const struct pdiag_module *m, bool own)
{
	int first = -(int)PDIAG_REASON_FILE_GONE, fd;

	if (own && m->path[0] == '/') {
		first = open_path(m, m->path, false);
		if (first >= 0)
			return first;
	}
	if (!m->live || m->pid <= 0)
		return first;
	fd = open_map_files(m);
	if (fd < 0)
		fd = open_below(m, "exe", "");
	if (fd < 0 && m->path[0] == '/')
		fd = open_below(m, "root", m->path);
	if (fd >= 0)
		return fd;
	/* Another user's process: with the privilege it might have been reached. */
	if (fd == -(int)PDIAG_REASON_NO_PERMISSION || fd == -(int)PDIAG_REASON_OUT_OF_MEMORY)
		return fd;
	return first;
}

int32_t pdiag_reach_ns_pid(int32_t pid)
{
	char path[32], status[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return pdiag_file_read(path, status, sizeof(status)) > 0 ? pdiag_proc_ns_pid(status) : 0;
}
