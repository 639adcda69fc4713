/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Option and info structs of other sizes than ours; calls with nothing in them. */
#include "event_support.h"

/* Numbers that programs are compiled with and that no debug information of the library tells; the
 * ABI dump has the rest. */
_Static_assert(PDIAG_TARGET_SELF == 0 && PDIAG_TARGET_PROCESS == 1 && PDIAG_TARGET_THREAD == 2 &&
	PDIAG_TARGET_COMMAND == 3 && PDIAG_TARGET_CGROUP == 4 && PDIAG_TARGET_SYSTEM == 5 &&
	PDIAG_TARGET_RECORDING == 6, "targets");
_Static_assert(PDIAG_ON_CPU == 1 && PDIAG_OFF_CPU == 2, "events");
_Static_assert(PDIAG_USER_ONLY == 1 && PDIAG_NO_INHERIT == 2 && PDIAG_WAKERS == 4 &&
	PDIAG_SHORT_WAITS == 8, "capture flags");
_Static_assert(PDIAG_STACK_TRUNCATED == 1 && PDIAG_STACK_NO_USER == 2 &&
	PDIAG_STACK_PENDING == 4 && PDIAG_STACK_LATE == 8 && PDIAG_STACK_FAULTED == 16 &&
	PDIAG_STACK_WAKER == 32, "stack flags");
_Static_assert(PDIAG_SOURCE_AUTO == 0 && PDIAG_SOURCE_PERF == 1 && PDIAG_SOURCE_KMOD == 2,
	"sources");
_Static_assert(PDIAG_UNIT_AUTO == 0 && PDIAG_UNIT_SAMPLES == 1 && PDIAG_UNIT_MICROSECONDS == 2 &&
	PDIAG_UNIT_NANOSECONDS == 3, "units");
_Static_assert(PDIAG_OUTPUT_PID == 1 && PDIAG_OUTPUT_TID == 2 && PDIAG_OUTPUT_KERNEL_MARK == 4 &&
	PDIAG_OUTPUT_NO_STATE == 8 && PDIAG_OUTPUT_MODULE == 16, "output flags");
_Static_assert(PDIAG_STATES_ON_CPU == 1 && PDIAG_STATES_OFF_CPU == 0xffe, "states");
_Static_assert(PDIAG_FRAME_USER == 0 && PDIAG_FRAME_KERNEL == 1 && PDIAG_FRAME_JIT == 2 &&
	PDIAG_FRAME_VDSO == 3 && PDIAG_FRAME_INLINED == 4 && PDIAG_FRAME_UNRESOLVED == 5 &&
	PDIAG_FRAME_MARK == 6, "kinds of frames");
_Static_assert(PDIAG_SYMBOL_RAW_NAMES == 1 && PDIAG_SYMBOL_NO_DEBUG_FILES == 2, "symbolizer flags");
_Static_assert(PDIAG_RECORDING_NO_NAMES == 1, "recording flags");
_Static_assert(PDIAG_METRICS_LOAD == 1 && PDIAG_METRICS_CPU == 2 && PDIAG_METRICS_PRESSURE == 4 &&
	PDIAG_METRICS_MEMORY == 8 && PDIAG_METRICS_DISK == 16 && PDIAG_METRICS_NETWORK == 32 &&
	PDIAG_METRICS_CGROUP == 64 && PDIAG_METRICS_PROCESS == 128 &&
	PDIAG_METRICS_NO_HISTORY == 1, "families of metrics");
_Static_assert(PDIAG_METRIC_GAUGE == 1 && PDIAG_METRIC_COUNTER == 2 &&
	PDIAG_METRIC_MISSING == 0 && PDIAG_METRIC_OK == 1 && PDIAG_METRIC_LATE == 2 &&
	PDIAG_PRESSURE_CPU == 1 && PDIAG_PRESSURE_MEMORY == 2 && PDIAG_PRESSURE_IO == 3,
	"kinds and states of metrics");
_Static_assert(PDIAG_WATCH_ONLY_RULES == 1 && PDIAG_WATCH_NO_PROFILE == 2 &&
	PDIAG_WATCH_NO_TASKS == 4 && PDIAG_WATCH_NO_OFF_CPU == 8 &&
	PDIAG_WATCH_ONLY_ENDED == 16 && PDIAG_JOURNAL_READ_ONLY == 1 &&
	PDIAG_JOURNAL_NO_SYNC == 2 && PDIAG_CULPRITS_NO_CGROUPS == 1,
	"flags of watches, journals and culprits");
_Static_assert(PDIAG_EVENT_BEGUN == 1 && PDIAG_EVENT_ENDED == 2 && PDIAG_EVENT_CUT == 3 &&
	PDIAG_EVENT_UPDATED == 4 &&
	PDIAG_SEVERITY_NOTICE == 1 && PDIAG_SEVERITY_WARNING == 2 &&
	PDIAG_SEVERITY_CRITICAL == 3 && PDIAG_EVIDENCE_BEFORE == 1 &&
	PDIAG_EVIDENCE_DURING == 2 && PDIAG_EVIDENCE_NORMAL == 4 &&
	PDIAG_EVIDENCE_TASKS == 8 && PDIAG_CULPRIT_PROCESS == 1 &&
	PDIAG_CULPRIT_CGROUP == 2 && PDIAG_CULPRIT_STACK == 3,
	"what events and culprits are");

/* A struct of a release to come: ours with a tail. */
struct later {
	union {
		size_t size;
		struct pdiag_options context;
		struct pdiag_capture_options capture;
		struct pdiag_symbolizer_options symbolizer;
		struct pdiag_output_options output;
		struct pdiag_recording_options recording;
		struct pdiag_sink sink;
		struct pdiag_metrics_options metrics;
		struct pdiag_pressure_options pressure;
		struct pdiag_watch_options watch;
		struct pdiag_journal_options journal;
		struct pdiag_culprits_options culprits;
		struct pdiag_trend_options trend;
		struct pdiag_trend_series series;
		struct pdiag_report_options report;
		char bytes[512];
	};
};

static struct pdiag *context;
static struct pdiag_profile *profile;
static struct pdiag_event *event;
static struct pdiag_trend *chart;
static struct folder folder;

static int setup(void **state)
{
	struct pdiag_journal *journal;

	(void)state;
	folder_fill(&folder);
	OK(pdiag_open(NULL, &context));
	OK(pdiag_profile_new(context, &profile));
	OK(pdiag_trend_new(context, NULL, &chart));
	OK(journal_open_as(context, folder.name, PDIAG_JOURNAL_READ_ONLY, &journal));
	OK(pdiag_journal_read(journal, 0, &event));
	pdiag_journal_close(journal);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
	folder_remove(&folder);
	return 0;
}

static int swallow(void *user, const void *data, size_t len)
{
	(void)user;
	(void)data;
	(void)len;
	return 0;
}

static struct pdiag_sink nowhere(void)
{
	return (struct pdiag_sink){ .size = sizeof(struct pdiag_sink), .write = swallow };
}

static int try_context(struct later *l)
{
	struct pdiag *out = NULL;
	int ret = pdiag_open(&l->context, &out);

	pdiag_close(out);
	return ret;
}

static int try_capture(struct later *l)
{
	struct pdiag_capture *out = NULL;
	int ret;

	l->capture.flags |= PDIAG_USER_ONLY;
	ret = pdiag_capture_new(context, &l->capture, &out);
	pdiag_capture_free(out);
	return ret == -EACCES || ret == -EPERM ? 0 : ret;
}

static int try_symbolizer(struct later *l)
{
	struct pdiag_symbolizer *out = NULL;
	int ret = pdiag_symbolizer_new(context, &l->symbolizer, &out);

	pdiag_symbolizer_free(out);
	return ret;
}

static int try_recording(struct later *l)
{
	struct pdiag_sink sink = nowhere();
	struct pdiag_recording *out = NULL;
	int ret;

	if (l->size >= sizeof(l->recording))
		l->recording.sink = &sink;
	ret = pdiag_recording_new(context, &l->recording, &out);
	pdiag_recording_free(out);
	return ret;
}

static int try_metrics(struct later *l)
{
	struct pdiag_metrics *out = NULL;
	int ret;

	if (l->size >= sizeof(l->metrics))
		l->metrics.flags |= PDIAG_METRICS_NO_HISTORY;
	ret = pdiag_metrics_new(context, &l->metrics, &out);
	pdiag_metrics_free(out);
	return ret;
}

/* What the kernel says to it is another matter. */
static int try_pressure(struct later *l)
{
	int ret;

	if (l->size >= sizeof(l->pressure)) {
		l->pressure.resource = PDIAG_PRESSURE_IO;
		l->pressure.threshold_ms = 1000;
	}
	ret = pdiag_pressure_open(context, &l->pressure);
	if (ret >= 0)
		close(ret);
	return ret == -EINVAL || ret == -E2BIG ? ret : 0;
}

static int try_folded(struct later *l)
{
	struct pdiag_sink sink = nowhere();

	return pdiag_profile_write_folded(profile, &l->output, &sink);
}

static int try_flamegraph(struct later *l)
{
	struct pdiag_sink sink = nowhere();

	return pdiag_profile_write_flamegraph(profile, &l->output, &sink);
}

static int try_diff(struct later *l)
{
	struct pdiag_sink sink = nowhere();

	return pdiag_profile_write_diff(profile, profile, &l->output, &sink);
}

static int try_loss(struct later *l)
{
	struct pdiag_sink sink = nowhere();

	return pdiag_profile_write_loss(profile, &l->output, &sink);
}

static int no_frame(void *user, const struct pdiag_hot_frame *frame)
{
	(void)user;
	(void)frame;
	return 0;
}

static int try_hot(struct later *l)
{
	return pdiag_profile_each_hot_frame(profile, &l->output, 0, no_frame, NULL);
}

static int try_sink(struct later *l)
{
	if (l->size >= sizeof(l->sink))
		l->sink.write = swallow;
	return pdiag_profile_write_folded(profile, NULL, &l->sink);
}

static int try_watch(struct later *l)
{
	struct pdiag_watch *out = NULL;
	int ret;

	if (l->size >= sizeof(l->watch))
		l->watch.flags |= PDIAG_WATCH_NO_PROFILE | PDIAG_WATCH_NO_TASKS;
	ret = pdiag_watch_new(context, &l->watch, &out);
	pdiag_watch_free(out);
	return ret;
}

static int try_journal(struct later *l)
{
	struct pdiag_journal *out = NULL;
	int ret = pdiag_journal_open(context, folder.name, &l->journal, &out);

	pdiag_journal_close(out);
	return ret;
}

static int try_culprits(struct later *l)
{
	struct pdiag_culprits *out = NULL;
	int ret = pdiag_culprits_new(&profile, 1, profile, &l->culprits, &out);

	pdiag_culprits_free(out);
	return ret;
}

static int try_trend(struct later *l)
{
	struct pdiag_trend *out = NULL;
	int ret = pdiag_trend_new(context, &l->trend, &out);

	pdiag_trend_free(out);
	return ret;
}

static int try_series(struct later *l)
{
	if (l->size >= sizeof(l->series))
		l->series.name = "name";
	return pdiag_trend_add_series(chart, &l->series);
}

static int try_report(struct later *l)
{
	struct pdiag_sink sink = nowhere();

	return pdiag_event_write_report(event, &l->report, &sink);
}

static const struct {
	const char *name;
	int (*call)(struct later *l);
	size_t size;
	const char *type;
	size_t first; /* in the first release, if it has grown since */
} structs[] = {
	{ "context", try_context, sizeof(struct pdiag_options),
		"pdiag_options", 0 },
	{ "capture", try_capture, sizeof(struct pdiag_capture_options),
		"pdiag_capture_options", offsetof(struct pdiag_capture_options, source) },
	{ "symbolizer", try_symbolizer, sizeof(struct pdiag_symbolizer_options),
		"pdiag_symbolizer_options", 0 },
	{ "recording", try_recording, sizeof(struct pdiag_recording_options),
		"pdiag_recording_options", 0 },
	{ "metrics", try_metrics, sizeof(struct pdiag_metrics_options),
		"pdiag_metrics_options", 0 },
	{ "pressure", try_pressure, sizeof(struct pdiag_pressure_options),
		"pdiag_pressure_options", 0 },
	{ "watch", try_watch, sizeof(struct pdiag_watch_options),
		"pdiag_watch_options", 0 },
	{ "journal", try_journal, sizeof(struct pdiag_journal_options),
		"pdiag_journal_options", 0 },
	{ "culprits", try_culprits, sizeof(struct pdiag_culprits_options),
		"pdiag_culprits_options", 0 },
	{ "trend", try_trend, sizeof(struct pdiag_trend_options),
		"pdiag_trend_options", 0 },
	{ "series", try_series, sizeof(struct pdiag_trend_series),
		"pdiag_trend_series", 0 },
	{ "report", try_report, sizeof(struct pdiag_report_options),
		"pdiag_report_options", 0 },
	{ "folded", try_folded, sizeof(struct pdiag_output_options),
		"pdiag_output_options", 0 },
	{ "flamegraph", try_flamegraph, sizeof(struct pdiag_output_options),
		"pdiag_output_options", 0 },
	{ "diff", try_diff, sizeof(struct pdiag_output_options),
		"pdiag_output_options", 0 },
	{ "loss", try_loss, sizeof(struct pdiag_output_options),
		"pdiag_output_options", 0 },
	{ "hot", try_hot, sizeof(struct pdiag_output_options),
		"pdiag_output_options", 0 },
	{ "sink", try_sink, sizeof(struct pdiag_sink),
		"pdiag_sink", 0 },
};

static void wrong_sizes(void **state)
{
	struct later l;

	(void)state;
	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++) {
		print_message("%s\n", structs[i].name);
		size_t first = structs[i].first ? structs[i].first : structs[i].size;

		for (size_t size = first; size <= structs[i].size; size += 4) {
			l = (struct later){ .size = size };
			OK(structs[i].call(&l));
		}
		for (size_t size = 0; size < first; size += 4) {
			l = (struct later){ .size = size };
			FAILS(structs[i].call(&l), EINVAL, structs[i].type);
			assert_non_null(strstr(pdiag_errmsg(), ": size is"));
		}
		/* From a later release: fine as long as nothing of it is asked for. */
		l = (struct later){ .size = sizeof(l) };
		OK(structs[i].call(&l));
		l = (struct later){ .size = sizeof(l) };
		l.bytes[sizeof(l) - 1] = 1;
		FAILS(structs[i].call(&l), E2BIG, structs[i].type);
		assert_true(strlen(pdiag_errmsg()) > 20);
	}
}

static void info_sizes(void **state)
{
	struct {
		struct pdiag_profile_info info;
		char tail[64];
	} p;

	(void)state;
	memset(&p, 0x55, sizeof(p));
	p.info.size = sizeof(p);
	OK(pdiag_profile_get_info(profile, &p.info));
	assert_int_equal(p.info.size, sizeof(p));
	assert_int_equal(p.info.samples, 0);
	for (size_t i = 0; i < sizeof(p.tail); i++)
		assert_int_equal(p.tail[i], 0);
	p.info.size = sizeof(size_t);
	FAILS(pdiag_profile_get_info(profile, &p.info), EINVAL, "size");
}

/* Infos of a program of any release: those of events, journals and watches. */
static void info_sizes_of_events(void **state)
{
	struct {
		union {
			size_t size;
			struct pdiag_event_info event;
			struct pdiag_journal_info journal;
			struct pdiag_watch_info watch;
			char bytes[1024];
		};
	} p;
	struct pdiag_journal *journal;
	struct pdiag_watch *watch;

	(void)state;
	OK(journal_open_as(context, folder.name, PDIAG_JOURNAL_READ_ONLY, &journal));
	OK(always_new(context, NULL, &watch));
	for (int i = 0; i < 3; i++) {
		memset(&p, 0x55, sizeof(p));
		p.size = sizeof(p);
		OK(i == 0 ? pdiag_event_get_info(event, &p.event) :
			i == 1 ? pdiag_journal_get_info(journal, &p.journal) :
				pdiag_watch_get_info(watch, &p.watch));
		assert_int_equal(p.size, sizeof(p));
		for (size_t k = sizeof(p.event); k < sizeof(p); k++)
			assert_int_equal(p.bytes[k], 0);
		p.size = sizeof(size_t);
		FAILS(i == 0 ? pdiag_event_get_info(event, &p.event) :
			i == 1 ? pdiag_journal_get_info(journal, &p.journal) :
				pdiag_watch_get_info(watch, &p.watch), EINVAL, "size");
		FAILS(i == 0 ? pdiag_event_get_info(event, NULL) :
			i == 1 ? pdiag_journal_get_info(journal, NULL) :
				pdiag_watch_get_info(watch, NULL), EINVAL, "_info");
	}
	pdiag_watch_free(watch);
	pdiag_journal_close(journal);
}

static int no_feature(void *user, const struct pdiag_source_feature *feature)
{
	(void)user;
	assert_true(feature->available <= 1);
	assert_non_null(feature->why);
	return 0;
}

/* Every source can be asked about everywhere, by programs of any release. */
static void sources(void **state)
{
	struct {
		struct pdiag_source_info info;
		char tail[64];
	} p;

	(void)state;
	for (uint32_t source = PDIAG_SOURCE_AUTO; source <= PDIAG_SOURCE_KMOD; source++) {
		memset(&p, 0x55, sizeof(p));
		p.info.size = sizeof(p);
		OK(pdiag_source_query(context, source, &p.info));
		assert_int_equal(p.info.size, sizeof(p));
		assert_true(
			p.info.source == PDIAG_SOURCE_PERF || p.info.source == PDIAG_SOURCE_KMOD);
		assert_true(p.info.available || *p.info.why);
		for (size_t i = 0; i < sizeof(p.tail); i++)
			assert_int_equal(p.tail[i], 0);
		OK(pdiag_source_each_feature(context, source, no_feature, NULL));
	}
	FAILS(pdiag_source_query(context, PDIAG_SOURCE_KMOD + 1, &p.info), EINVAL, "source is 3");
	FAILS(pdiag_source_query(NULL, 0, &p.info), EINVAL, "context is NULL");
	FAILS(pdiag_source_each_feature(context, 9, no_feature, NULL), EINVAL, "source is 9");
	p.info.size = sizeof(p.info) - 1;
	FAILS(pdiag_source_query(context, 0, &p.info), EINVAL, "size");
}

static void free_nothing(void **state)
{
	(void)state;
	pdiag_close(NULL);
	pdiag_capture_free(NULL);
	pdiag_profile_free(NULL);
	pdiag_symbolizer_free(NULL);
	pdiag_recording_free(NULL);
	pdiag_metrics_free(NULL);
	pdiag_watch_free(NULL);
	pdiag_journal_close(NULL);
	pdiag_event_free(NULL);
	pdiag_culprits_free(NULL);
	pdiag_trend_free(NULL);
}

/* What makes an object looks at the handle and the pointer that it is given. */
static void make_nothing(void **state)
{
	struct pdiag_symbolizer *symbolizer = (void *)1;
	struct pdiag_capture *capture = (void *)1;
	struct pdiag_profile *made = (void *)1;

	(void)state;
	FAILS(pdiag_open(NULL, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_capture_new(NULL, NULL, &capture), EINVAL, "context is NULL");
	assert_null(capture);
	FAILS(pdiag_capture_new(context, NULL, NULL), EINVAL, "pdiag_capture_new: out is NULL");
	FAILS(pdiag_capture_take(NULL, &made), EINVAL, "capture is NULL");
	assert_null(made);
	FAILS(pdiag_profile_new(NULL, &made), EINVAL, "context is NULL");
	FAILS(pdiag_recording_new(NULL, NULL, &(struct pdiag_recording *){ NULL }), EINVAL,
		"context is NULL");
	FAILS(pdiag_profile_new(context, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_profile_copy(NULL, &made), EINVAL, "profile is NULL");
	FAILS(pdiag_profile_copy(profile, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_symbolizer_new(NULL, NULL, &symbolizer), EINVAL, "context is NULL");
	assert_null(symbolizer);
	FAILS(pdiag_symbolizer_new(context, NULL, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_recording_load(NULL, "a", NULL, &made), EINVAL, "context is NULL");
	FAILS(pdiag_recording_load(context, "a", NULL, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_recording_load(context, NULL, NULL, &made), EINVAL, "path is NULL");
}

static void make_no_event(void **state)
{
	struct pdiag_culprits *culprits = (void *)1;
	struct pdiag_journal *journal = (void *)1;
	struct pdiag_watch *watch = (void *)1;
	struct pdiag_trend *trend = (void *)1;
	struct pdiag_event *read = (void *)1;

	(void)state;
	FAILS(pdiag_watch_new(NULL, NULL, &watch), EINVAL, "context is NULL");
	assert_null(watch);
	FAILS(pdiag_watch_new(context, NULL, NULL), EINVAL, "pdiag_watch_new: out is NULL");
	FAILS(pdiag_journal_open(NULL, folder.name, NULL, &journal), EINVAL, "context is NULL");
	assert_null(journal);
	FAILS(pdiag_journal_open(context, folder.name, NULL, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_culprits_new(NULL, 0, NULL, NULL, &culprits), EINVAL, "trouble is NULL");
	assert_null(culprits);
	FAILS(pdiag_culprits_new(NULL, 0, profile, NULL, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_trend_new(NULL, NULL, &trend), EINVAL, "context is NULL");
	assert_null(trend);
	FAILS(pdiag_trend_new(context, NULL, NULL), EINVAL, "out is NULL");
	FAILS(pdiag_trend_add_series(chart, NULL), EINVAL, "no series");
	FAILS(pdiag_event_write_report(event, NULL, NULL), EINVAL, "sink");
	FAILS(pdiag_trend_write(chart, NULL), EINVAL, "sink");
	FAILS(pdiag_journal_read(NULL, 1, &read), EINVAL, "journal is NULL");
	assert_null(read);
}

static void words(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		assert_non_null(pdiag_reason_text(i));
		assert_non_null(pdiag_state_text(i));
		assert_non_null(pdiag_loss_text(i));
		assert_non_null(pdiag_severity_text(i));
		assert_non_null(pdiag_event_phase_text(i));
	}
	assert_string_equal(pdiag_version(), PDIAG_VERSION);
	assert_int_equal(pdiag_version_number(), PDIAG_VERSION_NUMBER);
}

/* The sentence goes with the next call that succeeds. */
static void sentence_is_cleared(void **state)
{
	struct pdiag_profile_info info = { 0 };

	(void)state;
	FAILS(pdiag_profile_get_info(profile, &info), EINVAL, "size");
	info.size = sizeof(info);
	OK(pdiag_profile_get_info(profile, &info));
	assert_string_equal(pdiag_errmsg(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_sizes), cmocka_unit_test(info_sizes),
		cmocka_unit_test(free_nothing), cmocka_unit_test(make_nothing),
		cmocka_unit_test(info_sizes_of_events), cmocka_unit_test(make_no_event),
		cmocka_unit_test(sources), cmocka_unit_test(words),
		cmocka_unit_test(sentence_is_cleared),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
