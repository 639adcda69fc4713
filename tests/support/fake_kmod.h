/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel module made by the test: open(), ioctl() and mmap() of the program go here first, and to
 * libc for all else. Its rings are in a file in memory, so that they are mapped as usual. Include
 * it in one C file of a test program that links the library statically.
 */
#ifndef TESTS_SUPPORT_FAKE_KMOD_H
#define TESTS_SUPPORT_FAKE_KMOD_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pdiag_kmod.h>

#define FAKE_KMOD_CPUS 2
#define FAKE_KMOD_RINGS (FAKE_KMOD_CPUS + 1) /* and that of task dumps, if it is asked for */
#define FAKE_KMOD_BYTES 65536u

struct fake_kmod {
	int open_errno;	    /* what open() fails with; 0: it does not */
	uint32_t abi;	    /* 0: not a device of ours */
	uint32_t schema;
	uint32_t features;  /* that this module has heard of */
	uint32_t lacking;   /* mask of those that are not available */
	uint32_t session_bytes; /* that it knows of struct pdiag_kmod_session */
	int session_errno;
	uint64_t memory;    /* for a ring; 0: enough */
	uint32_t budget;    /* that it gives; 0: what is asked for */
	int unknown;	    /* number of a call that it does not know */
	uint64_t ring_bytes; /* as the control page tells */
	int device_fd, session_fd;
	struct pdiag_kmod_session asked; /* the session that was made */
	unsigned char cpus[16];		 /* of its mask */
	bool restricted;    /* no task dumps */
	uint32_t starts, stops, flushes, freezes, thaws;
	struct pdiag_kmod_trigger trigger; /* the last that was set */
	uint64_t pending; /* at the next flush; each lowers it by 1 */
	void (*flush)(struct fake_kmod *k);
	struct fake_kmod_ring {
		int control_fd, data_fd;
		struct pdiag_kmod_ring *control;
		unsigned char *data;
	} ring[FAKE_KMOD_RINGS];
};

static struct fake_kmod fake_kmod;

static void *fake_memory(size_t size, int *fd)
{
	void *p;

	*fd = memfd_create("ring", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, (off_t)size))
		return NULL;
	p = (void *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

/* A module that can do all. 0 if the fake could be made. */
static int fake_kmod_load(void)
{
	struct fake_kmod *k = &fake_kmod;

	*k = (struct fake_kmod){ .abi = PDIAG_KMOD_ABI, .schema = PDIAG_KMOD_SCHEMA,
		.features = PDIAG_KMOD_FEATURES,
		.session_bytes = sizeof(struct pdiag_kmod_session), .unknown = -1,
		.ring_bytes = FAKE_KMOD_BYTES, .device_fd = -1, .session_fd = -1 };
	for (int i = 0; i < FAKE_KMOD_RINGS; i++) {
		k->ring[i].control = fake_memory(4096, &k->ring[i].control_fd);
		k->ring[i].data = fake_memory(FAKE_KMOD_BYTES, &k->ring[i].data_fd);
		if (!k->ring[i].control || !k->ring[i].data)
			return -1;
	}
	return 0;
}

static void fake_kmod_unload(void)
{
	for (int i = 0; i < FAKE_KMOD_RINGS; i++) {
		struct fake_kmod_ring *r = &fake_kmod.ring[i];

		munmap(r->control, 4096);
		munmap(r->data, FAKE_KMOD_BYTES);
		close(r->control_fd);
		close(r->data_fd);
	}
}

/* A whole record at the head of a ring, its length and time filled in. */
static void fake_kmod_put(int cpu, const void *record, size_t size, uint16_t type, uint64_t time)
{
	struct fake_kmod_ring *r = &fake_kmod.ring[cpu];
	uint32_t len = (uint32_t)(size + 15) & ~15u;
	struct pdiag_kmod_record head = { .len = len, .type = type, .time = time };
	uint64_t at = r->control->head % FAKE_KMOD_BYTES;

	if (at + len > FAKE_KMOD_BYTES)
		return;
	memset(r->data + at, 0, len);
	memcpy(r->data + at, record, size);
	memcpy(r->data + at, &head, sizeof(head));
	__atomic_store_n(&r->control->head, r->control->head + len, __ATOMIC_RELEASE);
}

static int fail_with(int err)
{
	errno = err;
	return -1;
}

static int fake_open(int flags)
{
	if (fake_kmod.open_errno)
		return fail_with(fake_kmod.open_errno);
	fake_kmod.device_fd = eventfd(0, flags & O_CLOEXEC ? EFD_CLOEXEC : 0);
	return fake_kmod.device_fd;
}

static int fake_version(struct pdiag_kmod_version *v)
{
	v->abi = fake_kmod.abi;
	v->schema = fake_kmod.schema;
	v->features = fake_kmod.features;
	v->nr_rings = FAKE_KMOD_CPUS + 1;
	/* Not ended, and not one line. */
	memset(v->release, '\n', sizeof(v->release));
	memcpy(v->release, "9.9", 3);
	return 0;
}

static int fake_feature(struct pdiag_kmod_feature *f)
{
	if (f->id >= fake_kmod.features)
		return fail_with(EINVAL);
	f->available = !(fake_kmod.lacking >> f->id & 1);
	memset(f->name, 'n', sizeof(f->name));
	strcpy(f->why, f->available ? "" : "this kernel has no hook for it");
	return 0;
}

static int fake_session(struct pdiag_kmod_session *s)
{
	const unsigned char *bytes = (const unsigned char *)s;

	for (uint32_t i = fake_kmod.session_bytes; i < s->size; i++)
		if (bytes[i]) {
			s->size = fake_kmod.session_bytes;
			return fail_with(E2BIG);
		}
	if (fake_kmod.session_errno)
		return fail_with(fake_kmod.session_errno);
	if (fake_kmod.memory && (!s->ring_bytes || s->ring_bytes > fake_kmod.memory))
		return fail_with(ENOMEM);
	if (fake_kmod.restricted && s->events & PDIAG_KMOD_TASKS)
		return fail_with(EPERM);
	if (s->cpus_bytes && s->cpus_bytes <= sizeof(fake_kmod.cpus))
		memcpy(fake_kmod.cpus, (const void *)(uintptr_t)s->cpus, s->cpus_bytes);
	s->nr_rings = FAKE_KMOD_CPUS + 1;
	s->ring_bytes_used = s->ring_bytes;
	s->period_ns = s->hz ? 1000000000u / s->hz : 0;
	fake_kmod.asked = *s;
	if (fake_kmod.budget)
		s->budget_ppm = fake_kmod.budget;
	fake_kmod.session_fd = eventfd(0, EFD_CLOEXEC);
	return fake_kmod.session_fd;
}

static int fake_flush(struct pdiag_kmod_flush *f)
{
	fake_kmod.flushes++;
	if (fake_kmod.flush)
		fake_kmod.flush(&fake_kmod);
	f->pending = fake_kmod.pending ? --fake_kmod.pending : 0;
	return 0;
}

static int fake_stats(struct pdiag_kmod_stats *s)
{
	s->short_waits = s->ring == 1 ? 17 : 0;
	return 0;
}

static int fake_freeze(bool frozen)
{
	if (!(fake_kmod.asked.flags & PDIAG_KMOD_FLIGHT))
		return fail_with(EINVAL);
	fake_kmod.freezes += frozen;
	fake_kmod.thaws += !frozen;
	for (int i = 0; !frozen && i < FAKE_KMOD_CPUS; i++) {
		struct pdiag_kmod_ring *r = fake_kmod.ring[i].control;

		r->head = r->oldest = (r->head / FAKE_KMOD_BYTES + 1) * FAKE_KMOD_BYTES;
	}
	return 0;
}

static int fake_ioctl(unsigned long request, void *arg)
{
	if ((int)(request & 0xff) == fake_kmod.unknown || !fake_kmod.abi)
		return fail_with(ENOTTY);
	switch (request) {
	case PDIAG_KMOD_IOC_VERSION:
		return fake_version(arg);
	case PDIAG_KMOD_IOC_FEATURE:
		return fake_feature(arg);
	case PDIAG_KMOD_IOC_SESSION:
		return fake_session(arg);
	case PDIAG_KMOD_IOC_START:
		fake_kmod.starts++;
		return 0;
	case PDIAG_KMOD_IOC_STOP:
		fake_kmod.stops++;
		return 0;
	case PDIAG_KMOD_IOC_FREEZE:
		return fake_freeze(true);
	case PDIAG_KMOD_IOC_THAW:
		return fake_freeze(false);
	case PDIAG_KMOD_IOC_TRIGGER:
		fake_kmod.trigger = *(const struct pdiag_kmod_trigger *)arg;
		return 0;
	case PDIAG_KMOD_IOC_FLUSH:
		return fake_flush(arg);
	case PDIAG_KMOD_IOC_STATS:
		return fake_stats(arg);
	default:
		return fail_with(ENOTTY);
	}
}

static void *fake_mmap(size_t len, int prot, off_t offset)
{
	uint64_t ring = (uint64_t)offset >> PDIAG_KMOD_RING_SHIFT;
	bool data = (uint64_t)offset != PDIAG_KMOD_CONTROL(ring);
	struct fake_kmod_ring *r = &fake_kmod.ring[ring % FAKE_KMOD_RINGS];

	if (ring >= FAKE_KMOD_RINGS ||
		(ring == FAKE_KMOD_CPUS && !(fake_kmod.asked.events & PDIAG_KMOD_TASKS))) {
		errno = ENXIO;
		return MAP_FAILED;
	}
	r->control->data_bytes = fake_kmod.ring_bytes;
	if (data && (prot & PROT_WRITE || len != FAKE_KMOD_BYTES)) {
		errno = EACCES;
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap, NULL, len, prot, MAP_SHARED,
		data ? r->data_fd : r->control_fd, 0);
}

/* ---- in the place of libc's ---- */

int open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = va_arg(args, int);
	va_end(args);
	if (!strcmp(path, PDIAG_KMOD_DEVICE))
		return fake_open(flags);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int access(const char *path, int mode)
{
	if (!strcmp(path, PDIAG_KMOD_DEVICE))
		return fake_kmod.open_errno == ENOENT ? fail_with(ENOENT) : 0;
	return (int)syscall(SYS_access, path, mode);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fd >= 0 && (fd == fake_kmod.device_fd || fd == fake_kmod.session_fd))
		return fake_ioctl(request, arg);
	return (int)syscall(SYS_ioctl, fd, request, arg);
}

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (fd >= 0 && fd == fake_kmod.session_fd)
		return fake_mmap(len, prot, offset);
	return (void *)syscall(SYS_mmap, at, len, prot, flags, fd, offset);
}

#endif
