/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What makes a module one, and the ways to its file. */
#include "unit/process/script.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct pdiag *context;
static struct pdiag_modules *modules;
static char dir[64], path[128];

static int begin(void **state)
{
	(void)state;
	assert_int_equal(pdiag_open(NULL, &context), 0);
	modules = pdiag_modules_get(context);
	assert_non_null(modules);
	assert_ptr_equal(pdiag_modules_get(context), modules);
	snprintf(dir, sizeof(dir), "/tmp/pdiag-modules-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a file", dir);
	return 0;
}

static int end(void **state)
{
	(void)state;
	pdiag_close(context);
	unlink(path);
	rmdir(dir);
	return 0;
}

static bool outlived;

static void look(struct pdiag_child *child)
{
	outlived = context->slots[PDIAG_SLOT_MODULES] != NULL;
	free(child);
}

/* Whoever was made before them may use them to its end. */
static void freed_last(void **state)
{
	struct pdiag_child *child = calloc(1, sizeof(*child));

	(void)state;
	assert_non_null(child);
	assert_int_equal(pdiag_open(NULL, &context), 0);
	pdiag_child_add(context, child, look);
	assert_non_null(pdiag_modules_get(context));
	pdiag_close(context);
	assert_true(outlived);
}

static struct pdiag_module *file(const char *name, uint64_t inode, uint64_t generation, bool live)
{
	struct pdiag_record r = mmap_record(1, 0, 0x1000, 0x1000, 0, name);

	r.mmap.inode = inode;
	r.mmap.generation = generation;
	return pdiag_modules_file(modules, &r, live);
}

static void identity(void **state)
{
	struct pdiag_module *a = file("/bin/a", 1, 5, false);

	(void)state;
	assert_int_equal(a->id, 0);
	assert_int_equal(a->kind, PDIAG_MODULE_FILE);
	assert_ptr_equal(file("/bin/a", 1, 5, false), a);
	assert_ptr_equal(file("/bin/a (deleted)", 1, 5, false), a);
	assert_ptr_not_equal(file("/bin/b", 1, 5, false), a);
	assert_ptr_not_equal(file("/bin/a", 2, 5, false), a);
	assert_ptr_not_equal(file("/bin/a", 1, 6, false), a);
	assert_ptr_not_equal(file("/bin/a", 1, 5, true), a);
	assert_int_equal(pdiag_modules_count(modules), 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(pdiag_modules_at(modules, i)->id, i);
	assert_null(pdiag_modules_at(modules, 5));
}

static void generation_that_is_not_known(void **state)
{
	struct pdiag_module *a = file("/bin/a", 1, 0, false), *b;

	(void)state;
	/* Seen in /proc first, then in an event. */
	assert_ptr_equal(file("/bin/a", 1, 5, false), a);
	assert_int_equal(a->generation, 5);
	assert_ptr_equal(file("/bin/a", 1, 0, false), a);
	/* Made anew with the same inode: another, and the one that /proc means from now on. */
	b = file("/bin/a", 1, 6, false);
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(file("/bin/a", 1, 0, false), b);
	assert_ptr_equal(file("/bin/a", 1, 5, false), a);
}

static void one_of_a_kind(void **state)
{
	struct pdiag_module *m = pdiag_modules_kernel(modules, true);

	(void)state;
	assert_int_equal(m->kind, PDIAG_MODULE_KERNEL);
	assert_string_equal(m->path, "[kernel]");
	assert_ptr_equal(pdiag_modules_kernel(modules, true), m);
	assert_ptr_not_equal(pdiag_modules_kernel(modules, false), m);
	m = pdiag_modules_vdso(modules, false);
	assert_int_equal(m->kind, PDIAG_MODULE_VDSO);
	assert_ptr_equal(pdiag_modules_vdso(modules, false), m);
	for (unsigned int r = PDIAG_REASON_NO_MAPPING; r <= PDIAG_REASON_OUT_OF_MEMORY; r++) {
		m = pdiag_modules_none(modules, r);
		assert_int_equal(m->kind, PDIAG_MODULE_NONE);
		assert_int_equal(m->reason, r);
		assert_string_equal(m->path, "");
		assert_ptr_equal(pdiag_modules_none(modules, r), m);
		assert_int_equal(pdiag_module_open(m), -(int)r);
	}
	assert_int_equal(pdiag_modules_none(modules, 999)->reason, PDIAG_REASON_NO_MAPPING);
	m = pdiag_modules_jit(modules, 10, 5, false);
	assert_int_equal(m->kind, PDIAG_MODULE_JIT);
	assert_int_equal(m->ns_pid, 0);
	assert_ptr_equal(pdiag_modules_jit(modules, 10, 5, false), m);
	assert_ptr_not_equal(pdiag_modules_jit(modules, 10, 6, false), m);
	assert_ptr_not_equal(pdiag_modules_jit(modules, 11, 5, false), m);
	m = pdiag_modules_jit(modules, getpid(), 5, true);
	assert_true(m->ns_pid > 0);
}

static struct pdiag_module *find(uint32_t kind, const char *name, uint64_t inode,
	uint64_t generation, int32_t pid, uint32_t reason)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_MODULE };
	struct pdiag_module *found;

	r.module.kind = kind;
	r.module.path = name;
	if (kind == PDIAG_MODULE_FILE) {
		r.module.major = pdiag_modules_at(modules, 0)->major;
		r.module.minor = pdiag_modules_at(modules, 0)->minor;
	}
	r.module.inode = inode;
	r.module.generation = generation;
	r.module.pid = pid;
	r.module.reason = reason;
	r.module.born = kind == PDIAG_MODULE_JIT ? 5 : 0;
	assert_int_equal(pdiag_modules_find(modules, &r, &found), 0);
	return found;
}

/* What a recording calls by its identity. */
static void found_by_record(void **state)
{
	struct pdiag_module *a = file("/bin/a", 1, 0, false), *b = file("/bin/b", 1, 7, false);
	struct pdiag_module *jit = pdiag_modules_jit(modules, 10, 5, false);
	struct pdiag_module *none = pdiag_modules_none(modules, PDIAG_REASON_NO_MAPPING);

	(void)state;
	file("/bin/live", 1, 0, true);
	assert_ptr_equal(find(PDIAG_MODULE_FILE, "/bin/a", 1, 0, 99, 4), a);
	assert_ptr_equal(find(PDIAG_MODULE_FILE, "/bin/b", 1, 7, 0, 0), b);
	assert_null(find(PDIAG_MODULE_FILE, "/bin/b", 1, 8, 0, 0));
	assert_null(find(PDIAG_MODULE_FILE, "/bin/a", 2, 0, 0, 0));
	assert_null(find(PDIAG_MODULE_FILE, "/bin/live", 1, 0, 0, 0));
	assert_ptr_equal(find(PDIAG_MODULE_JIT, "[jit]", 0, 0, 10, 0), jit);
	assert_null(find(PDIAG_MODULE_JIT, "[jit]", 0, 0, 11, 0));
	assert_ptr_equal(find(PDIAG_MODULE_NONE, "", 0, 0, 0, PDIAG_REASON_NO_MAPPING), none);
	assert_null(find(PDIAG_MODULE_NONE, "", 0, 0, 0, PDIAG_REASON_PROCESS_GONE));
	assert_null(find(77, "", 0, 0, 0, 0));
}

/* By way of a table, as a mapping's name decides. */
static void kinds(void **state)
{
	static const struct { const char *path; enum pdiag_module_kind kind; } all[] = {
		{ "", PDIAG_MODULE_JIT }, { "//anon", PDIAG_MODULE_JIT },
		{ "[anon:dalvik-jit]", PDIAG_MODULE_JIT }, { "[heap]", PDIAG_MODULE_JIT },
		{ "[stack]", PDIAG_MODULE_JIT }, { "/memfd:x (deleted)", PDIAG_MODULE_JIT },
		{ "/dev/zero", PDIAG_MODULE_JIT }, { "/dev/zero (deleted)", PDIAG_MODULE_JIT },
		{ "/SYSV0000abcd (deleted)", PDIAG_MODULE_JIT },
		{ "/anon_hugepage (deleted)", PDIAG_MODULE_JIT },
		{ "anon_inode:bpf-prog", PDIAG_MODULE_JIT }, { "[vdso]", PDIAG_MODULE_VDSO },
		{ "[vsyscall]", PDIAG_MODULE_FILE }, { "[uprobes]", PDIAG_MODULE_FILE },
		{ "/SYSVinit", PDIAG_MODULE_FILE }, { "/dev/zeros", PDIAG_MODULE_FILE },
		{ "//toolong", PDIAG_MODULE_FILE }, { "/bin/sh (deleted)", PDIAG_MODULE_FILE },
	};
	struct pdiag_processes *p;
	uint64_t value;

	(void)state;
	assert_int_equal(pdiag_processes_new(context, false, NULL, NULL, &p), 0);
	for (uint32_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint64_t start = 0x7f0000000000 + i * 0x10000;
		struct pdiag_record r = mmap_record(10, 0, start, 0x1000, 0, all[i].path);
		struct pdiag_module *m;

		assert_int_equal(pdiag_processes_update(p, &r), 0);
		m = pdiag_process_locate(p, pdiag_processes_thread(p, 10, 10, 1)->process, start,
			false, &value);
		if (m->kind != all[i].kind)
			fail_msg("%s is of kind %u", all[i].path, m->kind);
		if (m->path[0] == '[' && m->kind == PDIAG_MODULE_FILE)
			assert_int_equal(m->reason, PDIAG_REASON_NO_SYMBOLS);
	}
	pdiag_processes_free(p);
}

static void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static struct pdiag_record record_of(const char *name, int32_t pid)
{
	struct pdiag_record r = mmap_record(pid, 0, 0x1000, 0x1000, 0, name);
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	r.mmap.inode = st.st_ino;
	r.mmap.major = major(st.st_dev);
	r.mmap.minor = minor(st.st_dev);
	r.mmap.generation = 0;
	return r;
}

static void holds(int fd, const char *text)
{
	char buf[64] = "";

	assert_true(fd > 2);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(read(fd, buf, sizeof(buf) - 1), strlen(text));
	assert_string_equal(buf, text);
	close(fd);
}

/* A process that is no more: there is only the path. */
#define NOBODY 999999999

static void by_path(void **state)
{
	struct pdiag_module *live, *replay;
	struct pdiag_record r;
	char aside[160];

	(void)state;
	snprintf(aside, sizeof(aside), "%s/aside", dir);
	write_file(path, "one");
	r = record_of(path, NOBODY);
	live = pdiag_modules_file(modules, &r, true);
	replay = pdiag_modules_file(modules, &r, false);
	assert_int_equal(live->reason, PDIAG_REASON_NONE);
	assert_int_equal(live->fd, -1);
	holds(pdiag_module_open(live), "one");
	holds(pdiag_module_open(replay), "one");
	/* A file that is kept aside keeps the number from being used again. */
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(pdiag_module_open(live), -(int)PDIAG_REASON_FILE_GONE);
	write_file(path, "two");
	assert_int_equal(pdiag_module_open(live), -(int)PDIAG_REASON_FILE_REPLACED);
	assert_int_equal(pdiag_module_open(replay), -(int)PDIAG_REASON_FILE_REPLACED);
	unlink(aside);
}

static void out_of_reach_when_first_seen(void **state)
{
	struct pdiag_module *m;
	struct pdiag_record r;
	char fifo[160];

	(void)state;
	write_file(path, "one");
	r = record_of(path, NOBODY);
	unlink(path);
	m = pdiag_modules_file(modules, &r, true);
	assert_int_equal(m->reason, PDIAG_REASON_FILE_GONE);
	assert_int_equal(m->fd, -1);
	r.mmap.path = "/bin/sh";
	r.mmap.inode ^= 0x40000000;
	assert_int_equal(pdiag_modules_file(modules, &r, true)->reason, PDIAG_REASON_FILE_REPLACED);
	/* Neither a pipe nor a device is opened. */
	snprintf(fifo, sizeof(fifo), "%s/pipe", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	r = record_of(fifo, NOBODY);
	m = pdiag_modules_file(modules, &r, true);
	assert_int_equal(m->reason, PDIAG_REASON_NOT_ELF);
	assert_int_equal(pdiag_module_open(m), -(int)PDIAG_REASON_NOT_ELF);
	unlink(fifo);
}

/* The number of a deleted file is soon used again: its generation tells. */
static void another_by_the_same_inode(void **state)
{
	struct pdiag_module *m;
	struct pdiag_record r;
	int version[2] = { 0 }, fd;

	(void)state;
	write_file(path, "one");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (ioctl(fd, FS_IOC_GETVERSION, version) || version[0] == 0 || version[0] == -1) {
		close(fd);
		printf("skipped: the file system below %s tells no generations\n", dir);
		skip();
	}
	close(fd);
	r = record_of(path, NOBODY);
	r.mmap.generation = (uint32_t)version[0];
	m = pdiag_modules_file(modules, &r, false);
	holds(pdiag_module_open(m), "one");
	r.mmap.generation++;
	m = pdiag_modules_file(modules, &r, false);
	assert_int_equal(pdiag_module_open(m), -(int)PDIAG_REASON_FILE_REPLACED);
}

/* Without an inode the path has to do. */
static void not_known_by_inode(void **state)
{
	struct pdiag_module plain = { .kind = PDIAG_MODULE_FILE, .path = path, .fd = -1 };

	(void)state;
	write_file(path, "one");
	holds(pdiag_module_open(&plain), "one");
	plain.path = "relative";
	assert_int_equal(pdiag_module_open(&plain), -(int)PDIAG_REASON_FILE_GONE);
	plain.path = "";
	assert_int_equal(pdiag_module_open(&plain), -(int)PDIAG_REASON_FILE_GONE);
}

/* Copy a program, and start it; it stays until it is killed. */
static pid_t run_copy(const char *name)
{
	char command[512];
	int pipes[2];
	char c;
	pid_t pid;

	snprintf(command, sizeof(command), "cp /bin/sleep '%s'", name);
	assert_int_equal(system(command), 0);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		execl(name, name, "1000", (char *)NULL);
		_exit(1);
	}
	close(pipes[1]);
	/* Closed by the exec. */
	assert_int_equal(read(pipes[0], &c, 1), 0);
	close(pipes[0]);
	return pid;
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static bool is_elf(int fd)
{
	char magic[4] = "";
	bool is = fd >= 0 && read(fd, magic, 4) == 4 && !memcmp(magic, "\177ELF", 4);

	if (fd >= 0)
		close(fd);
	return is;
}

static void deleted_program(void **state)
{
	struct pdiag_module *m;
	struct pdiag_record r;
	pid_t pid = run_copy(path);

	(void)state;
	r = record_of(path, pid);
	unlink(path);
	m = pdiag_modules_file(modules, &r, true);
	assert_true(m->fd > 2);
	assert_int_equal(m->reason, PDIAG_REASON_NONE);
	assert_true(is_elf(pdiag_module_open(m)));
	/* Each has an offset of its own. */
	assert_true(is_elf(pdiag_module_open(m)));
	reap(pid);
	assert_true(is_elf(pdiag_module_open(m)));
}

/* Seen while it was in its place, deleted then: reached through the process as long as it is. */
static void deleted_after_it_was_seen(void **state)
{
	struct pdiag_module *m;
	struct pdiag_record r;
	pid_t pid = run_copy(path);

	(void)state;
	r = record_of(path, pid);
	m = pdiag_modules_file(modules, &r, true);
	assert_int_equal(m->fd, -1);
	unlink(path);
	assert_true(is_elf(pdiag_module_open(m)));
	/* Named as deleted by another mapping, it is held from then on. */
	r.mmap.path = strcat(path, " (deleted)");
	assert_ptr_equal(pdiag_modules_file(modules, &r, true), m);
	path[strlen(path) - strlen(" (deleted)")] = '\0';
	assert_true(m->fd > 2);
	reap(pid);
	assert_true(is_elf(pdiag_module_open(m)));
}

static void replaced_program(void **state)
{
	struct pdiag_module *m, *late;
	struct pdiag_record r;
	pid_t pid = run_copy(path);

	(void)state;
	r = record_of(path, pid);
	unlink(path);
	write_file(path, "another");
	m = pdiag_modules_file(modules, &r, true);
	assert_true(m->fd > 2);
	assert_true(is_elf(pdiag_module_open(m)));
	/* When the process is gone there is no way any more. */
	late = pdiag_modules_file(modules, &r, false);
	reap(pid);
	assert_true(is_elf(pdiag_module_open(m)));
	assert_int_equal(pdiag_module_open(late), -(int)PDIAG_REASON_FILE_REPLACED);
}

static void tried_again_with_the_next_process(void **state)
{
	struct pdiag_module *m;
	struct pdiag_record r;
	pid_t pid = run_copy(path);

	(void)state;
	r = record_of(path, NOBODY);
	unlink(path);
	m = pdiag_modules_file(modules, &r, true);
	assert_int_equal(m->reason, PDIAG_REASON_FILE_GONE);
	r.pid = pid;
	assert_ptr_equal(pdiag_modules_file(modules, &r, true), m);
	assert_int_equal(m->reason, PDIAG_REASON_NONE);
	assert_true(m->fd > 2);
	reap(pid);
}

/* A file of a mount namespace that is not ours. */
static void other_mount_namespace(void **state)
{
	int pipes[2];
	struct pdiag_module *m;
	struct pdiag_record r;
	struct stat st;
	char inner[160];
	pid_t pid;

	(void)state;
	if (geteuid()) {
		printf("skipped: not root, so no mount namespace can be made\n");
		skip();
	}
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	snprintf(inner, sizeof(inner), "%s/inner", dir);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		bool done = !unshare(CLONE_NEWNS) &&
			!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
			!mount("none", dir, "tmpfs", 0, NULL);

		if (done) {
			write_file(inner, "inside");
			done = !stat(inner, &st);
		}
		if (!done)
			st.st_ino = 0;
		if (write(pipes[1], &st, sizeof(st)) != sizeof(st))
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(pipes[0], &st, sizeof(st)), sizeof(st));
	close(pipes[0]);
	close(pipes[1]);
	if (!st.st_ino) {
		reap(pid);
		printf("skipped: no mount namespace can be made here\n");
		skip();
	}
	r = mmap_record(pid, 0, 0x1000, 0x1000, 0, inner);
	r.mmap.inode = st.st_ino;
	r.mmap.major = major(st.st_dev);
	r.mmap.minor = minor(st.st_dev);
	m = pdiag_modules_file(modules, &r, true);
	assert_true(m->fd > 2);
	reap(pid);
	holds(pdiag_module_open(m), "inside");
}

static unsigned int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(d);
	while (readdir(d))
		count++;
	closedir(d);
	return count;
}

/* Only so many are held, and none is left behind. */
static void held_files_are_few(void **state)
{
	struct rlimit old, few = { 0 };
	struct pdiag *other;
	unsigned int before = open_fds();
	struct pdiag_module *m;
	struct pdiag_record r;
	pid_t pid = run_copy(path);
	char name[256];

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_cur = 64;
	few.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(pdiag_open(NULL, &other), 0);
	r = record_of(path, pid);
	unlink(path);
	/* Many names of one file that is mapped. */
	for (unsigned int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%s/name %u", dir, i);
		r.mmap.path = name;
		m = pdiag_modules_file(pdiag_modules_get(other), &r, true);
		assert_int_equal(m->reason, PDIAG_REASON_NONE);
		assert_int_equal(m->fd >= 0, i < 16);
		assert_true(is_elf(pdiag_module_open(m)));
	}
	assert_int_equal(open_fds(), before + 16);
	pdiag_close(other);
	assert_int_equal(open_fds(), before);
	setrlimit(RLIMIT_NOFILE, &old);
	reap(pid);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(freed_last),
		TEST(identity),
		TEST(generation_that_is_not_known),
		TEST(one_of_a_kind),
		TEST(found_by_record),
		TEST(kinds),
		TEST(by_path),
		TEST(out_of_reach_when_first_seen),
		TEST(another_by_the_same_inode),
		TEST(not_known_by_inode),
		TEST(deleted_program),
		TEST(deleted_after_it_was_seen),
		TEST(replaced_program),
		TEST(tried_again_with_the_next_process),
		TEST(other_mount_namespace),
		TEST(held_files_are_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
