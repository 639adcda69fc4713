/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a capture leaves in its host: nothing after pdiag_close(), whatever was sampled; and what
 * a fork of the host does to it: nothing. */
#include "support.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What a library could leave behind in a process. */
struct traces {
	unsigned int fds, threads, rings;
	sigset_t blocked;
	void (*actions[32])(int);
};

static unsigned int count_dir(const char *path)
{
	unsigned int n = 0;
	DIR *dir = opendir(path);

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static unsigned int count_rings(void)
{
	unsigned int n = 0;
	char line[1024];
	FILE *f = fopen("/proc/self/maps", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, "perf_event") != NULL;
	fclose(f);
	return n;
}

static struct traces look(void)
{
	struct sigaction action;
	struct traces t;

	memset(&t, 0, sizeof(t));
	t.fds = count_dir("/proc/self/fd");
	t.threads = count_dir("/proc/self/task");
	t.rings = count_rings();
	sigprocmask(SIG_BLOCK, NULL, &t.blocked);
	for (int i = 1; i < 32; i++) {
		sigaction(i, NULL, &action);
		t.actions[i] = action.sa_handler;
	}
	return t;
}

/* A whole life that ends with pdiag_close() alone: all other objects are left to it. */
static void live(struct pdiag_capture_options *options, bool run)
{
	struct pdiag_symbolizer *symbolizer = NULL;
	struct pdiag_capture *capture = NULL;
	struct pdiag_profile *taken = NULL;
	struct pdiag *context = NULL;

	options->size = sizeof(*options);
	OK(pdiag_open(NULL, &context));
	OK(pdiag_symbolizer_new(context, NULL, &symbolizer));
	OK(pdiag_capture_new(context, options, &capture));
	if (run) {
		OK(pdiag_capture_start(capture));
		burn(30);
		assert_true(pdiag_capture_dispatch(capture) >= 0);
		OK(pdiag_profile_resolve(pdiag_capture_profile(capture), NULL));
		OK(pdiag_capture_take(capture, &taken));
		burn(30);
	}
	assert_true(look().fds > 0);
	pdiag_close(context);
}

static void nothing_survives(struct pdiag_capture_options options)
{
	struct traces before = look(), after;

	for (int run = 0; run < 2; run++) {
		live(&options, run);
		after = look();
		assert_int_equal(before.fds, after.fds);
		assert_int_equal(before.threads, after.threads);
		assert_int_equal(after.rings, 0);
		assert_memory_equal(&before, &after, sizeof(before));
	}
}

static void nothing_survives_self(void **state)
{
	(void)state;
	SAMPLE_OR_SKIP();
	nothing_survives((struct pdiag_capture_options){ .flags = PDIAG_USER_ONLY });
}

static void nothing_survives_off_cpu(void **state)
{
	(void)state;
	SAMPLE_OR_SKIP();
	ROOT_OR_SKIP();
	nothing_survives((struct pdiag_capture_options){
		.events = PDIAG_ON_CPU | PDIAG_OFF_CPU });
}

static void nothing_survives_system(void **state)
{
	(void)state;
	SAMPLE_OR_SKIP();
	ROOT_OR_SKIP();
	nothing_survives((struct pdiag_capture_options){ .target = PDIAG_TARGET_SYSTEM });
}

static void nothing_survives_process(void **state)
{
	struct pdiag_capture_options options = { .target = PDIAG_TARGET_PROCESS,
		.flags = PDIAG_USER_ONLY };
	int end[2];
	char c;

	(void)state;
	SAMPLE_OR_SKIP();
	assert_int_equal(pipe(end), 0);
	options.pid = fork();
	if (!options.pid) {
		close(end[1]);
		_exit(read(end[0], &c, 1) != 0);
	}
	nothing_survives(options);
	/* And the target lives on as it did. */
	assert_int_equal(waitpid(options.pid, NULL, WNOHANG), 0);
	close(end[0]);
	close(end[1]);
	assert_int_equal(waitpid(options.pid, NULL, 0), options.pid);
}

static void nothing_survives_command(void **state)
{
	static char *argv[] = { "/bin/true", NULL };
	struct pdiag_capture_options options = { .target = PDIAG_TARGET_COMMAND, .argv = argv,
		.flags = PDIAG_USER_ONLY };

	(void)state;
	SAMPLE_OR_SKIP();
	nothing_survives(options);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* A command that ends is told with its status; one that never ran is not left behind. */
static void command_status(void **state)
{
	static char *argv[] = { "sh", "-c", "exit 7", NULL };
	struct pdiag_capture_options options = { .size = sizeof(options),
		.target = PDIAG_TARGET_COMMAND, .argv = argv, .flags = PDIAG_USER_ONLY };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;

	(void)state;
	SAMPLE_OR_SKIP();
	OK(pdiag_open(NULL, &context));
	OK(pdiag_capture_new(context, &options, &capture));
	OK(pdiag_capture_get_info(capture, &info));
	assert_int_equal(info.exit_status, -1);
	assert_true(info.pid > 0);
	OK(pdiag_capture_run(capture, 0));
	OK(pdiag_capture_get_info(capture, &info));
	assert_int_equal(info.ended, 1);
	assert_int_equal(info.running, 0);
	assert_true(WIFEXITED(info.exit_status));
	assert_int_equal(WEXITSTATUS(info.exit_status), 7);
	pdiag_close(context);
}

/* The kernel finds out only at the start what is no program: then nothing runs. */
static void start_that_fails(void **state)
{
	static char path[] = "/tmp/pdiag-no-program-XXXXXX", *argv[] = { path, NULL };
	struct pdiag_capture_options options = { .size = sizeof(options),
		.target = PDIAG_TARGET_COMMAND, .argv = argv, .flags = PDIAG_USER_ONLY };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;
	int fd;

	(void)state;
	SAMPLE_OR_SKIP();
	fd = mkstemp(path);
	assert_int_equal(write(fd, "garbage", 7), 7);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	OK(pdiag_open(NULL, &context));
	OK(pdiag_capture_new(context, &options, &capture));
	FAILS(pdiag_capture_start(capture), ENOEXEC, path);
	OK(pdiag_capture_get_info(capture, &info));
	assert_int_equal(info.running, 0);
	FAILS(pdiag_capture_start(capture), EALREADY, "begun");
	OK(pdiag_capture_stop(capture));
	pdiag_close(context);
	unlink(path);
}

/* A pid is told of the targets that are one process of their own, and of no other. */
static void pid_of_the_target(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options),
		.flags = PDIAG_USER_ONLY };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;

	(void)state;
	SAMPLE_OR_SKIP();
	OK(pdiag_open(NULL, &context));
	for (uint32_t target = PDIAG_TARGET_SELF; target <= PDIAG_TARGET_THREAD; target++) {
		options.target = target;
		options.pid = target == PDIAG_TARGET_SELF ? 0 : getpid();
		OK(pdiag_capture_new(context, &options, &capture));
		OK(pdiag_capture_get_info(capture, &info));
		assert_int_equal(info.pid, target == PDIAG_TARGET_PROCESS ? getpid() : 0);
		pdiag_capture_free(capture);
	}
	pdiag_close(context);
}

/* The host forks; the child closes the context. The parent's samples must not suffer. */
static void fork_in_the_host(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = 499,
		.flags = PDIAG_USER_ONLY | PDIAG_NO_INHERIT };
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;
	uint64_t used;
	int status = -1;
	pid_t pid;

	(void)state;
	SAMPLE_OR_SKIP();
	OK(pdiag_open(NULL, &context));
	OK(pdiag_capture_new(context, &options, &capture));
	OK(pdiag_capture_start(capture));
	used = burn(100);
	pid = fork();
	if (!pid) {
		if (pdiag_capture_new(context, &options, &capture) != -EPERM || capture ||
			!strstr(pdiag_errmsg(), "context"))
			_exit(2);
		pdiag_close(context);
		_exit(count_rings() ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	used += burn(300);
	OK(pdiag_capture_stop(capture));
	OK(pdiag_profile_get_info(pdiag_capture_profile(capture), &info));
	/* If the child had ended the sampling, a quarter would be there. */
	if (info.on_cpu_ns < used / 2)
		fail_msg("%llu of %llu ns were sampled", (unsigned long long)info.on_cpu_ns,
			(unsigned long long)used);
	pdiag_close(context);
}

/* Without a dispatch, each take has what came since the last one. */
static void take_reads_the_rings(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = 999,
		.flags = PDIAG_USER_ONLY };
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture = NULL;
	struct pdiag_profile *taken = NULL;
	struct pdiag *context = NULL;

	(void)state;
	SAMPLE_OR_SKIP();
	OK(pdiag_open(NULL, &context));
	OK(pdiag_capture_new(context, &options, &capture));
	OK(pdiag_capture_take(capture, &taken));
	pdiag_profile_free(taken);
	OK(pdiag_capture_start(capture));
	for (int i = 0; i < 2; i++) {
		burn(100);
		OK(pdiag_capture_take(capture, &taken));
		OK(pdiag_profile_get_info(taken, &info));
		assert_true(info.samples > 0);
		pdiag_profile_free(taken);
	}
	OK(pdiag_capture_stop(capture));
	OK(pdiag_capture_take(capture, &taken));
	pdiag_close(context);
}

/* What was sampled is what was used: within a tenth, in the unit that users see. */
static void weights_are_time(void **state)
{
	struct pdiag_capture_options options = { .size = sizeof(options), .hz = 999,
		.flags = PDIAG_USER_ONLY };
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;
	uint64_t used;

	(void)state;
	SAMPLE_OR_SKIP();
	OK(pdiag_open(NULL, &context));
	OK(pdiag_capture_new(context, &options, &capture));
	OK(pdiag_capture_start(capture));
	used = burn(500);
	OK(pdiag_capture_stop(capture));
	OK(pdiag_profile_get_info(pdiag_capture_profile(capture), &info));
	if (info.on_cpu_ns > used / 10 * 12 || info.on_cpu_ns < used / 10 * 8)
		fail_msg("%llu of %llu ns were sampled", (unsigned long long)info.on_cpu_ns,
			(unsigned long long)used);
	assert_int_equal(info.lost, 0);
	assert_int_equal(info.threads, 1);
	pdiag_close(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_survives_self),
		cmocka_unit_test(nothing_survives_off_cpu),
		cmocka_unit_test(nothing_survives_system),
		cmocka_unit_test(nothing_survives_process),
		cmocka_unit_test(nothing_survives_command), cmocka_unit_test(command_status),
		cmocka_unit_test(start_that_fails), cmocka_unit_test(pid_of_the_target),
		cmocka_unit_test(fork_in_the_host),
		cmocka_unit_test(take_reads_the_rings), cmocka_unit_test(weights_are_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
