/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bad input: a negative errno and one sentence that says what, where and what to do. */
#include "event_support.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct pdiag *context;
static char dir[] = "/tmp/pdiag-test-XXXXXX";

static int setup(void **state)
{
	(void)state;
	OK(pdiag_open(NULL, &context));
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	return rmdir(dir);
}

static int try(const struct pdiag_capture_options *o)
{
	struct pdiag_capture *capture = (void *)1;
	int ret = pdiag_capture_new(context, o, &capture);

	/* On failure there is nothing to free. */
	if (ret && capture)
		fail_msg("the handle is not NULL after a failure");
	if (!ret)
		pdiag_capture_free(capture);
	return ret;
}

#define TRY(...) \
	try(&(struct pdiag_capture_options){ .size = sizeof(struct pdiag_capture_options), \
		__VA_ARGS__ })

/* Set the field `which` of those that belong to a target, and the one that is needed. */
static int try_field(uint32_t target, int which, int needed)
{
	static char *const argv[] = { (char *)"true", NULL };

	return TRY(.target = target, .pid = which == 0 || needed == 0 ? 1 : 0,
		.argv = which == 1 || needed == 1 ? argv : NULL,
		.cgroup = which == 2 || needed == 2 ? "a" : NULL,
		.path = which == 3 || needed == 3 ? "a" : NULL);
}

/* A field that the target does not use was meant for another target. */
static void stray_options(void **state)
{
	static const char *const words[] = { "pid is set", "argv is set", "cgroup is set",
		"path is set" };
	static const uint32_t users[] = { PDIAG_TARGET_PROCESS, PDIAG_TARGET_COMMAND,
		PDIAG_TARGET_CGROUP, PDIAG_TARGET_RECORDING };

	(void)state;
	for (int i = 0; i < 4; i++) {
		for (int needed = 0; needed < 4; needed++)
			if (i != needed)
				FAILS(try_field(users[needed], i, needed), EINVAL, words[i]);
		FAILS(try_field(PDIAG_TARGET_SELF, i, -1), EINVAL, words[i]);
		FAILS(try_field(PDIAG_TARGET_SYSTEM, i, -1), EINVAL, words[i]);
	}
	FAILS(try_field(PDIAG_TARGET_THREAD, 1, 0), EINVAL, words[1]);
	FAILS(TRY(.off_cpu_min_ns = 1), EINVAL, "PDIAG_OFF_CPU");
	FAILS(TRY(.events = PDIAG_ON_CPU, .off_cpu_min_ns = 1), EINVAL, "off_cpu_min_ns");
}

static void options(void **state)
{
	(void)state;
	FAILS(TRY(.hz = 10001), EINVAL, "10001");
	FAILS(TRY(.target = 77), EINVAL, "77");
	FAILS(TRY(.events = 4), EINVAL, "events");
	FAILS(TRY(.flags = 1u << 20), EINVAL, "flags");
	FAILS(TRY(.max_depth = 1025), EINVAL, "1025");
	FAILS(TRY(.target = PDIAG_TARGET_SYSTEM, .cpus = "0-"), EINVAL, "0-");
	FAILS(TRY(.target = PDIAG_TARGET_SYSTEM, .cpus = ""), EINVAL, "cpus");
	FAILS(TRY(.target = PDIAG_TARGET_SYSTEM, .cpus = "3-1"), EINVAL, "3-1");
	FAILS(TRY(.target = PDIAG_TARGET_SYSTEM, .cpus = "a\nb"), EINVAL, "a?b");
	FAILS(TRY(.cpus = "0"), EINVAL, "cpus");
	FAILS(TRY(.target = PDIAG_TARGET_COMMAND), EINVAL, "argv");
	FAILS(TRY(.target = PDIAG_TARGET_CGROUP), EINVAL, "cgroup");
	FAILS(TRY(.target = PDIAG_TARGET_RECORDING), EINVAL, "path");
	FAILS(TRY(.target = PDIAG_TARGET_PROCESS, .pid = -5), EINVAL, "-5");
	FAILS(TRY(.target = PDIAG_TARGET_PROCESS), EINVAL, "pid");
}

/* A process that has just ended has a pid that is surely gone. */
static void no_such_target(void **state)
{
	char *const nowhere[] = { "/no/such/command", NULL };
	char *const unknown[] = { "no-such-command-in-path", NULL };
	char *const folder[] = { "/tmp", NULL };
	char words[32];
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	SAMPLE_OR_SKIP();
	/* A folder in PATH that may not be read would be another reason. */
	setenv("PATH", "/usr/bin:/bin", 1);
	snprintf(words, sizeof(words), "%d", pid);
	FAILS(TRY(.target = PDIAG_TARGET_PROCESS, .pid = pid), ESRCH, words);
	FAILS(TRY(.target = PDIAG_TARGET_THREAD, .pid = pid), ESRCH, words);
	FAILS(TRY(.target = PDIAG_TARGET_COMMAND, .argv = nowhere), ENOENT, "/no/such/command");
	FAILS(TRY(.target = PDIAG_TARGET_COMMAND, .argv = unknown), ENOENT,
		"no-such-command-in-path");
	FAILS(TRY(.target = PDIAG_TARGET_COMMAND, .argv = folder), EACCES, "/tmp");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child was left behind */
}

static void no_such_machine_part(void **state)
{
	(void)state;
	SAMPLE_OR_SKIP();
	ROOT_OR_SKIP();
	FAILS(TRY(.target = PDIAG_TARGET_CGROUP, .cgroup = "/no/such/cgroup"), ENOENT,
		"/no/such/cgroup");
	FAILS(TRY(.target = PDIAG_TARGET_SYSTEM, .cpus = "60000"), EINVAL, "60000");
}

static int load(const char *path)
{
	struct pdiag_recording_info info = { .size = sizeof(info) };
	struct pdiag_profile *profile = (void *)1;
	int ret = pdiag_recording_load(context, path, &info, &profile);

	if (ret && profile)
		fail_msg("the handle is not NULL after a failure");
	if (!ret)
		pdiag_profile_free(profile);
	return ret;
}

static void no_recording(void **state)
{
	(void)state;
	FAILS(load("/no/such/file"), ENOENT, "/no/such/file");
	FAILS(load("/proc/self/exe"), EBADMSG, "not a pdiag recording");
	FAILS(load("/dev/null"), EBADMSG, "/dev/null");
	assert_true(load("/tmp") < 0);
	assert_non_null(strstr(pdiag_errmsg(), "/tmp"));
	FAILS(TRY(.target = PDIAG_TARGET_RECORDING, .path = "/no/such/file"), ENOENT,
		"/no/such/file");
	FAILS(TRY(.target = PDIAG_TARGET_RECORDING, .path = "/proc/self/exe"), EBADMSG,
		"not a pdiag recording");
}

static void no_output(void **state)
{
	struct pdiag_profile *profile;
	char path[64];

	(void)state;
	OK(pdiag_profile_new(context, &profile));
	FAILS(pdiag_profile_save(profile, "/no/such/folder/a.svg"), ENOENT,
		"/no/such/folder/a.svg");
	FAILS(pdiag_profile_save(profile, "a.png"), EINVAL, "a.png");
	FAILS(pdiag_profile_save(profile, ""), EINVAL, "");
	/* A full disk: what was there before stays, nothing is left beside it. */
	FAILS(pdiag_profile_write_flamegraph(profile, NULL,
		&(struct pdiag_sink){ .size = sizeof(struct pdiag_sink), .path = "/dev/full" }),
		ENOSPC, "/dev/full");
	snprintf(path, sizeof(path), "%s/a.svg", dir);
	OK(pdiag_profile_save(profile, path));
	assert_int_equal(unlink(path), 0);
	pdiag_profile_free(profile);
}

static void full_disk_ends_a_recording(void **state)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .path = "/dev/full" };
	struct pdiag_recording_options o = { .size = sizeof(o), .sink = &sink };
	struct pdiag_capture_options co = { .size = sizeof(co), .flags = PDIAG_USER_ONLY };
	struct pdiag_recording *recording = NULL;
	struct pdiag_capture *capture = NULL;
	struct pdiag_capture_info info = { .size = sizeof(info) };
	int ret;

	(void)state;
	SAMPLE_OR_SKIP();
	/* Told at once, or at the end; but never not told. */
	ret = pdiag_recording_new(context, &o, &recording);
	if (ret) {
		assert_int_equal(ret, -ENOSPC);
		return;
	}
	OK(pdiag_capture_new(context, &co, &capture));
	OK(pdiag_capture_record(capture, recording));
	OK(pdiag_capture_start(capture));
	burn(50);
	OK(pdiag_capture_stop(capture));
	OK(pdiag_capture_get_info(capture, &info));
	assert_true(info.samples > 0);
	FAILS(pdiag_recording_finish(recording, pdiag_capture_profile(capture)), ENOSPC,
		"/dev/full");
	pdiag_recording_free(recording);
	pdiag_capture_free(capture);
}

#define WATCH(...) \
	try_watch(&(struct pdiag_watch_options){ .size = sizeof(struct pdiag_watch_options), \
		__VA_ARGS__ })

static int try_watch(struct pdiag_watch_options *o)
{
	struct pdiag_watch *watch = (void *)1;
	int ret;

	o->flags |= PDIAG_WATCH_NO_PROFILE | PDIAG_WATCH_NO_TASKS;
	ret = pdiag_watch_new(context, o, &watch);
	if (ret && watch)
		fail_msg("the handle is not NULL after a failure");
	if (!ret)
		pdiag_watch_free(watch);
	return ret;
}

static int try_rule(const char *rule)
{
	const char *const rules[] = { "load >= 1000000", rule, NULL };

	return WATCH(.rules = rules);
}

static void watches(void **state)
{
	static const char *const unknown[] = { "no.such.*", NULL }, *const none[] = { NULL };

	(void)state;
	FAILS(WATCH(.flags = 1u << 20), EINVAL, "PDIAG_WATCH_");
	FAILS(WATCH(.flags = PDIAG_WATCH_ONLY_RULES), EINVAL, "needs rules");
	FAILS(WATCH(.flags = PDIAG_WATCH_ONLY_RULES, .rules = none), EINVAL, "needs rules");
	FAILS(WATCH(.interval_ms = 99), EINVAL, "99");
	FAILS(WATCH(.interval_ms = 1001), EINVAL, "1001");
	FAILS(WATCH(.before_s = 301), EINVAL, "before_s is 301");
	FAILS(WATCH(.during_s = 301), EINVAL, "during_s is 301");
	FAILS(WATCH(.history = 4097), EINVAL, "history is 4097");
	FAILS(WATCH(.hz = 10001), EINVAL, "hz is 10001");
	FAILS(WATCH(.false_alarms = -1), EINVAL, "false_alarms");
	FAILS(WATCH(.false_alarms = NAN), EINVAL, "false_alarms");
	FAILS(WATCH(.metrics = unknown), ENOENT, "no.such.*");
	assert_true(WATCH(.cgroup = "/no/such/cgroup") < 0);
	assert_non_null(strstr(pdiag_errmsg(), "/no/such/cgroup"));
	FAILS(try_rule("load is high"), EINVAL, "load is high");
	FAILS(try_rule(""), EINVAL, "");
	FAILS(try_rule("no.such >= 1"), ENOENT, "no.such");
	FAILS(try_rule("load >= nan"), EINVAL, "nan");
	FAILS(try_rule("load >= 1 for -5 s"), EINVAL, "load >= 1 for -5 s");
	FAILS(WATCH(.journal = "/proc/pdiag"), ENOENT, "/proc/pdiag");
	FAILS(WATCH(.journal = "/dev/null"), ENOTDIR, "/dev/null");
	FAILS(WATCH(.journal = dir, .journal_bytes = 5), EINVAL, "max_bytes is 5");
}

/* What was learned by another release, or by nobody. */
static void learned(void **state)
{
	char bytes[1 << 16], copy[1 << 16];
	struct pdiag_watch *watch;
	size_t used = 0, again;

	(void)state;
	OK(pdiag_watch_new(context, &(struct pdiag_watch_options){
		.size = sizeof(struct pdiag_watch_options),
		.metrics = (const char *const[]){ "system.cpu.load_average.*", NULL },
		.flags = PDIAG_WATCH_NO_PROFILE | PDIAG_WATCH_NO_TASKS }, &watch));
	FAILS(pdiag_watch_save(watch, NULL, 0, &used), ENOSPC, "room for 0");
	assert_in_range(used, 100, sizeof(bytes));
	FAILS(pdiag_watch_save(watch, bytes, used - 1, &again), ENOSPC, "bytes");
	assert_int_equal(again, used);
	FAILS(pdiag_watch_save(watch, bytes, sizeof(bytes), NULL), EINVAL, "place");
	OK(pdiag_watch_save(watch, bytes, used, &again));
	for (size_t len = 0; len < used; len += 1 + len / 16)
		FAILS(pdiag_watch_restore(watch, bytes, len), EBADMSG, "damaged");
	FAILS(pdiag_watch_restore(watch, NULL, used), EBADMSG, "damaged");
	memcpy(copy, bytes, used);
	copy[used / 2] ^= 1;
	FAILS(pdiag_watch_restore(watch, copy, used), EBADMSG, "damaged");
	memcpy(copy, bytes, used);
	copy[4]++;
	FAILS(pdiag_watch_restore(watch, copy, used), ENOTSUP, "newer release");
	OK(pdiag_watch_restore(watch, bytes, used));
	FAILS(pdiag_watch_take(watch, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_watch_wait(watch, 1, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_watch_each_event(watch, NULL, NULL), EINVAL, "fn is NULL");
	pdiag_watch_free(watch);
}

static int never(void *user, const struct pdiag_event_info *info)
{
	(void)info;
	++*(int *)user;
	return -ECANCELED;
}

static int try_journal(const char *path, uint32_t flags)
{
	struct pdiag_journal *journal = (void *)1;
	int ret = journal_open_as(context, path, flags, &journal);

	if (ret && journal)
		fail_msg("the handle is not NULL after a failure");
	if (!ret)
		pdiag_journal_close(journal);
	return ret;
}

static void journals(void **state)
{
	struct pdiag_journal *writer, *reader;
	struct pdiag_event *event = NULL;
	struct folder f;
	int calls = 0;

	(void)state;
	FAILS(try_journal(NULL, 0), EINVAL, "path");
	FAILS(try_journal("", 0), EINVAL, "path");
	FAILS(try_journal("/dev/null", 0), ENOTDIR, "/dev/null");
	FAILS(try_journal("/dev/null/a", 0), ENOTDIR, "/dev/null/a");
	FAILS(try_journal("/no/such/folder", 0), ENOENT, "/no/such/folder");
	FAILS(try_journal("/no/such/folder", PDIAG_JOURNAL_READ_ONLY), ENOENT, "/no/such/folder");
	FAILS(try_journal("/tmp", 0), EACCES, "everybody");
	FAILS(try_journal(dir, 4), EINVAL, "0x4");
	FAILS(pdiag_journal_open(context, dir, &(struct pdiag_journal_options){
		.size = sizeof(struct pdiag_journal_options), .max_bytes = 1048575 }, &reader),
		EINVAL, "1048575");
	folder_fill(&f);
	OK(journal_open_as(context, f.name, 0, &writer));
	FAILS(try_journal(f.name, 0), EBUSY, f.name);
	OK(journal_open_as(context, f.name, PDIAG_JOURNAL_READ_ONLY, &reader));
	FAILS(pdiag_journal_each(reader, NULL, NULL), EINVAL, "fn is NULL");
	assert_int_equal(pdiag_journal_each(reader, never, &calls), -ECANCELED);
	assert_int_equal(calls, 1);
	FAILS(pdiag_journal_read(reader, 2, &event), ENOENT, "event 2");
	FAILS(pdiag_journal_read(reader, UINT64_MAX, &event), ENOENT, "18446744073709551615");
	FAILS(pdiag_journal_read(reader, 1, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_journal_append(writer, NULL), EINVAL, "event is NULL");
	OK(pdiag_journal_read(reader, 1, &event));
	FAILS(pdiag_journal_append(reader, event), EBADF, "READ_ONLY");
	assert_null(pdiag_event_profile(event, PDIAG_EVIDENCE_BEFORE));
	assert_null(pdiag_event_profile(event, 0));
	assert_null(pdiag_event_profile(event, 16));
	assert_null(pdiag_event_culprit(event, 0));
	assert_null(pdiag_event_metric(event, UINT32_MAX, NULL));
	/* Damage in the middle, and then nothing at all. */
	pdiag_event_free(event);
	pdiag_journal_close(writer);
	folder_empty(f.name);
	FAILS(pdiag_journal_read(reader, 1, &event), ENOENT, "event 1");
	pdiag_journal_close(reader);
	folder_remove(&f);
}

static void comparisons(void **state)
{
	struct pdiag_culprits_options o = { .size = sizeof(o) };
	struct pdiag_profile *here, *there, *list[2];
	struct pdiag_culprits *culprits = NULL;
	struct pdiag *other;

	(void)state;
	OK(pdiag_open(NULL, &other));
	OK(pdiag_profile_new(context, &here));
	OK(pdiag_profile_new(other, &there));
	list[0] = here;
	list[1] = there;
	FAILS(pdiag_culprits_new(list, 2, here, NULL, &culprits), EINVAL, "two contexts");
	list[1] = NULL;
	FAILS(pdiag_culprits_new(list, 2, here, NULL, &culprits), EINVAL, "profile 1");
	FAILS(pdiag_culprits_new(NULL, 1, here, NULL, &culprits), EINVAL, "count of 1");
	o.flags = 2;
	FAILS(pdiag_culprits_new(NULL, 0, here, &o, &culprits), EINVAL, "0x2");
	o.flags = 0;
	o.significance = NAN;
	FAILS(pdiag_culprits_new(NULL, 0, here, &o, &culprits), EINVAL, "significance");
	o.significance = 301;
	FAILS(pdiag_culprits_new(NULL, 0, here, &o, &culprits), EINVAL, "significance");
	o.significance = 0;
	o.min_share = -0.1;
	FAILS(pdiag_culprits_new(NULL, 0, here, &o, &culprits), EINVAL, "min_share");
	o.min_share = 0;
	o.max = 1001;
	FAILS(pdiag_culprits_new(NULL, 0, here, &o, &culprits), EINVAL, "1001");
	o.max = 0;
	assert_null(culprits);
	/* A profile of no time with itself. */
	list[1] = here;
	OK(pdiag_culprits_new(list, 2, here, &o, &culprits));
	assert_int_equal(pdiag_culprits_count(culprits), 0);
	assert_null(pdiag_culprits_get(culprits, 0));
	pdiag_culprits_free(culprits);
	pdiag_profile_free(here);
	pdiag_close(other);
}

#define CHART(...) \
	try_chart(&(struct pdiag_trend_options){ .size = sizeof(struct pdiag_trend_options), \
		__VA_ARGS__ })

static int try_chart(const struct pdiag_trend_options *o)
{
	struct pdiag_trend *trend = (void *)1;
	int ret = pdiag_trend_new(context, o, &trend);

	if (ret && trend)
		fail_msg("the handle is not NULL after a failure");
	if (!ret)
		pdiag_trend_free(trend);
	return ret;
}

static void charts(void **state)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .path = "/dev/full" };
	const struct pdiag_sink fine = { .size = sizeof(fine), .path = "/dev/null" };
	struct pdiag_trend_point points[2] = { { .time_ns = 2 }, { .time_ns = 1 } };
	struct pdiag_trend_series s = { .size = sizeof(s), .points = points, .count = 2 };
	struct pdiag_metrics *metrics;
	struct pdiag_trend *trend;

	(void)state;
	FAILS(CHART(.flags = 1), EINVAL, "flags");
	FAILS(CHART(.reserved = 1), EINVAL, "reserved");
	FAILS(CHART(.width = 5), EINVAL, "width is 5");
	FAILS(CHART(.width = 20001), EINVAL, "width is 20001");
	FAILS(CHART(.height = 4001), EINVAL, "height is 4001");
	FAILS(CHART(.from_ns = 5, .to_ns = 4), EINVAL, "to_ns");
	FAILS(CHART(.to_ns = UINT64_MAX), EINVAL, "73 years");
	OK(pdiag_trend_new(context, NULL, &trend));
	FAILS(pdiag_trend_write(trend, &fine), EINVAL, "");
	FAILS(pdiag_trend_add_series(trend, &s), EINVAL, "no name");
	s.name = "a\nb";
	FAILS(pdiag_trend_add_series(trend, &s), EINVAL, "point 1");
	points[1].time_ns = UINT64_MAX;
	FAILS(pdiag_trend_add_series(trend, &s), EINVAL, "73 years");
	s.points = NULL;
	FAILS(pdiag_trend_add_series(trend, &s), EINVAL, "2 points");
	s.count = 0;
	OK(pdiag_trend_add_series(trend, &s));
	FAILS(pdiag_trend_write(trend, &sink), ENOSPC, "/dev/full");
	OK(pdiag_trend_write(trend, &fine));
	OK(pdiag_metrics_new(context, NULL, &metrics));
	FAILS(pdiag_trend_add_event(trend, NULL), EINVAL, "event is NULL");
	FAILS(pdiag_trend_add_metric(trend, metrics, UINT32_MAX, NULL), EINVAL, "4294967295");
	pdiag_metrics_free(metrics);
	pdiag_trend_free(trend);
}

static void wrong_order(void **state)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .path = "/dev/null" };
	struct pdiag_recording_options o = { .size = sizeof(o), .sink = &sink };
	struct pdiag_capture_options co = { .size = sizeof(co), .flags = PDIAG_USER_ONLY };
	struct pdiag_recording *recording = NULL;
	struct pdiag_capture *capture = NULL;
	struct pdiag_profile *profile = NULL;
	struct pdiag *other = NULL;

	(void)state;
	SAMPLE_OR_SKIP();
	OK(pdiag_recording_new(context, &o, &recording));
	OK(pdiag_capture_new(context, &co, &capture));
	OK(pdiag_capture_stop(capture));
	OK(pdiag_capture_start(capture));
	assert_int_equal(pdiag_capture_start(capture), -EALREADY);
	assert_int_equal(pdiag_capture_record(capture, recording), -EBUSY);
	OK(pdiag_capture_stop(capture));
	OK(pdiag_capture_stop(capture));
	pdiag_capture_free(capture);
	pdiag_recording_free(recording);

	OK(pdiag_open(NULL, &other));
	OK(pdiag_profile_new(context, &profile));
	FAILS(pdiag_profile_merge(profile, profile), EINVAL, "");
	pdiag_profile_free(profile);
	pdiag_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options), cmocka_unit_test(stray_options),
		cmocka_unit_test(no_such_target),
		cmocka_unit_test(no_such_machine_part), cmocka_unit_test(no_recording),
		cmocka_unit_test(no_output), cmocka_unit_test(full_disk_ends_a_recording),
		cmocka_unit_test(wrong_order), cmocka_unit_test(watches),
		cmocka_unit_test(learned), cmocka_unit_test(journals),
		cmocka_unit_test(comparisons), cmocka_unit_test(charts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
