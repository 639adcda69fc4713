/* SPDX-License-Identifier: MIT-0 */
/* pdiag-diff: a flame graph of what changed between two recordings. */
#include <getopt.h>
#include <stdio.h>

#include <pdiag/pdiag.h>

static const char usage[] =
	"Usage: pdiag-diff [-o FILE.svg] BEFORE AFTER\n"
	"A flame graph of the recording AFTER; red frames grew since BEFORE, blue ones shrank.\n"
	"\n"
	"  -o, --output FILE  where to write it (default: diff.svg)\n"
	"      --help, --version\n"
	"\n"
	"Exit status: 0 written, 1 failed, 2 misuse.\n";

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
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	struct pdiag_sink sink = { .size = sizeof(sink), .path = "diff.svg" };
	struct pdiag_profile *before = NULL, *after = NULL;
	struct pdiag *context = NULL;
	int c, failed;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage, stdout) < 0;
		if (c == 'v')
			return printf("pdiag-diff %s\n", pdiag_version()) < 0;
		if (c != 'o')
			break;
		sink.path = optarg;
	}
	if (c != -1 || argc - optind != 2) {
		fprintf(stderr, "pdiag-diff: give two recordings\nTry pdiag-diff --help.\n");
		return 2;
	}
	failed = pdiag_open(NULL, &context) || load(context, argv[optind], &before) ||
		load(context, argv[optind + 1], &after) ||
		pdiag_profile_write_diff(before, after, NULL, &sink);
	if (failed)
		fprintf(stderr, "pdiag-diff: %s\n", pdiag_errmsg());
	pdiag_close(context);
	return failed;
}
