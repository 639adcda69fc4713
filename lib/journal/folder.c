/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The folder of a journal, its files by number, and the lock of its writer: an exclusive lock of an
 * open file description, from the byte whose number is the writer's session up to the end of all
 * numbers. Two of them always overlap, and who asks learns the session of the one that is there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "journal/journal.h"
#include "util/array.h"

#define LOCK_NAME "lock"
#define FILE_NAME "events-%08u.pdj"
#define NAME_SIZE 32u

static int fail_open(const struct pdiag_journal *j, int err)
{
	switch (err) {
	case ENOTDIR:
	case ELOOP:
		return pdiag_fail(ENOTDIR, "the journal %s is not a folder, or a symbolic link to "
			"one; name a folder that is there or can be made", j->path);
	case EACCES:
		return pdiag_fail(err, "the journal %s may not be opened; run as its owner or name "
			"another folder", j->path);
	case ENOENT:
		return pdiag_fail(err, "there is no journal %s; check the path", j->path);
	default:
		return pdiag_fail(err, "cannot open the journal %s: %s", j->path, strerror(err));
	}
}

static int open_dir(struct pdiag_journal *j)
{
	j->dir = open(j->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return j->dir < 0 ? errno : 0;
}

/* Who may put files there may make us write elsewhere, or read what is not ours. */
static int check_owner(const struct pdiag_journal *j)
{
	struct stat st;

	if (fstat(j->dir, &st))
		return fail_open(j, errno);
	if (st.st_mode & S_IWOTH)
		return pdiag_fail(EACCES, "everybody may write to %s; give the journal a folder of "
			"its own", j->path);
	return 0;
}

int pdiag_journal_open_folder(struct pdiag_journal *j)
{
	int err = open_dir(j);

	if (err == ENOENT && !(j->flags & PDIAG_JOURNAL_READ_ONLY)) {
		if (mkdir(j->path, 0700) && errno != EEXIST)
			return pdiag_fail(errno, "cannot make the folder %s for a journal: %s",
				j->path, strerror(errno));
		err = open_dir(j);
	}
	if (err)
		return fail_open(j, err);
	return j->flags & PDIAG_JOURNAL_READ_ONLY ? 0 : check_owner(j);
}

static int set_lock(int fd, short type, uint64_t start, uint64_t len)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)start,
		.l_len = (off_t)len };

	return fcntl(fd, F_OFD_SETLK, &lock) ? -errno : 0;
}

int pdiag_journal_take_lock(struct pdiag_journal *j)
{
	int ret;

	j->lock = openat(j->dir, LOCK_NAME,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (j->lock < 0)
		return pdiag_fail(errno, "cannot make the lock file %s/" LOCK_NAME ": %s; a "
			"journal can only be read there", j->path, strerror(errno));
	ret = set_lock(j->lock, F_WRLCK, 0, 0);
	if (ret == -EAGAIN || ret == -EACCES)
		return pdiag_fail(EBUSY, "another writer has the journal %s open; there can be "
			"one at a time", j->path);
	return ret ? pdiag_fail(-ret, "cannot lock the journal %s: %s", j->path, strerror(-ret)) :
		     0;
}

int pdiag_journal_tell_session(struct pdiag_journal *j)
{
	int ret = set_lock(j->lock, F_UNLCK, 0, j->session);

	return ret ? pdiag_fail(-ret, "cannot lock the journal %s: %s", j->path, strerror(-ret)) :
		     0;
}

uint64_t pdiag_journal_live_session(const struct pdiag_journal *j)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd, ret;

	if (j->lock >= 0)
		return j->session;
	fd = openat(j->dir, LOCK_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ret = fcntl(fd, F_OFD_GETLK, &lock);
	close(fd);
	return ret || lock.l_type == F_UNLCK ? 0 : (uint64_t)lock.l_start;
}

static void name_of(char name[NAME_SIZE], uint32_t number)
{
	snprintf(name, NAME_SIZE, FILE_NAME, number);
}

int pdiag_journal_open_file(const struct pdiag_journal *j, uint32_t number, int flags)
{
	char name[NAME_SIZE];
	struct stat st;
	int fd;

	name_of(name, number);
	fd = openat(j->dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	/* A pipe or a device would hold us; what has a second name may be somebody else's. */
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_nlink > 1) {
		close(fd);
		return -ELOOP;
	}
	return fd;
}

int pdiag_journal_unlink(const struct pdiag_journal *j, uint32_t number)
{
	char name[NAME_SIZE];

	name_of(name, number);
	return unlinkat(j->dir, name, 0) ? -errno : 0;
}

/* The number in a name that is exactly as we make it; 0: it is not. */
static uint32_t number_of(const char *name)
{
	char again[NAME_SIZE];
	unsigned int number;

	if (sscanf(name, "events-%10u.pdj", &number) != 1 || number >= UINT32_MAX)
		return 0;
	name_of(again, number);
	return strcmp(name, again) ? 0 : number;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int read_names(DIR *dir, uint32_t **numbers, size_t *count)
{
	const struct dirent *entry;
	uint32_t number;
	size_t cap = 0;

	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		number = number_of(entry->d_name);
		if (!number)
			continue;
		if (pdiag_array_reserve(numbers, &cap, *count + 1, sizeof(**numbers)))
			return -ENOMEM;
		(*numbers)[(*count)++] = number;
	}
	return -errno;
}

int pdiag_journal_list(const struct pdiag_journal *j, uint32_t **numbers, size_t *count)
{
	int fd = openat(j->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	*numbers = NULL;
	*count = 0;
	if (!dir) {
		ret = -errno;
		if (fd >= 0)
			close(fd);
		return ret;
	}
	ret = read_names(dir, numbers, count);
	closedir(dir);
	if (ret) {
		free(*numbers);
		*numbers = NULL;
		*count = 0;
	} else if (*count) {
		qsort(*numbers, *count, sizeof(**numbers), by_number);
	}
	return ret;
}
