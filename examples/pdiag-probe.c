/* SPDX-License-Identifier: MIT-0 */
/* pdiag-probe: list the kernel module's diagnosis probes, or run one. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define MAX_OUTPUTS 16

struct settings {
	struct pdiag_probe_options probe;
	char *const *params; /* NAME=VALUE */
	int param_count;
	double seconds;	/* 0: until interrupted */
	uint32_t stack; /* frames of each event's stack that are shown */
	bool quiet;
	const char *outputs[MAX_OUTPUTS];
	unsigned int output_count;
};

static const char usage[] =
	"Usage: pdiag-probe [OPTION...] [PROBE [NAME=VALUE...]]\n"
	"Run a diagnosis probe of the kernel module: its events as they come, then its histogram.\n"
	"Without PROBE: list the probes, their parameters, and whether they work here.\n"
	"\n"
	"  NAME=VALUE           a parameter; times may end in ns, us, ms or s\n"
	"  -p, --pid PID        only this process, its threads and later children\n"
	"  -t, --tid TID        only this thread\n"
	"  -G, --cgroup CGROUP  only tasks of a cgroup: a path, or one below the cgroup mount\n"
	"  -C, --cpus LIST      only these CPUs, such as 0-3,8; not with -p and -t\n"
	"  -d, --duration SEC   end after SEC seconds (default: at ^C)\n"
	"  -s, --stack N        frames shown of each event's stack (default 0)\n"
	"  -q, --quiet          no events, only the histogram\n"
	"  -o, --output FILE    FILE.svg: flame graph of the events' stacks, FILE.folded: folded\n"
	"                       stacks; may be repeated\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 misuse.\n";

static int fail(void)
{
	fprintf(stderr, "pdiag-probe: %s\n", pdiag_errmsg());
	return 1;
}

static int misuse(const char *what, const char *arg)
{
	fprintf(stderr, "pdiag-probe: %s%s%s\nTry pdiag-probe --help.\n", what, arg ? ": " : "",
		arg ? arg : "");
	return 2;
}

/* ---- the list ---- */

static int list_one(void *user, const struct pdiag_probe_info *info)
{
	(void)user;
	printf("%s: %s\n", info->name, info->text);
	if (info->available)
		printf("  works here; hooks: %s\n", info->needs);
	else
		printf("  does not work here: %s\n", info->why);
	for (uint32_t i = 0; i < info->param_count; i++)
		printf("  %s=%" PRIu64 " %s, %" PRIu64 " to %" PRIu64 "\n", info->params[i].name,
			info->params[i].def, info->params[i].text, info->params[i].min,
			info->params[i].max);
	printf("  tells the value in %s", info->unit);
	for (uint32_t i = 0; i < info->field_count; i++)
		printf(", %s", info->fields[i].name);
	return printf("\n") < 0;
}

static int list(struct pdiag *context)
{
	int ret = pdiag_probe_each(context, list_one, NULL);

	return ret < 0 ? fail() : ret || fflush(stdout);
}

/* ---- parameters ---- */

static bool parse_value(const char *text, uint64_t *out)
{
	static const struct { const char *end; uint64_t factor; } units[] = {
		{ "", 1 }, { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	};
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	for (size_t i = 0; !errno && i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].end))
			return !__builtin_mul_overflow(value, units[i].factor, out);
	return false;
}

/* Where the parameters of the probe are; by its name. */
static int take_params(void *user, const struct pdiag_probe_info *info)
{
	struct settings *s = user;
	uint32_t at;

	if (strcmp(info->name, s->probe.name) != 0)
		return 0;
	for (int i = 0; i < s->param_count; i++) {
		const char *value = strchr(s->params[i], '=');

		for (at = 0; value && at < info->param_count; at++)
			if (!strncmp(s->params[i], info->params[at].name,
				    (size_t)(value - s->params[i])) &&
				strlen(info->params[at].name) == (size_t)(value - s->params[i]))
				break;
		if (!value || at == info->param_count)
			return misuse("the probe has no such parameter", s->params[i]);
		if (!parse_value(value + 1, &s->probe.param[at]))
			return misuse("not a value", s->params[i]);
	}
	return 0;
}

/* ---- events ---- */

static void show_value(uint64_t value, const char *unit)
{
	if (strcmp(unit, "ns") != 0)
		printf("%" PRIu64 " %s", value, unit);
	else if (value < 1000)
		printf("%" PRIu64 " ns", value);
	else if (value < 1000000)
		printf("%.1f us", (double)value / 1e3);
	else
		printf("%.3f ms", (double)value / 1e6);
}

static void show_stack(struct pdiag_probe *probe, const struct pdiag_probe_event *e, uint32_t most)
{
	const struct pdiag_symbol *symbol;

	for (uint32_t i = 0; i < e->depth && i < most; i++) {
		if (pdiag_probe_symbol(probe, i, &symbol))
			break;
		printf("    %#18" PRIx64 " %s%s%s%s\n", e->addresses[i], symbol->name,
			*symbol->module ? " (" : "", symbol->module, *symbol->module ? ")" : "");
	}
}

static void show(struct pdiag_probe *probe, const struct pdiag_probe_event *e,
	const struct settings *s)
{
	const struct pdiag_probe_info *info = pdiag_probe_describe(probe);
	char text[128];

	printf("%" PRIu64 ".%06u cpu %d %s %d/%d ", e->time_ns / 1000000000,
		(unsigned int)(e->time_ns % 1000000000 / 1000), e->cpu, e->comm, e->pid, e->tid);
	show_value(e->value, info->unit);
	for (uint32_t i = 0; i < info->field_count; i++) {
		printf(" %s=", info->fields[i].name);
		if (!strcmp(info->fields[i].type, "ns"))
			show_value(e->args[info->fields[i].first], "ns");
		else if (!pdiag_probe_field_text(probe, i, text, sizeof(text)))
			printf("%s", text);
	}
	printf("\n");
	show_stack(probe, e, s->stack);
}

static int read_events(struct pdiag_probe *probe, const struct settings *s)
{
	const struct pdiag_probe_event *event;
	int ret;

	while ((ret = pdiag_probe_next(probe, &event)) > 0 || ret == -ENOMEM)
		if (!s->quiet && event)
			show(probe, event, s);
	fflush(stdout);
	return ret < 0 ? fail() : 0;
}

/* ---- the histogram ---- */

static int show_histogram(struct pdiag_probe *probe)
{
	static const char bar[] = "########################################";
	struct pdiag_probe_histogram h = { .size = sizeof(h) };
	const struct pdiag_probe_info *info = pdiag_probe_describe(probe);
	uint64_t most = 1;
	int first = 0, last = -1;

	if (pdiag_probe_get_histogram(probe, &h))
		return fail();
	for (int i = 64; i >= 0; i--) {
		if (!h.bucket[i])
			continue;
		first = i;
		last = last < 0 ? i : last;
		most = h.bucket[i] > most ? h.bucket[i] : most;
	}
	printf("\n%" PRIu64 " measured, %" PRIu64 " at or above the threshold, max ", h.count,
		h.events);
	show_value(h.max, info->unit);
	if (h.count) {
		printf(", mean ");
		show_value(h.sum / h.count, info->unit);
	}
	if (h.lost || h.missed)
		printf("; %" PRIu64 " events not shown, %" PRIu64 " hooks skipped", h.lost,
			h.missed);
	printf("\n");
	for (int i = first; i <= last; i++) {
		printf("  from ");
		show_value(i ? 1ull << (i - 1) : 0, info->unit);
		printf("\t%10" PRIu64 " %.*s\n", h.bucket[i],
			(int)((double)h.bucket[i] * 40 / (double)most), bar);
	}
	return fflush(stdout) ? 1 : 0;
}

/* ---- a run ---- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int watch(struct pdiag_probe *probe, const struct settings *s, int signals)
{
	struct pollfd fds[] = {
		{ .fd = pdiag_probe_fd(probe), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	double end = now() + s->seconds, left = 1;
	int ret = 0;

	while (!ret && !(fds[1].revents & POLLIN)) {
		if (s->seconds > 0 && (left = end - now()) <= 0)
			break;
		if (poll(fds, 2, left < 1 ? (int)(left * 1000) + 1 : 1000) < 0 && errno != EINTR)
			break;
		ret = read_events(probe, s);
	}
	return ret;
}

static int finish(struct pdiag_probe *probe, const struct settings *s)
{
	int ret = pdiag_probe_stop(probe) ? fail() : 0;

	if (!ret)
		ret = read_events(probe, s);
	if (!ret)
		ret = show_histogram(probe);
	for (unsigned int i = 0; i < s->output_count && !ret; i++)
		if (pdiag_profile_save(pdiag_probe_profile(probe), s->outputs[i]))
			ret = fail();
	return ret;
}

static int run(struct pdiag *context, struct settings *s, int signals)
{
	struct pdiag_probe *probe;
	int ret = pdiag_probe_each(context, take_params, s);

	if (ret)
		return ret < 0 ? fail() : ret;
	if (pdiag_probe_new(context, &s->probe, &probe))
		return fail();
	ret = pdiag_probe_start(probe) ? fail() : 0;
	if (!ret) {
		fprintf(stderr, "pdiag-probe: %s is on\n", s->probe.name);
		ret = watch(probe, s, signals);
	}
	if (!ret)
		ret = finish(probe, s);
	pdiag_probe_free(probe);
	return ret;
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

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && !strcmp(text + len - n, end);
}

static int set_target(struct settings *s, enum pdiag_target target)
{
	if (s->probe.target)
		return misuse("give one of -p, -t and -G", NULL);
	s->probe.target = target;
	return 0;
}

enum { OPT_HELP = 256, OPT_VERSION };

static int take_option(struct settings *s, int c)
{
	double n;

	switch (c) {
	case 'p':
	case 't':
		if (!whole(optarg, 1, INT32_MAX, &n))
			return misuse("not a process or thread id", optarg);
		s->probe.pid = (int32_t)n;
		return set_target(s, c == 'p' ? PDIAG_TARGET_PROCESS : PDIAG_TARGET_THREAD);
	case 'G':
		s->probe.cgroup = optarg;
		return set_target(s, PDIAG_TARGET_CGROUP);
	case 'C':
		s->probe.cpus = optarg;
		return 0;
	case 'd':
		return number(optarg, 0.001, 4e6, &s->seconds) ? 0 :
			misuse("not a duration in seconds", optarg);
	case 's':
		if (!whole(optarg, 0, 1024, &n))
			return misuse("not a number of frames", optarg);
		s->stack = (uint32_t)n;
		return 0;
	case 'q':
		s->quiet = true;
		return 0;
	case 'o':
		if (!ends_with(optarg, ".svg") && !ends_with(optarg, ".folded"))
			return misuse("an output ends in .svg or .folded", optarg);
		if (s->output_count == MAX_OUTPUTS)
			return misuse("too many outputs", optarg);
		s->outputs[s->output_count++] = optarg;
		return 0;
	case OPT_HELP:
		exit(fputs(usage, stdout) < 0);
	case OPT_VERSION:
		exit(printf("pdiag-probe %s\n", pdiag_version()) < 0);
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
		{ "cgroup", required_argument, NULL, 'G' },
		{ "cpus", required_argument, NULL, 'C' },
		{ "duration", required_argument, NULL, 'd' },
		{ "stack", required_argument, NULL, 's' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ 0 },
	};
	int c, ret = 0;

	opterr = 0;
	while (!ret && (c = getopt_long(argc, argv, ":p:t:G:C:d:s:qo:", options, NULL)) != -1)
		ret = c == '?' || c == ':' ? bad_option(c, argv) : take_option(s, c);
	if (ret || optind == argc)
		return ret;
	s->probe.name = argv[optind];
	s->params = argv + optind + 1;
	s->param_count = argc - optind - 1;
	return 0;
}

int main(int argc, char **argv)
{
	struct settings s = { .probe = { .size = sizeof(s.probe) } };
	struct pdiag *context;
	sigset_t set;
	int signals, ret = parse(&s, argc, argv);

	if (ret)
		return ret;
	if (pdiag_open(NULL, &context))
		return fail();
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	ret = s.probe.name ? run(context, &s, signals) : list(context);
	if (signals >= 0)
		close(signals);
	pdiag_close(context);
	return ret;
}
