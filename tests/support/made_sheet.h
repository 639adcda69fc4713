/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes with a past, made by hand, to draw sheets of. */
#ifndef TESTS_SUPPORT_MADE_SHEET_H
#define TESTS_SUPPORT_MADE_SHEET_H

#include "unit/portrait/fixture.h"

#include "support/made_profile.h"

#define MADE_MS 1000000ull

/* Ten seconds in the life of a data base: as ever, or with its storage in trouble. */
static inline void made_life(struct made *m, int i, bool trouble)
{
	unsigned int wave = (unsigned int)(i * 37 % 11);

	m->user += 180 + 8 * wave - (trouble ? 120 : 0);
	m->system += 60 + 3 * wave;
	m->run_ns += 2400 * MADE_MS;
	m->delay_ns += (100 + 20 * wave) * MADE_MS;
	m->voluntary += 9000 + 300 * wave;
	m->involuntary += 400 + 20 * wave;
	m->minor += 3000 + 100 * wave;
	m->major += trouble ? 90 : wave % 3;
	m->migrations += 100 + 7 * wave;
	m->read += trouble ? 900 << 20 : (20 + wave) << 20;
	m->write += (40 + 2 * wave) << 20;
	m->calls_read += 20000 + 500 * wave;
	m->calls_write += 8000 + 200 * wave;
	m->blocked += trouble ? 710 : 9 + wave;
	m->pages += trouble ? 12000 : 100;
}

static inline void made_text(struct fixture *f, int pid, const char *name, const char *text)
{
	char dir[16];

	snprintf(dir, sizeof(dir), "%d", pid);
	put_file(f, dir, name, text);
}

/* Process 4711: 70 samples as ever, then four of trouble. */
static inline void made_data_base(struct fixture *f)
{
	struct made m = { .pid = 4711, .ppid = 1, .start = ticks(f) - 90000, .comm = "mysqld",
		.user = 90000, .system = 20000, .run_ns = 1100 * NS, .pages = 400000 };

	put_process(f, &m);
	sample(f, 0);
	for (int i = 0; i < 74; i++) {
		made_life(&m, i, i >= 70);
		put_process(f, &m);
		sample(f, 10);
	}
	made_text(f, 4711, "cmdline", "/usr/sbin/mysqld --defaults-file=/etc/mysql/my.cnf "
		"--datadir=/srv/mysql");
	made_text(f, 4711, "cgroup", "0::/system.slice/mysql.service\n");
}

/* Its last minute: waits for storage below fsync(), some for a lock, and some work. */
static inline struct pdiag_profile *made_last_minute(struct fixture *f)
{
	static const char *const sync[] = { "u:clone3", "u:start_thread",
		"u@/usr/sbin/mysqld:log_writer(log_t*)", "u@/usr/sbin/mysqld:log_flush_low(log_t&)",
		"u@/usr/lib/x86_64-linux-gnu/libc.so.6:fsync", "k:entry_SYSCALL_64_after_hwframe",
		"k:do_syscall_64", "k:__x64_sys_fsync", "k:ext4_sync_file",
		"k:file_write_and_wait_range", "k:folio_wait_bit", "k:io_schedule", "k:schedule",
		NULL };
	static const char *const lock[] = { "u:clone3", "u:start_thread",
		"u@/usr/sbin/mysqld:buf_page_get_gen(page_id_t const&)",
		"u@/usr/lib/x86_64-linux-gnu/libc.so.6:pthread_mutex_lock", "k:do_futex",
		"k:futex_wait", "k:schedule", NULL };
	static const char *const poll[] = { "u:main", "u:handle_connections_sockets()",
		"k:do_sys_poll", "k:schedule", NULL };
	static const char *const work[] = { "u:clone3", "u:start_thread",
		"u@/usr/sbin/mysqld:row_search_mvcc(unsigned char*)", NULL };
	struct pdiag_profile *p;

	made_module.live = true;
	p = made_profile(f->context);
	for (int i = 0; i < 200; i++)
		made_sample_frames(p, "mysqld", 4711, PDIAG_STATE_BLOCKED, 0, 35 * MADE_MS, sync);
	for (int i = 0; i < 60; i++)
		made_sample_frames(p, "mysqld", 4711, PDIAG_STATE_BLOCKED, 0, 8 * MADE_MS, lock);
	for (int i = 0; i < 10; i++)
		made_sample_frames(p, "mysqld", 4711, PDIAG_STATE_BLOCKED, 0, 90 * MADE_MS, poll);
	for (int i = 0; i < 90; i++)
		made_sample_frames(p, "mysqld", 4711, PDIAG_STATE_RUNNING, 0, MADE_PERIOD, work);
	return p;
}

#endif
