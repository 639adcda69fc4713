/* SPDX-License-Identifier: MIT-0 */
/* pdiag-diff: a flame graph of what changed between two recordings. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <pdiag/pdiag.h>

static const char usage[] =
	"Usage: pdiag-diff [OPTION...] BEFORE AFTER\n"
	"A flame graph of the recording AFTER; red frames grew since BEFORE, blue ones shrank.\n"
	"\n"
	"  -o, --output FILE  where to write it, FILE.svg (default: diff.svg)\n"
	"      --on-cpu       compare only time on a CPU\n"
	"      --off-cpu      compare only waits\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 written, 1 failed, 2 misuse.\n";

static int misuse(const char *what, const char *arg)
{
	fprintf(stderr, "pdiag-diff: %s%s%s\nTry pdiag-diff --help.\n", what, arg ? ": " : "",
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

static int load(struct pdiag *context, const char *path, struct pdiag_profile **out)
{
	struct pdiag_recording_info info = { .size = sizeof(info) };
	int ret = pdiag_recording_load(context, path, &info, out);

	if (!ret && !info.complete)
		fprintf(stderr, "pdiag-diff: %s is cut: using what it has up to there\n", path);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "on-cpu", no_argument, NULL, '1' },
		{ "off-cpu", no_argument, NULL, '0' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct pdiag_output_options shown = { .size = sizeof(shown) };
	struct pdiag_sink sink = { .size = sizeof(sink), .path = "diff.svg" };
	struct pdiag_profile *before = NULL, *after = NULL;
	struct pdiag *context = NULL;
	int c, failed;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage, stdout) < 0;
		if (c == 'v')
			return printf("pdiag-diff %s\n", pdiag_version()) < 0;
		if (c == '?' || c == ':')
			return bad_option(c, argv);
		if (c == 'o')
			sink.path = optarg;
		else
			shown.states |= c == '1' ? PDIAG_STATES_ON_CPU : PDIAG_STATES_OFF_CPU;
	}
	if (strlen(sink.path) < 5 || strcmp(sink.path + strlen(sink.path) - 4, ".svg"))
		return misuse("the output ends in .svg", sink.path);
	if (argc - optind != 2)
		return misuse("give two recordings", NULL);
	failed = pdiag_open(NULL, &context) || load(context, argv[optind], &before) ||
		load(context, argv[optind + 1], &after) ||
		pdiag_profile_write_diff(before, after, &shown, &sink);
	if (failed)
		fprintf(stderr, "pdiag-diff: %s\n", pdiag_errmsg());
	pdiag_close(context);
	return failed;
}
