/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Option and info structs of other sizes than ours; calls with nothing in them. */
#include "support.h"

/* Numbers that programs are compiled with and that no debug information of the library tells; the
 * ABI dump has the rest. */
_Static_assert(PDIAG_TARGET_SELF == 0 && PDIAG_TARGET_PROCESS == 1 && PDIAG_TARGET_THREAD == 2 &&
	PDIAG_TARGET_COMMAND == 3 && PDIAG_TARGET_CGROUP == 4 && PDIAG_TARGET_SYSTEM == 5 &&
	PDIAG_TARGET_RECORDING == 6, "targets");
_Static_assert(PDIAG_ON_CPU == 1 && PDIAG_OFF_CPU == 2, "events");
_Static_assert(PDIAG_USER_ONLY == 1 && PDIAG_NO_INHERIT == 2 && PDIAG_WAKERS == 4,
	"capture flags");
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
		char bytes[512];
	};
};

static struct pdiag *context;
static struct pdiag_profile *profile;

static int setup(void **state)
{
	(void)state;
	OK(pdiag_open(NULL, &context));
	OK(pdiag_profile_new(context, &profile));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pdiag_close(context);
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

static void words(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		assert_non_null(pdiag_reason_text(i));
		assert_non_null(pdiag_state_text(i));
		assert_non_null(pdiag_loss_text(i));
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
		cmocka_unit_test(sources), cmocka_unit_test(words),
		cmocka_unit_test(sentence_is_cleared),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
