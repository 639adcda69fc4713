/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A writer that appends as fast as it can is killed 500 times, always on the same journal: at any
 * moment from without, or by itself when it has written any number of bytes. Whatever it said it
 * had appended is there each time, and the next one goes on. PDIAG_KILLS asks for another number
 * of times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "journal/journal.h"
#include "support/journal_folder.h"

#define KILLS 500u
#define MAX_BYTES (2u << 20)
/* Every so many an event that takes long to write. */
#define LARGE 3u
#define BYTES_TO_LIVE 100000u

static uint64_t random_state = 0x9e3779b97f4a7c15ull;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

/* Bytes that may still be written until the process kills itself; 0: it does not. */
static size_t bytes_to_live;

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset);

/* In the place of libc's, so that it may stop at any byte. */
ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	bool last = bytes_to_live && len >= bytes_to_live;
	ssize_t n = syscall(SYS_pwrite64, fd, data, last ? bytes_to_live - 1 : len, offset);

	if (last)
		kill(getpid(), SIGKILL);
	if (bytes_to_live)
		bytes_to_live -= len;
	return n;
}

/* The event that has this id. */
static struct pdiag_event *event_of(struct pdiag *context, uint64_t id)
{
	struct pdiag_event *e;

	made_check(!pdiag_event_new(context, &e), "event");
	e->info = made_info(id % 2 ? PDIAG_EVENT_BEGUN : PDIAG_EVENT_ENDED, (unsigned int)id);
	made_texts(e, (unsigned int)id);
	made_culprits(e);
	if (id % LARGE)
		pdiag_event_give_profile(
			e, PDIAG_EVIDENCE_BEFORE, made_evidence(context, (unsigned int)id));
	else
		add_noise(e, "noise", 100 + (unsigned int)(id % 29) * 100);
	return e;
}

static void tell(int told, uint64_t id)
{
	if (write(told, &id, sizeof(id)) != sizeof(id))
		_exit(4);
}

/* In the child: append until killed, and tell of each event that is there. */
static void append_for_ever(const struct at *at, int told)
{
	struct pdiag_journal_options o = { .size = sizeof(o), .max_bytes = MAX_BYTES };
	struct pdiag_journal *j;
	struct pdiag_event *e;
	struct pdiag *context;

	/* The processor's caches hold what was written: a kill does not need the disk. */
	o.flags = PDIAG_JOURNAL_NO_SYNC;
	if (pdiag_open(NULL, &context) || pdiag_journal_open(context, at->path, &o, &j))
		_exit(1);
	tell(told, 0);
	for (;;) {
		struct pdiag_journal_info info = { .size = sizeof(info) };

		if (pdiag_journal_get_info(j, &info))
			_exit(2);
		e = event_of(context, info.next_id);
		if (pdiag_journal_append(j, e) || e->info.id != info.next_id)
			_exit(3);
		tell(told, e->info.id);
		pdiag_event_destroy(e);
	}
}

/* Kill it some time after it begins, mostly after it has opened the journal. */
static void kill_it(pid_t pid, int told)
{
	struct timespec pause = { .tv_nsec = 1 + random_below(3000000) };
	uint64_t id;

	if (random_below(8))
		assert_int_equal(read(told, &id, sizeof(id)), sizeof(id));
	nanosleep(&pause, NULL);
	kill(pid, SIGKILL);
}

/* One writer and its end. The last id that it told of; 0: none. */
static uint64_t run_writer(const struct at *at, bool by_itself)
{
	uint64_t id, last = 0;
	int pipes[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	bytes_to_live = by_itself ? 1 + random_below(BYTES_TO_LIVE) : 0;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(pipes[0]);
		append_for_ever(at, pipes[1]);
	}
	bytes_to_live = 0;
	close(pipes[1]);
	if (!by_itself)
		kill_it(pid, pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("the writer ended otherwise, status %x", status);
	while (read(pipes[0], &id, sizeof(id)) == sizeof(id))
		last = id;
	close(pipes[0]);
	return last;
}

static int expect_next(void *user, const struct pdiag_event_info *info)
{
	uint64_t *next = user;

	if (*next && info->id != *next)
		return -ESTALE;
	*next = info->id + 1;
	/* Whoever wrote it is gone. */
	return info->phase == (info->id % 2 ? PDIAG_EVENT_CUT : PDIAG_EVENT_ENDED) ? 0 : -EPROTO;
}

/* All ids in a row up to the last told, or the one behind it, which was not told of any more. */
static uint64_t check_ids(struct pdiag_journal *j, uint64_t told)
{
	uint64_t next = 0;

	assert_int_equal(pdiag_journal_each(j, expect_next, &next), 0);
	assert_int_equal(info_of(j).damaged, 0);
	if (next != told + 1 && next != told + 2)
		fail_msg("events up to %llu were appended, there are those up to %llu",
			(unsigned long long)told, (unsigned long long)next - 1);
	return next - 1;
}

static void check_event(struct at *at, struct pdiag_journal *j, uint64_t id)
{
	struct pdiag_event *want = event_of(at->context, id), *have;

	if (pdiag_journal_read(j, id, &have))
		fail_msg("event %llu: %s", (unsigned long long)id, pdiag_errmsg());
	want->info.id = id;
	if (want->info.phase == PDIAG_EVENT_BEGUN)
		want->info.phase = PDIAG_EVENT_CUT;
	assert_true(same_event(want, have, true));
	pdiag_event_free(have);
	pdiag_event_destroy(want);
}

/* Bytes behind the last whole event. */
static uint64_t cut_bytes(const struct pdiag_journal *j)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < j->file_count; i++)
		bytes += j->files[i].size - j->files[i].scanned;
	return bytes;
}

static void finished_events_survive(void **state)
{
	struct at *at = *state;
	unsigned int kills = getenv("PDIAG_KILLS") ? (unsigned int)atoi(getenv("PDIAG_KILLS")) :
						     KILLS;
	unsigned int cut = 0, compared = 0;
	uint64_t last = 0, told, before;
	struct pdiag_journal *j;

	random_state ^= (uint64_t)time(NULL);
	print_message("seed %llx\n", (unsigned long long)random_state);
	/* So that there is a folder, however early the first one ends. */
	pdiag_journal_close(open_as(at, PDIAG_JOURNAL_NO_SYNC, MAX_BYTES));
	for (unsigned int i = 0; i < kills; i++) {
		before = last;
		told = run_writer(at, i % 2);
		j = reader(at);
		last = check_ids(j, told ? told : before);
		cut += cut_bytes(j) != 0;
		if (last > before) {
			check_event(at, j, last);
			check_event(at, j, before + 1 + random_below((uint32_t)(last - before)));
			compared += 2;
		}
		pdiag_journal_close(j);
	}
	print_message("%u kills, %llu events, %u compared, %u times the end was cut\n", kills,
		(unsigned long long)last, compared, cut);
	/* It must have been put to the test. */
	assert_true(last > kills / 4 && cut > kills / 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = { folder_test(finished_events_survive) };

	return cmocka_run_group_tests_name("journal_kill", tests, NULL, NULL);
}
