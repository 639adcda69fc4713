/* SPDX-License-Identifier: MIT-0 */
/* pdiag-portrait: what each process is like: its class, why, and what is unusual about it. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
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

static const char usage[] =
	"Usage: pdiag-portrait [OPTION...]\n"
	"Watch all processes and show what each is like: its class, why, and what is unusual.\n"
	"\n"
	"  -d, --duration SEC    for so long (default 10); Ctrl-C ends it early\n"
	"      --interval MS     from sample to sample, 100 to 600000 (default 1000)\n"
	"      --by ORDER        what comes first: cpu (default), abnormality, run_delay,\n"
	"                        storage, resident, pid\n"
	"  -n, --top N           show the first N that did anything (default 20; 0: all)\n"
	"  -p, --pid PID         this process only, with all that is known of it\n"
	"  -s, --sheet FILE      with --pid: draw it, as SVG\n"
	"      --profile         capture samples meanwhile, on the CPU and off it: what it waits\n"
	"                        for, and its heaviest stack\n"
	"      --root DIR        where proc lies (default /)\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 all shown, 1 failed, 2 misuse.\n";

static const char *const orders[] = { "cpu", "abnormality", "run_delay", "storage", "resident",
	"pid" }; /* by enum pdiag_portrait_order */

static struct {
	struct pdiag_portraits_options portraits;
	const char *sheet;
	double duration;
	uint32_t order, top;
	bool profile;
} opt = {
	.portraits = { .size = sizeof(opt.portraits), .interval_ms = 1000 },
	.duration = 10, .top = 20,
};

static int fail(void)
{
	fprintf(stderr, "pdiag-portrait: %s\n", pdiag_errmsg());
	return 1;
}

/* ---- what is shown ---- */

/* Names come from processes that nobody vouches for. */
static void print_clean(const char *text, int width)
{
	for (; *text; text++, width--)
		putchar(iscntrl((unsigned char)*text) ? '?' : *text);
	for (; width > 0; width--)
		putchar(' ');
}

static int print_line(void *user, const struct pdiag_portrait *p)
{
	uint32_t *lines = user;

	*lines += 1;
	printf("%8d ", p->pid);
	print_clean(p->name, 16);
	printf(" %-10s", pdiag_class_text(p->klass));
	if (p->klass)
		printf("%3.0f %%  %s\n", p->confidence * 100, p->reasons);
	else
		printf("       %s\n", p->reasons);
	if (*p->change)
		printf("%43sunusual: %s\n", "", p->change);
	return 0;
}

static void print_number(double v)
{
	if (isfinite(v))
		printf(" %14.6g", v);
	else
		printf(" %14s", "?");
}

static int print_all(void *user, const struct pdiag_portrait *p)
{
	uint32_t lines = 0;

	(void)user;
	print_line(&lines, p);
	printf("\ncommand  ");
	print_clean(*p->command ? p->command : "?", 0);
	printf("\ncgroup   ");
	print_clean(*p->cgroup ? p->cgroup : "?", 0);
	printf("\nparent   %d\nuser     %u\nwatched  %.0f s, %u looks\n", p->parent, p->uid,
		(double)p->seen_ns / 1e9, p->samples);
	printf("children %u, which ended\n\n%-22s %14s %14s %8s\n", p->children, "quantity", "now",
		"usual", "off by");
	for (uint32_t q = 0; q < p->value_count; q++) {
		printf("%-22s", pdiag_quantity_text(q));
		print_number(p->values[q].now);
		print_number(p->values[q].usual);
		printf(" %8.1f  %s\n", p->values[q].deviation, pdiag_quantity_unit(q));
	}
	for (uint32_t i = 0; i < p->top_depth; i++) {
		printf("%s", i ? "    " : "\nheaviest stack\n    ");
		print_clean(p->top[i]->name, 0);
		putchar('\n');
	}
	return 0;
}

/* The list ends where nothing more is to tell. */
static int print_list(struct pdiag_portraits *portraits, uint32_t processes)
{
	uint32_t lines = 0;
	int ret = pdiag_portraits_each(portraits, opt.order, opt.top, print_line, &lines);

	if (!ret && opt.top && lines < opt.top && lines < processes)
		printf("%8s %u more with nothing to tell by %s; --top 0 shows them\n", "",
			processes - lines, orders[opt.order]);
	return ret;
}

static int show(struct pdiag_portraits *portraits)
{
	const struct pdiag_sink sink = { .size = sizeof(sink), .path = opt.sheet };
	struct pdiag_portraits_info info = { .size = sizeof(info) };
	int ret;

	if (pdiag_portraits_get_info(portraits, &info))
		return fail();
	printf("%u processes, %u threads; %llu samples, the last took %.2f ms of CPU time\n",
		info.processes, info.threads, (unsigned long long)info.samples,
		(double)info.cost_ns / 1e6);
	if (*info.limits)
		printf("%s\n", info.limits);
	printf("\n%8s %-16s %-10s%5s  %s\n", "pid", "name", "class", "sure", "why");
	if (opt.portraits.pid)
		ret = pdiag_portraits_find(portraits, opt.portraits.pid, print_all, NULL);
	else
		ret = print_list(portraits, info.processes);
	if (!ret && opt.sheet)
		ret = pdiag_portraits_write_sheet(portraits, opt.portraits.pid, &sink);
	if (ret)
		return fail();
	return fflush(stdout) ? perror("pdiag-portrait: stdout"), 1 : 0;
}

/* ---- watching ---- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Until the moment; 1: until a signal came. */
static int wait_until(double moment, int signals, struct pdiag_capture *capture)
{
	struct pollfd fds[] = { { .fd = signals, .events = POLLIN },
		{ .fd = capture ? pdiag_capture_fd(capture) : -1, .events = POLLIN } };
	double left;

	while ((left = moment - now()) > 0) {
		if (poll(fds, 2, (int)(left < 3600 ? left * 1e3 + 1 : 3.6e6)) < 0 && errno != EINTR)
			return perror("pdiag-portrait: poll"), -1;
		if (fds[0].revents & POLLIN)
			return 1;
		if (fds[1].revents & POLLIN && pdiag_capture_dispatch(capture) < 0 &&
			fail())
			return -1;
	}
	return 0;
}

static int watch(struct pdiag_portraits *portraits, struct pdiag_capture *capture, int signals)
{
	double interval = opt.portraits.interval_ms / 1e3, begin = now(), at;
	int ret = 0;

	for (at = 0; at <= opt.duration + interval / 2 && !ret; at += interval) {
		ret = wait_until(begin + at, signals, capture);
		if (ret >= 0 && pdiag_portraits_sample(portraits) < 0)
			return fail();
	}
	return ret < 0;
}

static int add_profile(struct pdiag_portraits *portraits, struct pdiag_capture *capture)
{
	struct pdiag_profile *profile;
	int ret;

	if (pdiag_capture_stop(capture) || pdiag_capture_take(capture, &profile))
		return fail();
	ret = pdiag_portraits_add_profile(portraits, profile) ? fail() : 0;
	pdiag_profile_free(profile);
	return ret;
}

static int start_capture(struct pdiag *context, struct pdiag_capture **capture)
{
	const struct pdiag_capture_options o = { .size = sizeof(o),
		.target = opt.portraits.pid ? PDIAG_TARGET_PROCESS : PDIAG_TARGET_SYSTEM,
		.pid = opt.portraits.pid, .events = PDIAG_ON_CPU | PDIAG_OFF_CPU };

	if (pdiag_capture_new(context, &o, capture) || pdiag_capture_start(*capture))
		return fail();
	return 0;
}

static int run(struct pdiag *context)
{
	struct pdiag_portraits *portraits;
	struct pdiag_capture *capture = NULL;
	sigset_t set;
	int ret = 0, signals;

	/* What is told is about all of the time. */
	opt.portraits.window_s = (uint32_t)(opt.duration + 1);
	if (opt.portraits.window_s * 1000ull < opt.portraits.interval_ms)
		opt.portraits.window_s = (opt.portraits.interval_ms + 999) / 1000;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return perror("pdiag-portrait: signalfd"), 1;
	if (pdiag_portraits_new(context, &opt.portraits, &portraits))
		ret = fail();
	if (!ret && opt.profile)
		ret = start_capture(context, &capture);
	if (!ret)
		ret = watch(portraits, capture, signals);
	if (!ret && capture)
		ret = add_profile(portraits, capture);
	if (!ret)
		ret = show(portraits);
	close(signals);
	return ret;
}

/* ---- options ---- */

static int misuse(const char *what, const char *text)
{
	fprintf(stderr, "pdiag-portrait: %s%s\nTry pdiag-portrait --help.\n", what, text);
	return 2;
}

static bool number(const char *text, double low, double high, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end && *out >= low && *out <= high;
}

static int take_order(const char *text)
{
	for (uint32_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (!strcmp(orders[i], text)) {
			opt.order = i;
			return 0;
		}
	return misuse("--by is cpu, abnormality, run_delay, storage, resident or pid, not ", text);
}

enum { OPT_HELP = 256, OPT_VERSION, OPT_INTERVAL, OPT_BY, OPT_PROFILE, OPT_ROOT };

static int take_number(int c)
{
	double n;

	if (!number(optarg, 0, 1e9, &n) || (c != 'd' && n > (double)(uint32_t)n))
		return misuse("not a number that fits here: ", optarg);
	switch (c) {
	case 'd':
		if (n < 0.1 || n > 86400)
			return misuse("--duration is from 0.1 to 86400, not ", optarg);
		opt.duration = n;
		break;
	case OPT_INTERVAL:
		if (n < 100 || n > 600000)
			return misuse("--interval is from 100 to 600000, not ", optarg);
		opt.portraits.interval_ms = (uint32_t)n;
		break;
	case 'p':
		if (n < 1)
			return misuse("no process has the number ", optarg);
		opt.portraits.pid = (int32_t)n;
		break;
	default:
		opt.top = (uint32_t)n;
		break;
	}
	return 0;
}

static int take_option(int c, char **argv)
{
	switch (c) {
	case OPT_BY:
		return take_order(optarg);
	case 's':
		opt.sheet = optarg;
		return 0;
	case OPT_PROFILE:
		opt.profile = true;
		return 0;
	case OPT_ROOT:
		opt.portraits.root = optarg;
		return 0;
	case OPT_HELP:
		fputs(usage, stdout);
		exit(0);
	case OPT_VERSION:
		printf("pdiag-portrait %s\n", pdiag_version());
		exit(0);
	case '?':
		return misuse("an option is not known: ", argv[optind - 1]);
	case ':':
		return misuse("an option lacks its value: ", argv[optind - 1]);
	default:
		return take_number(c);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "duration", required_argument, NULL, 'd' },
		{ "interval", required_argument, NULL, OPT_INTERVAL },
		{ "by", required_argument, NULL, OPT_BY },
		{ "top", required_argument, NULL, 'n' },
		{ "pid", required_argument, NULL, 'p' },
		{ "sheet", required_argument, NULL, 's' },
		{ "profile", no_argument, NULL, OPT_PROFILE },
		{ "root", required_argument, NULL, OPT_ROOT },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	struct pdiag *context;
	int c, ret;

	while ((c = getopt_long(argc, argv, ":d:n:p:s:", options, NULL)) != -1)
		if ((ret = take_option(c, argv)))
			return ret;
	if (optind < argc)
		return misuse("there are too many arguments: ", argv[optind]);
	if (opt.sheet && !opt.portraits.pid)
		return misuse("--sheet is of one process: give --pid", "");
	if (pdiag_open(NULL, &context))
		return fail();
	ret = run(context);
	pdiag_close(context);
	return ret;
}
