/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * drop_packets N: send N packets to a UDP socket that nobody reads and that has no room for any,
 * on 127.0.0.1 port 7777, and as many on ::1 port 7778. The kernel drops them all.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int flood(int family, const struct sockaddr *to, socklen_t len, int count)
{
	int receiver = socket(family, SOCK_DGRAM, 0), sender = socket(family, SOCK_DGRAM, 0);
	static const char packet[2000];
	int small = 1;

	if (receiver < 0 || sender < 0 ||
		setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) ||
		bind(receiver, to, len))
		return perror("socket"), 1;
	/* The least that a buffer can be set to takes one or two of this size. */
	for (int i = 0; i < 8; i++)
		sendto(sender, packet, sizeof(packet), 0, to, len);
	for (int i = 0; i < count; i++)
		if (sendto(sender, packet, sizeof(packet), 0, to, len) != sizeof(packet))
			return perror("sendto"), 1;
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(7777) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(7778) };
	int count = argc > 1 ? atoi(argv[1]) : 0;

	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v6.sin6_addr = in6addr_loopback;
	return flood(AF_INET, (struct sockaddr *)&v4, sizeof(v4), count) ||
		flood(AF_INET6, (struct sockaddr *)&v6, sizeof(v6), count);
}
