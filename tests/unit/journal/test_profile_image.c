/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles as bytes: what is made of them again gives the same outputs, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "journal/profile_image.h"
#include "profile/ledger.h"
#include "support/fail_alloc.h"
#include "support/made_event.h"

static struct pdiag *context(void)
{
	struct pdiag *c;

	assert_int_equal(pdiag_open(NULL, &c), 0);
	return c;
}

static struct pdiag_profile *again(struct pdiag_profile *p, struct pdiag *c)
{
	struct pdiag_profile *copy;
	struct pdiag_text image = { 0 };
	struct pdiag_bytes bytes;

	assert_int_equal(pdiag_profile_put(&image, p), 0);
	bytes = (struct pdiag_bytes){ (uint8_t *)image.data, (uint8_t *)image.data + image.len,
		false };
	assert_int_equal(pdiag_profile_take(&bytes, c, &copy), 0);
	assert_ptr_equal(bytes.at, bytes.end);
	pdiag_text_free(&image);
	return copy;
}

/* In this context and in another: it must not matter what is known there. */
static void check_same(struct pdiag_profile *p)
{
	struct pdiag *other = context();
	struct pdiag_profile *here = again(p, p->context), *there = again(p, other);

	assert_true(same_profile(p, here));
	assert_true(same_profile(p, there));
	for (size_t i = 0; i < p->frame_count; i++)
		assert_true(same_symbol(p->frames[i].symbol, there->frames[i].symbol));
	pdiag_profile_destroy(here);
	pdiag_profile_destroy(there);
	pdiag_close(other);
}

static void all_kinds_of_frames_and_waits(void **state)
{
	struct pdiag *c = context();
	struct pdiag_profile *p = made_evidence(c, 3);

	(void)state;
	made_hostile(p);
	check_same(p);
	pdiag_close(c);
}

/* Modules as captures make them. */
static uint32_t frame_in(struct pdiag_profile *p, struct pdiag_module *module, uint64_t value,
	const char *name, uint32_t kind)
{
	const struct pdiag_symbol s = { .name = name, .raw_name = name,
		.module = module->path, .kind = kind, .address = value & ~15ull,
		.offset = value & 15 };
	uint32_t id = pdiag_profile_frame(p, module, value);

	assert_int_equal(pdiag_profile_name(p, id, &s), 0);
	return id;
}

static void add_stack(struct pdiag_profile *p, uint32_t state, uint32_t flags, uint64_t weight,
	const uint32_t *frames, size_t count)
{
	uint32_t node = 0, entry;

	for (size_t i = 0; i < count; i++)
		node = pdiag_profile_node(p, node, frames[i]);
	entry = pdiag_profile_entry(p, pdiag_profile_thread(p, 7, 8, "comm", "process"), node,
		(enum pdiag_state)state, flags);
	assert_int_equal(pdiag_profile_count(p, entry, weight, 0, 1), 0);
}

static void wakers_and_modules_of_all_kinds(void **state)
{
	struct pdiag *c = context();
	struct pdiag_modules *m = pdiag_modules_get(c);
	struct pdiag_profile *p;
	struct pdiag_record file = { .type = PDIAG_RECORD_MMAP, .pid = 7 };
	uint32_t f[8];

	(void)state;
	assert_int_equal(pdiag_profile_new(c, &p), 0);
	p->start_time = 5;
	p->end_time = UINT64_MAX;
	file.mmap.path = "/no/such/libx.so";
	file.mmap.inode = 9;
	file.mmap.generation = 3;
	f[0] = frame_in(p, pdiag_modules_file(m, &file, false), 100, "main", PDIAG_FRAME_USER);
	f[1] = frame_in(p, pdiag_modules_kernel(m, true), UINT64_MAX - 3, "pipe_read",
		PDIAG_FRAME_KERNEL);
	f[2] = frame_in(p, pdiag_modules_mark(m, PDIAG_WAKER_MARK), 0, PDIAG_WAKER_MARK,
		PDIAG_FRAME_MARK);
	f[3] = frame_in(p, pdiag_modules_jit(m, 7, 88, false), 0x7f00, "jitted", PDIAG_FRAME_JIT);
	f[4] = frame_in(p, pdiag_modules_vdso(m, true), 16, "gettime", PDIAG_FRAME_VDSO);
	f[5] = frame_in(p, pdiag_modules_none(m, PDIAG_REASON_NO_MAPPING), 1, "[unknown]",
		PDIAG_FRAME_UNRESOLVED);
	f[6] = frame_in(p, pdiag_modules_mark(m, "writer"), 0, "writer", PDIAG_FRAME_MARK);
	add_stack(p, PDIAG_STATE_BLOCKED, PDIAG_STACK_WAKER, 1000000, f, 7);
	add_stack(p, PDIAG_STATE_BLOCKED, PDIAG_STACK_PENDING, 2000000, f, 2);
	add_stack(p, PDIAG_STATE_PREEMPTED, 0, 3000000, f, 0);
	add_stack(p, PDIAG_STATE_RUNNING, PDIAG_STACK_LATE, 4000000, f, 6);
	check_same(p);
	pdiag_close(c);
}

static void losses_are_in_the_weights(void **state)
{
	struct pdiag *c = context();
	struct pdiag_profile *p = made_evidence(c, 1), *copy;

	(void)state;
	p->ledger->total[PDIAG_LOSS_MEMORY] = 77;
	copy = again(p, c);
	assert_int_equal(copy->weight, p->weight);
	assert_int_equal(pdiag_ledger_unplaced(copy->ledger, PDIAG_LOSS_MEMORY), 77);
	assert_true(same_profile(p, copy));
	pdiag_profile_destroy(copy);
	pdiag_close(c);
}

static void empty_and_deep(void **state)
{
	struct pdiag *c = context();
	struct pdiag_profile *p, *copy;
	const char *frames[1100];
	char names[1100][16];

	(void)state;
	assert_int_equal(pdiag_profile_new(c, &p), 0);
	copy = again(p, c);
	assert_int_equal(copy->entry_count, 0);
	assert_int_equal(copy->node_count, 1);
	pdiag_profile_destroy(copy);
	for (size_t i = 0; i < 1099; i++) {
		snprintf(names[i], sizeof(names[i]), "u:f%zu", i);
		frames[i] = names[i];
	}
	frames[1099] = NULL;
	made_sample_frames(p, "deep", 1, PDIAG_STATE_RUNNING, PDIAG_STACK_TRUNCATED, 5, frames);
	check_same(p);
	pdiag_close(c);
}

/* Differences to what was read are those to the original. */
static void differences_are_the_same(void **state)
{
	struct pdiag *c = context();
	struct pdiag_profile *before = made_evidence(c, 1), *after = made_evidence(c, 4);
	struct pdiag_profile *x = again(before, c), *y = again(after, c);
	struct pdiag_text want = { 0 }, have = { 0 };
	struct pdiag_sink sink = { .size = sizeof(sink), .write = made_to_text, .user = &want,
		.fd = -1 };

	(void)state;
	made_samples(after, "worker", 9, "u:main", "u:hot", NULL);
	pdiag_profile_destroy(y);
	y = again(after, c);
	assert_int_equal(pdiag_profile_write_diff(before, after, NULL, &sink), 0);
	sink.user = &have;
	assert_int_equal(pdiag_profile_write_diff(x, y, NULL, &sink), 0);
	assert_true(want.len > 1000);
	assert_true(same_text(&want, &have));
	pdiag_profile_destroy(x);
	pdiag_profile_destroy(y);
	pdiag_close(c);
}

/* Each prefix and each wrong byte is refused, or makes a profile that can be written. */
static void wrong_bytes(void **state)
{
	struct pdiag *c = context(), *other = context();
	struct pdiag_profile *p = made_evidence(c, 1), *copy;
	struct pdiag_text image = { 0 };
	struct pdiag_bytes bytes;
	unsigned int refused = 0;
	int ret;

	(void)state;
	assert_int_equal(pdiag_profile_put(&image, p), 0);
	for (size_t len = 0; len < image.len; len++) {
		uint8_t *exact = malloc(len + 1);

		memcpy(exact, image.data, len);
		bytes = (struct pdiag_bytes){ exact, exact + len, false };
		assert_int_equal(pdiag_profile_take(&bytes, other, &copy), -EBADMSG);
		free(exact);
	}
	for (size_t i = 0; i < image.len; i++) {
		image.data[i] ^= (char)(1u << i % 8);
		bytes = (struct pdiag_bytes){ (uint8_t *)image.data,
			(uint8_t *)image.data + image.len, false };
		ret = pdiag_profile_take(&bytes, other, &copy);
		image.data[i] ^= (char)(1u << i % 8);
		if (ret) {
			assert_int_equal(ret, -EBADMSG);
			refused++;
			continue;
		}
		same_output(copy, copy, pdiag_profile_write_folded, NULL);
		pdiag_profile_destroy(copy);
	}
	assert_true(refused > image.len / 8);
	pdiag_text_free(&image);
	pdiag_close(c);
	pdiag_close(other);
}

static void no_memory(void **state)
{
	struct pdiag *c, *other;
	struct pdiag_profile *p, *copy;
	struct pdiag_text image = { 0 };
	struct pdiag_bytes bytes;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	c = context();
	p = made_evidence(c, 1);
	for (unsigned long n = 0;; n++) {
		pdiag_text_free(&image);
		image = (struct pdiag_text){ 0 };
		fail_alloc_start(n);
		ret = pdiag_profile_put(&image, p);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
	}
	assert_int_equal(ret, 0);
	for (unsigned long n = 0;; n++) {
		other = context();
		bytes = (struct pdiag_bytes){ (uint8_t *)image.data,
			(uint8_t *)image.data + image.len, false };
		fail_alloc_start(n);
		ret = pdiag_profile_take(&bytes, other, &copy);
		if (!fail_alloc_stop())
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_null(copy);
		pdiag_close(other);
	}
	assert_int_equal(ret, 0);
	assert_true(same_profile(p, copy));
	pdiag_profile_destroy(copy);
	pdiag_close(other);
	pdiag_text_free(&image);
	pdiag_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_of_frames_and_waits),
		cmocka_unit_test(wakers_and_modules_of_all_kinds),
		cmocka_unit_test(losses_are_in_the_weights),
		cmocka_unit_test(empty_and_deep),
		cmocka_unit_test(differences_are_the_same),
		cmocka_unit_test(wrong_bytes),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests_name("profile_image", tests, NULL, NULL);
}
