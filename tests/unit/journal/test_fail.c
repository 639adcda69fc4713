/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disks that are full, broken or read-only, and memory that runs out: one event is not written,
 * what was written before is there, and the next one is tried anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "journal/journal.h"
#include "support/fail_alloc.h"
#include "support/journal_folder.h"

/* What the disk does; libc's calls are replaced by ours below. */
static struct {
	size_t room;	 /* bytes until writing fails */
	int write_error; /* then; 0: never */
	int sync_error, cut_error, dir_error;
} disk;

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset);
int fdatasync(int fd);
int fsync(int fd);
int ftruncate(int fd, off_t len);

static int result(int error)
{
	errno = error;
	return error ? -1 : 0;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	if (disk.write_error) {
		if (!disk.room)
			return result(disk.write_error);
		if (len > disk.room)
			len = disk.room;
		disk.room -= len;
	}
	return syscall(SYS_pwrite64, fd, data, len, offset);
}

int fdatasync(int fd)
{
	(void)fd;
	return result(disk.sync_error);
}

int fsync(int fd)
{
	(void)fd;
	return result(disk.dir_error);
}

int ftruncate(int fd, off_t len)
{
	return disk.cut_error ? result(disk.cut_error) : (int)syscall(SYS_ftruncate, fd, len);
}

static int setup(void **state)
{
	memset(&disk, 0, sizeof(disk));
	return folder_setup(state);
}

#define fail_test(fn) cmocka_unit_test_setup_teardown(fn, setup, folder_teardown)

static uint64_t size_of_file(const struct at *at, unsigned int number)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s/events-%08u.pdj", at->path, number);
	return stat(path, &st) ? 0 : (uint64_t)st.st_size;
}

/* The event is refused with this error, and all is as before. */
static void refused(struct pdiag_journal *j, struct pdiag_event *e, int error)
{
	struct pdiag_journal_info before = info_of(j), after;

	e->info.id = 0;
	assert_int_equal(pdiag_journal_append(j, e), error);
	assert_non_null(strstr(pdiag_errmsg(), "could not be written to the journal"));
	after = info_of(j);
	assert_int_equal(e->info.id, 0);
	assert_int_equal(after.failed, before.failed + 1);
	assert_int_equal(after.events, before.events);
	assert_int_equal(after.next_id, before.next_id);
}

static void full_after_any_number_of_bytes(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = open_as(at, 0, 0), *r = reader(at);
	struct pdiag_event *first = put(at, j, 0, PDIAG_EVENT_ENDED, 1), *e;
	uint64_t bytes = info_of(j).bytes, end;

	e = made_event(at->context, PDIAG_EVENT_ENDED, 2);
	for (size_t room = 0; room < bytes - 300; room += 97) {
		disk.room = room;
		disk.write_error = room % 2 ? EIO : ENOSPC;
		refused(j, e, -disk.write_error);
		assert_int_equal(size_of_file(at, 1), bytes);
		assert_int_equal(info_of(r).events, 1);
	}
	disk.write_error = 0;
	assert_int_equal(pdiag_journal_append(j, e), 0);
	assert_int_equal(e->info.id, 2);
	end = info_of(j).bytes;
	check(r, first);
	check(r, e);
	assert_int_equal(info_of(r).damaged, 0);
	assert_int_equal(size_of_file(at, 1), end);
	pdiag_event_destroy(first);
	pdiag_event_destroy(e);
}

static void first_file_cannot_be_made(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = open_as(at, 0, 0);
	struct pdiag_event *e = made_event(at->context, PDIAG_EVENT_ENDED, 2);

	disk.write_error = ENOSPC;
	for (disk.room = 0; disk.room < 64; disk.room += 13) {
		size_t room = disk.room;

		refused(j, e, -ENOSPC);
		assert_int_equal(size_of_file(at, 1), 0);
		assert_int_equal(info_of(j).bytes, 0);
		disk.room = room;
	}
	disk.write_error = 0;
	disk.dir_error = EIO;
	refused(j, e, -EIO);
	disk.dir_error = 0;
	assert_int_equal(pdiag_journal_append(j, e), 0);
	assert_int_equal(e->info.id, 1);
	check(j, e);
	pdiag_event_destroy(e);
}

static void what_cannot_be_synced_is_taken_back(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = open_as(at, 0, 0), *r = reader(at);
	struct pdiag_event *e = put(at, j, 0, PDIAG_EVENT_ENDED, 1);
	uint64_t bytes = info_of(j).bytes;

	disk.sync_error = EIO;
	refused(j, e, -EIO);
	assert_int_equal(size_of_file(at, 1), bytes);
	assert_int_equal(info_of(r).events, 1);
	disk.sync_error = 0;
	assert_int_equal(pdiag_journal_append(j, e), 0);
	check(r, e);
	pdiag_event_destroy(e);
}

/* The torn part stays where it is, and the next event goes elsewhere. */
static void what_cannot_be_taken_back_is_left(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = open_as(at, 0, 0), *r = reader(at);
	struct pdiag_event *first = put(at, j, 0, PDIAG_EVENT_ENDED, 1), *e;
	uint64_t bytes = info_of(j).bytes;

	e = made_event(at->context, PDIAG_EVENT_ENDED, 2);
	disk.write_error = ENOSPC;
	disk.room = 300;
	disk.cut_error = EIO;
	refused(j, e, -ENOSPC);
	assert_int_equal(size_of_file(at, 1), bytes + 300);
	disk.write_error = 0;
	assert_int_equal(pdiag_journal_append(j, e), 0);
	assert_true(size_of_file(at, 2) > 64);
	check(r, first);
	check(r, e);
	assert_int_equal(info_of(r).damaged, 0);
	/* Nor can the next writer. */
	pdiag_journal_close(j);
	disk.cut_error = EIO;
	j = open_as(at, 0, 0);
	assert_int_equal(pdiag_journal_append(j, e), 0);
	assert_int_equal(info_of(r).events, 2);
	pdiag_event_destroy(first);
	pdiag_event_destroy(e);
}

static void who_cleans_up_is_no_trouble(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = writer(at);
	struct pdiag_event *e = put(at, j, 0, PDIAG_EVENT_ENDED, 1), *again;
	char path[160];

	snprintf(path, sizeof(path), "%s/events-00000001.pdj", at->path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(pdiag_journal_read(j, 1, &again), -ENOENT);
	e->info.id = 0;
	assert_int_equal(pdiag_journal_append(j, e), 0);
	assert_int_equal(e->info.id, 2);
	check(j, e);
	/* The folder itself is gone. */
	empty_folder(at->path);
	assert_int_equal(rmdir(at->path), 0);
	refused(j, e, -ENOENT);
	pdiag_event_destroy(e);
}

/* In a child: what is not as it should be is said, and ends it. */
#define CHILD(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "line %d: not %s; %s\n", __LINE__, #what,                  \
				pdiag_errmsg());                                                   \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)
#define NOT_POSSIBLE 77

static void read_back(struct pdiag *context, struct at *at, uint64_t written)
{
	struct pdiag_journal_options o = { .size = sizeof(o), .flags = PDIAG_JOURNAL_READ_ONLY };
	struct pdiag_journal_info info = { .size = sizeof(info) };
	struct pdiag_journal *j;
	struct pdiag_event *e;

	CHILD(!pdiag_journal_open(context, at->path, &o, &j));
	CHILD(!pdiag_journal_get_info(j, &info));
	CHILD(info.events == written && !info.damaged);
	for (uint64_t id = 1; id <= written; id++) {
		CHILD(!pdiag_journal_read(j, id, &e));
		pdiag_event_free(e);
	}
	pdiag_journal_close(j);
}

/* In a mount namespace of its own, so that nobody else sees the disk. */
static void on_a_small_disk(struct at *at)
{
	struct pdiag_journal_options o = { .size = sizeof(o) };
	unsigned int full = 0, written = 0;
	struct pdiag_event *e;
	struct pdiag *context;
	struct pdiag_journal *j;
	struct statvfs fs;
	int ret;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mkdir(at->path, 0700) || mount("none", at->path, "tmpfs", 0, "size=256k,mode=700"))
		_exit(NOT_POSSIBLE);
	/* Some kernels that stand in for Linux take the size for granted. */
	if (statvfs(at->path, &fs) || fs.f_blocks * fs.f_frsize > 1 << 20)
		_exit(NOT_POSSIBLE);
	CHILD(!pdiag_open(NULL, &context));
	CHILD(!pdiag_journal_open(context, at->path, &o, &j));
	for (unsigned int i = 0; i < 1000 && full < 5; i++) {
		e = made_event(context, PDIAG_EVENT_ENDED, i);
		add_noise(e, "noise", 200 + i % 100);
		ret = pdiag_journal_append(j, e);
		CHILD(!ret || ret == -ENOSPC);
		written += !ret;
		full += ret != 0;
		pdiag_event_destroy(e);
	}
	pdiag_journal_close(j);
	CHILD(full == 5 && written > 5);
	read_back(context, at, written);
	/* Read-only from here on. */
	if (mount(NULL, at->path, NULL, MS_REMOUNT | MS_RDONLY, NULL))
		_exit(NOT_POSSIBLE);
	read_back(context, at, written);
	CHILD(pdiag_journal_open(context, at->path, &o, &j) == -EROFS);
	CHILD(strstr(pdiag_errmsg(), "can only be read"));
	pdiag_close(context);
}

/* As somebody whom the mode of a folder keeps out. */
static void in_a_folder_that_may_not_be_written(struct at *at)
{
	struct pdiag_journal_options o = { .size = sizeof(o), .max_bytes = 1 << 20 };
	struct pdiag *context;
	struct pdiag_journal *j, *other;
	struct pdiag_event *e, *again;
	int ret;

	if (mkdir(at->path, 0700))
		_exit(NOT_POSSIBLE);
	if (!geteuid() && (chown(at->base, 65534, 65534) || chown(at->path, 65534, 65534) ||
				  setgid(65534) || setuid(65534)))
		_exit(NOT_POSSIBLE);
	/* It may be in a folder that nobody else comes into; or modes may mean nothing to us. */
	if (chmod(at->path, 0500) || !access(at->path, W_OK) || chmod(at->path, 0700) ||
		access(at->path, W_OK))
		_exit(NOT_POSSIBLE);
	CHILD(!pdiag_open(NULL, &context));
	CHILD(!pdiag_journal_open(context, at->path, &o, &j));
	e = made_event(context, PDIAG_EVENT_ENDED, 1);
	add_noise(e, "noise", 2000);
	CHILD(!pdiag_journal_append(j, e) && !chmod(at->path, 0500));
	/* The file that is open takes some more, but there cannot be another. */
	do
		ret = pdiag_journal_append(j, e);
	while (!ret);
	CHILD(ret == -EACCES && strstr(pdiag_errmsg(), "could not be written"));
	CHILD(!pdiag_journal_read(j, 1, &again));
	CHILD(!chmod(at->path, 0700));
	CHILD(!pdiag_journal_append(j, e));
	pdiag_event_destroy(e);
	pdiag_journal_close(j);
	empty_folder(at->path);
	CHILD(!chmod(at->path, 0500));
	CHILD(pdiag_journal_open(context, at->path, &o, &other) == -EACCES);
	CHILD(!chmod(at->path, 0700));
	pdiag_close(context);
}

/* What somebody may not read is not what has no events: else numbers would be given again. */
static void with_a_file_that_may_not_be_read(struct at *at)
{
	struct pdiag_journal_options o = { .size = sizeof(o) };
	struct pdiag *context;
	struct pdiag_journal *j;
	struct pdiag_event *e;
	char file[512];

	if (!geteuid() && (chown(at->base, 65534, 65534) || setgid(65534) || setuid(65534)))
		_exit(NOT_POSSIBLE);
	CHILD(!pdiag_open(NULL, &context));
	CHILD(!pdiag_journal_open(context, at->path, &o, &j));
	e = made_event(context, PDIAG_EVENT_ENDED, 1);
	CHILD(!pdiag_journal_append(j, e));
	pdiag_event_destroy(e);
	pdiag_journal_close(j);
	snprintf(file, sizeof(file), "%s/events-00000001.pdj", at->path);
	CHILD(!chmod(file, 0));
	if (!access(file, R_OK))
		_exit(NOT_POSSIBLE);
	CHILD(pdiag_journal_open(context, at->path, &o, &j) == -EACCES);
	o.flags = PDIAG_JOURNAL_READ_ONLY;
	CHILD(pdiag_journal_open(context, at->path, &o, &j) == -EACCES);
	pdiag_close(context);
}

static void in_a_child(void **state, void (*test)(struct at *), const char *needs)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		test(*state);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_POSSIBLE) {
		print_message("skipped: needs %s\n", needs);
		skip();
	}
	assert_int_equal(status, 0);
}

static void small_disk(void **state)
{
	in_a_child(state, on_a_small_disk, "root, to mount a small disk");
}

static void folder_without_write_permission(void **state)
{
	in_a_child(state, in_a_folder_that_may_not_be_written, "to become another user");
}

static void file_without_read_permission(void **state)
{
	in_a_child(state, with_a_file_that_may_not_be_read, "a user who may not read all");
}

static void limit_of_file_sizes(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = writer(at);
	struct pdiag_event *e = put(at, j, 0, PDIAG_EVENT_ENDED, 1);
	struct rlimit old, limit;
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = info_of(j).bytes + 200;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	refused(j, e, -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, handler);
	assert_int_equal(pdiag_journal_append(j, e), 0);
	check(j, e);
	pdiag_event_destroy(e);
}

static void fork_leaves_the_journal_to_its_parent(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = writer(at);
	struct pdiag_event *e = put(at, j, 0, PDIAG_EVENT_ENDED, 1);
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(pdiag_journal_append(j, e) != -EPERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(info_of(j).events, 1);
	pdiag_event_destroy(e);
}

static void no_memory_to_open(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j;
	int ret;

	/* What was made before it skips would be lost. */
	FAIL_ALLOC_OR_SKIP();
	j = writer(at);
	pdiag_event_destroy(put(at, j, 0, PDIAG_EVENT_ENDED, 1));
	pdiag_journal_close(j);
	for (unsigned long n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_journal_open(at->context, at->path, NULL, &j);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(j);
	}
	assert_int_equal(ret, 0);
	assert_int_equal(info_of(j).events, 1);
}

static void no_memory_to_append(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j;
	struct pdiag_event *e;
	unsigned long n;
	int ret;

	FAIL_ALLOC_OR_SKIP();
	j = writer(at);
	e = made_event(at->context, PDIAG_EVENT_ENDED, 1);
	for (n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_journal_append(j, e);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(info_of(j).events, 0);
		assert_int_equal(info_of(j).failed, n + 1);
		assert_int_equal(e->info.id, 0);
	}
	assert_int_equal(ret, 0);
	print_message("%lu allocations\n", n);
	check(j, e);
	pdiag_event_destroy(e);
}

static int count_events(void *user, const struct pdiag_event_info *info)
{
	(void)info;
	++*(unsigned int *)user;
	return 0;
}

static void no_memory_to_read(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j, *r;
	struct pdiag_event *e, *again;
	unsigned int seen = 0;
	unsigned long n;
	int ret;

	FAIL_ALLOC_OR_SKIP();
	j = writer(at);
	e = put(at, j, 0, PDIAG_EVENT_ENDED, 1);
	for (n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_journal_read(j, 1, &again);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(again);
	}
	assert_int_equal(ret, 0);
	assert_true(same_event(e, again, true));
	pdiag_event_free(again);
	print_message("%lu allocations\n", n);
	/* A reader that cannot look further has what it had. */
	r = reader(at);
	for (n = 0;; n++) {
		/* As if it were another file, to be read from its beginning. */
		r->files[0].ino = 0;
		seen = 0;
		fail_alloc_start(n);
		ret = pdiag_journal_each(r, count_events, &seen);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
	}
	assert_int_equal(ret, 0);
	assert_int_equal(seen, 1);
	pdiag_event_destroy(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fail_test(full_after_any_number_of_bytes),
		fail_test(first_file_cannot_be_made),
		fail_test(what_cannot_be_synced_is_taken_back),
		fail_test(what_cannot_be_taken_back_is_left),
		fail_test(who_cleans_up_is_no_trouble),
		fail_test(small_disk),
		fail_test(folder_without_write_permission),
		fail_test(file_without_read_permission),
		fail_test(limit_of_file_sizes),
		fail_test(fork_leaves_the_journal_to_its_parent),
		fail_test(no_memory_to_open),
		fail_test(no_memory_to_append),
		fail_test(no_memory_to_read),
	};

	return cmocka_run_group_tests_name("journal_fail", tests, NULL, NULL);
}
