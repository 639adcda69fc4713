/* SPDX-License-Identifier: MIT-0 */
/* pdiag-report: from a recording to flame graphs, folded stacks, a table of the hottest frames. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
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
	"      --help, --version\n"
	"\n"
	"Exit status: 0 all written, 1 failed, 2 misuse.\n";

static int fail(void)
{
	fprintf(stderr, "pdiag-report: %s\n", pdiag_errmsg());
	return 1;
}

static int misuse(const char *what)
{
	fprintf(stderr, "pdiag-report: %s\nTry pdiag-report --help.\n", what);
	return 2;
}

static int print_frame(void *user, const struct pdiag_hot_frame *frame)
{
	(void)user;
	printf("%7.2f%% %10.3f s %7.2f%%  %s  %s\n", frame->self_percent,
		(double)frame->self_ns / 1e9, frame->total_percent, frame->symbol->name,
		frame->symbol->module);
	return 0;
}

static int print_tables(struct pdiag_profile *profile, uint32_t top)
{
	struct pdiag_profile_info info = { .size = sizeof(info) };
	struct pdiag_sink out = { .size = sizeof(out), .fd = STDOUT_FILENO };

	if (pdiag_profile_get_info(profile, &info))
		return fail();
	printf("%llu samples of %u threads in %.1f s: %.3f s on CPU, %.3f s off CPU\n\n",
		(unsigned long long)info.samples, info.threads, (double)info.duration_ns / 1e9,
		(double)info.on_cpu_ns / 1e9, (double)info.off_cpu_ns / 1e9);
	printf("%8s %12s %8s  %s\n", "self", "", "total", "frame");
	if (pdiag_profile_each_hot_frame(profile, NULL, top, print_frame, NULL))
		return fail();
	printf("\n");
	if (fflush(stdout))
		return perror("pdiag-report: stdout"), 1;
	return pdiag_profile_write_loss(profile, NULL, &out) ? fail() : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "top", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct pdiag_recording_info info = { .size = sizeof(info) };
	const char *outputs[MAX_OUTPUTS], *number = NULL;
	struct pdiag_profile *profile = NULL;
	struct pdiag *context = NULL;
	unsigned int count = 0;
	char *end = NULL;
	long top = 10;
	int c, ret;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "o:n:", options, NULL)) != -1) {
		if (c == 'o' && count < MAX_OUTPUTS)
			outputs[count++] = optarg;
		else if (c == 'n')
			number = optarg;
		else if (c == 'h')
			return fputs(usage, stdout) < 0;
		else if (c == 'v')
			return printf("pdiag-report %s\n", pdiag_version()) < 0;
		else
			return misuse(
				"an option is not known, lacks its value, or is one too many");
	}
	if (number)
		top = strtol(number, &end, 10);
	if (number && (end == number || *end || top < 0 || top > INT32_MAX))
		return misuse("--top takes a number");
	if (optind != argc - 1)
		return misuse("give one recording");
	if (pdiag_open(NULL, &context) ||
		pdiag_recording_load(context, argv[optind], &info, &profile)) {
		ret = fail();
		goto out;
	}
	if (!info.complete)
		fprintf(stderr, "pdiag-report: %s is cut: this is what it has up to there\n",
			argv[optind]);
	ret = number || !count ? print_tables(profile, (uint32_t)top) : 0;
	for (unsigned int i = 0; i < count; i++)
		if (pdiag_profile_save(profile, outputs[i]))
			ret = fail();
out:
	pdiag_close(context);
	return ret;
}
