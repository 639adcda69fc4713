/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that end anywhere, or have wrong bytes: what is whole is read, and writers go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "support/journal_folder.h"

#define EVENTS 3u
#define HEADER 64u
#define FILE_MAX 65536u

/* The bytes of a journal's first file, and where its events end. */
struct image {
	uint8_t data[FILE_MAX];
	size_t len, ends[EVENTS];
	struct pdiag_event *events[EVENTS];
};

static void file_path(const struct at *at, unsigned int number, char path[160])
{
	snprintf(path, 160, "%s/events-%08u.pdj", at->path, number);
}

static size_t read_file(const struct at *at, unsigned int number, uint8_t data[FILE_MAX])
{
	char path[160];
	ssize_t n;
	int fd;

	file_path(at, number, path);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	n = read(fd, data, FILE_MAX);
	close(fd);
	assert_true(n >= 0 && n < (ssize_t)FILE_MAX);
	return (size_t)n;
}

static void write_file(const struct at *at, unsigned int number, const void *data, size_t len)
{
	char path[160];
	int fd;

	file_path(at, number, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

/* Small ones, so that every byte can be tried; the second has a profile. */
static struct image *make_image(struct at *at)
{
	struct image *image = calloc(1, sizeof(*image));
	struct pdiag_journal *j = writer(at);

	for (unsigned int i = 0; i < EVENTS; i++) {
		struct pdiag_event *e;

		assert_int_equal(pdiag_event_new(at->context, &e), 0);
		e->info = made_info(PDIAG_EVENT_ENDED, i);
		made_texts(e, i);
		made_metrics(e, 2, 5);
		if (i == 1)
			pdiag_event_give_profile(e, PDIAG_EVIDENCE_DURING,
				made_evidence(at->context, 1));
		assert_int_equal(pdiag_journal_append(j, e), 0);
		image->events[i] = e;
		image->ends[i] = info_of(j).bytes;
	}
	pdiag_journal_close(j);
	image->len = read_file(at, 1, image->data);
	assert_int_equal(image->len, image->ends[EVENTS - 1]);
	empty_folder(at->path);
	return image;
}

static void free_image(struct image *image)
{
	for (unsigned int i = 0; i < EVENTS; i++)
		pdiag_event_destroy(image->events[i]);
	free(image);
}

/* How many events there are in the first `len` bytes. */
static unsigned int whole(const struct image *image, size_t len)
{
	unsigned int n = 0;

	while (n < EVENTS && image->ends[n] <= len)
		n++;
	return n;
}

/* A journal whose file has these bytes has `n` whole events, and a writer appends to it. */
static void check_cut(struct at *at, const struct image *image, unsigned int n, bool closely)
{
	struct pdiag_journal *j = reader(at);
	struct pdiag_event *e;

	assert_int_equal(info_of(j).events, n);
	assert_int_equal(info_of(j).damaged, 0);
	pdiag_journal_close(j);
	j = writer(at);
	assert_int_equal(info_of(j).events, n);
	e = image->events[0];
	e->info.id = 0;
	assert_int_equal(pdiag_journal_append(j, e), 0);
	assert_int_equal(e->info.id, n + 1);
	pdiag_journal_close(j);
	j = reader(at);
	assert_int_equal(info_of(j).events, n + 1);
	assert_int_equal(info_of(j).damaged, 0);
	for (unsigned int i = 1; closely && i < n; i++)
		check(j, image->events[i]);
	if (closely)
		check(j, e);
	pdiag_journal_close(j);
	empty_folder(at->path);
}

static void cut_at_every_byte(void **state)
{
	struct at *at = *state;
	struct image *image = make_image(at);

	for (size_t len = 0; len <= image->len; len++) {
		write_file(at, 1, image->data, len);
		check_cut(at, image, whole(image, len), len % 61 == 0);
	}
	print_message("%zu lengths\n", image->len + 1);
	free_image(image);
}

/* A machine that goes down leaves zeroes or anything where the end was not written yet. */
static void end_without_sense(void **state)
{
	static const uint8_t fills[] = { 0, 0xff, 0x70 };
	struct at *at = *state;
	struct image *image = make_image(at);

	for (size_t len = 64; len < image->len; len += 7)
		for (size_t k = 0; k < sizeof(fills); k++) {
			struct image torn = *image;

			/* It might be right already. */
			if (whole(image, len) != whole(image, len + 8))
				continue;
			memset(torn.data + len, fills[k], 3000);
			write_file(at, 1, torn.data, len + 1 + (len * 31 + k) % 2999);
			check_cut(at, image, whole(image, len), false);
		}
	free_image(image);
}

static bool is_there(struct pdiag_journal *j, struct pdiag_event *want, bool closely)
{
	struct pdiag_event *e;
	int ret = pdiag_journal_read(j, want->info.id, &e);

	if (ret) {
		assert_true(ret == -EBADMSG || ret == -ENOENT);
		return false;
	}
	assert_true(same_event(want, e, closely));
	pdiag_event_free(e);
	return true;
}

/* One wrong byte at this place; says if the event that it is in cannot be read. */
static bool damage(struct at *at, struct image *image, size_t at_byte)
{
	unsigned int hit = at_byte < HEADER ? EVENTS : whole(image, at_byte);
	struct pdiag_journal *j;
	bool is_bad;

	image->data[at_byte] ^= (uint8_t)(1 + at_byte % 255);
	write_file(at, 1, image->data, image->len);
	image->data[at_byte] ^= (uint8_t)(1 + at_byte % 255);
	j = reader(at);
	for (unsigned int i = 0; i < EVENTS; i++)
		if (i != hit)
			assert_true(is_there(j, image->events[i], at_byte % 16 == 0));
	/* What fills up between two frames does not matter. */
	is_bad = hit < EVENTS && !is_there(j, image->events[hit], true);
	assert_int_equal(info_of(j).events, EVENTS - is_bad);
	if (hit < EVENTS - 1)
		assert_int_equal(info_of(j).damaged, is_bad);
	if (hit == EVENTS)
		assert_int_equal(info_of(j).damaged, 1);
	pdiag_journal_close(j);
	/* A writer leaves the others alone as well. */
	j = writer(at);
	pdiag_event_destroy(put(at, j, 99, PDIAG_EVENT_ENDED, 3));
	pdiag_journal_close(j);
	j = reader(at);
	assert_int_equal(info_of(j).events, EVENTS - is_bad + 1);
	pdiag_journal_close(j);
	empty_folder(at->path);
	return is_bad;
}

static void others_survive_damage(void **state)
{
	struct at *at = *state;
	struct image *image = make_image(at);
	unsigned int bad = 0;

	for (size_t at_byte = 0; at_byte < image->len; at_byte++)
		bad += damage(at, image, at_byte);
	print_message("%zu places, %u events damaged\n", image->len, bad);
	assert_true(bad > image->len * 8 / 10);
	free_image(image);
}

static void older_one_instead_of_a_damaged_one(void **state)
{
	struct at *at = *state;
	struct pdiag_journal *j = writer(at);
	struct pdiag_event *begun = put(at, j, 1, PDIAG_EVENT_BEGUN, 1);
	static uint8_t data[FILE_MAX];
	size_t first = info_of(j).bytes, len;

	pdiag_event_destroy(put(at, j, 1, PDIAG_EVENT_ENDED, 2));
	pdiag_event_destroy(put(at, j, 2, PDIAG_EVENT_ENDED, 3));
	pdiag_journal_close(j);
	len = read_file(at, 1, data);
	data[first + 100] ^= 1;
	write_file(at, 1, data, len);
	j = reader(at);
	assert_int_equal(info_of(j).damaged, 1);
	begun->info.phase = PDIAG_EVENT_CUT;
	check(j, begun);
	pdiag_event_destroy(begun);
}

static void what_is_no_journal_is_left_alone(void **state)
{
	struct at *at = *state;
	static uint8_t data[FILE_MAX];
	struct pdiag_journal *j;
	struct pdiag_event *e;

	assert_int_equal(mkdir(at->path, 0700), 0);
	memset(data, 'x', 5000);
	write_file(at, 3, data, 5000);
	j = writer(at);
	assert_int_equal(info_of(j).damaged, 1);
	e = put(at, j, 0, PDIAG_EVENT_ENDED, 1);
	check(j, e);
	assert_int_equal(read_file(at, 3, data), 5000);
	assert_true(read_file(at, 4, data) > 64);
	pdiag_event_destroy(e);
}

static void follows_other_files_of_the_same_name(void **state)
{
	struct at *at = *state;
	struct image *image = make_image(at);
	struct pdiag_journal *r;

	write_file(at, 1, image->data, image->len);
	r = reader(at);
	assert_int_equal(info_of(r).events, 3);
	empty_folder(at->path);
	assert_int_equal(info_of(r).events, 0);
	write_file(at, 1, image->data, image->ends[0]);
	assert_int_equal(info_of(r).events, 1);
	write_file(at, 2, image->data, 64);
	assert_int_equal(info_of(r).events, 1);
	/* Shorter than before. */
	write_file(at, 1, image->data, 64);
	assert_int_equal(info_of(r).events, 0);
	free_image(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		folder_test(cut_at_every_byte),
		folder_test(end_without_sense),
		folder_test(others_survive_damage),
		folder_test(older_one_instead_of_a_damaged_one),
		folder_test(what_is_no_journal_is_left_alone),
		folder_test(follows_other_files_of_the_same_name),
	};

	return cmocka_run_group_tests_name("journal_cut", tests, NULL, NULL);
}
