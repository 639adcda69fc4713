/* SPDX-License-Identifier: MIT-0 */
/* pdiag-report: from a recording to flame graphs, folded stacks, a table of the hottest frames. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pdiag/pdiag.h>

#define MAX_OUTPUTS 16

static const char usage[] =
	"Usage: pdiag-report [OPTION...] RECORDING\n"
	"Show the hottest frames and the losses of a recording, or turn it into other formats.\n"
	"\n"
	"  -o, --output FILE  FILE.svg: flame graph, FILE.folded: folded stacks; may be repeated\n"
	"  -n, --top N        a table of the N hottest frames (default 10; without it none if -o\n"
	"                     is given; 0: all)\n"
	"      --on-cpu       show only time on a CPU\n"
	"      --off-cpu      show only waits\n"
	"      --pid PID      show only this process\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 all written, 1 failed, 2 misuse.\n";

static int fail(void)
{
	fprintf(stderr, "pdiag-report: %s\n", pdiag_errmsg());
	return 1;
}

static int misuse(const char *what, const char *arg)
{
	fprintf(stderr, "pdiag-report: %s%s%s\nTry pdiag-report --help.\n", what, arg ? ": " : "",
		arg ? arg : "");
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

static int print_frame(void *user, const struct pdiag_hot_frame *frame)
{
	(void)user;
	printf("%7.2f%% %10.3f s %7.2f%%  %s  %s\n", frame->self_percent,
		(double)frame->self_ns / 1e9, frame->total_percent, frame->symbol->name,
		frame->symbol->module);
	return 0;
}

/* What the table is of, where that is not all. */
struct sums {
	const struct pdiag_output_options *shown;
	unsigned long long samples, ns;
};

static int add_stack(void *user, const struct pdiag_stack *stack)
{
	struct sums *s = user;

	if (s->shown->states && !(s->shown->states >> stack->state & 1))
		return 0;
	if (s->shown->pid && s->shown->pid != stack->pid)
		return 0;
	s->samples += stack->samples;
	s->ns += stack->weight_ns;
	return 0;
}

static int print_shown(struct pdiag_profile *profile, const struct pdiag_output_options *shown)
{
	struct sums s = { .shown = shown };

	if (!shown->states && !shown->pid)
		return 0;
	if (pdiag_profile_each_stack(profile, add_stack, &s))
		return fail();
	printf("of these");
	if (shown->pid)
		printf(", of process %d", shown->pid);
	if (shown->states == PDIAG_STATES_ON_CPU)
		printf(", on CPU");
	else if (shown->states == PDIAG_STATES_OFF_CPU)
		printf(", off CPU");
	printf(": %llu samples, %.3f s\n", s.samples, (double)s.ns / 1e9);
	return 0;
}

static int print_tables(struct pdiag_profile *profile, const struct pdiag_output_options *shown,
	uint32_t top)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_sink out = { .size = sizeof(out), .fd = STDOUT_FILENO };

	if (pdiag_profile_get_info(profile, &info))
		return fail();
	printf("%llu samples of %u threads in %.1f s: %.3f s on CPU, %.3f s off CPU\n",
		(unsigned long long)info.samples, info.threads, (double)info.duration_ns / 1e9,
		(double)info.on_cpu_ns / 1e9, (double)info.off_cpu_ns / 1e9);
	if (print_shown(profile, shown))
		return 1;
	printf("\n%8s %12s %8s  %s\n", "self", "", "total", "frame");
	if (pdiag_profile_each_hot_frame(profile, shown, top, print_frame, NULL))
		return fail();
	printf("\n");
	if (fflush(stdout))
		return perror("pdiag-report: stdout"), 1;
	return pdiag_profile_write_loss(profile, NULL, &out) ? fail() : 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && !strcmp(text + len - n, end);
}

static int save(struct pdiag_profile *profile, const struct pdiag_output_options *shown,
	const char *path)
{
	struct pdiag_sink sink = { .size = sizeof(sink), .path = path };

	if (ends_with(path, ".svg"))
		return pdiag_profile_write_flamegraph(profile, shown, &sink);
	if (ends_with(path, ".folded") || ends_with(path, ".txt"))
		return pdiag_profile_write_folded(profile, shown, &sink);
	return pdiag_profile_save(profile, path); /* it says what is wrong */
}

static bool number(const char *text, long low, long *out)
{
	char *end;

	*out = strtol(text, &end, 10);
	return end != text && !*end && *out >= low && *out <= INT32_MAX;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "top", required_argument, NULL, 'n' },
		{ "on-cpu", no_argument, NULL, '1' },
		{ "off-cpu", no_argument, NULL, '0' },
		{ "pid", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct pdiag_recording_info info = { .size = sizeof(info) };
	struct pdiag_output_options shown = { .size = sizeof(shown) };
	const char *outputs[MAX_OUTPUTS];
	struct pdiag_profile *profile = NULL;
	struct pdiag *context = NULL;
	unsigned int count = 0;
	bool table = false;
	long top = 10, pid;
	int c, ret;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:n:", options, NULL)) != -1) {
		if (c == 'o' && count == MAX_OUTPUTS)
			return misuse("too many outputs", optarg);
		if (c == 'n' && !number(optarg, 0, &top))
			return misuse("--top takes a number", optarg);
		if (c == 'p' && !number(optarg, 1, &pid))
			return misuse("not a process id", optarg);
		if (c == 'o')
			outputs[count++] = optarg;
		else if (c == 'n')
			table = true;
		else if (c == 'p')
			shown.pid = (int32_t)pid;
		else if (c == '1' || c == '0')
			shown.states |= c == '1' ? PDIAG_STATES_ON_CPU : PDIAG_STATES_OFF_CPU;
		else if (c == 'h')
			return fputs(usage, stdout) < 0;
		else if (c == 'v')
			return printf("pdiag-report %s\n", pdiag_version()) < 0;
		else
			return bad_option(c, argv);
	}
	if (optind != argc - 1)
		return misuse("give one recording", NULL);
	if (pdiag_open(NULL, &context) ||
		pdiag_recording_load(context, argv[optind], &info, &profile)) {
		ret = fail();
		goto out;
	}
	if (!info.complete)
		fprintf(stderr, "pdiag-report: %s is cut: this is what it has up to there\n",
			argv[optind]);
	ret = table || !count ? print_tables(profile, &shown, (uint32_t)top) : 0;
	for (unsigned int i = 0; i < count; i++)
		if (save(profile, &shown, outputs[i]))
			ret = fail();
out:
	pdiag_close(context);
	return ret;
}
