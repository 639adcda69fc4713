/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <poll.h>
#include <sys/wait.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../support/fail_alloc.h"
#include "core/error.h"
#include "core/sink.h"

/* How write() behaves in this program: a few bytes at a time, interrupted, or failing. */
static struct {
	size_t most;	 /* bytes a call; 0: all */
	size_t until;	 /* bytes until the disk is full; SIZE_MAX: never */
	int interrupted; /* every other call */
	int calls;
} disk;

ssize_t write(int fd, const void *data, size_t len)
{
	if (fd == STDOUT_FILENO || fd == STDERR_FILENO)
		return syscall(SYS_write, fd, data, len);
	if (disk.calls++ % 2 && disk.interrupted) {
		errno = EINTR;
		return -1;
	}
	if (!disk.until) {
		errno = ENOSPC;
		return -1;
	}
	if (disk.most && len > disk.most)
		len = disk.most;
	if (len > disk.until)
		len = disk.until;
	if (disk.until != SIZE_MAX)
		disk.until -= len;
	return syscall(SYS_write, fd, data, len);
}

static char dir[] = "/tmp/pdiag-sink-XXXXXX", path[PATH_MAX];

static int setup(void **state)
{
	(void)state;
	memset(&disk, 0, sizeof(disk));
	disk.until = SIZE_MAX;
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	sprintf(path, "%s/out", dir);
	return 0;
}

static int teardown(void **state)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	(void)state;
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' || e->d_name[1] == 'p')
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	return rmdir(dir);
}

static int files(void)
{
	DIR *d = opendir(dir);
	int n = -2;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void put_file(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void check_file(const char *want)
{
	char have[256];
	FILE *f = fopen(path, "r");
	size_t len;

	assert_non_null(f);
	len = fread(have, 1, sizeof(have) - 1, f);
	have[len] = '\0';
	fclose(f);
	assert_string_equal(have, want);
}

static struct pdiag_sink to_path(void)
{
	return (struct pdiag_sink){ .size = sizeof(struct pdiag_sink), .path = path };
}

static int write_all(const struct pdiag_sink *sink, bool in_place, const char *text, int error)
{
	struct pdiag_writer w;
	int ret;

	pdiag_error_clear();
	ret = pdiag_writer_begin(&w, sink, in_place);
	if (ret)
		return ret;
	ret = pdiag_writer_put(&w, text, strlen(text) / 2);
	if (!ret)
		ret = pdiag_writer_put(&w, text + strlen(text) / 2,
			strlen(text) - strlen(text) / 2);
	return pdiag_writer_end(&w, error ? error : ret);
}

static void a_new_file(void **state)
{
	struct pdiag_sink sink = to_path();
	struct pdiag_writer w;
	mode_t old = umask(027);
	struct stat st;

	(void)state;
	assert_int_equal(pdiag_writer_begin(&w, &sink, false), 0);
	assert_int_equal(pdiag_writer_put(&w, "abc", 3), 0);
	/* Nothing is there under its name before it is whole. */
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(pdiag_writer_end(&w, 0), 0);
	umask(old);
	check_file("abc");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(files(), 1);
}

static void the_old_file_is_replaced(void **state)
{
	struct pdiag_sink sink = to_path();
	struct stat st;

	(void)state;
	put_file("old and longer");
	assert_int_equal(chmod(path, 0604), 0);
	assert_int_equal(write_all(&sink, false, "new", 0), 0);
	check_file("new");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);
	assert_int_equal(files(), 1);
}

static void the_old_file_stays_on_failure(void **state)
{
	struct pdiag_sink sink = to_path();

	(void)state;
	put_file("old");
	/* The caller failed. */
	pdiag_fail(EIO, "of the caller");
	assert_int_equal(write_all(&sink, false, "new", -EIO), -EIO);
	check_file("old");
	assert_int_equal(files(), 1);
	/* The disk is full, at once or in the middle of it. */
	for (size_t until = 0; until < 5; until++) {
		disk.until = until;
		assert_int_equal(write_all(&sink, false, "123456", 0), -ENOSPC);
		assert_non_null(strstr(pdiag_errmsg(), path));
		assert_non_null(strstr(pdiag_errmsg(), strerror(ENOSPC)));
		check_file("old");
		assert_int_equal(files(), 1);
	}
}

static void in_place_keeps_what_was_written(void **state)
{
	struct pdiag_sink sink = to_path();

	(void)state;
	put_file("old and longer than the new");
	disk.until = 4;
	assert_int_equal(write_all(&sink, true, "123456", 0), -ENOSPC);
	disk.until = SIZE_MAX;
	check_file("1234");
	assert_int_equal(write_all(&sink, true, "123456", 0), 0);
	check_file("123456");
	assert_int_equal(files(), 1);
}

static void short_writes_go_on(void **state)
{
	struct pdiag_sink sink = to_path();

	(void)state;
	disk.most = 3;
	disk.interrupted = 1;
	assert_int_equal(write_all(&sink, false, "a longer text than three bytes", 0), 0);
	check_file("a longer text than three bytes");
	assert_true(disk.calls >= 15);
}

/* The reader begins after the pipe is full. */
static void a_descriptor_that_does_not_block(void **state)
{
	struct pdiag_sink sink = { .size = sizeof(sink) };
	const size_t len = 1 << 20;
	char *text = calloc(1, len);
	struct pdiag_writer w;
	size_t got = 0;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	(void)state;
	assert_non_null(text);
	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		struct pollfd p = { .fd = fds[0], .events = POLLIN };

		close(fds[1]);
		while (poll(&p, 1, -1) == 1 && (n = read(fds[0], text, 4096)) > 0)
			got += (size_t)n;
		_exit(got != len);
	}
	close(fds[0]);
	sink.fd = fds[1];
	assert_int_equal(pdiag_writer_begin(&w, &sink, false), 0);
	assert_int_equal(pdiag_writer_put(&w, text, len), 0);
	assert_int_equal(pdiag_writer_end(&w, 0), 0);
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(text);
}

static void the_first_error_sticks(void **state)
{
	struct pdiag_sink sink = to_path();
	struct pdiag_writer w;
	int calls;

	(void)state;
	assert_int_equal(pdiag_writer_begin(&w, &sink, false), 0);
	disk.until = 0;
	assert_int_equal(pdiag_writer_put(&w, "a", 1), -ENOSPC);
	disk.until = SIZE_MAX;
	calls = disk.calls;
	assert_int_equal(pdiag_writer_put(&w, "b", 1), -ENOSPC);
	assert_int_equal(disk.calls, calls);
	assert_int_equal(pdiag_writer_end(&w, 0), -ENOSPC);
	assert_int_equal(files(), 0);
}

static void a_full_device(void **state)
{
	struct pdiag_sink sink = to_path();
	char words[32];
	int fd;

	(void)state;
	/* By way of a link: broken code, run as root, must not replace the machine's device. */
	assert_int_equal(symlink("/dev/full", path), 0);
	assert_int_equal(write_all(&sink, false, "x", 0), -ENOSPC);
	assert_non_null(strstr(pdiag_errmsg(), path));
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	sink = (struct pdiag_sink){ .size = sizeof(sink), .fd = fd };
	assert_int_equal(write_all(&sink, false, "x", 0), -ENOSPC);
	sprintf(words, "descriptor %d:", fd);
	assert_non_null(strstr(pdiag_errmsg(), words));
	/* The caller's descriptor is not closed. */
	assert_int_equal(close(fd), 0);
}

static void a_pipe_is_written_to(void **state)
{
	struct pdiag_sink sink = to_path();
	char have[8] = "";
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write_all(&sink, false, "new", 0), 0);
	assert_int_equal(read(fd, have, sizeof(have)), 3);
	assert_string_equal(have, "new");
	close(fd);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
}

static void a_link_is_written_through(void **state)
{
	struct pdiag_sink sink = to_path();
	char link[PATH_MAX + 10];
	struct stat st;

	(void)state;
	put_file("old");
	sprintf(link, "%s/link", dir);
	assert_int_equal(symlink(path, link), 0);
	sink.path = link;
	assert_int_equal(write_all(&sink, false, "new", 0), 0);
	check_file("new");
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void names_of_any_kind(void **state)
{
	struct pdiag_sink sink = to_path();
	size_t len = strlen(dir);

	(void)state;
	/* As long as a name may be, and with what is hostile to a terminal. */
	memset(path + len + 1, 'n', NAME_MAX);
	path[len + 1 + NAME_MAX] = '\0';
	assert_int_equal(write_all(&sink, false, "new", 0), 0);
	check_file("new");
	memset(path + len + 1, 'n', NAME_MAX + 1);
	path[len + 2 + NAME_MAX] = '\0';
	assert_int_equal(write_all(&sink, false, "new", 0), -ENAMETOOLONG);
	sprintf(path, "%s/no\nsuch\033/out", dir);
	assert_int_equal(write_all(&sink, false, "new", 0), -ENOENT);
	assert_non_null(strstr(pdiag_errmsg(), "no?such?/out"));
	sprintf(path, "%s", dir);
	assert_int_equal(write_all(&sink, false, "new", 0), -EISDIR);
	assert_int_equal(files(), 1);
}

static void a_name_without_a_folder(void **state)
{
	struct pdiag_sink sink = to_path();
	char back[PATH_MAX];
	int ret;

	(void)state;
	assert_non_null(getcwd(back, sizeof(back)));
	assert_int_equal(chdir(dir), 0);
	sink.path = "out";
	ret = write_all(&sink, false, "new", 0);
	assert_int_equal(chdir(back), 0);
	assert_int_equal(ret, 0);
	check_file("new");
	assert_int_equal(files(), 1);
}

/* What was left behind by a process of the same number is neither used nor removed. */
static void leftovers_are_not_touched(void **state)
{
	struct pdiag_sink sink = to_path();
	char left[PATH_MAX + 64];
	FILE *f;

	(void)state;
	sprintf(left, "%s/.pdiag-%d-0", dir, (int)getpid());
	f = fopen(left, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(write_all(&sink, false, "new", 0), 0);
	check_file("new");
	assert_int_equal(access(left, F_OK), 0);
	assert_int_equal(files(), 2);
}

static void two_writers_at_once(void **state)
{
	struct pdiag_sink sink = to_path();
	struct pdiag_writer a, b;

	(void)state;
	assert_int_equal(pdiag_writer_begin(&a, &sink, false), 0);
	assert_int_equal(pdiag_writer_begin(&b, &sink, false), 0);
	assert_int_equal(pdiag_writer_put(&a, "aa", 2), 0);
	assert_int_equal(pdiag_writer_put(&b, "b", 1), 0);
	assert_int_equal(pdiag_writer_end(&a, 0), 0);
	check_file("aa");
	assert_int_equal(pdiag_writer_end(&b, 0), 0);
	check_file("b");
	assert_int_equal(files(), 1);
}

struct taken {
	char text[64];
	int ret, calls;
};

static int take(void *user, const void *data, size_t len)
{
	struct taken *t = user;

	t->calls++;
	if (t->ret)
		return t->ret;
	strncat(t->text, data, len);
	return 0;
}

static void callbacks(void **state)
{
	static const int returned[] = { -EPIPE, 5, INT_MIN, INT_MAX };
	static const int want[] = { -EPIPE, -EIO, -EIO, -EIO };
	struct taken t = { .ret = 0 };
	struct pdiag_sink sink = { .size = sizeof(sink), .write = take, .user = &t };

	(void)state;
	assert_int_equal(write_all(&sink, false, "some text", 0), 0);
	assert_string_equal(t.text, "some text");
	for (int i = 0; i < 4; i++) {
		t = (struct taken){ .ret = returned[i] };
		assert_int_equal(write_all(&sink, false, "some text", 0), want[i]);
		assert_int_equal(t.calls, 1);
		assert_non_null(strstr(pdiag_errmsg(), strerror(-want[i])));
	}
}

static void descriptors(void **state)
{
	char have[16] = "";
	int fds[2];
	struct pdiag_sink sink = { .size = sizeof(sink) };

	(void)state;
	assert_int_equal(pipe(fds), 0);
	sink.fd = fds[1];
	assert_int_equal(write_all(&sink, true, "through", 0), 0);
	assert_int_equal(read(fds[0], have, sizeof(have)), 7);
	assert_string_equal(have, "through");
	close(fds[0]);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(write_all(&sink, false, "x", 0), -EBADF);
}

static void bad_sinks(void **state)
{
	struct taken t = { .ret = 0 };
	struct pdiag_sink sink = to_path();

	(void)state;
	assert_int_equal(write_all(NULL, false, "x", 0), -EINVAL);
	assert_string_not_equal(pdiag_errmsg(), "");
	sink.write = take;
	sink.user = &t;
	assert_int_equal(write_all(&sink, false, "x", 0), -EINVAL);
	sink = (struct pdiag_sink){ .size = sizeof(sink), .fd = -1 };
	assert_int_equal(write_all(&sink, false, "x", 0), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "-1"));
	/* Nothing set but the size: not meant for the standard input. */
	sink.fd = 0;
	assert_int_equal(write_all(&sink, false, "x", 0), -EINVAL);
	assert_non_null(strstr(pdiag_errmsg(), "standard input"));
	sink = (struct pdiag_sink){ .size = sizeof(sink), .path = "" };
	assert_int_equal(write_all(&sink, false, "x", 0), -EINVAL);
	sink = to_path();
	sink.size--;
	assert_int_equal(write_all(&sink, false, "x", 0), -EINVAL);
	assert_int_equal(files(), 0);
}

static void out_of_memory(void **state)
{
	struct pdiag_sink sink = to_path();
	int ret, failures = 0;
	unsigned long n;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (n = 0;; n++) {
		put_file("old");
		fail_alloc_start(n);
		ret = write_all(&sink, false, "new", 0);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(files(), 1);
		/* What asprintf() gives back in the end it may also keep. */
		check_file(ret ? "old" : "new");
		if (!ret)
			continue;
		assert_int_equal(ret, -ENOMEM);
		assert_string_not_equal(pdiag_errmsg(), "");
		failures++;
	}
	assert_int_equal(ret, 0);
	assert_true(failures >= 2);
	check_file("new");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_new_file),
		TEST(the_old_file_is_replaced),
		TEST(the_old_file_stays_on_failure),
		TEST(in_place_keeps_what_was_written),
		TEST(short_writes_go_on),
		TEST(a_descriptor_that_does_not_block),
		TEST(the_first_error_sticks),
		TEST(a_full_device),
		TEST(a_pipe_is_written_to),
		TEST(a_link_is_written_through),
		TEST(names_of_any_kind),
		TEST(a_name_without_a_folder),
		TEST(leftovers_are_not_touched),
		TEST(two_writers_at_once),
		TEST(callbacks),
		TEST(descriptors),
		TEST(bad_sinks),
		TEST(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
