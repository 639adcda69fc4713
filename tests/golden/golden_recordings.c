/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each recordings/NAME.pdiag, replayed, to NAME.folded, NAME.svg and NAME.loss. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>

#include <pdiag/pdiag.h>

#include "golden.h"

/* recordings/NAME.pdiag to recordings/NAME + ending. */
static void with_ending(char *to, size_t size, const char *recording, const char *ending)
{
	snprintf(
		to, size, "%.*s%s", (int)(strlen(recording) - strlen(".pdiag")), recording, ending);
}

static unsigned int compare(struct pdiag_profile *p, const char *recording)
{
	static const struct {
		const char *ending;
		int (*write)(struct pdiag_profile *, const struct pdiag_output_options *,
			const struct pdiag_sink *);
	} outputs[] = {
		{ ".folded", pdiag_profile_write_folded },
		{ ".svg", pdiag_profile_write_flamegraph },
		{ ".loss", pdiag_profile_write_loss },
	};
	unsigned int wrong = 0;
	char path[4096];

	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		struct collect out = { 0 };
		struct pdiag_sink sink = collect_sink(&out);

		assert_int_equal(outputs[i].write(p, NULL, &sink), 0);
		with_ending(path, sizeof(path), recording, outputs[i].ending);
		wrong += !golden_same(&out, path);
		free(out.data);
	}
	return wrong;
}

static void replays_are_as_they_were(void **state)
{
	struct pdiag_profile *profile;
	struct pdiag *context;
	unsigned int wrong = 0;
	glob_t found;

	(void)state;
	if (glob(GOLDEN_DIR "/*.pdiag", 0, NULL, &found)) {
		printf("skipped: there are no recordings in %s\n", GOLDEN_DIR);
		skip();
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		printf("%s\n", found.gl_pathv[i]);
		assert_int_equal(pdiag_open(NULL, &context), 0);
		if (pdiag_recording_load(context, found.gl_pathv[i], NULL, &profile)) {
			fprintf(stderr, "%s\n", pdiag_errmsg());
			wrong++;
		} else {
			wrong += compare(profile, found.gl_pathv[i]);
			pdiag_profile_free(profile);
		}
		pdiag_close(context);
	}
	globfree(&found);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replays_are_as_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
