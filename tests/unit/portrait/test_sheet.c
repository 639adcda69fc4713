/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sheet of a process: what stands on it, whatever its names hold, and what may fail. */
#include "unit/portrait/fixture.h"

#include "support/fail_alloc.h"
#include "support/made_profile.h"
#include "unit/output/collect.h"
#include "unit/output/xml_check.h"

static struct collect out;

/* Every byte belongs to a character that XML allows. */
static bool is_utf8(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p) {
		unsigned int n = *p < 0x80 ? 0 : *p >= 0xc2 && *p < 0xe0 ? 1 :
			*p >= 0xe0 && *p < 0xf0 ? 2 : *p >= 0xf0 && *p < 0xf5 ? 3 : 9;

		if (n == 9 || (*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f))
			return false;
		for (p++; n; n--, p++)
			if ((*p & 0xc0) != 0x80)
				return false;
	}
	return true;
}

/* The number behind the first `name` from `at` on; -1: none. */
static double number_behind(const char **at, const char *name)
{
	const char *found = strstr(*at, name);

	if (!found)
		return -1;
	*at = found + strlen(name);
	return strtod(*at, NULL);
}

static void is_well_made(void)
{
	const char *text = collect_text(&out), *at = text;
	struct xml_check xml = xml_check(text);
	double height, y;

	assert_null(xml.wrong);
	assert_true(is_utf8(text));
	height = number_behind(&at, "height=\"");
	while ((y = number_behind(&at, " y=\"")) >= 0)
		assert_true(y < height);
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf,"));
	assert_null(strstr(text, "<script"));
}

static void draw(struct fixture *f, int pid)
{
	struct pdiag_sink sink = collect_sink(&out);

	collect_reset(&out);
	if (pdiag_portraits_write_sheet(f->portraits, pid, &sink))
		fail_msg("%s", pdiag_errmsg());
	is_well_made();
}

static int count_of(const char *what)
{
	const char *at = collect_text(&out);
	int n = 0;

	while ((at = strstr(at, what))) {
		n++;
		at += strlen(what);
	}
	return n;
}

static void has(const char *what)
{
	if (!strstr(collect_text(&out), what))
		fail_msg("the sheet lacks: %s", what);
}

/* The row of a quantity: now, usual, the deviation, most. */
static void has_cell(const char *id, const char *class, const char *value)
{
	char want[128];
	const char *row, *end, *cell;

	snprintf(want, sizeof(want), "<g class=\"row\" id=\"%s\">", id);
	row = strstr(collect_text(&out), want);
	assert_non_null(row);
	end = strchr(row, '\n');
	snprintf(want, sizeof(want), "<text class=\"%s\"", class);
	cell = strstr(row, want);
	if (!cell || cell > end)
		fail_msg("%s has no %s", id, class);
	cell = strchr(cell, '>') + 1;
	if (strncmp(cell, value, strlen(value)) || cell[strlen(value)] != '<')
		fail_msg("%s %s: %.20s, not %s", id, class, cell, value);
}

static void work(struct made *m, unsigned int percent)
{
	m->user += 10 * percent;
	m->run_ns += percent * NS / 10;
	m->calls_read += 1000;
	m->minor += 12345;
}

static struct made begin(struct fixture *f)
{
	struct made m;

	fixture_begin(f);
	assert_int_equal(make(f), 0);
	m = (struct made){ .pid = 10, .ppid = 1, .start = ticks(f) - 5000, .comm = "worker",
		.pages = 25600, .run_ns = NS, .threads = 1 };
	put_process(f, &m);
	sample(f, 0);
	return m;
}

static void values(void **state)
{
	struct fixture f;
	struct made m;

	(void)state;
	m = begin(&f);
	put_file(&f, "10", "cmdline", "/bin/worker --all");
	for (int i = 0; i < 20; i++) {
		work(&m, 25);
		put_process(&f, &m);
		sample(&f, 10);
	}
	for (int i = 0; i < 6; i++) {
		work(&m, 80);
		put_process(&f, &m);
		sample(&f, 10);
	}
	draw(&f, 10);
	has(">worker<");
	has(">/bin/worker --all<");
	has(">/made.slice<");
	has("process 10, made by 1, user 33, 1 thread; began 5 min 10 s before this, watched for ");
	has("<rect class=\"c2\"");
	has(">cpu</text>");
	has("it uses 80 % of a CPU");
	has("CPU in user space 80 % of a CPU, usually 2");
	has_cell("cpu_user", "now", "80 %");
	has_cell("resident", "now", "100 MiB");
	has_cell("resident", "usual", "100 MiB");
	has_cell("calls_read", "now", "100/s");
	has_cell("faults_minor", "now", "1,235/s");
	has_cell("threads", "now", "1");
	has_cell("storage_written", "now", "0 B/s");
	has_cell("cpu_user", "most", "80 %");
	assert_int_equal(count_of("class=\"row\""), PDIAG_QUANTITY_OFF_FUTEX);
	assert_int_equal(count_of("class=\"line\""), PDIAG_QUANTITY_OFF_FUTEX);
	assert_true(count_of("class=\"dev strange\"") >= 1);
	has("What it waits for off the CPU is not known");
	has("<title>on a CPU, in user space 80 %</title>");
	fixture_end(&f);
}

/* Hardly anything is known of one that was seen once, and nothing of what is closed to us. */
static void little(void **state)
{
	struct fixture f;
	struct made m;

	(void)state;
	m = begin(&f);
	draw(&f, 10);
	has(">unknown</text>");
	has("too little is known of it yet");
	has_cell("cpu_user", "now unknown", "?");
	assert_int_equal(count_of("class=\"line\""), 0);
	move_away(&f, "10/io");
	work(&m, 10);
	put_stat(&f, &m);
	put_counted(&f, "10", m.run_ns, 0, 0, 0, 0);
	sample(&f, 10);
	draw(&f, 10);
	has_cell("storage_read", "now unknown", "?");
	has_cell("cpu_user", "now", "10 %");
	has("not watched for long enough");
	/* A single point is a dot. */
	has("h0\"/>");
	fixture_end(&f);
}

/* What was not known for a time breaks the line. */
static void gaps(void **state)
{
	struct fixture f;
	struct made m;
	const char *row, *end, *line;
	int begins = 0;

	(void)state;
	m = begin(&f);
	for (int i = 0; i < 24; i++) {
		work(&m, 25);
		m.read += 1 << 20;
		put_process(&f, &m);
		if (i >= 10 && i < 14)
			move_away(&f, "10/io");
		sample(&f, 10);
	}
	draw(&f, 10);
	row = strstr(collect_text(&out), "id=\"storage_read\"");
	end = strchr(row, '\n');
	line = strstr(row, "class=\"line\" d=\"");
	for (line += 16; line < end && *line != '"'; line++)
		begins += *line == 'M';
	assert_int_equal(begins, 2);
	fixture_end(&f);
}

static void with_profile(void **state)
{
	static char specs[40][40];
	const char *frames[41];
	struct fixture f;
	struct pdiag_profile *p;
	struct made m;

	(void)state;
	m = begin(&f);
	work(&m, 10);
	put_process(&f, &m);
	sample(&f, 10);
	made_module.live = true;
	p = made_profile(f.context);
	for (int i = 0; i < 40; i++) {
		snprintf(specs[i], sizeof(specs[i]), i < 37 ? "u:outer_%d" : "k:inner_%d", i);
		frames[i] = specs[i];
	}
	frames[40] = NULL;
	made_sample_frames(p, "worker", 10, PDIAG_STATE_LOCK, 0, 5 * NS, frames);
	assert_int_equal(pdiag_portraits_add_profile(f.portraits, p), 0);
	pdiag_profile_free(p);
	draw(&f, 10);
	assert_int_equal(count_of("class=\"row\""), PDIAG_QUANTITY_COUNT);
	has_cell("off_lock", "now", "50 %");
	has_cell("off_futex", "now", "0 %");
	has(">lock</text>");
	has(">inner_39 <tspan class=\"module\" dx=\"6\">[kernel]</tspan>");
	has(">outer_16 ");
	assert_int_equal(count_of("outer_15"), 0);
	has("and 16 more");
	has("futexes and locks 50 %");
	fixture_end(&f);
}

/* Random bytes where there are names. */
static void hostile(void **state)
{
	static const char *const seeds[] = { "<script>alert(1)</script>", "]]>", "&amp;", "\"'",
		"\xe2\x80\xae", "\xff\xfe", "\xed\xa0\x80", "\n", "\x1b[31m", "--><!--",
		"\xf0\x9f\x94\xa5" };
	uint64_t random = 1;
	struct fixture f;
	struct made m;

	(void)state;
	m = begin(&f);
	made_module.live = true;
	for (int round = 0; round < 200; round++) {
		char texts[4][300], spec[310];
		struct pdiag_profile *p;

		for (int t = 0; t < 4; t++) {
			size_t len = 0, want = (size_t)(t ? (random >> 40) % 200 : 15);

			while (len < want) {
				const char *seed = seeds[(random >> 33) % 11];
				size_t n = strlen(seed);

				random = random * 6364136223846793005u + 1442695040888963407u;
				if (random >> 63 && len + n < want) {
					memcpy(texts[t] + len, seed, n);
					len += n;
				} else {
					texts[t][len++] = (char)(1 + (random >> 50) % 255);
				}
			}
			texts[t][len] = '\0';
		}
		m.comm = texts[0];
		work(&m, 10);
		put_process(&f, &m);
		put_file(&f, "10", "cmdline", texts[1]);
		snprintf(spec, sizeof(spec), "0::/%s\n", texts[2]);
		put_file(&f, "10", "cgroup", spec);
		sample(&f, 10);
		snprintf(spec, sizeof(spec), "u:%s", texts[3]);
		p = made_profile(f.context);
		made_sample_frames(p, texts[0], 10, PDIAG_STATE_IO, 0, NS,
			(const char *[]){ spec, NULL });
		assert_int_equal(pdiag_portraits_add_profile(f.portraits, p), 0);
		pdiag_profile_free(p);
		draw(&f, 10);
	}
	fixture_end(&f);
}

static void failures(void **state)
{
	struct pdiag_sink sink = collect_sink(&out);
	struct fixture f;

	(void)state;
	begin(&f);
	collect_reset(&out);
	assert_int_equal(pdiag_portraits_write_sheet(f.portraits, 11, &sink), -ESRCH);
	assert_non_null(strstr(pdiag_errmsg(), "11"));
	assert_int_equal(out.writes, 0);
	out.limit = 100;
	assert_int_equal(pdiag_portraits_write_sheet(f.portraits, 10, &sink), -ENOSPC);
	out.limit = 0;
	sink.size = 1;
	assert_int_equal(pdiag_portraits_write_sheet(f.portraits, 10, &sink), -EINVAL);
	fixture_end(&f);
}

static void no_memory(void **state)
{
	struct pdiag_sink sink = collect_sink(&out);
	struct fixture f;
	struct made m;
	unsigned long n;
	int ret;

	(void)state;
	FAIL_ALLOC_OR_SKIP();
	m = begin(&f);
	work(&m, 10);
	put_process(&f, &m);
	sample(&f, 10);
	for (n = 0;; n++) {
		collect_reset(&out);
		fail_alloc_start(n);
		ret = pdiag_portraits_write_sheet(f.portraits, 10, &sink);
		if (!fail_alloc_stop())
			break;
		/* Its command line may go without. */
		if (ret)
			assert_int_equal(ret, -ENOMEM);
		else
			is_well_made();
	}
	assert_int_equal(ret, 0);
	assert_true(n > 5);
	is_well_made();
	fixture_end(&f);
}

static int end(void **state)
{
	(void)state;
	free(out.data);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(little), cmocka_unit_test(gaps),
		cmocka_unit_test(with_profile), cmocka_unit_test(hostile),
		cmocka_unit_test(failures), cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
