/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A writer that appends as fast as it can is killed 500 times, always on the same journal. Half of
 * the times it kills itself when it has written any number of bytes, of anything or of the header
 * of a new file; these times are the same again with the same seed. In the other half it is killed
 * from without, wherever it is when it has told of some events. Whatever it said it had appended is
 * there each time, and the next one goes on. PDIAG_KILLS asks for another number of times,
 * PDIAG_SEED for the seed that an earlier run has printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "journal/journal.h"
#include "support/journal_folder.h"

#define KILLS 500u
#define MAX_BYTES (1u << 20)
#define BYTES_TO_LIVE 40000u
/* It is killed from without when it has told of up to so many events, */
#define TOLD_MAX 4u
/* and one time of so many it dies in a header. */
#define IN_HEADER 8u
#define HEADER 64u

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

/* Bytes that may still be written until the process kills itself; 0: it does not. In headers only
 * those of a header count. */
static size_t bytes_to_live;
static bool in_header;

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset);

/* In the place of libc's, so that it may stop at any byte. */
ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	bool counts = bytes_to_live && (!in_header || !offset);
	bool last = counts && len >= bytes_to_live;
	ssize_t n = syscall(SYS_pwrite64, fd, data, last ? bytes_to_live - 1 : len, offset);

	if (last)
		kill(getpid(), SIGKILL);
	if (counts)
		bytes_to_live -= len;
	return n;
}

/* The event that has this id. Half of them are so large that few fit. */
static struct pdiag_event *event_of(struct pdiag *context, uint64_t id)
{
	struct pdiag_event *e;

	made_check(!pdiag_event_new(context, &e), "event");
	e->info = made_info(id % 2 ? PDIAG_EVENT_BEGUN : PDIAG_EVENT_ENDED, (unsigned int)id);
	made_texts(e, (unsigned int)id);
	made_culprits(e);
	if (id % 4 < 2)
		pdiag_event_give_profile(
			e, PDIAG_EVIDENCE_BEFORE, made_evidence(context, (unsigned int)id));
	else
		add_noise(e, "noise", 300 + (unsigned int)(id % 29) * 30);
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

/* Read until it has told of so many events, the first of none. *last is of which. */
static void listen_to(int told, unsigned int count, uint64_t *last)
{
	while (count--)
		assert_int_equal(read(told, last, sizeof(*last)), sizeof(*last));
}

static void choose_its_end(bool by_itself)
{
	in_header = by_itself && !random_below(IN_HEADER);
	bytes_to_live = by_itself ? 1 + random_below(in_header ? HEADER : BYTES_TO_LIVE) : 0;
}

/* One writer and its end. The last id that it told of; 0: none. */
static uint64_t run_writer(const struct at *at, bool by_itself)
{
	uint64_t id, last = 0;
	int pipes[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	choose_its_end(by_itself);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(pipes[0]);
		append_for_ever(at, pipes[1]);
	}
	bytes_to_live = 0;
	close(pipes[1]);
	if (!by_itself) {
		listen_to(pipes[0], random_below(TOLD_MAX + 1), &last);
		kill(pid, SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("the writer ended otherwise, status %x", status);
	while (read(pipes[0], &id, sizeof(id)) == sizeof(id))
		last = id;
	close(pipes[0]);
	return last;
}

struct walk {
	uint64_t first, next; /* 0: none yet */
};

static int expect_next(void *user, const struct pdiag_event_info *info)
{
	struct walk *w = user;

	if (w->next && info->id != w->next)
		return -ESTALE;
	w->first = w->first ? w->first : info->id;
	w->next = info->id + 1;
	/* Whoever wrote it is gone. */
	return info->phase == (info->id % 2 ? PDIAG_EVENT_CUT : PDIAG_EVENT_ENDED) ? 0 : -EPROTO;
}

/* All ids in a row up to the last told, or the one behind it, which was not told of any more. The
 * last one and, of those that are still there, the first. */
static uint64_t check_ids(struct pdiag_journal *j, uint64_t told, uint64_t *first)
{
	struct walk w = { 0 };

	assert_int_equal(pdiag_journal_each(j, expect_next, &w), 0);
	assert_int_equal(info_of(j).damaged, 0);
	*first = w.first;
	/* Of an empty journal nothing was walked. */
	w.next = w.next ? w.next : 1;
	if (w.next != told + 1 && w.next != told + 2)
		fail_msg("events up to %llu were appended, there are those up to %llu",
			(unsigned long long)told, (unsigned long long)w.next - 1);
	return w.next - 1;
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

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void finished_events_survive(void **state)
{
	struct at *at = *state;
	unsigned int kills = (unsigned int)number_from("PDIAG_KILLS", KILLS);
	unsigned int cut = 0, compared = 0;
	uint64_t last = 0, told, before, first;
	struct pdiag_journal *j;

	random_state = number_from("PDIAG_SEED", (uint64_t)time(NULL) * 0x9e3779b97f4a7c15ull) | 1;
	print_message("PDIAG_SEED=%#llx\n", (unsigned long long)random_state);
	/* So that there is a folder, however early the first one ends. */
	pdiag_journal_close(open_as(at, PDIAG_JOURNAL_NO_SYNC, MAX_BYTES));
	for (unsigned int i = 0; i < kills; i++) {
		before = last;
		told = run_writer(at, i < kills / 2);
		j = reader(at);
		last = check_ids(j, told ? told : before, &first);
		cut += cut_bytes(j) != 0;
		if (last > before) {
			first = first > before ? first : before + 1;
			check_event(at, j, last);
			check_event(at, j, first + random_below((uint32_t)(last - first + 1)));
			compared += 2;
		}
		pdiag_journal_close(j);
	}
	print_message("%u kills, %llu events, %u compared, %u times the end was cut\n", kills,
		(unsigned long long)last, compared, cut);
	/* It must have been put to the test: this much already by those that kill themselves. */
	assert_true(last > kills / 4 && cut > kills / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = { folder_test(finished_events_survive) };

	/* Memory that is given back and taken again is most of the time of so many forks. */
	mallopt(M_TRIM_THRESHOLD, 64 << 20);
	mallopt(M_MMAP_THRESHOLD, 16 << 20);
	return cmocka_run_group_tests_name("journal_kill", tests, NULL, NULL);
}
