/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session_handshake [own]: callers that are older and newer than the module. Structs that are
 * longer, shorter and too short, by each call; calls that there are not; what makes no sense.
 * own: what a session without privilege is refused, and what it is told.
 */
#include <sys/sysinfo.h>

#include "others.h"

#define MORE 64

static bool good = true;
static int device;

/* A call with a struct. */
struct call {
	const char *name;
	unsigned long number;
	int *fd;
	uint32_t known;		 /* bytes of it */
	void (*fill)(void *arg); /* beside the size; NULL: zeros */
	int fine;		 /* what it fails with if there is nothing wrong with the struct */
};

static struct session session;

static void fill_stats(void *arg)
{
	struct pdiag_kmod_stats *s = arg;

	s->ring = PDIAG_KMOD_ALL_RINGS;
}

#define DEVICE(name, type) \
	{ #type, PDIAG_KMOD_IOC_##name, &device, sizeof(struct pdiag_kmod_##type), NULL, 0 }
#define SESSION(name, type, fill, fine) \
	{ #type, PDIAG_KMOD_IOC_##name, &session.fd, sizeof(struct pdiag_kmod_##type), fill, fine }

static const struct call all[] = {
	DEVICE(VERSION, version),
	DEVICE(FEATURE, feature),
	DEVICE(PROBE_INFO, probe_info),
	DEVICE(SESSION, session),
	SESSION(FLUSH, flush, NULL, 0),
	SESSION(STATS, stats, fill_stats, 0),
	SESSION(DUMP, dump, NULL, 0),
	SESSION(TRIGGER, trigger, NULL, 0),
	/* The first probe is attached already. */
	SESSION(PROBE, probe, NULL, EEXIST),
	SESSION(HISTOGRAM, histogram, NULL, 0),
};

static void *end_of_memory;

/* Behind these bytes there is no memory: who reads or writes more fails. */
static unsigned char *memory(uint32_t bytes)
{
	return (unsigned char *)end_of_memory - bytes;
}

static void make_memory(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *p = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + 2 * page, page, PROT_NONE))
		die("no memory");
	end_of_memory = p + 2 * page;
}

/* The errno of a call, 0 if it is fine. */
static int try(const struct call *call, unsigned char *arg)
{
	int ret = ioctl(*call->fd, call->number, arg);

	if (ret < 0)
		return errno;
	if (call->number == PDIAG_KMOD_IOC_SESSION)
		close(ret);
	return 0;
}

/* The struct at the end of memory, all of it zero but what a call needs. */
static unsigned char *make(const struct call *call, uint32_t size)
{
	unsigned char whole[4096] = { 0 }, *arg = memory(size);

	if (call->fill)
		call->fill(whole);
	memcpy(whole, &size, sizeof(size));
	memcpy(arg, whole, size);
	return arg;
}

static uint32_t size_in(const unsigned char *arg)
{
	uint32_t size;

	memcpy(&size, arg, sizeof(size));
	return size;
}

static void expect(const struct call *call, const char *what, int is, int should)
{
	good &= so(is == should, "%s, %s: %s, expected %s", call->name, what, strerror(is),
		strerror(should));
}

static void try_newer(const struct call *call)
{
	uint32_t size = call->known + MORE;
	unsigned char *arg = make(call, size);
	bool zero = true;

	expect(call, "longer, with zeros", try(call, arg), call->fine);
	for (uint32_t i = call->known; i < size; i++)
		zero &= !arg[i];
	good &= so(zero, "%s: what is not known stays as it is", call->name);
	for (uint32_t at = call->known; at < size; at += MORE - 1) {
		arg = make(call, size);
		arg[at] = 1;
		expect(call, "longer, with something", try(call, arg), E2BIG);
		good &= so(size_in(arg) == call->known, "%s: the size that is known is %u, not %u",
			call->name, call->known, size_in(arg));
	}
	/* More than a page is never looked at. */
	arg = make(call, size);
	for (uint32_t huge = 4097; huge; huge = huge == 4097 ? UINT32_MAX : 0) {
		memcpy(arg, &huge, sizeof(huge));
		expect(call, "of more than a page", try(call, arg), E2BIG);
		good &= so(size_in(arg) == call->known, "%s: the size that is known is told",
			call->name);
	}
}

/* A struct that ends early is read and written as far as it goes. */
static void try_older(const struct call *call)
{
	for (uint32_t size = 8; size < call->known; size += 8)
		expect(call, "shorter", try(call, make(call, size)), call->fine);
	for (uint32_t size = 0; size < 8; size++) {
		unsigned char *arg = make(call, 8);

		memcpy(arg, &size, sizeof(size));
		expect(call, "too short", try(call, arg), EINVAL);
	}
}

static void try_memory(const struct call *call)
{
	unsigned char *arg = make(call, call->known);

	expect(call, "nowhere", try(call, NULL), EFAULT);
	/* It begins where there is memory, and ends where there is none. */
	memmove(arg + 8, arg, call->known - 8);
	expect(call, "half of it not there", try(call, arg + 8), EFAULT);
}

static void try_calls(void)
{
	unsigned char arg[4096] = { 0 };
	int fds[] = { device, session.fd };
	uint32_t size = 8;

	memcpy(arg, &size, sizeof(size));
	for (int i = 0; i < 2; i++) {
		for (unsigned int nr = 0; nr < 256; nr++) {
			bool own = i ? nr >= 0x90 && nr <= 0x99 : nr >= 0x80 && nr <= 0x83;
			unsigned long number = PDIAG_KMOD_IOC(nr, none);

			if (own)
				continue;
			good &= so(ioctl(fds[i], number, arg) < 0 && errno == ENOTTY,
				"call %x of the %s: %s", nr, i ? "session" : "device",
				strerror(errno));
		}
		good &= so(ioctl(fds[i], _IO('e', 0x80), arg) < 0 && errno == ENOTTY,
			"a call of others is none of ours");
	}
}

static void try_version(void)
{
	struct pdiag_kmod_version version = { .size = sizeof(version) };
	struct pdiag_kmod_feature feature = { .size = sizeof(feature) };
	struct pdiag_kmod_probe_info probe = { .size = sizeof(probe) };

	if (ioctl(device, PDIAG_KMOD_IOC_VERSION, &version))
		die("version: %s", strerror(errno));
	printf("   release %s, abi %u, schema %u, %u features, %u probes, %u rings\n",
		version.release, version.abi, version.schema, version.features, version.probes,
		version.nr_rings);
	good &= so(version.abi == PDIAG_KMOD_ABI && version.schema == PDIAG_KMOD_SCHEMA,
		"the versions that the header has");
	good &= so(version.features == PDIAG_KMOD_FEATURES, "all features of the header");
	good &= so(version.nr_rings == session.options.nr_rings, "rings: as a session has them");
	good &= so(version.release[0] && memchr(version.release, 0, sizeof(version.release)),
		"a release");
	feature.id = version.features;
	good &= so(ioctl(device, PDIAG_KMOD_IOC_FEATURE, &feature) && errno == EINVAL,
		"a feature that it has never heard of");
	probe.index = version.probes;
	good &= so(ioctl(device, PDIAG_KMOD_IOC_PROBE_INFO, &probe) && errno == EINVAL,
		"a probe that is not there");
}

/* Options of no sense. */
static void try_session(void)
{
	static const struct {
		const char *what;
		struct pdiag_kmod_session options;
		int err;
	} cases[] = {
		{ "0 Hz", { .events = PDIAG_KMOD_ON_CPU }, EINVAL },
		{ "10,001 Hz", { .events = PDIAG_KMOD_ON_CPU, .hz = 10001 }, EINVAL },
		{ "Hz of no samples", { .events = PDIAG_KMOD_OFF_CPU, .hz = 1 }, EINVAL },
		{ "events that are none", { .events = 8 }, EINVAL },
		{ "flags that are none", { .flags = 128 }, EINVAL },
		{ "a target that is none", { .target = 5 }, EINVAL },
		{ "no such process", { .target = PDIAG_KMOD_PROCESS, .pid = 0x3fffffff }, ESRCH },
		{ "no such cgroup", { .target = PDIAG_KMOD_CGROUP, .cgroup_fd = -1 }, EBADF },
		{ "a command without a name", { .target = PDIAG_KMOD_COMMAND }, EINVAL },
		{ "frames", { .max_depth = PDIAG_KMOD_DEPTH_MAX + 1 }, EINVAL },
		{ "stacks", { .stacks = 1000 }, EINVAL },
		{ "a ring", { .ring_bytes = 1ull << 31 }, EINVAL },
		{ "a budget", { .budget_ppm = 1000001 }, EINVAL },
		{ "reserved", { .reserved = { 0, 0, 1 } }, EINVAL },
		{ "reserved, too", { .reserved0 = 1 }, EINVAL },
		{ "half a word of the stack", { .user_bytes = 4 }, EINVAL },
		{ "too much of the stack", { .user_bytes = PDIAG_KMOD_USER_MAX + 8 }, EINVAL },
		{ "half a word of CPUs", { .cpus = 8, .cpus_bytes = 4 }, EINVAL },
		{ "CPUs nowhere", { .cpus = 8, .cpus_bytes = 8 }, EFAULT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdiag_kmod_session options = cases[i].options;
		int fd;

		options.size = sizeof(options);
		fd = ioctl(device, PDIAG_KMOD_IOC_SESSION, &options);
		good &= so(fd < 0 && errno == cases[i].err, "%s: %s", cases[i].what,
			fd < 0 ? strerror(errno) : "taken");
		if (fd >= 0)
			close(fd);
	}
}

/* More memory than there is. Nobody is killed for it: that would be in the kernel's log. */
static void try_all_memory(void)
{
	struct pdiag_kmod_session options = { .size = sizeof(options), .ring_bytes = 1ull << 30 };
	int fds[16], count = 0;

	while (count < 16 && (fds[count] = ioctl(device, PDIAG_KMOD_IOC_SESSION, &options)) >= 0)
		count++;
	good &= so(count < 16 && errno == ENOMEM, "no memory after %d: %s", count, strerror(errno));
	for (int i = 0; i < count; i++)
		close(fds[i]);
}

/* ---- own ---- */

static int session_errno(struct pdiag_kmod_session options)
{
	int fd;

	options.size = sizeof(options);
	fd = ioctl(device, PDIAG_KMOD_IOC_SESSION, &options);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void refused(const char *what, struct pdiag_kmod_session options)
{
	int err = session_errno(options);

	good &= so(err == EPERM, "%s is refused: %s", what, strerror(err));
}

/* As many at a time as there may be, and their memory. */
static int most(struct pdiag_kmod_session options, __u64 *bytes)
{
	int fds[64], count = 0;

	options.size = sizeof(options);
	*bytes = 0;
	while (count < 64 && (fds[count] = ioctl(device, PDIAG_KMOD_IOC_SESSION, &options)) >= 0) {
		*bytes += options.total_bytes;
		count++;
	}
	good &= so(errno == EUSERS, "then there are enough: %s", strerror(errno));
	for (int i = 0; i < count; i++)
		close(fds[i]);
	return count;
}

/* One of them is `session`. */
static void try_bounds(struct pdiag_kmod_session options)
{
	struct sysinfo machine;
	__u64 bytes, room;
	int count = most(options, &bytes);

	sysinfo(&machine);
	room = (__u64)machine.totalram * machine.mem_unit / 64;
	good &= so(count == 15, "16 sessions and no more: %d", count + 1);
	options.ring_bytes = 4u << 20;
	options.stacks = 4096;
	count = most(options, &bytes);
	good &= so(count < 15 && bytes <= room, "memory is bounded: %d with %llu of %llu bytes",
		count, (unsigned long long)bytes, (unsigned long long)room);
	options.ring_bytes = 65536;
	options.stacks = 256;
	good &= so(most(options, &bytes) == 15, "what is closed is given back");
}

static void try_own(void)
{
	struct pdiag_kmod_feature feature = { .size = sizeof(feature) };
	struct pdiag_kmod_probe probe = { .size = sizeof(probe) };
	struct pdiag_kmod_session options = { .events = PDIAG_KMOD_ON_CPU, .hz = 99,
		.ring_bytes = 65536, .stacks = 256 };
	struct pdiag_kmod_dump dump = { .size = sizeof(dump) };

	refused("off-CPU", (struct pdiag_kmod_session){ .events = PDIAG_KMOD_OFF_CPU });
	refused("a task dump", (struct pdiag_kmod_session){ .events = PDIAG_KMOD_TASKS });
	options.ring_bytes = 8u << 20;
	refused("a large ring", options);
	options.ring_bytes = 65536;
	options.user_bytes = 192;
	refused("bytes of the stack", options);
	options.user_bytes = 0;
	options.stacks = 8192;
	refused("many stacks", options);
	options.stacks = 256;
	options.hz = 1001;
	refused("more than 1,000 Hz", options);
	options.hz = 99;
	session.options = options;
	session.options.budget_ppm = 1000000;
	session_open(&session);
	good &= so(session.options.budget_ppm < 1000000 &&
		session.options.flags & PDIAG_KMOD_USER_ONLY, "budget and frames are not theirs");
	good &= so(ioctl(session.fd, PDIAG_KMOD_IOC_PROBE, &probe) && errno == EPERM,
		"a probe is refused");
	good &= so(ioctl(session.fd, PDIAG_KMOD_IOC_DUMP, &dump) && errno == EINVAL,
		"a dump is refused");
	for (feature.id = 0; feature.id < PDIAG_KMOD_FEATURES; feature.id++) {
		bool theirs = feature.id == PDIAG_KMOD_FEATURE_TIMER ||
			feature.id == PDIAG_KMOD_FEATURE_INHERIT ||
			feature.id == PDIAG_KMOD_FEATURE_CGROUP;

		if (ioctl(device, PDIAG_KMOD_IOC_FEATURE, &feature))
			die("feature: %s", strerror(errno));
		good &= so(feature.available ? theirs && !feature.why[0] : feature.why[0],
			"%s: %u, \"%s\"", feature.name, feature.available, feature.why);
	}
	try_bounds(options);
}

int main(int argc, char **argv)
{
	struct pdiag_kmod_probe probe = { .size = sizeof(probe) };

	device = open(PDIAG_KMOD_DEVICE, O_RDWR | O_CLOEXEC);
	if (device < 0)
		die("%s: %s", PDIAG_KMOD_DEVICE, strerror(errno));
	if (argc > 1 && !strcmp(argv[1], "own")) {
		try_own();
		return !good;
	}
	make_memory();
	session.options.events = PDIAG_KMOD_TASKS;
	session_open(&session);
	session_do(&session, PDIAG_KMOD_IOC_PROBE, &probe, "probe");
	/* Dumps are made while it runs. */
	session_do(&session, PDIAG_KMOD_IOC_START, NULL, "start");
	try_version();
	try_calls();
	try_session();
	try_all_memory();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		try_newer(&all[i]);
		try_older(&all[i]);
		try_memory(&all[i]);
	}
	return !good;
}
