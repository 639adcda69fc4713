/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a capture leaves in its host: nothing after pdiag_close(), whatever was sampled; and what
 * a fork of the host does to it: nothing. */
#include "event_support.h"

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

/* All kinds of objects that have to do with events. */
struct objects {
	struct pdiag *context;
	struct pdiag_watch *watch;
	struct pdiag_journal *journal;
	struct pdiag_event *event;
	struct pdiag_culprits *culprits;
	struct pdiag_trend *trend;
	struct pdiag_profile *profile;
};

#define OBJECTS 6u

static void make_objects(struct objects *o, const struct folder *f)
{
	memset(o, 0, sizeof(*o));
	OK(pdiag_open(NULL, &o->context));
	OK(always_new(o->context, NULL, &o->watch));
	OK(journal_open_as(o->context, f->name, PDIAG_JOURNAL_READ_ONLY, &o->journal));
	OK(pdiag_journal_read(o->journal, 0, &o->event));
	OK(trend_of(o->context, &o->trend));
	OK(pdiag_trend_add_event(o->trend, o->event));
	OK(pdiag_profile_new(o->context, &o->profile));
	OK(pdiag_culprits_new(&o->profile, 1, o->profile, NULL, &o->culprits));
}

static void free_object(struct objects *o, unsigned int which)
{
	switch (which) {
	case 0:
		pdiag_watch_free(o->watch);
		break;
	case 1:
		pdiag_journal_close(o->journal);
		break;
	case 2:
		pdiag_event_free(o->event);
		break;
	case 3:
		pdiag_trend_free(o->trend);
		break;
	case 4:
		pdiag_culprits_free(o->culprits);
		break;
	default:
		pdiag_profile_free(o->profile);
	}
}

/* What is left works as if nothing had happened. */
static void use_objects(const struct objects *o, unsigned int freed)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .path = "/dev/null" };
	struct pdiag_journal_info journal = { .size = sizeof(journal) };

	if (!(freed & 1u << 0))
		assert_true(pdiag_watch_dispatch(o->watch) >= 0);
	if (!(freed & 1u << 1))
		OK(pdiag_journal_get_info(o->journal, &journal));
	if (!(freed & 1u << 2))
		OK(pdiag_event_write_report(o->event, NULL, &sink));
	if (!(freed & 1u << 3))
		OK(pdiag_trend_write(o->trend, &sink));
	if (!(freed & 1u << 4))
		assert_int_equal(pdiag_culprits_count(o->culprits), 0);
}

/* So many are freed, beginning with each, in both directions; the context frees the rest. */
static void free_in_any_order(void **state)
{
	struct traces before, after;
	struct folder f;

	(void)state;
	folder_fill(&f);
	before = look();
	for (unsigned int first = 0; first < OBJECTS; first++) {
		for (unsigned int count = 0; count <= OBJECTS; count += 2) {
			unsigned int step = (first + count / 2) % 2 ? 1 : OBJECTS - 1, freed = 0;
			struct objects o;

			make_objects(&o, &f);
			for (unsigned int i = 0; i < count; i++) {
				unsigned int which = (first + i * step) % OBJECTS;

				free_object(&o, which);
				freed |= 1u << which;
				use_objects(&o, freed);
			}
			pdiag_close(o.context);
			after = look();
			assert_memory_equal(&before, &after, sizeof(before));
		}
	}
	folder_remove(&f);
}

/* What the callback is shown is the watch's: to free it does nothing. */
static void free_in_callback(void *user, struct pdiag_event *event)
{
	struct pdiag_event_info info = { .size = sizeof(info) };
	unsigned int *calls = user;

	pdiag_event_free(event);
	OK(pdiag_event_get_info(event, &info));
	assert_string_equal(info.rule, "load >= 0");
	assert_int_equal(info.phase, PDIAG_EVENT_BEGUN);
	++*calls;
}

static void watch_with_callback(void **state)
{
	static const char *const rules[] = { "load >= 0", NULL };
	unsigned int calls = 0;
	const struct pdiag_watch_options o = { .size = sizeof(o), .rules = rules,
		.interval_ms = 100, .fn = free_in_callback, .user = &calls,
		.flags = PDIAG_WATCH_ONLY_RULES | PDIAG_WATCH_NO_PROFILE | PDIAG_WATCH_NO_TASKS };
	struct pdiag_watch_info info = { .size = sizeof(info) };
	struct pdiag_event *event = (void *)1;
	struct traces before = look(), after;
	struct pdiag_watch *watch;
	struct pdiag *context;

	(void)state;
	OK(pdiag_open(NULL, &context));
	OK(pdiag_watch_new(context, &o, &watch));
	while (!calls)
		OK(pdiag_watch_run(watch, 1));
	OK(pdiag_watch_get_info(watch, &info));
	assert_int_equal(calls, 1);
	assert_int_equal(info.events, 1);
	assert_int_equal(info.ongoing, 1);
	/* With a callback none waits. */
	assert_int_equal(pdiag_watch_take(watch, &event), 0);
	assert_null(event);
	pdiag_watch_free(watch);
	pdiag_close(context);
	after = look();
	assert_memory_equal(&before, &after, sizeof(before));
}

/* An event that was taken outlives its watch and the journal that the watch wrote. */
static void event_outlives_its_watch(void **state)
{
	struct pdiag_event_info info = { .size = sizeof(info) }, again = info;
	struct pdiag_event *event = NULL, *read = NULL;
	struct pdiag_journal *journal;
	struct pdiag_watch *watch;
	struct pdiag *context;
	struct folder f;

	(void)state;
	folder_make(&f);
	OK(pdiag_open(NULL, &context));
	OK(always_new(context, f.name, &watch));
	assert_int_equal(pdiag_watch_wait(watch, 60000, &event), 1);
	/* A reader beside the writer: it goes on there. */
	OK(journal_open_as(context, f.name, PDIAG_JOURNAL_READ_ONLY, &journal));
	OK(pdiag_journal_read(journal, 0, &read));
	OK(pdiag_event_get_info(read, &again));
	assert_int_equal(again.phase, PDIAG_EVENT_BEGUN);
	pdiag_event_free(read);
	pdiag_watch_free(watch);
	OK(pdiag_event_get_info(event, &info));
	OK(pdiag_journal_read(journal, info.id, &read));
	pdiag_journal_close(journal);
	OK(pdiag_event_get_info(read, &again));
	assert_int_equal(again.phase, PDIAG_EVENT_CUT);
	assert_int_equal(again.onset_ns, info.onset_ns);
	assert_string_equal(again.sentence, info.sentence);
	/* Once more by hand, as another one. */
	OK(journal_open_as(context, f.name, 0, &journal));
	OK(pdiag_journal_append(journal, event));
	pdiag_close(context);
	folder_remove(&f);
}

/* A child of the host has neither the watch nor the journal, and its end harms neither. */
static void fork_beside_a_watch(void **state)
{
	struct pdiag_journal_info info = { .size = sizeof(info) };
	struct pdiag_event *event = NULL;
	struct pdiag_journal *journal;
	struct pdiag_watch *watch;
	struct pdiag *context;
	struct folder f;
	int status = -1;
	pid_t pid;

	(void)state;
	folder_make(&f);
	OK(pdiag_open(NULL, &context));
	OK(always_event(context, NULL, &event));
	OK(always_new(context, NULL, &watch));
	OK(journal_open_as(context, f.name, 0, &journal));
	OK(pdiag_journal_append(journal, event));
	pid = fork();
	if (!pid) {
		bool refused = pdiag_watch_dispatch(watch) == -EPERM &&
			pdiag_journal_append(journal, event) == -EPERM;

		pdiag_close(context);
		_exit(!refused);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	OK(pdiag_journal_append(journal, event));
	OK(pdiag_journal_get_info(journal, &info));
	assert_int_equal(info.events, 1);
	assert_int_equal(info.damaged, 0);
	/* The lock is still ours. */
	FAILS(journal_open_as(context, f.name, 0, &journal), EBUSY, f.name);
	assert_int_equal(pdiag_watch_wait(watch, 60000, &event), 1);
	pdiag_close(context);
	folder_remove(&f);
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
		cmocka_unit_test(free_in_any_order), cmocka_unit_test(watch_with_callback),
		cmocka_unit_test(event_outlives_its_watch), cmocka_unit_test(fork_beside_a_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
