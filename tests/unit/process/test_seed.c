/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Seeding from the real /proc: this process, children, kernel threads, the machine. */
#include "unit/process/script.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/array.h"
#include "util/file.h"

/* What seeding emits, kept to be replayed. */
static struct pdiag_record *kept;
static size_t kept_count, kept_cap;

static struct table t;

static int keep(void *user, const struct pdiag_record *r)
{
	struct pdiag_record *k;

	assert_ptr_equal(user, &t);
	assert_true(r->flags & SEEDED);
	assert_int_equal(pdiag_array_reserve(&kept, &kept_cap, kept_count + 1, sizeof(*kept)), 0);
	k = &kept[kept_count++];
	*k = *r;
	if (r->type == PDIAG_RECORD_MMAP)
		k->mmap.path = strdup(r->mmap.path);
	else if (r->type == PDIAG_RECORD_COMM)
		k->comm.text = strdup(r->comm.text);
	return 0;
}

static void forget(void)
{
	while (kept_count) {
		struct pdiag_record *k = &kept[--kept_count];

		if (k->type == PDIAG_RECORD_MMAP)
			free((char *)(uintptr_t)k->mmap.path);
		else if (k->type == PDIAG_RECORD_COMM)
			free((char *)(uintptr_t)k->comm.text);
	}
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int begin(void **state)
{
	(void)state;
	assert_int_equal(pdiag_open(NULL, &t.context), 0);
	assert_int_equal(pdiag_processes_new(t.context, true, keep, &t, &t.p), 0);
	t.now = now();
	return 0;
}

static int end(void **state)
{
	(void)state;
	table_end(&t);
	forget();
	free(kept);
	kept = NULL;
	kept_cap = 0;
	return 0;
}

static const struct pdiag_module *code_at(int32_t pid, const void *code, uint64_t *value)
{
	const struct pdiag_module *m;

	m = pdiag_process_locate(t.p, thread(&t, pid, pid)->process, (uintptr_t)code, false, value);
	assert_non_null(m);
	return m;
}

static void this_process(void **state)
{
	char comm_[17] = "", exe[4096] = "";
	const struct pdiag_module *m;
	uint64_t value;

	(void)state;
	prctl(PR_GET_NAME, comm_);
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	m = code_at(getpid(), (const void *)(uintptr_t)this_process, &value);
	assert_int_equal(m->kind, PDIAG_MODULE_FILE);
	assert_string_equal(m->path, exe);
	assert_true(m->live);
	assert_int_equal(m->reason, PDIAG_REASON_NONE);
	/* Our own path leads there, so nothing is held. */
	assert_int_equal(m->fd, -1);
	named(&t, getpid(), getpid(), comm_, comm_);
	assert_true(thread(&t, getpid(), getpid())->process->seeded);
	m = code_at(getpid(), (const void *)(uintptr_t)strlen, &value);
	assert_non_null(strstr(m->path, "lib"));
	m = code_at(getpid(), NULL, &value);
	assert_int_equal(m->reason, PDIAG_REASON_NO_MAPPING);
}

/* The byte at an address is the byte at its value in the file. */
static void values_are_file_offsets(void **state)
{
	const struct pdiag_module *m;
	unsigned char byte[16];
	uint64_t value;
	int fd;

	(void)state;
	m = code_at(getpid(), (const void *)(uintptr_t)values_are_file_offsets, &value);
	fd = pdiag_module_open(m);
	assert_true(fd > 2);
	assert_int_equal(pread(fd, byte, sizeof(byte), (off_t)value), sizeof(byte));
	assert_memory_equal(byte, (const void *)(uintptr_t)values_are_file_offsets, sizeof(byte));
	close(fd);
}

static void vdso_and_run_time_code(void **state)
{
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct pdiag_module *m;
	uint64_t value;

	(void)state;
	assert_true(code != MAP_FAILED);
	m = code_at(getpid(), code, &value);
	assert_int_equal(m->kind, PDIAG_MODULE_JIT);
	assert_int_equal(m->pid, getpid());
	assert_int_equal(value, (uintptr_t)code);
	assert_true(m->ns_pid > 0);
	munmap(code, 4096);
	for (size_t i = 0; i < kept_count; i++)
		if (kept[i].type == PDIAG_RECORD_MMAP && !strcmp(kept[i].mmap.path, "[vdso]")) {
			m = code_at(getpid(), (void *)(uintptr_t)(kept[i].mmap.start + 64), &value);
			assert_int_equal(m->kind, PDIAG_MODULE_VDSO);
			assert_int_equal(value, 64);
			return;
		}
	fail_msg("no vdso among the mappings");
}

struct helper {
	pthread_barrier_t barrier;
	int32_t tid;
};

static void *help(void *arg)
{
	struct helper *h = arg;

	prctl(PR_SET_NAME, "helper");
	h->tid = (int32_t)syscall(SYS_gettid);
	pthread_barrier_wait(&h->barrier);
	pthread_barrier_wait(&h->barrier);
	return NULL;
}

static void threads_are_named_when_seen(void **state)
{
	struct helper h;
	size_t before;
	pthread_t id;

	(void)state;
	pthread_barrier_init(&h.barrier, NULL, 2);
	assert_int_equal(pthread_create(&id, NULL, help, &h), 0);
	pthread_barrier_wait(&h.barrier);
	thread(&t, getpid(), getpid());
	before = kept_count;
	assert_string_equal(thread(&t, getpid(), h.tid)->comm, "helper");
	assert_int_equal(kept_count, before + 1);
	thread(&t, getpid(), h.tid);
	assert_int_equal(kept_count, before + 1);
	pthread_barrier_wait(&h.barrier);
	pthread_join(id, NULL);
	pthread_barrier_destroy(&h.barrier);
	/* One that is no more has its process's name. */
	assert_string_equal(thread(&t, getpid(), 999999999)->comm,
		thread(&t, getpid(), getpid())->comm);
}

/* A child that waits until it is killed. */
static pid_t child(void (*prepare)(void))
{
	int pipes[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(pipes[0]);
		if (prepare)
			prepare();
		if (write(pipes[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &c, 1), 1);
	close(pipes[0]);
	return pid;
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void set_name(void)
{
	prctl(PR_SET_NAME, "a) R 1 (b");
}

static void child_process(void **state)
{
	pid_t pid = child(set_name);
	uint64_t value;

	(void)state;
	t.now = now();
	named(&t, pid, pid, "a) R 1 (b", "a) R 1 (b");
	assert_int_equal(code_at(pid, (const void *)(uintptr_t)child, &value)->kind,
		PDIAG_MODULE_FILE);
	/* What is known stays after its end. */
	reap(pid);
	assert_int_equal(code_at(pid, (const void *)(uintptr_t)child, &value)->kind,
		PDIAG_MODULE_FILE);
}

static void gone_before_it_was_read(void **state)
{
	pid_t pid = child(NULL), zombie = child(set_name);

	(void)state;
	reap(pid);
	t.now = now();
	nowhere(&t, pid, 0x400000, PDIAG_REASON_PROCESS_GONE);
	named(&t, pid, pid, "[exited]", "[exited]");
	assert_int_equal(kept_count, 1);
	assert_int_equal(kept[0].flags, SEEDED | GONE);
	/* Asked once. */
	thread(&t, pid, pid);
	assert_int_equal(kept_count, 1);
	/* Ended, but its parent has not looked: it still has its name. */
	kill(zombie, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)zombie, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	nowhere(&t, zombie, 0x400000, PDIAG_REASON_PROCESS_GONE);
	named(&t, zombie, zombie, "a) R 1 (b", "a) R 1 (b");
	reap(zombie);
	/* They go, though nobody told of their end. */
	pdiag_processes_prune(t.p, UINT64_MAX);
	forget();
	thread(&t, pid, pid);
	assert_int_equal(kept_count, 1);
}

/* A sample of before a process began is of another by the same number. */
static void another_by_the_same_number(void **state)
{
	uint64_t before = now() - 1000000000, value;
	pid_t pid = child(NULL);
	struct pdiag_thread *th;

	(void)state;
	th = pdiag_processes_thread(t.p, pid, pid, before);
	assert_non_null(th);
	assert_true(th->process->gone);
	/* Its beginning comes later, and is that of a new image. */
	thread(&t, getpid(), getpid());
	forked(&t, getpid(), getpid(), pid, pid);
	assert_int_equal(code_at(pid, (const void *)(uintptr_t)child, &value)->kind,
		PDIAG_MODULE_FILE);
	reap(pid);
}

static void *wait_for_ever(void *arg)
{
	int *fd = arg;

	prctl(PR_SET_NAME, "survivor");
	/* Until the main thread has ended. */
	for (;;) {
		char text[1024];

		if (pdiag_file_read("/proc/self/stat", text, sizeof(text)) > 0 &&
			strstr(text, ") Z "))
			break;
		sched_yield();
	}
	if (write(*fd, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
	return NULL;
}

static void main_thread_has_ended(void **state)
{
	int pipes[2];
	uint64_t value;
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		pthread_t id;

		if (pthread_create(&id, NULL, wait_for_ever, &pipes[1]))
			_exit(1);
		/* Of this thread alone. */
		syscall(SYS_exit, 0);
	}
	assert_int_equal(read(pipes[0], &c, 1), 1);
	close(pipes[0]);
	close(pipes[1]);
	t.now = now();
	assert_false(thread(&t, pid, pid)->process->gone);
	assert_int_equal(code_at(pid, (const void *)(uintptr_t)child, &value)->kind,
		PDIAG_MODULE_FILE);
	reap(pid);
}

static void parent_is_seeded_for_its_child(void **state)
{
	pid_t pid = child(NULL);
	uint64_t value;

	(void)state;
	/* The child is gone before it was sampled, and nothing but its fork is known. */
	reap(pid);
	t.now = now();
	forked(&t, getpid(), getpid(), pid, pid);
	assert_int_equal(code_at(pid, (const void *)(uintptr_t)child, &value)->kind,
		PDIAG_MODULE_FILE);
	assert_true(kept_count > 1);
	assert_int_equal(kept[0].pid, getpid());
}

static void kernel_thread(void **state)
{
	char comm_[32] = "";

	(void)state;
	if (pdiag_file_read("/proc/2/comm", comm_, sizeof(comm_)) < 0 ||
		strcmp(comm_, "kthreadd\n")) {
		printf("skipped: no kernel threads to be seen here\n");
		skip();
	}
	named(&t, 2, 2, "kthreadd", "kthreadd");
	assert_true(thread(&t, 2, 2)->process->kernel_thread);
	assert_int_equal(thread(&t, 2, 2)->process->map_count, 0);
	assert_int_equal(kept_count, 2);
}

static void become_nobody(void)
{
	if (setgid(65534) || setuid(65534) || prctl(PR_SET_DUMPABLE, 1))
		_exit(1);
}

/* Another user's process, asked about by a child that is nobody. */
static void maps_of_another_user(void **state)
{
	pid_t other, pid;
	int status;

	(void)state;
	if (geteuid()) {
		printf("skipped: not root, so there is no other user to be\n");
		skip();
	}
	other = child(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		become_nobody();
		t.now = now();
		nowhere(&t, other, 0x400000, PDIAG_REASON_NO_PERMISSION);
		_exit(strcmp(thread(&t, other, other)->process->comm, "[exited]") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	reap(other);
	assert_int_equal(status, 0);
}

static void the_whole_machine(void **state)
{
	uint32_t calls = 0;
	size_t count;
	int ret;

	(void)state;
	/* A budget of nothing still gets on. */
	while ((ret = pdiag_processes_sweep(t.p, false, 0, now())) == 1)
		calls++;
	assert_int_equal(ret, 0);
	assert_true(calls > 1);
	count = kept_count;
	thread(&t, getpid(), getpid());
	thread(&t, getppid(), getppid());
	assert_int_equal(kept_count, count);
	assert_int_equal(pdiag_processes_sweep(t.p, false, 0, now()), 0);
	assert_int_equal(kept_count, count);
}

/* Threads are named as well, before they may end. */
static void the_whole_machine_with_threads(void **state)
{
	struct helper h;
	pthread_t id;

	(void)state;
	pthread_barrier_init(&h.barrier, NULL, 2);
	assert_int_equal(pthread_create(&id, NULL, help, &h), 0);
	pthread_barrier_wait(&h.barrier);
	while (pdiag_processes_sweep(t.p, true, UINT64_MAX, now()))
		;
	pthread_barrier_wait(&h.barrier);
	pthread_join(id, NULL);
	pthread_barrier_destroy(&h.barrier);
	assert_string_equal(thread(&t, getpid(), h.tid)->comm, "helper");
}

/* What was seeded means the same in a replay. */
static void replayed(void **state)
{
	struct table r;

	(void)state;
	while (pdiag_processes_sweep(t.p, false, UINT64_MAX, now()))
		;
	thread(&t, 999999998, 999999998);
	table_begin(&r);
	for (size_t i = 0; i < kept_count; i++)
		assert_int_equal(pdiag_processes_update(r.p, &kept[i]), 0);
	for (size_t i = 0; i < kept_count; i++) {
		int32_t pid = kept[i].pid;
		struct pdiag_process *a = thread(&t, pid, pid)->process;
		struct pdiag_process *b = thread(&r, pid, pid)->process;

		assert_string_equal(a->comm, b->comm);
		assert_int_equal(a->map_count, b->map_count);
		assert_int_equal(a->gone, b->gone);
		assert_int_equal(a->seeded, b->seeded);
		assert_int_equal(a->kernel_thread, b->kernel_thread);
		assert_int_equal(a->maps_changes, b->maps_changes);
		assert_int_equal(a->born, b->born);
		for (uint32_t k = 0; k < a->map_count; k++) {
			assert_int_equal(a->maps[k].start, b->maps[k].start);
			assert_int_equal(a->maps[k].end, b->maps[k].end);
			assert_int_equal(a->maps[k].pgoff, b->maps[k].pgoff);
			assert_string_equal(a->maps[k].module->path, b->maps[k].module->path);
			assert_int_equal(a->maps[k].module->kind, b->maps[k].module->kind);
		}
	}
	table_end(&r);
}

static void a_replay_asks_nobody(void **state)
{
	struct table r;

	(void)state;
	table_begin(&r);
	assert_int_equal(pdiag_processes_seed(r.p, getpid(), 1), 0);
	assert_int_equal(pdiag_processes_sweep(r.p, true, UINT64_MAX, 1), 0);
	nowhere(&r, getpid(), (uintptr_t)child, PDIAG_REASON_PROCESS_GONE);
	table_end(&r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(this_process),
		TEST(values_are_file_offsets),
		TEST(vdso_and_run_time_code),
		TEST(threads_are_named_when_seen),
		TEST(child_process),
		TEST(gone_before_it_was_read),
		TEST(another_by_the_same_number),
		TEST(main_thread_has_ended),
		TEST(parent_is_seeded_for_its_child),
		TEST(kernel_thread),
		TEST(maps_of_another_user),
		TEST(the_whole_machine),
		TEST(the_whole_machine_with_threads),
		TEST(replayed),
		TEST(a_replay_asks_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
