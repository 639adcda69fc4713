/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the portrait sheets that the browser test looks at into the folder given. */
#include "support/made_sheet.h"

static const char *folder;

static void write_sheet(struct fixture *f, int pid, const char *name)
{
	struct pdiag_sink sink = { .size = sizeof(sink) };
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	sink.path = path;
	if (pdiag_portraits_write_sheet(f->portraits, pid, &sink)) {
		fprintf(stderr, "%s\n", pdiag_errmsg());
		exit(1);
	}
}

static void add_profile(struct fixture *f, struct pdiag_profile *p)
{
	if (pdiag_portraits_add_profile(f->portraits, p)) {
		fprintf(stderr, "%s\n", pdiag_errmsg());
		exit(1);
	}
	pdiag_profile_free(p);
}

static void data_base(void)
{
	struct fixture f;

	fixture_begin(&f);
	make(&f);
	made_data_base(&f);
	write_sheet(&f, 4711, "plain.svg");
	add_profile(&f, made_last_minute(&f));
	write_sheet(&f, 4711, "profile.svg");
	fixture_end(&f);
}

/* Names that try to get out, long ones, a deep stack; and io that cannot be read now and then. */
static void odd(void)
{
	static char specs[100][64], command[4096];
	struct made m = { .pid = 8, .ppid = 1, .comm = "<b>&\"'\x01\xff)\n(", .start = 2,
		.threads = 3 };
	const char *frames[101];
	struct pdiag_profile *p;
	struct fixture f;

	fixture_begin(&f);
	make(&f);
	memset(command, 'x', sizeof(command) - 1);
	memcpy(command, "<script>alert(1)</script> ]]>", 29);
	for (int i = 0; i < 20; i++) {
		m.user += (uint64_t)(i % 5) * 200;
		m.run_ns += NS;
		m.read += i % 6 == 5 ? 0 : 1 << 24;
		put_process(&f, &m);
		put_counted(&f, "8/task/8", m.run_ns, m.run_ns / 9, 0, 0, 0);
		made_text(&f, 8, "cmdline", command);
		made_text(&f, 8, "cgroup", "0::/<slice>&\x1b[31m/\xe2\x80\xae" "turned\n");
		sample(&f, 10);
	}
	made_module.live = true;
	p = made_profile(f.context);
	for (int i = 0; i < 100; i++) {
		snprintf(specs[i], sizeof(specs[i]), "%c@/tmp/<%d>&.so:f<%d>(\"%d\")&\n",
			i % 3 ? 'u' : 'x', i, i, i);
		frames[i] = specs[i];
	}
	frames[100] = NULL;
	made_sample_frames(p, "odd", 8, PDIAG_STATE_RUNNING, 0, NS, frames);
	add_profile(&f, p);
	write_sheet(&f, 8, "odd.svg");
	fixture_end(&f);
}

static void idle(void)
{
	struct made m = { .pid = 7, .comm = "cron", .start = 1, .pages = 600, .run_ns = NS };
	struct fixture f;

	fixture_begin(&f);
	make(&f);
	put_process(&f, &m);
	made_text(&f, 7, "cmdline", "/usr/sbin/cron -f");
	sample(&f, 0);
	write_sheet(&f, 7, "new.svg");
	for (int i = 0; i < 12; i++)
		sample(&f, 10);
	write_sheet(&f, 7, "idle.svg");
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	folder = argc == 2 ? argv[1] : ".";
	data_base();
	odd();
	idle();
	return 0;
}
