/* SPDX-License-Identifier: MIT-0 */
/* pdiag-record: sample processes or the machine into flame graphs, folded stacks, recordings. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define MAX_OUTPUTS 16

struct settings {
	struct pdiag_capture_options capture;
	double seconds;			  /* 0: until interrupted, or the target's end */
	const char *outputs[MAX_OUTPUTS]; /* .svg, .folded */
	unsigned int output_count;
	const char *recording;		  /* .pdiag */
	struct pdiag_trigger triggers[3]; /* by enum pdiag_trigger_on; size 0: not set */
	uint32_t hold_ms;
	bool progress;
};

static const char usage[] =
	"Usage: pdiag-record [OPTION...] -p PID | -t TID | -a | -G CGROUP | [--] COMMAND [ARG...]\n"
	"Sample a process, a thread, the whole machine, a cgroup or a command.\n"
	"\n"
	"  -p, --pid PID        a process, its threads and later children\n"
	"  -t, --tid TID        a thread\n"
	"  -a, --all            the whole machine\n"
	"  -G, --cgroup CGROUP  all tasks of a cgroup: a path, or one below the cgroup mount\n"
	"  -C, --cpus LIST      only these CPUs, such as 0-3,8; with -a and -G\n"
	"  -F, --frequency HZ   samples a second, 1 to 10000 (default 99)\n"
	"      --off-cpu        sample waits, too: each stack weighs the time it was off the CPU\n"
	"      --wakers         with --off-cpu, kmod: and the stack of who ended each wait\n"
	"      --user           leave the kernel out\n"
	"      --source SOURCE  kmod (kernel module), perf, or auto: the best (default)\n"
	"      --budget PERCENT kmod: of each CPU, what sampling may use (default 1)\n"
	"      --sources        list the sources and what they can do here\n"
	"      --flight SEC     keep the last SEC seconds, until a trigger, ^C or SIGUSR1; then\n"
	"                       write them and end\n"
	"      --load N, --runnable N, --blocked N\n"
	"                       with --flight, kmod: a trigger: load average, tasks that run or\n"
	"                       want to, tasks in uninterruptible sleep, at N or above\n"
	"      --hold MS        ... and for so long (default 0)\n"
	"  -d, --duration SEC   end after SEC seconds (default: at the target's end, or at ^C)\n"
	"  -o, --output FILE    FILE.svg: flame graph, FILE.folded: folded stacks, FILE.pdiag:\n"
	"                       recording; may be repeated (default: recording.pdiag)\n"
	"      --progress       a line of progress each second even if stderr is no terminal\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 all written, 1 failed, 2 misuse.\n";

static int fail(void)
{
	fprintf(stderr, "pdiag-record: %s\n", pdiag_errmsg());
	return 1;
}

static int misuse(const char *what, const char *arg)
{
	fprintf(stderr, "pdiag-record: %s%s%s\nTry pdiag-record --help.\n", what, arg ? ": " : "",
		arg ? arg : "");
	return 2;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && !strcmp(text + len - n, end);
}

static bool number(const char *text, double low, double high, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end && *out >= low && *out <= high;
}

/* No sign, no fraction. */
static bool whole(const char *text, double low, double high, double *out)
{
	return text[strspn(text, "0123456789")] == '\0' && number(text, low, high, out);
}

/* Said now, not when all is sampled. A plain file is replaced by one written beside it. */
static int check_output(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	char *folder;
	int ret;

	if (!lstat(path, &st) && !S_ISREG(st.st_mode)) {
		if (!stat(path, &st) && S_ISDIR(st.st_mode))
			ret = (errno = EISDIR, -1);
		else
			ret = access(path, W_OK);
	} else {
		folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
		ret = folder ? access(folder, W_OK | X_OK) : -1;
		free(folder);
	}
	if (ret)
		fprintf(stderr, "pdiag-record: cannot write %s: %s\n", path, strerror(errno));
	return ret;
}

static int check_outputs(const struct settings *s)
{
	int ret = s->recording ? check_output(s->recording) : 0;

	for (unsigned int i = 0; i < s->output_count && !ret; i++)
		ret = check_output(s->outputs[i]);
	return ret ? 1 : 0;
}

static int add_output(struct settings *s, const char *path)
{
	if (ends_with(path, ".pdiag")) {
		if (s->recording)
			return misuse("only one recording can be written", path);
		s->recording = path;
		return 0;
	}
	if (!ends_with(path, ".svg") && !ends_with(path, ".folded"))
		return misuse("an output ends in .svg, .folded or .pdiag", path);
	if (s->output_count == MAX_OUTPUTS)
		return misuse("too many outputs", path);
	s->outputs[s->output_count++] = path;
	return 0;
}

static int set_target(struct settings *s, enum pdiag_target target)
{
	if (s->capture.target)
		return misuse("give one of -p, -t, -a, -G and a command", NULL);
	s->capture.target = target;
	return 0;
}

static int set_source(struct settings *s, const char *name)
{
	if (!strcmp(name, "auto"))
		s->capture.source = PDIAG_SOURCE_AUTO;
	else if (!strcmp(name, "perf"))
		s->capture.source = PDIAG_SOURCE_PERF;
	else if (!strcmp(name, "kmod"))
		s->capture.source = PDIAG_SOURCE_KMOD;
	else
		return misuse("a source is kmod, perf or auto", name);
	return 0;
}

static int list_feature(void *user, const struct pdiag_source_feature *feature)
{
	(void)user;
	return printf("  %-12s %-3s %s%s%s\n", feature->name, feature->available ? "yes" : "no",
		feature->text, *feature->why ? ": " : "", feature->why) < 0;
}

static int list_sources(void)
{
	static const uint32_t sources[] = { PDIAG_SOURCE_KMOD, PDIAG_SOURCE_PERF };
	struct pdiag_source_info info = { .size = sizeof(info) };
	struct pdiag *context = NULL;
	int ret = pdiag_open(NULL, &context);

	for (int i = 0; i < 2 && !ret; i++) {
		ret = pdiag_source_query(context, sources[i], &info);
		if (ret)
			break;
		printf("%s%s%s: %s%s\n", info.name, *info.release ? " " : "", info.release,
			info.available ? "available" : "not available: ", info.why);
		ret = pdiag_source_each_feature(context, sources[i], list_feature, NULL);
	}
	ret = ret < 0 ? fail() : ret || fflush(stdout);
	pdiag_close(context);
	return ret;
}

enum {
	OPT_OFF_CPU = 256, OPT_WAKERS, OPT_USER, OPT_SOURCE, OPT_BUDGET, OPT_SOURCES, OPT_PROGRESS,
	OPT_HELP, OPT_VERSION, OPT_FLIGHT, OPT_HOLD, OPT_TRIGGER,
};

static int set_trigger(struct settings *s, uint32_t on)
{
	double n;

	if (!number(optarg, 0, 1e9, &n))
		return misuse("not a number", optarg);
	s->triggers[on] = (struct pdiag_trigger){ .size = sizeof(s->triggers[on]), .on = on,
		.rise = (uint64_t)(on == PDIAG_TRIGGER_LOAD ? n * 100 : n) };
	return 0;
}

static int take_option(struct settings *s, int c)
{
	struct pdiag_capture_options *o = &s->capture;
	double n = 0;

	switch (c) {
	case 'p':
	case 't':
		if (!whole(optarg, 1, INT32_MAX, &n))
			return misuse("not a process or thread id", optarg);
		o->pid = (int32_t)n;
		return set_target(s, c == 'p' ? PDIAG_TARGET_PROCESS : PDIAG_TARGET_THREAD);
	case 'a':
		return set_target(s, PDIAG_TARGET_SYSTEM);
	case 'G':
		o->cgroup = optarg;
		return set_target(s, PDIAG_TARGET_CGROUP);
	case 'C':
		o->cpus = optarg;
		return 0;
	case 'F':
		if (!whole(optarg, 1, UINT32_MAX, &n))
			return misuse("not a frequency", optarg);
		o->hz = (uint32_t)n;
		return 0;
	case 'd':
		if (!number(optarg, 0.001, 4e6, &s->seconds))
			return misuse("not a duration in seconds", optarg);
		return 0;
	case 'o':
		return add_output(s, optarg);
	case OPT_OFF_CPU:
		o->events |= PDIAG_OFF_CPU;
		return 0;
	case OPT_WAKERS:
		o->flags |= PDIAG_WAKERS;
		return 0;
	case OPT_USER:
		o->flags |= PDIAG_USER_ONLY;
		return 0;
	case OPT_SOURCE:
		return set_source(s, optarg);
	case OPT_BUDGET:
		if (!number(optarg, 0.0001, 100, &n))
			return misuse("a budget is 0.0001 to 100 percent of a CPU", optarg);
		o->budget_ppm = (uint32_t)(n * 10000 + 0.5);
		return 0;
	case OPT_FLIGHT:
		if (!whole(optarg, 1, UINT32_MAX, &n))
			return misuse("not a number of seconds", optarg);
		o->flight_sec = (uint32_t)n;
		return 0;
	case OPT_HOLD:
		if (!whole(optarg, 0, 86400000, &n))
			return misuse("not a number of milliseconds", optarg);
		s->hold_ms = (uint32_t)n;
		return 0;
	case OPT_TRIGGER + PDIAG_TRIGGER_LOAD:
	case OPT_TRIGGER + PDIAG_TRIGGER_RUNNABLE:
	case OPT_TRIGGER + PDIAG_TRIGGER_BLOCKED:
		return set_trigger(s, (uint32_t)(c - OPT_TRIGGER));
	case OPT_SOURCES:
		exit(list_sources());
	case OPT_PROGRESS:
		s->progress = true;
		return 0;
	case OPT_HELP:
		exit(fputs(usage, stdout) < 0);
	case OPT_VERSION:
		exit(printf("pdiag-record %s\n", pdiag_version()) < 0);
	}
	return 2;
}

/* Name the option that getopt_long() did not take. */
static int bad_option(int c, char **argv)
{
	char letter[] = { '-', (char)optopt, '\0' };
	const char *name = optopt > 0 && optopt < 256 ? letter : argv[optind - 1];

	return misuse(c == ':' ? "an option lacks its value" :
				 "an option is not known, or takes no value", name);
}

static int parse(struct settings *s, int argc, char **argv)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "tid", required_argument, NULL, 't' },
		{ "all", no_argument, NULL, 'a' },
		{ "cgroup", required_argument, NULL, 'G' },
		{ "cpus", required_argument, NULL, 'C' },
		{ "frequency", required_argument, NULL, 'F' },
		{ "duration", required_argument, NULL, 'd' },
		{ "output", required_argument, NULL, 'o' },
		{ "off-cpu", no_argument, NULL, OPT_OFF_CPU },
		{ "wakers", no_argument, NULL, OPT_WAKERS },
		{ "user", no_argument, NULL, OPT_USER },
		{ "source", required_argument, NULL, OPT_SOURCE },
		{ "budget", required_argument, NULL, OPT_BUDGET },
		{ "flight", required_argument, NULL, OPT_FLIGHT },
		{ "hold", required_argument, NULL, OPT_HOLD },
		{ "load", required_argument, NULL, OPT_TRIGGER + PDIAG_TRIGGER_LOAD },
		{ "runnable", required_argument, NULL, OPT_TRIGGER + PDIAG_TRIGGER_RUNNABLE },
		{ "blocked", required_argument, NULL, OPT_TRIGGER + PDIAG_TRIGGER_BLOCKED },
		{ "sources", no_argument, NULL, OPT_SOURCES },
		{ "progress", no_argument, NULL, OPT_PROGRESS },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ 0 },
	};
	int c, ret;

	s->capture.size = sizeof(s->capture);
	s->capture.events = PDIAG_ON_CPU;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:p:t:aG:C:F:d:o:", options, NULL)) != -1) {
		ret = c == '?' || c == ':' ? bad_option(c, argv) : take_option(s, c);
		if (ret)
			return ret;
	}
	if (optind < argc) {
		s->capture.argv = argv + optind;
		ret = set_target(s, PDIAG_TARGET_COMMAND);
		if (ret)
			return ret;
	}
	if (!s->capture.target)
		return misuse("say what to sample: -p, -t, -a, -G or a command", NULL);
	if (!s->recording && !s->output_count)
		s->recording = "recording.pdiag";
	return 0;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void show_progress(const struct pdiag_capture *capture, const char *end)
{
	struct pdiag_capture_info info = { .size = sizeof(info) };

	if (pdiag_capture_get_info(capture, &info))
		return;
	fprintf(stderr, "%6.1f s  %llu samples  %llu lost  %.1f MB  %u CPUs at %u Hz (%s: %s)%s",
		(double)info.elapsed_ns / 1e9, (unsigned long long)info.samples,
		(unsigned long long)info.lost, (double)info.bytes / 1e6, info.cpus, info.hz,
		info.source, info.event, end);
}

/* Dispatch until the time is over, the target has ended, a trigger fired or a signal came. */
static int capture_until_end(struct settings *s, struct pdiag_capture *capture, int signals)
{
	struct pollfd fds[] = { { .fd = pdiag_capture_fd(capture), .events = POLLIN },
		{ .fd = signals, .events = POLLIN } };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	bool terminal = isatty(STDERR_FILENO);
	double tick = terminal ? 0.2 : 1, next = now(), end = next + s->seconds, wait;
	int ret;

	while (!info.ended && !info.frozen && !(fds[1].revents & POLLIN)) {
		if (s->seconds > 0 && now() >= end)
			break;
		if (now() >= next) {
			if (terminal)
				show_progress(capture, "\033[K\r");
			else if (s->progress)
				show_progress(capture, "\n");
			next = now() + tick;
		}
		wait = s->seconds > 0 && end < next ? end - now() : next - now();
		if (poll(fds, 2, wait > 0 ? (int)(wait * 1e3) + 1 : 0) < 0 && errno != EINTR)
			return perror("pdiag-record: poll"), 1;
		/* Out of memory, samples are lost and counted, and the capture goes on. */
		ret = pdiag_capture_dispatch(capture);
		if ((ret < 0 && ret != -ENOMEM) || pdiag_capture_get_info(capture, &info))
			return fail();
	}
	return 0;
}

static int set_triggers(struct settings *s, struct pdiag_capture *capture)
{
	for (int i = 0; i < 3; i++) {
		s->triggers[i].hold_ms = s->hold_ms;
		if (s->triggers[i].size && pdiag_capture_set_trigger(capture, &s->triggers[i]))
			return fail();
	}
	return 0;
}

static int run(struct settings *s, struct pdiag_capture *capture)
{
	int signals, ret;
	sigset_t set;

	/* Not before: a command would inherit that these signals are blocked. */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (s->capture.flight_sec)
		sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return perror("pdiag-record: signalfd"), 1;
	ret = pdiag_capture_start(capture) ? fail() : capture_until_end(s, capture, signals);
	if (pdiag_capture_stop(capture))
		ret = fail();
	close(signals);
	return ret;
}

/* Each output is tried, whatever became of the others. */
static int write_outputs(struct settings *s, struct pdiag_capture *capture,
	struct pdiag_recording *recording)
{
	struct pdiag_profile *profile = pdiag_capture_profile(capture);
	int ret = 0;

	if (recording && pdiag_recording_finish(recording, profile))
		ret = fail();
	for (unsigned int i = 0; i < s->output_count; i++)
		if (pdiag_profile_save(profile, s->outputs[i]))
			ret = fail();
	return ret;
}

static void report(struct settings *s, struct pdiag_capture *capture)
{
	struct pdiag_sink err = { .size = sizeof(err), .fd = STDERR_FILENO };
	struct pdiag_capture_info info = { .size = sizeof(info) };

	if (isatty(STDERR_FILENO) || s->progress)
		show_progress(capture, isatty(STDERR_FILENO) ? "\033[K\n" : "\n");
	if (pdiag_capture_get_info(capture, &info))
		return;
	if (info.frozen)
		fprintf(stderr, "pdiag-record: the last %.1f s%s\n", (double)info.flight_ns / 1e9,
			info.frozen_by ? ", frozen by the trigger" : "");
	if (!info.samples)
		fprintf(stderr, "pdiag-record: no samples were taken: the target did not run%s\n",
			s->capture.events & PDIAG_OFF_CPU ? " or wait" :
			" on a CPU; --off-cpu samples waits");
	if (info.lost)
		pdiag_profile_write_loss(pdiag_capture_profile(capture), NULL, &err);
	if (info.exit_status > 0 && WIFEXITED(info.exit_status))
		fprintf(stderr, "pdiag-record: the command ended with status %d\n",
			WEXITSTATUS(info.exit_status));
	else if (info.exit_status > 0)
		fprintf(stderr, "pdiag-record: the command was ended by signal %d\n",
			WTERMSIG(info.exit_status));
}

int main(int argc, char **argv)
{
	struct pdiag_recording_options recording_options = { .size = sizeof(recording_options) };
	struct pdiag_capture_info info = { .size = sizeof(info) };
	struct pdiag_sink sink = { .size = sizeof(sink) };
	struct pdiag_recording *recording = NULL;
	struct pdiag_capture *capture = NULL;
	struct pdiag *context = NULL;
	struct settings s = { 0 };
	int ret = parse(&s, argc, argv);

	if (!ret)
		ret = check_outputs(&s);
	if (ret)
		return ret;
	/*
	 * At a load of 40 a CPU, work of 0.1 s takes 4 s. It is little work, and it is what the
	 * user waits for: go first, where that is allowed. A command would inherit it.
	 */
	if (s.capture.target != PDIAG_TARGET_COMMAND)
		setpriority(PRIO_PROCESS, 0, -20);
	if (pdiag_open(NULL, &context) || pdiag_capture_new(context, &s.capture, &capture)) {
		ret = fail();
		goto out;
	}
	sink.path = s.recording;
	recording_options.sink = &sink;
	if (s.recording && (pdiag_recording_new(context, &recording_options, &recording) ||
				   pdiag_capture_record(capture, recording))) {
		ret = fail();
		goto out;
	}
	if (!pdiag_capture_get_info(capture, &info) && *info.limits)
		fprintf(stderr, "pdiag-record: %s\n", info.limits);
	if (set_triggers(&s, capture)) {
		ret = 1;
		goto out;
	}
	ret = run(&s, capture);
	report(&s, capture);
	if (write_outputs(&s, capture, recording))
		ret = 1;
out:
	pdiag_close(context);
	return ret;
}
