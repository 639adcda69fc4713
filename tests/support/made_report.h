/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An event with all its evidence, made by hand, for reports. */
#ifndef TESTS_SUPPORT_MADE_REPORT_H
#define TESTS_SUPPORT_MADE_REPORT_H

#include "made_profile.h"
#include "made_trend.h"

#include "culprit/culprit.h"

static inline struct pdiag_profile *made_ordinary(struct pdiag *context)
{
	struct pdiag_profile *p = made_profile(context);

	made_samples(p, "mysqld", 120, "u:_start", "u:main", "u:handle_connection",
		"u:dispatch_command", "u:row_search_mvcc", NULL);
	made_samples(p, "nginx", 80, "u:_start", "u:main", "u:ngx_process_events",
		"k:entry_SYSCALL_64", "k:do_syscall_64", "k:tcp_sendmsg", NULL);
	made_wait(p, "mysqld", PDIAG_STATE_IO, 200000000, "u:_start", "u:main",
		"u:handle_connection", "u:fsync", "k:entry_SYSCALL_64", "k:ext4_sync_file",
		"k:io_schedule", NULL);
	made_wait(p, "nginx", PDIAG_STATE_POLL, 9000000000ull, "u:_start", "u:main", "u:epoll_wait",
		"k:ep_poll", NULL);
	made_wait(p, "mysqld", PDIAG_STATE_FUTEX, 300000000, "u:_start", "u:start_thread",
		"u:pthread_cond_wait", "k:futex_wait", NULL);
	return p;
}

static inline struct pdiag_profile *made_trouble(struct pdiag *context)
{
	struct pdiag_profile *p = made_profile(context);

	made_samples(p, "backup", 900, "u:_start", "u:main", "u:compress_all(Archive&)",
		"u:deflate_slow", "u:longest_match", NULL);
	made_samples(p, "mysqld", 100, "u:_start", "u:main", "u:handle_connection",
		"u:dispatch_command", "u:row_search_mvcc", NULL);
	made_samples(p, "nginx", 40, "u:_start", "u:main", "u:ngx_process_events",
		"k:entry_SYSCALL_64", "k:do_syscall_64", "k:tcp_sendmsg", NULL);
	made_samples(p, "kworker/u4:1", 60, "k:ret_from_fork", "k:kthread", "k:worker_thread",
		"k:wb_workfn", "k:ext4_writepages", NULL);
	made_wait(p, "mysqld", PDIAG_STATE_IO, 7200000000ull, "u:_start", "u:main",
		"u:handle_connection", "u:fsync", "k:entry_SYSCALL_64", "k:ext4_sync_file",
		"k:io_schedule", NULL);
	made_wait(p, "nginx", PDIAG_STATE_POLL, 9000000000ull, "u:_start", "u:main", "u:epoll_wait",
		"k:ep_poll", NULL);
	made_wait(p, "mysqld", PDIAG_STATE_PREEMPTED, 4100000000ull, "u:_start", "u:main",
		"u:handle_connection", "u:dispatch_command", NULL);
	made_loss(p, PDIAG_LOSS_OVERRUN, 1, 3, 12);
	return p;
}

/* Thirty-odd tasks, as a dump has them: 1 us each. */
static inline struct pdiag_profile *made_tasks(struct pdiag *context)
{
	static const char *const burning[] = { "u:_start", "u:main", "u:compress_all(Archive&)",
		"u:deflate_slow", "u:longest_match", NULL };
	static const char *const syncing[] = { "u:_start", "u:main", "u:handle_connection",
		"u:fsync", "k:entry_SYSCALL_64", "k:ext4_sync_file", "k:jbd2_log_wait_commit",
		"k:io_schedule", "k:__schedule", NULL };
	static const char *const queued[] = { "u:_start", "u:main", "u:handle_connection",
		"u:dispatch_command", NULL };
	struct pdiag_profile *p = made_profile(context);

	for (int i = 0; i < 2; i++)
		made_sample_frames(p, "backup", 900 + i, PDIAG_STATE_RUNNING, 0, 1000, burning);
	for (int i = 0; i < 9; i++)
		made_sample_frames(p, "backup", 910 + i, PDIAG_STATE_PREEMPTED, 0, 1000, burning);
	for (int i = 0; i < 14; i++)
		made_sample_frames(p, i % 5 ? "mysqld" : "postgres", 4711, PDIAG_STATE_IO, 0, 1000,
			syncing);
	for (int i = 0; i < 6; i++)
		made_sample_frames(p, "mysqld", 4711, PDIAG_STATE_PREEMPTED, 0, 1000, queued);
	return p;
}

static inline void made_metric(struct pdiag_event *e, const char *name, const char *unit,
	uint32_t kind, double low, double high, double during, bool took_part)
{
	struct pdiag_event_metric m = { .name = name, .unit = unit, .kind = kind,
		.description = "What it counts, in a sentence", .low = low, .high = high,
		.expected = (low + high) / 2, .value = during * 0.8, .peak = during * 1.1 };
	struct pdiag_event_point points[180];
	uint64_t seed = strlen(name) * 7919;

	for (int i = 0; i < 180; i++) {
		bool on = i >= 60 && i < 130;

		points[i].time_ns = MADE_BOOT + (uint64_t)i * MADE_SECOND;
		points[i].value = on ? during * (0.9 + 0.2 * made_noise(&seed)) :
			low + (high - low) * made_noise(&seed);
	}
	if (took_part) {
		m.onset_ns = MADE_BOOT + 60 * MADE_SECOND + strlen(name) * 10000000;
		m.direction = 1;
		m.surprise = 3 + during / 50;
	}
	made_check(pdiag_event_add_metric(e, &m, points, 180) == 0, "metric");
}

static inline void made_culprit(struct pdiag_culprits *list, uint32_t kind, const char *sentence,
	const char *process, int32_t pid, uint32_t state, double rate, double normal, double share)
{
	static const struct pdiag_symbol frames[] = {
		{ .name = "io_schedule", .raw_name = "io_schedule", .module = "[kernel]",
			.kind = PDIAG_FRAME_KERNEL },
		{ .name = "ext4_sync_file", .raw_name = "ext4_sync_file", .module = "[kernel]",
			.kind = PDIAG_FRAME_KERNEL },
		{ .name = "[unknown libmysql.so]", .raw_name = "[unknown libmysql.so]",
			.module = "/usr/lib/libmysql.so", .kind = PDIAG_FRAME_UNRESOLVED,
			.reason = PDIAG_REASON_NO_SYMBOLS },
		{ .name = "handle_connection<std::string>(THD*)", .raw_name = "_Z17handle",
			.module = "/usr/sbin/mysqld", .kind = PDIAG_FRAME_USER },
	};
	static const struct pdiag_symbol *const stack[] = { &frames[0], &frames[1], &frames[2],
		&frames[3] };
	struct pdiag_culprit c = { .kind = kind, .sentence = sentence, .process = process,
		.comm = process, .cgroup = "/system.slice/backup.service", .pid = pid,
		.state = state, .rate = rate, .normal_rate = normal, .share = share,
		.significance = 5.3, .processes = 1 };

	if (kind == PDIAG_CULPRIT_STACK) {
		c.frames = stack;
		c.depth = 4;
	}
	made_check(pdiag_culprits_add(list, &c) == 0, "culprit");
}

static inline struct pdiag_culprits *made_culprits(struct pdiag *context)
{
	struct pdiag_culprits *list;

	made_check(pdiag_culprits_make(context, &list) == 0, "culprits");
	made_culprit(list, PDIAG_CULPRIT_PROCESS,
		"backup (pid 900) runs: 1.50 CPUs, normally 0", "backup", 900,
		PDIAG_STATE_RUNNING, 1.5, 0, 0.71);
	made_culprit(list, PDIAG_CULPRIT_PROCESS,
		"mysqld (pid 4711) waits for storage: 38 % of its time, normally 2 %", "mysqld",
		4711, PDIAG_STATE_IO, 0.72, 0.02, 0.64);
	made_culprit(list, PDIAG_CULPRIT_CGROUP,
		"/system.slice/backup.service uses 1.50 CPUs, normally 0", "", 0,
		PDIAG_STATE_RUNNING, 1.5, 0, 0.71);
	made_culprit(list, PDIAG_CULPRIT_STACK, "mysqld waits for storage in fsync", "mysqld", 4711,
		PDIAG_STATE_IO, 0.7, 0.02, 0.6);
	made_culprit(list, PDIAG_CULPRIT_STACK, "backup runs longest_match", "backup", 900,
		PDIAG_STATE_RUNNING, 1.4, 0, 0.69);
	return list;
}

/* What an event of the machine looks like. */
static inline struct pdiag_event *made_full_event(struct pdiag *context)
{
	struct pdiag_event *e = made_event(context, "runnable threads: 17, ordinarily 0 to 3",
		PDIAG_SEVERITY_CRITICAL, 60.2, 130);

	made_check(!pdiag_event_set_text(e, PDIAG_EVENT_METRIC, "system.threads.runnable") &&
		!pdiag_event_set_text(e, PDIAG_EVENT_UNIT, "{thread}") &&
		!pdiag_event_set_text(e, PDIAG_EVENT_LIMITS,
			"user stacks end where functions have no frame pointers"), "texts");
	e->info.value = 15;
	e->info.peak = 19;
	e->info.low = 0;
	e->info.high = 3;
	e->info.expected = 1;
	e->info.surprise = 4.7;
	e->info.score = 0.9;
	e->info.before_ns = 15 * MADE_SECOND;
	e->info.during_ns = 10 * MADE_SECOND;
	e->info.normal_ns = 10 * MADE_SECOND;
	e->info.tasks_ns = e->info.detected_ns + 40000000;
	e->info.runnable = 17;
	e->info.blocked = 14;
	e->info.tasks_triggered = 1;
	made_metric(e, "system.threads.runnable", "{thread}", PDIAG_METRIC_GAUGE, 0, 3, 17, true);
	made_metric(e, "system.threads.blocked", "{thread}", PDIAG_METRIC_GAUGE, 0, 1, 14, true);
	made_metric(e, "system.pressure.io.some", "s", PDIAG_METRIC_COUNTER, 0.01, 0.05, 0.7, true);
	made_metric(e, "system.disk.io.write", "By", PDIAG_METRIC_COUNTER, 2e5, 2e6, 9e7, true);
	made_metric(e, "system.cpu.load_average.1m", "{thread}", PDIAG_METRIC_GAUGE, 0.5, 1, 9,
		false);
	made_metric(e, "system.cpu.load_average.5m", "{thread}", PDIAG_METRIC_GAUGE, 0.5, 1, 4,
		false);
	made_metric(e, "system.cpu.load_average.15m", "{thread}", PDIAG_METRIC_GAUGE, 0.5, 1, 2,
		false);
	made_metric(e, "system.cpu.utilization", "1", PDIAG_METRIC_GAUGE, 0.1, 0.3, 0.9, false);
	made_metric(e, "system.memory.available", "By", PDIAG_METRIC_GAUGE, 8e9, 9e9, 8e9, false);
	pdiag_event_sort(e);
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_NORMAL, made_ordinary(context));
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_BEFORE, made_ordinary(context));
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_DURING, made_trouble(context));
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_TASKS, made_tasks(context));
	pdiag_event_give_culprits(e, made_culprits(context));
	return e;
}

/* Every text of it means harm. */
static inline struct pdiag_event *made_hostile_event(struct pdiag *context)
{
	const char *bad = "</script></style>]]><img src=x onerror=alert(1)>\"'&\x01\xff"
		"\xe2\x80\xae";
	struct pdiag_event *e = made_event(context, bad, 99, 60, 0);
	struct pdiag_profile *p = made_profile(context), *q = made_profile(context);
	struct pdiag_culprits *list;

	for (int i = PDIAG_EVENT_METRIC; i <= PDIAG_EVENT_LIMITS; i++)
		made_check(!pdiag_event_set_text(e, (enum pdiag_event_text)i, bad), "text");
	made_metric(e, bad, bad, 77, -INFINITY, NAN, 1e308, true);
	made_hostile(p);
	made_hostile(q);
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_DURING, p);
	pdiag_event_give_profile(e, PDIAG_EVIDENCE_TASKS, q);
	made_check(pdiag_culprits_make(context, &list) == 0, "culprits");
	made_culprit(list, PDIAG_CULPRIT_PROCESS, bad, bad, -5, 4000000000u, NAN, INFINITY, -1e300);
	made_culprit(list, PDIAG_CULPRIT_STACK, bad, bad, 7, 1, 1e300, 0, 7);
	made_culprit(list, 12345, bad, bad, 7, 1, 1, 0, 7);
	pdiag_event_give_culprits(e, list);
	e->info.end_ns = e->info.peak_ns = e->info.duration_ns = UINT64_MAX;
	e->info.surprise = INFINITY;
	e->info.low = NAN;
	return e;
}

#endif
