/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names at the end of a recording: each module once, its frames behind it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <pdiag/context.h>
#include <pdiag/error.h>
#include <pdiag/output.h>

#include "decode/decode.h"
#include "profile/profile.h"
#include "recording/recording.h"
#include "support/fail_alloc.h"
#include "support/replay_file.h"

#define NAMES 3000 /* more than a frame holds */

static struct pdiag *ctx;
static struct pdiag_profile *profile;
static char *long_name; /* 64 KiB */

/* Frames of two modules, mixed, all of them named by us. */
static int setup(void **state)
{
	struct pdiag_symbol symbol = { .module = "[jit]", .kind = PDIAG_FRAME_JIT };
	struct pdiag_module *of[2];
	struct pdiag_modules *m;
	char name[64];
	uint32_t id;

	(void)state;
	if (pdiag_open(NULL, &ctx) || pdiag_profile_new(ctx, &profile))
		return -1;
	m = pdiag_modules_get(ctx);
	of[0] = pdiag_modules_jit(m, 123, 456, false);
	of[1] = pdiag_modules_none(m, PDIAG_REASON_NO_MAPPING);
	long_name = malloc(65537);
	if (!of[0] || !of[1] || !long_name)
		return -1;
	memset(long_name, 'n', 65536);
	long_name[65536] = '\0';
	for (uint32_t i = 0; i < NAMES; i++) {
		id = pdiag_profile_frame(profile, of[i % 2], i);
		snprintf(name, sizeof(name), "name;<%u>\n", i);
		symbol.name = symbol.raw_name = i == 10 ? long_name : name;
		if (i == 11)
			symbol.raw_name = "_Zraw";
		symbol.address = i * 16;
		symbol.size = i + 1;
		symbol.offset = i + 2;
		symbol.reason = i % 2 ? PDIAG_REASON_NO_MAPPING : PDIAG_REASON_NONE;
		if (id != i || pdiag_profile_name(profile, id, &symbol))
			return -1;
	}
	profile->resolved = NAMES;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_profile_free(profile);
	free(long_name);
	pdiag_close(ctx);
	return 0;
}

struct seen {
	unsigned int modules, names, ends;
	uint32_t module; /* its kind */
	uint64_t last;
};

static void see_name(struct seen *seen, const struct pdiag_record *r)
{
	uint64_t i = r->name.value;
	char name[64];

	assert_true(!seen->names || i != seen->last);
	assert_int_equal(i % 2, seen->module == PDIAG_MODULE_NONE);
	snprintf(name, sizeof(name), "name;<%u>\n", (unsigned int)i);
	assert_string_equal(r->name.name, i == 10 ? long_name : name);
	assert_string_equal(r->name.raw_name, i == 11 ? "_Zraw" : r->name.name);
	assert_string_equal(r->name.module, "[jit]");
	assert_int_equal(r->name.address, i * 16);
	assert_int_equal(r->name.size, i + 1);
	assert_int_equal(r->name.offset, i + 2);
	assert_int_equal(r->name.kind, PDIAG_FRAME_JIT);
	assert_int_equal(r->name.reason, i % 2 ? PDIAG_REASON_NO_MAPPING : PDIAG_REASON_NONE);
	seen->last = i;
	seen->names++;
}

static void see(void *user, const struct pdiag_raw *raw)
{
	struct seen *seen = user;
	struct pdiag_record r;

	assert_int_equal(pdiag_decode_stream(raw->data, raw->len, &r), 0);
	switch (r.type) {
	case PDIAG_RECORD_MODULE:
		assert_int_equal(seen->names, seen->modules * NAMES / 2);
		seen->modules++;
		seen->module = r.module.kind;
		if (r.module.kind == PDIAG_MODULE_JIT) {
			assert_int_equal(r.module.pid, 123);
			assert_int_equal(r.module.born, 456);
		} else {
			assert_int_equal(r.module.kind, PDIAG_MODULE_NONE);
			assert_int_equal(r.module.reason, PDIAG_REASON_NO_MAPPING);
		}
		break;
	case PDIAG_RECORD_NAME:
		see_name(seen, &r);
		break;
	case PDIAG_RECORD_END:
		assert_int_equal(seen->names, seen->modules * NAMES / 2);
		seen->ends++;
		break;
	default:
		fail_msg("a record of type %u", r.type);
	}
}

static struct pdiag_recording *record_to(int fd, uint32_t flags)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .fd = fd };
	const struct pdiag_recording_options options = {
		.size = sizeof(options), .sink = &sink, .flags = flags
	};
	struct pdiag_recording *r;

	assert_int_equal(pdiag_recording_new(ctx, &options, &r), 0);
	return r;
}

static struct seen look(const char *path)
{
	struct seen seen = { .modules = 0 };
	struct pdiag_replay_stats stats;
	struct pdiag_source *s;
	struct pdiag_raw raw;

	assert_int_equal(replay_open_path(path, &s), 0);
	while (s->ops->next(s, &raw) > 0)
		see(&seen, &raw);
	pdiag_replay_stats(s, &stats);
	assert_true(stats.complete);
	assert_int_equal(stats.corrupt, 0);
	s->ops->close(s);
	return seen;
}

static void test_names(void **state)
{
	struct pdiag_recording *r;
	struct seen seen;
	char path[64];
	int fd = file_of("", 0, path);

	(void)state;
	r = record_to(fd, 0);
	assert_int_equal(pdiag_recording_finish(r, profile), 0);
	pdiag_recording_free(r);
	seen = look(path);
	assert_int_equal(seen.modules, 2);
	assert_int_equal(seen.names, NAMES);
	assert_int_equal(seen.ends, 1);
	close(fd);
}

static void test_no_names(void **state)
{
	struct pdiag_recording *r;
	struct seen seen;
	char path[64];
	int fd = file_of("", 0, path);

	(void)state;
	r = record_to(fd, PDIAG_RECORDING_NO_NAMES);
	assert_int_equal(pdiag_recording_finish(r, profile), 0);
	pdiag_recording_free(r);
	seen = look(path);
	assert_int_equal(seen.modules, 0);
	assert_int_equal(seen.ends, 1);
	close(fd);
}

/* Without memory for the names the recording ends whole, without them, and says so. */
static void test_no_memory(void **state)
{
	struct pdiag_recording *r;
	struct seen seen;
	char path[64];
	int fd, ret, failed, refused = 0;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	for (unsigned long n = 0;; n++) {
		fd = file_of("", 0, path);
		r = record_to(fd, 0);
		fail_alloc_start(n);
		ret = pdiag_recording_finish(r, profile);
		failed = fail_alloc_stop();
		pdiag_recording_free(r);
		seen = look(path);
		close(fd);
		assert_int_equal(seen.ends, 1);
		/* qsort() allocates, but does without. */
		assert_true(ret == -ENOMEM || !ret);
		assert_int_equal(seen.names, ret ? 0 : NAMES);
		refused += ret != 0;
		if (!failed)
			break;
		assert_true(n < 1000);
	}
	assert_int_equal(ret, 0);
	assert_true(refused > 0);
}

/* A frame that none of the others is, in the module that never has names. */
static void add_taken(struct pdiag_profile *to, uint64_t value, const char *name)
{
	struct pdiag_symbol symbol = { .name = name, .raw_name = name, .module = "[jit]",
		.file = "a.c", .kind = PDIAG_FRAME_JIT };
	struct pdiag_modules *m = pdiag_modules_get(ctx);
	uint32_t id =
		pdiag_profile_frame(to, pdiag_modules_none(m, PDIAG_REASON_NO_MAPPING), value);

	assert_int_not_equal(id, PDIAG_ID_NONE);
	if (name)
		assert_int_equal(pdiag_profile_name(to, id, &symbol), 0);
}

static struct pdiag_profile *make_profile(void)
{
	struct pdiag_profile *p;

	assert_int_equal(pdiag_profile_new(ctx, &p), 0);
	return p;
}

/* Two that are given away: one frame in both, one of them without a name. */
static void keep_two(struct pdiag_recording *r)
{
	struct pdiag_profile *taken = make_profile();

	add_taken(taken, 9001, "first");
	add_taken(taken, 9002, NULL);
	add_taken(taken, 9003, NULL);
	pdiag_recording_keep(r, taken);
	pdiag_profile_free(taken);
	taken = make_profile();
	add_taken(taken, 9003, "third");
	add_taken(taken, 9001, NULL);
	pdiag_recording_keep(r, taken);
	pdiag_profile_free(taken);
}

/* The names in a file, one a line: value, name, reason. */
static void list_names(const char *path, char *list, size_t size)
{
	struct pdiag_source *s;
	struct pdiag_record r;
	struct pdiag_raw raw;
	size_t len = 0;

	list[0] = '\0';
	assert_int_equal(replay_open_path(path, &s), 0);
	while (s->ops->next(s, &raw) > 0) {
		assert_int_equal(pdiag_decode_stream(raw.data, raw.len, &r), 0);
		if (r.type == PDIAG_RECORD_NAME)
			len += (size_t)snprintf(list + len, size - len, "%u %s %u\n",
				(unsigned int)r.name.value, r.name.name,
				(unsigned int)r.name.reason);
		assert_true(len < size);
	}
	s->ops->close(s);
}

static void check_taken(uint32_t flags, bool with_profile, const char *expected)
{
	struct pdiag_profile *last = make_profile();
	struct pdiag_recording *r;
	char path[64], list[512];
	int fd = file_of("", 0, path);

	/* What a kept name and a new one say of the same frame: the name goes before none. */
	add_taken(last, 9004, "fourth");
	add_taken(last, 9001, NULL);
	r = record_to(fd, flags);
	keep_two(r);
	assert_int_equal(pdiag_recording_finish(r, with_profile ? last : NULL), 0);
	/* Too late for names, and no harm. */
	pdiag_recording_keep(r, last);
	pdiag_recording_free(r);
	pdiag_profile_free(last);
	list_names(path, list, sizeof(list));
	assert_string_equal(list, expected);
	close(fd);
}

/* Each frame once, whichever profile it went away with. */
static void test_names_of_taken(void **state)
{
	char expected[128];

	(void)state;
	snprintf(expected, sizeof(expected), "9001 first 0\n9002 [unknown] %u\n9003 third 0\n"
		"9004 fourth 0\n", PDIAG_REASON_NO_MAPPING);
	check_taken(0, true, expected);
	check_taken(0, false, "");
	check_taken(PDIAG_RECORDING_NO_NAMES, true, "");
}

/* The profile is given away all the same; finish tells that names are missing. */
static void test_no_memory_to_keep(void **state)
{
	struct pdiag_profile *taken;
	struct pdiag_recording *r;
	char path[64], list[512];
	int fd, ret, failed;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	taken = make_profile();
	add_taken(taken, 9001, "first");
	add_taken(taken, 9002, "second");
	for (unsigned long n = 0;; n++) {
		fd = file_of("", 0, path);
		r = record_to(fd, 0);
		fail_alloc_start(n);
		pdiag_recording_keep(r, taken);
		failed = fail_alloc_stop();
		assert_string_equal(pdiag_errmsg(), "");
		ret = pdiag_recording_finish(r, taken);
		assert_int_equal(ret, failed ? -ENOMEM : 0);
		assert_true(!failed || strstr(pdiag_errmsg(), "taken"));
		pdiag_recording_free(r);
		/* The profile that is given has its names, whatever was kept. */
		list_names(path, list, sizeof(list));
		assert_string_equal(list, "9001 first 0\n9002 second 0\n");
		close(fd);
		if (!failed)
			break;
		assert_true(n < 100);
	}
	assert_int_equal(ret, 0);
	pdiag_profile_free(taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_names),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_names_of_taken),
		cmocka_unit_test(test_no_memory_to_keep),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
