/* SPDX-License-Identifier: MIT-0 */
/* Whatever goes wrong on this machine: in a sentence, with its stacks as folded text. */
#include <pdiag/pdiag.h>
#include <stdio.h>
int main(void)
{
	struct pdiag_watch_options options = { sizeof(options), .flags = PDIAG_WATCH_ONLY_ENDED };
	struct pdiag_event_info info = { .size = sizeof(info) };
	struct pdiag_sink out = { .size = sizeof(out), .fd = 1 };
	struct pdiag_watch *watch;
	struct pdiag_event *event;
	struct pdiag *context = NULL;
	int bad = pdiag_open(NULL, &context) || pdiag_watch_new(context, &options, &watch);

	while (!bad && pdiag_watch_wait(watch, 0, &event) == 1) {
		struct pdiag_profile *during = pdiag_event_profile(event, PDIAG_EVIDENCE_DURING);
		pdiag_event_get_info(event, &info), fprintf(stderr, "%s\n", info.sentence);
		if (during)
			pdiag_profile_write_folded(during, NULL, &out);
		pdiag_event_free(event);
	}
	return fprintf(stderr, "watch_folded: %s\n", pdiag_errmsg()), pdiag_close(context), 1;
}
