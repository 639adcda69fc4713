/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the flame graphs that the browser test looks at into the folder given. */
#include "../../support/made_profile.h"

#include <pdiag/error.h>
#include <pdiag/output.h>

static const char *folder;

/* A server with its known shares: of 1,000 samples on CPU, hot_loop has 300 (in two places, one of
 * them below itself), parse 250, the kernel 200, the JIT 100. */
static struct pdiag_profile *server(struct pdiag *context)
{
	struct pdiag_profile *p = made_profile(context);

	made_samples(p, "server", 200, "u:_start", "u:main", "u:serve(Connection&, Request const&)",
		"u:hot_loop", NULL);
	made_samples(p, "server", 100, "u:_start", "u:main", "u:serve(Connection&, Request const&)",
		"u:compress", "u:hot_loop", "u:hot_loop", "u:hot_loop", NULL);
	made_samples(p, "server", 250, "u:_start", "u:main", "u:serve(Connection&, Request const&)",
		"u:std::vector<std::pair<std::string, json::value>>::parse", "i:parse_number",
		NULL);
	made_samples(p, "server", 120, "u:_start", "u:main", "u:serve(Connection&, Request const&)",
		"u@/usr/lib/libc.so.6:__libc_write", "k:entry_SYSCALL_64", "k:do_syscall_64",
		"k:ksys_write", "k:vfs_write", "k:ext4_file_write_iter", "k:copy_user_generic",
		NULL);
	made_samples(p, "server", 80, "u:_start", "u:main", "u:accept_loop",
		"u@/usr/lib/libc.so.6:accept4", "k:entry_SYSCALL_64", "k:do_syscall_64",
		"k:inet_csk_accept", NULL);
	made_samples(p, "node", 100, "u:_start", "u:node::Start", "j:~render /srv/app.js:12",
		"j:*each native array.js:1", NULL);
	made_samples(p, "node", 60, "u:_start", "u:node::Start", "x:[unknown libcrypto.so.3]",
		"x:[unknown libcrypto.so.3]", NULL);
	made_samples(p, "timer", 40, "u:_start", "v:__vdso_clock_gettime", NULL);
	made_samples(p, "kworker/0:1", 50, "k:ret_from_fork", "k:kthread", "k:worker_thread",
		"k:process_one_work", NULL);
	return p;
}

static struct pdiag_profile *server_after(struct pdiag *context)
{
	struct pdiag_profile *p = made_profile(context);

	made_samples(p, "server", 500, "u:_start", "u:main", "u:serve(Connection&, Request const&)",
		"u:hot_loop", NULL);
	made_samples(p, "server", 100, "u:_start", "u:main", "u:serve(Connection&, Request const&)",
		"u:std::vector<std::pair<std::string, json::value>>::parse", "i:parse_number",
		NULL);
	made_samples(p, "server", 100, "u:_start", "u:main", "u:serve(Connection&, Request const&)",
		"u:cache_lookup", NULL);
	made_samples(p, "server", 200, "u:_start", "u:main", "u:serve(Connection&, Request const&)",
		"u@/usr/lib/libc.so.6:__libc_write", "k:entry_SYSCALL_64", "k:do_syscall_64",
		"k:ksys_write", "k:vfs_write", "k:ext4_file_write_iter", "k:copy_user_generic",
		NULL);
	made_samples(p, "server", 160, "u:_start", "u:main", "u:accept_loop",
		"u@/usr/lib/libc.so.6:accept4", "k:entry_SYSCALL_64", "k:do_syscall_64",
		"k:inet_csk_accept", NULL);
	made_samples(p, "node", 200, "u:_start", "u:node::Start", "j:~render /srv/app.js:12",
		"j:*each native array.js:1", NULL);
	made_samples(p, "timer", 80, "u:_start", "v:__vdso_clock_gettime", NULL);
	made_samples(p, "kworker/0:1", 60, "k:ret_from_fork", "k:kthread", "k:worker_thread",
		"k:process_one_work", NULL);
	return p;
}

/* Waits beside work, losses, and a stack as deep as stacks get. */
static struct pdiag_profile *waiting(struct pdiag *context)
{
	static char names[1024][16];
	const char *frames[1025];
	struct pdiag_profile *p = server(context);

	made_wait(p, "server", PDIAG_STATE_FUTEX, 3 * 1000000000ull, "u:_start", "u:main",
		"u:pthread_cond_wait", "k:futex_wait", "k:schedule", NULL);
	made_wait(p, "node", PDIAG_STATE_IO, 1200000000ull, "u:_start", "u:node::Start",
		"k:io_schedule", "k:schedule", NULL);
	made_wait(p, "timer", PDIAG_STATE_SLEEP, 5 * 1000000000ull, "u:_start", "u:nanosleep",
		"k:hrtimer_nanosleep", "k:schedule", NULL);
	for (int i = 0; i < 1024; i++) {
		snprintf(names[i], sizeof(names[i]), "u:descend_%d", i % 7);
		frames[i] = names[i];
	}
	frames[1024] = NULL;
	made_sample_frames(p, "deep", 7, PDIAG_STATE_RUNNING, PDIAG_STACK_TRUNCATED, 400000000,
		frames);
	made_loss(p, PDIAG_LOSS_OVERRUN, 1, 3, 12);
	made_loss(p, PDIAG_LOSS_OVERRUN, 1, 4, 30);
	made_loss(p, PDIAG_LOSS_THROTTLED, 0, 2, 3);
	return p;
}

/* Many frames: 60 wide, up to 40 deep. */
static struct pdiag_profile *large(struct pdiag *context)
{
	struct pdiag_profile *p = made_profile(context);
	static char names[40][128];
	const char *frames[41];
	uint64_t seed = 1;

	for (int i = 0; i < 4000; i++) {
		int depth = 10 + i % 30;

		for (int d = 0; d < depth; d++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			snprintf(names[d], sizeof(names[d]),
				"%c:some::name_space::function_%d_%u(int)", d > 25 ? 'k' : 'u', d,
				(unsigned int)(seed >> 33) % (d < 4 ? 2 : 3));
			frames[d] = names[d];
		}
		frames[depth] = NULL;
		made_sample_frames(p, "large", 1, PDIAG_STATE_RUNNING, 0, MADE_PERIOD * (1 + i % 5),
			frames);
	}
	return p;
}

static struct pdiag_sink sink_for(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", folder, name);
	return (struct pdiag_sink){ .size = sizeof(struct pdiag_sink), .path = path };
}

static void check(int ret)
{
	if (!ret)
		return;
	fprintf(stderr, "%s\n", pdiag_errmsg());
	exit(1);
}

static void write_graph(struct pdiag_profile *p, const char *name)
{
	char path[4096];
	struct pdiag_sink sink = sink_for(name, path, sizeof(path));

	check(pdiag_profile_write_flamegraph(p, NULL, &sink));
}

static void write_folded(struct pdiag_profile *p, const char *name)
{
	char path[4096];
	struct pdiag_sink sink = sink_for(name, path, sizeof(path));

	check(pdiag_profile_write_folded(p, NULL, &sink));
}

int main(int argc, char **argv)
{
	struct pdiag_profile *before, *hostile;
	struct pdiag_sink sink;
	struct pdiag *context;
	char path[4096];

	folder = argc == 2 ? argv[1] : ".";
	check(pdiag_open(NULL, &context));
	before = server(context);
	write_graph(before, "flame.svg");
	write_folded(before, "flame.folded");
	sink = sink_for("diff.svg", path, sizeof(path));
	check(pdiag_profile_write_diff(before, server_after(context), NULL, &sink));
	write_graph(waiting(context), "waiting.svg");
	write_graph(large(context), "large.svg");
	write_graph(made_profile(context), "empty.svg");
	hostile = made_profile(context);
	made_hostile(hostile);
	write_graph(hostile, "hostile.svg");
	write_folded(hostile, "hostile.folded");
	pdiag_close(context);
	return 0;
}
