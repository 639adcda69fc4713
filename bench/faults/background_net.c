/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection over the loopback, of many small packets; a filter can lose some of them. */
#include "background.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PACKET 1400
#define PACKETS 500.0 /* a second */
#define BUFFER (64 << 10)
#define FORGET_MS 1000

/* Lose so many percent of what comes in on a socket, whole segments; 0: none. */
static void lose(int fd, double percent)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_RANDOM)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (unsigned)(percent / 100 * 4294967295.0), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { 4, code };
	int none = 0;

	if (percent > 0)
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	else
		setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none));
}

static int control_socket(const char *work)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%.90s/loss", work);
	unlink(a.sun_path);
	if (fd < 0 || bind(fd, (void *)&a, sizeof(a)))
		exit(1);
	return fd;
}

static void receive(int fd, int control)
{
	struct pollfd p[2] = { { fd, POLLIN, 0 }, { control, POLLIN, 0 } };
	static char bytes[BUFFER];
	double percent = 0, told;
	uint64_t heard = 0;

	while (poll(p, 2, 200) >= 0) {
		if (p[0].revents && read(fd, bytes, sizeof(bytes)) <= 0)
			return;
		told = percent;
		if (p[1].revents && read(control, &told, sizeof(told)) == sizeof(told))
			heard = clock_ns();
		else if (percent > 0 && clock_ns() - heard > FORGET_MS * 1000000ull)
			told = 0;
		if (told != percent)
			lose(fd, told);
		percent = told;
	}
}

__attribute__((noinline)) static bool send_on(int fd)
{
	static const char bytes[PACKET];

	return send(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes);
}

static void send_all(int fd)
{
	uint64_t start = clock_ns();
	double due = 0, now, last = 0;

	while (!is_over()) {
		now = (double)(clock_ns() - start) / 1e9;
		due += (now - last) * PACKETS * level_now();
		/* Who was kept from sending does not catch up for long. */
		due = due > PACKETS ? PACKETS : due;
		last = now;
		for (; due >= 1; due--)
			if (!send_on(fd))
				return;
		nap(0.01);
	}
}

static void write_pid(const char *work)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/net.pid", work);
	file = fopen(path, "w");
	if (!file || fprintf(file, "%d\n", getpid()) < 0 || fclose(file))
		exit(1);
}

static int connected(int listener, struct sockaddr_in *a)
{
	socklen_t len = sizeof(*a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, size = BUFFER;

	if (fd < 0 || getsockname(listener, (void *)a, &len) || connect(fd, (void *)a, len))
		exit(1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return fd;
}

void role_net(const char *work)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int control = control_socket(work), fd;

	if (listener < 0 || bind(listener, (void *)&a, sizeof(a)) || listen(listener, 1))
		exit(1);
	fd = connected(listener, &a);
	switch (fork()) {
	case -1: exit(1);
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "bg-sink");
		close(fd);
		receive(accept(listener, NULL, NULL), control);
		_exit(0);
	}
	write_pid(work);
	send_all(fd);
}
