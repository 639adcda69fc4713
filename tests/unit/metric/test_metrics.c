/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry as a whole: names, options, memory, descriptors, life and death. */
#include "fixture.h"

#include <sys/resource.h>
#include <time.h>

#include "support/fail_alloc.h"

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	fixture_begin(&f);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_end(&f);
	return 0;
}

static int try_options(struct pdiag_metrics_options o, const char *sentence)
{
	struct pdiag_metrics *m = (void *)1;
	int ret;

	o.size = o.size ? o.size : sizeof(o);
	ret = pdiag_metrics_new(f.context, &o, &m);
	if (!ret) {
		pdiag_metrics_free(m);
		return 0;
	}
	assert_null(m);
	if (!strstr(pdiag_errmsg(), sentence))
		fail_msg("\"%s\" does not say %s", pdiag_errmsg(), sentence);
	return ret;
}

#define TRY(sentence, ...) try_options((struct pdiag_metrics_options){ __VA_ARGS__ }, sentence)

static void options(void **state)
{
	struct pdiag_metrics *m = NULL;

	(void)state;
	assert_int_equal(TRY("", .history_s = 60), 0);
	assert_int_equal(TRY("", .interval_ms = 10, .flags = PDIAG_METRICS_NO_HISTORY), 0);
	assert_int_equal(TRY("size is 8", .size = 8), -EINVAL);
	assert_int_equal(TRY("families", .families = 256), -EINVAL);
	assert_int_equal(TRY("flags", .flags = 2), -EINVAL);
	assert_int_equal(TRY("reserved", .reserved = 1), -EINVAL);
	assert_int_equal(TRY("pid", .pid = -1), -EINVAL);
	assert_int_equal(TRY("interval_ms is 9", .interval_ms = 9), -EINVAL);
	assert_int_equal(TRY("interval_ms is 1001", .interval_ms = 1001), -EINVAL);
	assert_int_equal(TRY("history_s is 59", .history_s = 59), -EINVAL);
	assert_int_equal(TRY("history_s is 86401", .history_s = 86401), -EINVAL);
	assert_int_equal(TRY("go together", .pid = 1, .families = PDIAG_METRICS_CPU), -EINVAL);
	assert_int_equal(TRY("go together", .families = PDIAG_METRICS_PROCESS), -EINVAL);
	assert_int_equal(TRY("/nowhere", .root = "/nowhere"), -ENOENT);
	assert_int_equal(TRY("proc and sys", .root = "/dev/null"), -ENOTDIR);
	assert_int_equal(pdiag_metrics_new(NULL, NULL, &m), -EINVAL);
	assert_int_equal(pdiag_metrics_new(f.context, NULL, NULL), -EINVAL);
	pdiag_metrics_free(NULL);
}

/* Names are those of the OpenTelemetry habit, each there once; each metric is described. */
static void registry(void **state)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._";
	uint32_t count, total = 0;
	const struct pdiag_metric_reader *const *readers = pdiag_metric_readers(&count);

	(void)state;
	for (uint32_t i = 0; i < count; i++) {
		assert_true(readers[i]->count <= PDIAG_METRIC_VALUES);
		for (uint32_t k = 0; k < readers[i]->count; k++, total++) {
			const struct pdiag_metric_def *d = &readers[i]->defs[k];

			assert_non_null(d->name);
			assert_int_equal(strspn(d->name, allowed), strlen(d->name));
			assert_true(*d->unit);
			assert_true(strlen(d->description) > 10);
			assert_true(d->description[0] >= 'A' && d->description[0] <= 'Z');
			assert_int_equal(d->description[strlen(d->description) - 1], '.');
			assert_true(d->kind == PDIAG_METRIC_GAUGE ||
				d->kind == PDIAG_METRIC_COUNTER);
			assert_true(d->scale > 0);
			for (uint32_t j = 0; j < count; j++)
				for (uint32_t l = 0; l < readers[j]->count; l++)
					if ((i != j || k != l) &&
						!strcmp(d->name, readers[j]->defs[l].name))
						fail_msg("%s is there twice", d->name);
		}
	}
	assert_true(total > 100);
}

static void queries(void **state)
{
	struct {
		struct pdiag_metrics_info info;
		char tail[32];
	} later = { .info.size = sizeof(later), .tail = "x" };
	struct pdiag_metrics_info info = { .size = sizeof(info) - 1 };
	uint32_t count;

	(void)state;
	made(&f);
	count = pdiag_metrics_count(f.metrics);
	assert_null(pdiag_metrics_describe(f.metrics, count));
	assert_null(pdiag_metrics_value(f.metrics, count));
	assert_non_null(pdiag_metrics_describe(f.metrics, count - 1));
	assert_int_equal(pdiag_metrics_find(f.metrics, "system.no.such"), -ENOENT);
	assert_non_null(strstr(pdiag_errmsg(), "system.no.such"));
	assert_int_equal(pdiag_metrics_find(f.metrics, "system.cpu.load_average.1m"), 0);
	assert_int_equal(pdiag_metrics_get_info(f.metrics, &info), -EINVAL);
	assert_int_equal(pdiag_metrics_get_info(f.metrics, &later.info), 0);
	assert_int_equal(later.tail[0], 0);
}

/* All of the machine, with an hour of history, in 2 MB. */
static void bytes(void **state)
{
	struct pdiag_metrics_info info = { .size = sizeof(info) };
	struct pdiag_metrics *m;

	(void)state;
	assert_int_equal(pdiag_metrics_new(f.context, NULL, &m), 0);
	assert_int_equal(pdiag_metrics_get_info(m, &info), 0);
	print_message("%u metrics of %u, %llu bytes\n", info.available, pdiag_metrics_count(m),
		(unsigned long long)info.bytes);
	assert_true(info.bytes < 2 << 20);
	pdiag_metrics_free(m);
}

static void out_of_memory(void **state)
{
	struct pdiag_metrics_options o = { .size = sizeof(o), .history_s = 60, .pid = getpid() };
	struct pdiag_metrics *m;
	unsigned long n;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	tzset();
	for (n = 0;; n++) {
		fail_alloc_start(n);
		ret = pdiag_metrics_new(f.context, &o, &m);
		if (!fail_alloc_stop())
			break;
		if (ret != -ENOMEM)
			fail_msg("allocation %lu: %d", n, ret);
		assert_null(m);
	}
	assert_int_equal(ret, 0);
	assert_true(n > 10);
	pdiag_metrics_free(m);
}

/* A tick allocates nothing, on this machine as it is. */
static void no_allocation(void **state)
{
	(void)state;
	FAIL_ALLOC_OR_SKIP();
	f.options.root = NULL;
	f.options.pid = getpid();
	made(&f);
	tick(&f, NS);
	for (int i = 0; i < 50; i++) {
		fail_alloc_start_all(0);
		tick(&f, NS);
		assert_int_equal(fail_alloc_stop(), 0);
	}
	assert_true(value(&f, "system.memory.limit")->value > 0);
}

/* A device that there is no memory for is not there yet; nothing else is lost. */
static void no_memory_for_a_device(void **state)
{
	char text[4096];
	size_t len;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	f.options.families = PDIAG_METRICS_NETWORK;
	put(&f, "proc/net/dev", "e0: 5 1 1 1 1 1 1 1 1 1 1 1\n");
	made(&f);
	len = (size_t)sprintf(text, "e0: 7 1 1 1 1 1 1 1 1 1 1 1\n");
	for (int i = 1; i < 40; i++)
		len += (size_t)sprintf(text + len, "e%d: 100 1 1 1 1 1 1 1 1 1 1 1\n", i);
	put(&f, "proc/net/dev", text);
	fail_alloc_start_all(0);
	tick(&f, NS);
	assert_int_equal(fail_alloc_stop(), 1);
	is_value(&f, "system.network.io.receive", 2);
	tick(&f, NS);
	is_value(&f, "system.network.io.receive", 0);
	len = (size_t)sprintf(text, "e0: 7 1 1 1 1 1 1 1 1 1 1 1\n");
	for (int i = 1; i < 40; i++)
		len += (size_t)sprintf(text + len, "e%d: 101 1 1 1 1 1 1 1 1 1 1 1\n", i);
	put(&f, "proc/net/dev", text);
	tick(&f, NS);
	is_value(&f, "system.network.io.receive", 39);
}

/* Too few descriptors: a sentence at each, and none is left open. */
static void descriptors(void **state)
{
	struct rlimit before, limit;
	struct pdiag_metrics *m;
	int free_fd = dup(0), ret, failed = 0;

	(void)state;
	close(free_fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (rlim_t n = (rlim_t)free_fd;; n++) {
		limit = (struct rlimit){ n, before.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		ret = pdiag_metrics_new(f.context, NULL, &m);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		if (!ret)
			break;
		failed++;
		assert_int_equal(ret, -EMFILE);
		assert_true(strlen(pdiag_errmsg()) > 20);
		ret = dup(0);
		assert_int_equal(ret, free_fd);
		close(ret);
	}
	assert_true(failed > 5);
	pdiag_metrics_free(m);
	ret = dup(0);
	assert_int_equal(ret, free_fd);
	close(ret);
}

/* Of a file as long as none is. */
static void long_files(void **state)
{
	size_t len = 9 << 20;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text, "ctxt 5\n", 7);
	f.options.families = PDIAG_METRICS_CPU;
	put_bytes(&f, "proc/stat", text, len / 2);
	made(&f);
	assert_int_equal(metric(&f, "system.cpu.context_switches")->available, 1);
	put_bytes(&f, "proc/stat", text, len);
	tick(&f, NS);
	is_missing(&f, "system.cpu.context_switches");
	free(text);
}

/* Those of an object that goes with its context. */
static void with_context(void **state)
{
	struct pdiag *context;
	struct pdiag_metrics *m;
	int before = dup(0), after;

	(void)state;
	close(before);
	assert_int_equal(pdiag_open(NULL, &context), 0);
	assert_int_equal(pdiag_metrics_new(context, NULL, &m), 0);
	pdiag_close(context);
	after = dup(0);
	assert_int_equal(before, after);
	close(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(options, setup, teardown),
		cmocka_unit_test_setup_teardown(registry, setup, teardown),
		cmocka_unit_test_setup_teardown(queries, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(out_of_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(no_allocation, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory_for_a_device, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(long_files, setup, teardown),
		cmocka_unit_test_setup_teardown(with_context, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
