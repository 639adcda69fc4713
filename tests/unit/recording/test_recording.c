/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is put into a recording comes out of its replay; and what happens when it cannot be. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include <pdiag/context.h>
#include <pdiag/error.h>
#include <pdiag/output.h>

#include "core/error.h"
#include "decode/decode.h"
#include "recording/recording.h"
#include "support/fail_alloc.h"
#include "support/random_record.h"
#include "support/replay_file.h"

/* A recording in memory. */
struct memory {
	unsigned char *data;
	size_t len, cap;
	size_t limit;	    /* more than this is an error; 0: none */
	unsigned int calls;
};

static int write_memory(void *user, const void *data, size_t len)
{
	struct memory *m = user;

	m->calls++;
	if (m->limit && m->len + len > m->limit)
		return -ENOSPC;
	if (m->len + len > m->cap) {
		m->cap = (m->len + len) * 2;
		m->data = realloc(m->data, m->cap);
		if (!m->data)
			return -ENOMEM;
	}
	memcpy(m->data + m->len, data, len);
	m->len += len;
	return 0;
}

static struct pdiag *open_context(void)
{
	struct pdiag *ctx;

	assert_int_equal(pdiag_open(NULL, &ctx), 0);
	return ctx;
}

static struct pdiag_recording *record_to(struct pdiag *ctx, const struct pdiag_sink *sink)
{
	const struct pdiag_recording_options options = { .size = sizeof(options), .sink = sink };
	struct pdiag_recording *r;

	assert_int_equal(pdiag_recording_new(ctx, &options, &r), 0);
	return r;
}

static struct pdiag_recording *record_to_memory(struct pdiag *ctx, struct memory *m)
{
	const struct pdiag_sink sink = {
		.size = sizeof(sink), .write = write_memory, .user = m, .fd = -1
	};

	*m = (struct memory){ .data = NULL };
	return record_to(ctx, &sink);
}

/* The n-th of the random records from a seed; END is finish's to write. */
static const struct pdiag_record *nth(uint64_t *seed, struct random_record *to)
{
	const unsigned int types = PDIAG_RECORD_END - PDIAG_RECORD_INFO;

	return random_record(seed,
		(enum pdiag_record_type)(PDIAG_RECORD_INFO + random_u64(seed) % types), to);
}

static void put_random(struct pdiag_recording *r, uint64_t seed, unsigned int count,
	unsigned int flush_every)
{
	struct random_record record;

	for (unsigned int i = 1; i <= count; i++) {
		assert_int_equal(pdiag_recording_put(r, nth(&seed, &record)), 0);
		if (flush_every && i % flush_every == 0)
			assert_int_equal(pdiag_recording_flush(r), 0);
	}
}

struct expect {
	uint64_t seed;
	unsigned int records, ends, skipped, made_up;
};

static bool is_next(struct expect *e, const struct pdiag_record *got)
{
	struct random_record record;
	uint64_t seed = e->seed;

	if (!same_record(nth(&seed, &record), got))
		return false;
	e->seed = seed;
	return true;
}

/* Every record is the next of the random ones; some of those may be left out. */
static void expect_record(void *user, const struct pdiag_raw *raw)
{
	struct random_record record;
	struct pdiag_record got;
	struct expect *e = user;

	assert_int_equal(pdiag_decode_stream(raw->data, raw->len, &got), 0);
	if (got.type == PDIAG_RECORD_END) {
		e->ends++;
		return;
	}
	/* Made up for one that was lost: no other FORGET is this bare. */
	if (got.type == PDIAG_RECORD_FORGET && got.cpu == -1 && !got.pid && !got.tid) {
		e->made_up++;
		return;
	}
	while (!is_next(e, &got)) {
		assert_true(++e->skipped < 100000);
		nth(&e->seed, &record);
	}
	e->records++;
}

static void test_roundtrip(void **state)
{
	const unsigned int flushes[] = { 0, 1, 7, 1000 };
	struct pdiag_replay_stats stats;
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r;
	struct expect e;
	struct memory m;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		r = record_to_memory(ctx, &m);
		put_random(r, i, 5000, flushes[i]);
		assert_int_equal(pdiag_recording_finish(r, NULL), 0);
		pdiag_recording_free(r);
		e = (struct expect){ .seed = i };
		assert_int_equal(replay_all(m.data, m.len, expect_record, &e, &stats), 0);
		assert_int_equal(e.records, 5000);
		assert_int_equal(e.ends, 1);
		assert_int_equal(e.skipped, 0);
		assert_int_equal(e.made_up, 0);
		assert_true(stats.complete);
		assert_int_equal(stats.corrupt, 0);
		assert_int_equal(stats.records, 5001);
		assert_int_equal(stats.bytes, m.len);
		assert_int_equal(stats.frames, m.calls - 1);
		free(m.data);
	}
	pdiag_close(ctx);
}

/* The same records, the same bytes, but for the time of making. */
static void test_deterministic(void **state)
{
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r;
	struct memory m[2];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		r = record_to_memory(ctx, &m[i]);
		put_random(r, 42, 3000, 100);
		assert_int_equal(pdiag_recording_finish(r, NULL), 0);
		pdiag_recording_free(r);
	}
	assert_int_equal(m[0].len, m[1].len);
	assert_memory_equal(m[0].data + 64, m[1].data + 64, m[0].len - 64);
	assert_memory_equal(m[0].data, m[1].data, 24);
	assert_memory_equal(m[0].data + 32, m[1].data + 32, 28);
	free(m[0].data);
	free(m[1].data);
	pdiag_close(ctx);
}

/* No write a record; a frame when it is full, and at a flush. */
static void test_buffered(void **state)
{
	struct pdiag_record sample = { .type = PDIAG_RECORD_SAMPLE };
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r;
	struct memory m;

	(void)state;
	r = record_to_memory(ctx, &m);
	assert_int_equal(m.calls, 1);
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(pdiag_recording_put(r, &sample), 0);
	assert_int_equal(m.calls, 1);
	assert_int_equal(pdiag_recording_flush(r), 0);
	assert_int_equal(m.calls, 2);
	assert_int_equal(m.len, 64 + 48 + 1000 * 48);
	assert_int_equal(pdiag_recording_flush(r), 0);
	assert_int_equal(m.calls, 2);
	for (unsigned int i = 0; i < 100000; i++)
		assert_int_equal(pdiag_recording_put(r, &sample), 0);
	assert_true(m.calls > 70 && m.calls < 80);
	/* Without finish: all that was put is there, and no end mark. */
	pdiag_recording_free(r);
	assert_true(m.len > 101000 * 48 && m.len < 101000 * 49);
	free(m.data);
	pdiag_close(ctx);
}

static void test_cut_everywhere(void **state)
{
	struct pdiag_replay_stats stats;
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r;
	struct expect e;
	struct memory m;

	(void)state;
	r = record_to_memory(ctx, &m);
	put_random(r, 3, 40, 5);
	assert_int_equal(pdiag_recording_finish(r, NULL), 0);
	pdiag_recording_free(r);
	for (size_t len = 64; len <= m.len; len++) {
		e = (struct expect){ .seed = 3 };
		assert_int_equal(replay_all(m.data, len, expect_record, &e, &stats), 0);
		assert_int_equal(e.skipped, 0);
		assert_int_equal(e.records % 5, 0);
		assert_int_equal(e.records, (stats.frames - (stats.frames == 9)) * 5);
		assert_int_equal(stats.complete, len == m.len);
		assert_int_equal(e.ends, len == m.len);
		assert_int_equal(stats.corrupt, 0);
	}
	free(m.data);
	pdiag_close(ctx);
}

static void test_flip_everywhere(void **state)
{
	struct pdiag_replay_stats stats;
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r;
	struct expect e;
	struct memory m;

	(void)state;
	r = record_to_memory(ctx, &m);
	put_random(r, 4, 40, 5);
	assert_int_equal(pdiag_recording_finish(r, NULL), 0);
	pdiag_recording_free(r);
	for (size_t at = 64; at < m.len; at++) {
		m.data[at] ^= (unsigned char)(1 + at % 255);
		e = (struct expect){ .seed = 4 };
		assert_int_equal(replay_all(m.data, m.len, expect_record, &e, &stats), 0);
		assert_true(e.records == 35 || (e.records == 40 && !stats.complete));
		assert_int_equal(stats.corrupt, 1);
		assert_int_equal(stats.frames, 8);
		if (e.records == 35)
			assert_int_equal(stats.lost, 5);
		m.data[at] ^= (unsigned char)(1 + at % 255);
	}
	free(m.data);
	pdiag_close(ctx);
}

/* A sink that fails after any number of bytes: the error sticks, the rest stays readable. */
static void test_write_fails(void **state)
{
	const struct pdiag_record one = { .type = PDIAG_RECORD_SWITCH };
	struct pdiag_replay_stats stats;
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r;
	struct random_record record;
	struct expect e;
	struct memory m;
	uint64_t seed;
	int ret;

	(void)state;
	for (size_t limit = 64; limit < 20000; limit += 997) {
		r = record_to_memory(ctx, &m);
		m.limit = limit;
		seed = 5;
		do
			ret = pdiag_recording_put(r, nth(&seed, &record));
		while (!ret && !(ret = pdiag_recording_flush(r)));
		assert_int_equal(ret, -ENOSPC);
		assert_int_equal(pdiag_recording_put(r, &one), -ENOSPC);
		m.limit = 0;
		assert_int_equal(pdiag_recording_flush(r), -ENOSPC);
		pdiag_error_clear();
		assert_int_equal(pdiag_recording_finish(r, NULL), -ENOSPC);
		assert_non_null(strstr(pdiag_errmsg(), "No space left"));
		pdiag_recording_free(r);
		assert_true(m.len <= limit);
		e = (struct expect){ .seed = 5 };
		assert_int_equal(replay_all(m.data, m.len, expect_record, &e, &stats), 0);
		assert_int_equal(e.records, stats.frames);
		assert_int_equal(e.skipped, 0);
		assert_int_equal(stats.bytes, m.len);
		assert_false(stats.complete);
		free(m.data);
	}
	pdiag_close(ctx);
}

static void test_dev_full(void **state)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .path = "/dev/full", .fd = -1 };
	const struct pdiag_recording_options options = { .size = sizeof(options), .sink = &sink };
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r = (void *)1;

	(void)state;
	assert_int_equal(pdiag_recording_new(ctx, &options, &r), -ENOSPC);
	assert_null(r);
	assert_non_null(strstr(pdiag_errmsg(), "/dev/full"));
	assert_non_null(strstr(pdiag_errmsg(), "No space left"));
	pdiag_close(ctx);
}

/* In a mount namespace of its own: a disk of 64 KiB. 0: as it should be; 1: not; 77: cannot. */
static int fill_small_disk(const char *dir)
{
	struct pdiag_sink sink = { .size = sizeof(sink), .fd = -1 };
	struct pdiag_recording_options options = { .size = sizeof(options), .sink = &sink };
	struct pdiag_replay_stats stats;
	struct random_record record;
	struct pdiag_source *s;
	struct pdiag_recording *r;
	struct pdiag_raw raw;
	uint64_t seed = 6, n = 0;
	struct pdiag *ctx;
	struct stat st;
	char path[128];
	int ret;

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("none", dir, "tmpfs", 0, "size=65536"))
		return 77;
	snprintf(path, sizeof(path), "%s/out.pdiag", dir);
	sink.path = path;
	if (pdiag_open(NULL, &ctx) || pdiag_recording_new(ctx, &options, &r))
		return 1;
	do {
		ret = pdiag_recording_put(r, nth(&seed, &record));
		if (!ret && ++n % 10 == 0)
			ret = pdiag_recording_flush(r);
	} while (!ret);
	/* Cut back to its last whole frame at once, not only when finished. */
	if (ret != -ENOSPC || stat(path, &st) || st.st_size % 8 ||
		pdiag_recording_finish(r, NULL) != -ENOSPC || !strstr(pdiag_errmsg(), path))
		return 1;
	if (replay_open_path(path, &s))
		return 1;
	while (s->ops->next(s, &raw) > 0)
		n = 0;
	pdiag_replay_stats(s, &stats);
	s->ops->close(s);
	pdiag_close(ctx);
	return n || stats.corrupt || stats.complete || stats.bytes != (uint64_t)st.st_size ||
		stats.bytes < 32768;
}

static void test_small_disk(void **state)
{
	char dir[] = "/tmp/pdiag-recording-XXXXXX";
	int status = 0;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(dir));
	pid = fork();
	if (!pid)
		_exit(fill_small_disk(dir));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rmdir(dir);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		printf("skipped: no privilege to mount a small file system\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_options(void **state)
{
	struct pdiag_sink sink = { .size = sizeof(sink), .fd = -1 };
	struct pdiag_recording_options options = { .size = sizeof(options), .sink = &sink };
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r;

	(void)state;
	assert_int_equal(pdiag_recording_new(ctx, &options, &r), -EINVAL);
	sink.path = "/nonexistent/x.pdiag";
	assert_int_equal(pdiag_recording_new(ctx, &options, &r), -ENOENT);
	assert_non_null(strstr(pdiag_errmsg(), "/nonexistent/x.pdiag"));
	options.flags = 2;
	assert_int_equal(pdiag_recording_new(ctx, &options, &r), -EINVAL);
	options.flags = 0;
	options.reserved = 1;
	assert_int_equal(pdiag_recording_new(ctx, &options, &r), -EINVAL);
	options.reserved = 0;
	options.size = 8;
	assert_int_equal(pdiag_recording_new(ctx, &options, &r), -EINVAL);
	options.size = sizeof(options);
	options.sink = NULL;
	assert_int_equal(pdiag_recording_new(ctx, &options, &r), -EINVAL);
	assert_int_equal(pdiag_recording_new(ctx, NULL, &r), -EINVAL);
	assert_null(r);
	pdiag_recording_free(NULL);
	pdiag_close(ctx);
}

static void test_finished(void **state)
{
	const struct pdiag_record one = { .type = PDIAG_RECORD_SWITCH };
	struct pdiag_record odd = { .type = 99 };
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r;
	struct memory m;
	size_t len;

	(void)state;
	r = record_to_memory(ctx, &m);
	odd.type = PDIAG_RECORD_NONE;
	assert_int_equal(pdiag_recording_put(r, &odd), 0);
	assert_int_equal(pdiag_recording_finish(r, NULL), 0);
	len = m.len;
	assert_int_equal(pdiag_recording_put(r, &one), -EBADF);
	assert_int_equal(pdiag_recording_flush(r), 0);
	assert_int_equal(pdiag_recording_finish(r, NULL), -EALREADY);
	pdiag_recording_free(r);
	assert_int_equal(m.len, len);
	free(m.data);
	/* One that cannot be written. */
	r = record_to_memory(ctx, &m);
	odd.type = 99;
	assert_int_equal(pdiag_recording_put(r, &one), 0);
	assert_int_equal(pdiag_recording_put(r, &odd), -EINVAL);
	assert_int_equal(pdiag_recording_finish(r, NULL), -EINVAL);
	pdiag_close(ctx);
	free(m.data);
}

/* Not before the last capture has stopped; and a capture may go on when it was freed. */
static void test_running(void **state)
{
	const struct pdiag_record one = { .type = PDIAG_RECORD_SWITCH };
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r;
	struct memory m;
	size_t len;

	(void)state;
	r = record_to_memory(ctx, &m);
	pdiag_recording_hold(r);
	pdiag_recording_running(r, true);
	assert_int_equal(pdiag_recording_put(r, &one), 0);
	assert_int_equal(pdiag_recording_finish(r, NULL), -EBUSY);
	assert_non_null(strstr(pdiag_errmsg(), "still running"));
	assert_int_equal(pdiag_recording_put(r, &one), 0);
	pdiag_recording_running(r, false);
	assert_int_equal(pdiag_recording_finish(r, NULL), 0);
	pdiag_recording_release(r);
	pdiag_recording_free(r);
	free(m.data);
	r = record_to_memory(ctx, &m);
	pdiag_recording_hold(r);
	pdiag_recording_running(r, true);
	assert_int_equal(pdiag_recording_put(r, &one), 0);
	pdiag_recording_free(r);
	len = m.len;
	assert_int_equal(pdiag_recording_put(r, &one), -EBADF);
	assert_int_equal(pdiag_recording_flush(r), 0);
	assert_int_equal(m.len, len);
	pdiag_recording_running(r, false);
	pdiag_recording_release(r);
	free(m.data);
	pdiag_close(ctx);
}

/* What is buffered is written once, by the parent. */
static void test_fork(void **state)
{
	const struct pdiag_record one = { .type = PDIAG_RECORD_SWITCH };
	struct pdiag_sink sink = { .size = sizeof(sink) };
	struct pdiag *ctx = open_context();
	struct pdiag_recording *r;
	char path[64];
	struct stat st;
	int status;
	pid_t pid;

	(void)state;
	sink.fd = file_of("", 0, path);
	r = record_to(ctx, &sink);
	assert_int_equal(pdiag_recording_put(r, &one), 0);
	pid = fork();
	if (!pid) {
		status = pdiag_recording_finish(r, NULL) != -EPERM;
		pdiag_close(ctx);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(fstat(sink.fd, &st), 0);
	assert_int_equal(st.st_size, 64);
	pdiag_close(ctx);
	assert_int_equal(fstat(sink.fd, &st), 0);
	assert_int_equal(st.st_size, 64 + 48 + 32);
	close(sink.fd);
}

static void test_no_memory(void **state)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .path = "/dev/null", .fd = -1 };
	const struct pdiag_recording_options options = { .size = sizeof(options), .sink = &sink };
	struct pdiag_recording *r;
	struct pdiag *ctx;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	ctx = open_context();
	for (unsigned long n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_recording_new(ctx, &options, &r);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(r);
		assert_true(n < 100);
	}
	assert_int_equal(ret, 0);
	/* Nothing is allocated from here on. */
	fail_alloc_start_all(0);
	put_random(r, 7, 10000, 0);
	assert_int_equal(pdiag_recording_finish(r, NULL), 0);
	assert_false(fail_alloc_stop());
	pdiag_close(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roundtrip),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_buffered),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_flip_everywhere),
		cmocka_unit_test(test_write_fails),
		cmocka_unit_test(test_dev_full),
		cmocka_unit_test(test_small_disk),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_finished),
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
