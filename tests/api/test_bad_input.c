/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bad input: a negative errno and one sentence that says what, where and what to do. */
#include "support.h"

#include <fcntl.h>
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
		cmocka_unit_test(wrong_order),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
