/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The replay source over recordings that are whole, cut, damaged, foreign, or none at all. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <cmocka.h>

#include <pdiag/error.h>

#include "support/fail_alloc.h"
#include "support/replay_file.h"
#include "support/stream_image.h"

static struct image image; /* 64 KiB: not on the stack */

/* What came out: type and time of each, and all their bytes. */
struct seen {
	unsigned int count;
	uint16_t type[256];
	uint64_t time[256];
	size_t len;
	unsigned char bytes[1 << 16];
};

static void see(void *user, const struct pdiag_raw *raw)
{
	const struct pdiag_stream_record *r = raw->data;
	struct seen *seen = user;

	assert_int_equal(raw->format, PDIAG_RAW_STREAM);
	assert_int_equal(raw->len, r->len);
	assert_int_equal((uintptr_t)r % 8, 0);
	assert_true(seen->count < 256 && seen->len + r->len <= sizeof(seen->bytes));
	seen->type[seen->count] = r->type;
	seen->time[seen->count++] = r->time;
	memcpy(seen->bytes + seen->len, r, r->len);
	seen->len += r->len;
}

static struct seen seen, seen2;
static struct pdiag_replay_stats stats;

static int replay(const struct image *m, size_t len)
{
	memset(&seen, 0, sizeof(seen));
	return replay_all(m->data, len, see, &seen, &stats);
}

/* One record of each type, with texts and addresses. */
static void every_type(struct image *m)
{
	image_frame(m);
	image_record(m, PDIAG_STREAM_INFO, 1, 0);
	for (unsigned int i = 0; i < 4; i++)
		image_number(m, 8, 0x1122334455667788 + i);
	for (unsigned int i = 0; i < 4; i++)
		image_number(m, 4, 0x11223344 + i);
	image_record_end(m);
	image_record(m, PDIAG_STREAM_MMAP, 2, 6);
	for (unsigned int i = 0; i < 5; i++)
		image_number(m, 8, 0x0807060504030201 + i);
	image_number(m, 4, 8);
	image_number(m, 4, 1);
	image_text(m, "/bin/x");
	image_record_end(m);
	image_record(m, PDIAG_STREAM_COMM, 3, 4);
	image_text(m, "comm");
	image_record_end(m);
	image_record(m, PDIAG_STREAM_FORK, 4, 0);
	image_number(m, 4, 77);
	image_number(m, 4, 78);
	image_record_end(m);
	image_bare(m, PDIAG_STREAM_EXIT, 5);
	image_record(m, PDIAG_STREAM_STACK, 6, 9);
	image_number(m, 4, 3);
	image_number(m, 4, 0);
	for (unsigned int i = 0; i < 3; i++)
		image_number(m, 8, 0xffffffff81000000 + i);
	image_record_end(m);
	image_frame_end(m);
	image_frame(m);
	image_record(m, PDIAG_STREAM_SAMPLE, 7, 0);
	image_number(m, 8, 10101010);
	image_number(m, 4, 2);
	image_number(m, 2, 3);
	image_number(m, 2, 1);
	image_number(m, 8, 0x400000);
	image_number(m, 8, 0x400010);
	image_record_end(m);
	image_record(m, PDIAG_STREAM_SAMPLE, 8, 9);
	image_number_at(m, m->record + 6, 2, PDIAG_STREAM_WAKER);
	image_number(m, 8, 10101010);
	image_number(m, 4, UINT32_MAX);
	image_number(m, 2, 0);
	image_number(m, 2, 0);
	for (unsigned int i = 0; i < 4; i++) /* who ended the wait */
		image_number(m, 4, 9 + i);
	image_record_end(m);
	image_bare(m, PDIAG_STREAM_SWITCH, 9);
	image_record(m, PDIAG_STREAM_LOSS, 10, 1);
	image_number(m, 8, 12345);
	image_number(m, 4, 99);
	image_number(m, 4, 0);
	image_record_end(m);
	image_bare(m, PDIAG_STREAM_FORGET, 11);
	image_record(m, PDIAG_STREAM_MODULE, 12, 5);
	for (unsigned int i = 0; i < 3; i++)
		image_number(m, 8, 0x1020304050607080 + i);
	for (unsigned int i = 0; i < 5; i++)
		image_number(m, 4, 8 + i);
	image_number(m, 4, 4);
	image_text(m, "/lib");
	image_record_end(m);
	image_record(m, PDIAG_STREAM_NAME, 13, 1);
	for (unsigned int i = 0; i < 4; i++)
		image_number(m, 8, 0x1020304050607080 + i);
	image_number(m, 4, 0);
	image_number(m, 4, 4);
	image_number(m, 4, 6);
	image_number(m, 4, 4);
	image_text(m, "name");
	image_text(m, "_Zname");
	image_text(m, "/lib");
	image_record_end(m);
	image_record(m, 200, 14, 5); /* of a later release */
	image_number(m, 8, 1);
	image_record_end(m);
	image_bare(m, PDIAG_STREAM_END, 15);
	image_frame_end(m);
}

static void test_whole(void **state)
{
	(void)state;
	image_header(&image, false);
	every_type(&image);
	assert_int_equal(replay(&image, image.len), 0);
	assert_int_equal(seen.count, 15);
	for (unsigned int i = 0; i < 15; i++)
		assert_int_equal(seen.time[i], i + 1);
	assert_int_equal(stats.records, 15);
	assert_int_equal(stats.frames, 2);
	assert_int_equal(stats.bytes, image.len);
	assert_int_equal(stats.corrupt, 0);
	assert_int_equal(stats.lost, 0);
	assert_int_equal(stats.major, 1);
	assert_int_equal(stats.created, 1234567890);
	assert_true(stats.complete);
	assert_false(stats.swapped);
}

static void test_other_byte_order(void **state)
{
	(void)state;
	image_header(&image, false);
	every_type(&image);
	assert_int_equal(replay(&image, image.len), 0);
	seen2 = seen;
	image_header(&image, true);
	every_type(&image);
	assert_int_equal(replay(&image, image.len), 0);
	assert_true(stats.swapped);
	assert_true(stats.complete);
	assert_int_equal(stats.created, 1234567890);
	assert_int_equal(seen.count, 15);
	/* The type that nobody knows, next to last, is not swapped and not read by anybody. */
	assert_memory_equal(seen.bytes, seen2.bytes, seen.len - 40 - 32);
	assert_int_equal(seen.type[14], PDIAG_STREAM_END);
}

/* Lengths that lie, in the other byte order: nothing beyond the record is touched. */
static void test_other_byte_order_lies(void **state)
{
	(void)state;
	image_header(&image, true);
	image_frame(&image);
	image_record(&image, PDIAG_STREAM_STACK, 1, 0);
	image_number(&image, 4, UINT32_MAX);
	image_number(&image, 4, 0);
	image_number(&image, 8, 5);
	image_record_end(&image);
	image_bare(&image, PDIAG_STREAM_SAMPLE, 2); /* too short for one */
	image_bare(&image, PDIAG_STREAM_INFO, 3);
	image_bare(&image, PDIAG_STREAM_EXIT, 4);
	image_frame_end(&image);
	assert_int_equal(replay(&image, image.len), 0);
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.time[3], 4);
	/* A record without length ends the frame. */
	image_header(&image, true);
	image_frame(&image);
	image_bare(&image, PDIAG_STREAM_EXIT, 1);
	image_record(&image, PDIAG_STREAM_EXIT, 2, 0);
	image_frame_end(&image);
	image_switches(&image, 3, 1);
	assert_int_equal(replay(&image, image.len), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.time[1], 3);
	assert_int_equal(stats.corrupt, 1);
}

/* Records of whole frames within the first `len` bytes of the image of test_cut. */
static unsigned int whole(const size_t *ends, unsigned int frames, size_t len)
{
	unsigned int n = 0;

	while (n < frames && ends[n] <= len)
		n++;
	return n;
}

static void test_cut_everywhere(void **state)
{
	size_t ends[4];
	unsigned int n;

	(void)state;
	image_header(&image, false);
	for (unsigned int i = 0; i < 3; i++) {
		image_switches(&image, i * 2, 2);
		ends[i] = image.len;
	}
	image_frame(&image);
	image_bare(&image, PDIAG_STREAM_END, 6);
	image_frame_end(&image);
	ends[3] = image.len;
	for (size_t len = 64; len <= image.len; len++) {
		n = whole(ends, 4, len);
		assert_int_equal(replay(&image, len), 0);
		assert_int_equal(seen.count, n < 4 ? n * 2 : 7);
		for (unsigned int i = 0; i < seen.count; i++)
			assert_int_equal(seen.time[i], i);
		assert_int_equal(stats.complete, n == 4);
		assert_int_equal(stats.corrupt, 0);
		assert_int_equal(stats.frames, n);
		assert_int_equal(stats.bytes, n ? ends[n - 1] : 64);
		/* With its head whole, a frame tells how much is missing. */
		if (n < 3 && len >= (n ? ends[n - 1] : 64) + 48)
			assert_int_equal(stats.lost, 2);
	}
}

/* Whatever byte is damaged: what comes out is whole frames of what went in, and no more than
 * one frame is missing. */
static void test_flip_everywhere(void **state)
{
	unsigned char was;
	unsigned int next;

	(void)state;
	image_header(&image, false);
	for (unsigned int i = 0; i < 5; i++)
		image_switches(&image, i * 3, 3);
	image_frame(&image);
	image_bare(&image, PDIAG_STREAM_END, 15);
	image_frame_end(&image);
	for (size_t at = 64; at < image.len; at++) {
		for (unsigned int bit = 0; bit < 9; bit++) {
			was = image.data[at];
			image.data[at] = (unsigned char)(was ^ (bit < 8 ? 1u << bit : 255u));
			assert_int_equal(replay(&image, image.len), 0);
			next = 0;
			for (unsigned int i = 0; i < seen.count; i++) {
				if (seen.time[i] != next) {
					assert_int_equal(seen.time[i], next + 3);
					assert_int_equal(stats.lost, 3);
				}
				next = (unsigned int)seen.time[i] + 1;
			}
			assert_int_equal(stats.frames, 5);
			assert_int_equal(stats.corrupt, 1);
			assert_int_equal(seen.count, stats.complete ? 13 : 15);
			image.data[at] = was;
		}
	}
}

static void test_flip_header(void **state)
{
	unsigned char was;
	int ret;

	(void)state;
	image_header(&image, false);
	image_switches(&image, 0, 3);
	for (size_t at = 0; at < 64; at++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			was = image.data[at];
			image.data[at] ^= (unsigned char)(1u << bit);
			ret = replay(&image, image.len);
			assert_true(ret == -EBADMSG || (ret == -EPROTO && (at == 12 || at == 13)));
			assert_true(strlen(pdiag_errmsg()) > 0);
			image.data[at] = was;
		}
	}
}

/* A stretch of zeros, as a lost disk block or a crash leaves it. */
static void test_hole(void **state)
{
	size_t from, to;

	(void)state;
	image_header(&image, false);
	image_switches(&image, 0, 10);
	from = image.len - 40;
	for (unsigned int i = 1; i < 5; i++)
		image_switches(&image, i * 10, 10);
	to = image.len - 100;
	image_switches(&image, 50, 10);
	memset(image.data + from, 0, to - from);
	assert_int_equal(replay(&image, image.len), 0);
	assert_int_equal(seen.count, 10);
	assert_int_equal(seen.time[0], 50);
	assert_int_equal(stats.lost, 50);
	assert_int_equal(stats.corrupt, 2);
	/* And at the end of the file. */
	image_header(&image, false);
	image_switches(&image, 0, 10);
	memset(image.data + image.len, 0, 4096);
	assert_int_equal(replay(&image, image.len + 4096), 0);
	assert_int_equal(seen.count, 10);
	assert_false(stats.complete);
	assert_int_equal(stats.corrupt, 1);
}

/* A head that claims to have lost more than there was room for is not believed. */
static void test_boasting_head(void **state)
{
	(void)state;
	image_header(&image, false);
	image_switches(&image, 0, 2);
	image.data[100] ^= 1;
	image.before = UINT64_MAX / 2;
	image_switches(&image, 2, 2);
	assert_int_equal(replay(&image, image.len), 0);
	assert_int_equal(seen.count, 2);
	assert_true(stats.lost <= 2 + image.len / 32);
	/* Nor is one that stands elsewhere than it says: a copy of a frame within a record. */
	image_header(&image, false);
	image_switches(&image, 0, 1);
	image_frame(&image);
	image_record(&image, 200, 1, 0);
	memcpy(image.data + image.len, image.data + 64, 80);
	image.len += 80;
	image_record_end(&image);
	image_frame_end(&image);
	image.data[64 + 80] ^= 1; /* the second frame's marker */
	image_switches(&image, 2, 1);
	assert_int_equal(replay(&image, image.len), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.time[1], 2);
	assert_int_equal(stats.lost, 1);
}

/* A FORGET that was lost is made up for, or numbers would lead to the wrong stacks. */
static void test_lost_forget(void **state)
{
	size_t middle;

	(void)state;
	for (unsigned int lose = 0; lose < 2; lose++) {
		image_header(&image, false);
		image_switches(&image, 0, 2);
		middle = image.len;
		image_frame(&image);
		image_bare(&image, PDIAG_STREAM_FORGET, 2);
		image_bare(&image, PDIAG_STREAM_SWITCH, 3);
		image_frame_end(&image);
		image_switches(&image, 4, 2);
		image_switches(&image, 6, 2);
		image.data[middle + 60] ^= (unsigned char)lose;
		assert_int_equal(replay(&image, image.len), 0);
		assert_int_equal(seen.count, lose ? 7 : 8);
		assert_int_equal(seen.type[2], PDIAG_STREAM_FORGET);
		assert_int_equal(seen.time[2], lose ? 4 : 2);
		assert_int_equal(seen.type[lose ? 3 : 4], PDIAG_STREAM_SWITCH);
		for (unsigned int i = 3; i < seen.count; i++)
			assert_int_equal(seen.type[i], PDIAG_STREAM_SWITCH);
	}
}

static void test_versions(void **state)
{
	(void)state;
	/* A later minor version, with a longer header. */
	image_header(&image, false);
	image_number_at(&image, 14, 2, 7);
	image_number_at(&image, 16, 4, 96);
	image_seal_header(&image);
	memset(image.data + 64, 0x77, 32);
	image.len = 96;
	image_switches(&image, 0, 2);
	assert_int_equal(replay(&image, image.len), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(stats.minor, 7);
	/* A later major version, its checksum as we know it or not. */
	image_number_at(&image, 12, 2, 2);
	assert_int_equal(replay(&image, image.len), -EPROTO);
	assert_non_null(strstr(pdiag_errmsg(), "2.7"));
	assert_non_null(strstr(pdiag_errmsg(), "update"));
	image_seal_header(&image);
	assert_int_equal(replay(&image, image.len), -EPROTO);
	/* A feature that we do not know. */
	image_number_at(&image, 12, 2, 1);
	image_number_at(&image, 20, 4, 4);
	image_seal_header(&image);
	assert_int_equal(replay(&image, image.len), -EPROTO);
	/* Lengths of the header that make no sense. */
	image_number_at(&image, 20, 4, 0);
	image_number_at(&image, 16, 4, 56);
	image_seal_header(&image);
	assert_int_equal(replay(&image, image.len), -EBADMSG);
	image_number_at(&image, 16, 4, 1 << 20);
	image_seal_header(&image);
	assert_int_equal(replay(&image, image.len), -EBADMSG);
	image_number_at(&image, 16, 4, 68);
	image_seal_header(&image);
	assert_int_equal(replay(&image, image.len), -EBADMSG);
	/* Version 0 was never made. */
	image_number_at(&image, 16, 4, 64);
	image_number_at(&image, 12, 2, 0);
	image_seal_header(&image);
	assert_int_equal(replay(&image, image.len), -EBADMSG);
}

static void not_a_recording(const char *path, int error, const char *says)
{
	struct pdiag_source *s = NULL;

	assert_int_equal(replay_open_path(path, &s), error);
	assert_null(s);
	assert_non_null(strstr(pdiag_errmsg(), says));
	assert_non_null(strstr(pdiag_errmsg(), path));
}

static void test_not_a_recording(void **state)
{
	const struct pdiag_source_config none = { .path = NULL };
	char path[64], fifo[] = "/tmp/pdiag-replay-XXXXXX";
	struct pdiag_source *s;
	int fd;

	(void)state;
	not_a_recording("/", -EBADMSG, "directory");
	not_a_recording("/dev/null", -EBADMSG, "not a pdiag recording");
	not_a_recording("/nonexistent/file", -ENOENT, "No such file");
	not_a_recording("/proc/self/exe", -EBADMSG, "not a pdiag recording");
	not_a_recording("/etc/passwd", -EBADMSG, "not a pdiag recording");
	assert_int_equal(pdiag_source_replay.open(&none, &s), -EINVAL);
	fd = file_of("", 0, path);
	assert_true(fd >= 0);
	not_a_recording(path, -EBADMSG, "empty");
	close(fd);
	image_header(&image, false);
	for (size_t len = 1; len < 64; len++) {
		fd = file_of(image.data, len, path);
		not_a_recording(path, -EBADMSG, "cut within its header");
		close(fd);
	}
	/* Nobody writes to the pipe: it must not wait for that. */
	assert_non_null(mkdtemp(fifo));
	assert_int_equal(rmdir(fifo), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	not_a_recording(fifo, -EBADMSG, "not a pdiag recording");
	unlink(fifo);
}

static void test_state(void **state)
{
	struct pollfd p = { .events = POLLIN };
	struct pdiag_source *s;
	struct pdiag_raw raw;
	char path[64];
	int fd;

	(void)state;
	image_header(&image, false);
	image_frame(&image);
	image_bare(&image, PDIAG_STREAM_SWITCH, 1);
	image_bare(&image, PDIAG_STREAM_END, 2);
	image_frame_end(&image);
	/* Behind the end mark: not looked at. */
	memset(image.data + image.len, 'x', 200);
	fd = file_of(image.data, image.len + 200, path);
	assert_int_equal(replay_open_path(path, &s), 0);
	close(fd);
	assert_string_equal(s->ops->name, "replay");
	assert_false(s->state.live);
	assert_false(s->state.ended);
	assert_int_equal(s->state.exit_status, -1);
	assert_non_null(s->state.event);
	p.fd = s->fd;
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(s->ops->start(s), 0);
	assert_int_equal(s->ops->refresh(s), 0);
	assert_int_equal(s->ops->next(s, &raw), 1);
	assert_false(s->state.ended);
	assert_int_equal(s->ops->next(s, &raw), 1);
	assert_int_equal(s->ops->next(s, &raw), 0);
	assert_int_equal(s->ops->next(s, &raw), 0);
	assert_true(s->state.ended);
	assert_int_equal(s->state.bytes, image.len);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(s->ops->stop(s), 0);
	pdiag_replay_stats(s, &stats);
	assert_true(stats.complete);
	assert_int_equal(stats.corrupt, 0);
	s->ops->close(s);
}

/* The file gets shorter while it is read. */
static void test_truncated_meanwhile(void **state)
{
	struct pdiag_source *s;
	struct pdiag_raw raw;
	char path[64];
	int fd, n = 0;

	(void)state;
	image_header(&image, false);
	image_switches(&image, 0, 1000);
	fd = file_of(image.data, image.len, path);
	for (unsigned int i = 0; i < 40; i++) {
		/* The same frame again, where it now is. */
		image_number_at(&image, 64 + 8, 8, 64 + (i + 1) * (image.len - 64));
		image_number_at(&image, 64 + 16, 8, (i + 1) * 1000);
		image_seal_frame(&image, 64, image.len - 64);
		assert_int_equal(write(fd, image.data + 64, image.len - 64), image.len - 64);
	}
	assert_int_equal(replay_open_path(path, &s), 0);
	assert_int_equal(s->ops->next(s, &raw), 1);
	assert_int_equal(ftruncate(fd, 0), 0);
	while (s->ops->next(s, &raw) > 0)
		n++;
	assert_true(n >= 999 && n < 41000 - 1);
	pdiag_replay_stats(s, &stats);
	assert_false(stats.complete);
	s->ops->close(s);
	close(fd);
}

static void test_no_memory(void **state)
{
	struct pdiag_source *s;
	char path[64];
	int fd, ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	image_header(&image, false);
	fd = file_of(image.data, image.len, path);
	for (unsigned long n = 0;; n++) {
		s = NULL;
		fail_alloc_start(n);
		ret = replay_open_path(path, &s);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(s);
		assert_true(n < 100);
	}
	assert_int_equal(ret, 0);
	s->ops->close(s);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_other_byte_order),
		cmocka_unit_test(test_other_byte_order_lies),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_flip_everywhere),
		cmocka_unit_test(test_flip_header),
		cmocka_unit_test(test_hole),
		cmocka_unit_test(test_boasting_head),
		cmocka_unit_test(test_lost_forget),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_not_a_recording),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_truncated_meanwhile),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
