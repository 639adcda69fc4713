/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Option structs of any release, brought to the size this one knows. */
#ifndef PDIAG_CORE_OPTIONS_H
#define PDIAG_CORE_OPTIONS_H

#include <errno.h>
#include <stddef.h>

struct pdiag_options;
struct pdiag_capture_options;
struct pdiag_symbolizer_options;
struct pdiag_output_options;
struct pdiag_recording_options;
struct pdiag_probe_options;
struct pdiag_sink;
struct pdiag_detector_options;
struct pdiag_rule_options;
struct pdiag_detector_group_options;
struct pdiag_tasks_options;
struct pdiag_trigger;
struct pdiag_metrics_options;
struct pdiag_pressure_options;
struct pdiag_culprits_options;
struct pdiag_report_options;
struct pdiag_journal_options;
struct pdiag_trend_options;
struct pdiag_trend_series;
struct pdiag_portraits_options;
struct pdiag_watch_options;

/*
 * Copy the caller's options into `to`, zero-filled. `first` is the size in the first release:
 * smaller is -EINVAL. Bytes beyond `known` must be zero, else -E2BIG; so is a size of over 4,096,
 * which nobody has set. from NULL: all defaults.
 */
int pdiag_options_copy(void *to, size_t known, const void *from, size_t first, const char *name);

/* What users call the struct that `to` points to. */
#define PDIAG_OPTIONS_NAME(to) \
	_Generic((to), \
		struct pdiag_options *: "pdiag_options", \
		struct pdiag_capture_options *: "pdiag_capture_options", \
		struct pdiag_symbolizer_options *: "pdiag_symbolizer_options", \
		struct pdiag_output_options *: "pdiag_output_options", \
		struct pdiag_recording_options *: "pdiag_recording_options", \
		struct pdiag_probe_options *: "pdiag_probe_options", \
		struct pdiag_tasks_options *: "pdiag_tasks_options", \
		struct pdiag_trigger *: "pdiag_trigger", \
		struct pdiag_metrics_options *: "pdiag_metrics_options", \
		struct pdiag_pressure_options *: "pdiag_pressure_options", \
		struct pdiag_detector_options *: "pdiag_detector_options", \
		struct pdiag_rule_options *: "pdiag_rule_options", \
		struct pdiag_detector_group_options *: "pdiag_detector_group_options", \
		struct pdiag_culprits_options *: "pdiag_culprits_options", \
		struct pdiag_report_options *: "pdiag_report_options", \
		struct pdiag_journal_options *: "pdiag_journal_options", \
		struct pdiag_trend_options *: "pdiag_trend_options", \
		struct pdiag_trend_series *: "pdiag_trend_series", \
		struct pdiag_portraits_options *: "pdiag_portraits_options", \
		struct pdiag_watch_options *: "pdiag_watch_options", \
		struct pdiag_sink *: "pdiag_sink")

/* The size that a struct had in the first release, whose last member was `last`. */
#define PDIAG_FIRST_SIZE(s, last) (offsetof(__typeof__(*(s)), last) + sizeof((s)->last))

/* `last` is the last member that the first release had. Sets to->size. */
#define PDIAG_OPTIONS_COPY(to, from, last) \
	pdiag_options_copy((to), sizeof(*(to)), (from), PDIAG_FIRST_SIZE(to, last), \
		PDIAG_OPTIONS_NAME(to))

/* Is the size of the caller's info struct set? -EINVAL if it is smaller than `first`, or over
 * 4,096. For those who do something before they copy. */
int pdiag_info_check(const void *info, size_t first, const char *name);

/*
 * Give the caller's info struct, which is checked like that, as much of `from` as it has room for.
 * Bytes beyond what this release knows are zeroed.
 */
int pdiag_info_copy(void *to, const void *from, size_t known, size_t first, const char *name);

/* `last` as above; `name` is what users call the struct. */
#define PDIAG_INFO_CHECK(info, last, name) \
	pdiag_info_check((info), PDIAG_FIRST_SIZE(info, last), (name))
#define PDIAG_INFO_COPY(to, from, last, name) \
	pdiag_info_copy((to), (from), sizeof(*(from)), PDIAG_FIRST_SIZE(from, last), (name))

#endif
