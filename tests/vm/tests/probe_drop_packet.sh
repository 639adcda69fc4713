#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The probe drop-packet: packets to sockets without room.
# sets: short
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
. "$(dirname "$0")/../probes.sh" || exit 1
need_module
reason=SOCKET_RCVBUFF
grep -q SOCKET_RCVBUFF /sys/kernel/tracing/events/skb/kfree_skb/format || reason=-

check "silent on a quiet machine" silent drop-packet
check "begin" probe_begins "$work/events" -s 30 -o "$work/drops.folded" drop-packet
check "send" "$PROGRAMS/drop_packets" 50
check "end" probe_ends
head -n 1 "$work/events"
check "all of them" at_least "$(events "$work/events")" 100
check "and no others" at_least 116 "$(events "$work/events")"
check "where and why, IPv4" event "$work/events" \
	" 20[0-9][0-9] bytes location=udp_queue_rcv[^ ]* reason=$reason protocol=IPv4 UDP "
check "its flow" event "$work/events" " ports=[0-9]+>7777 from=127.0.0.1 to=127.0.0.1$"
check "where and why, IPv6" event "$work/events" \
	" 20[0-9][0-9] bytes location=udpv6_queue_rcv[^ ]* reason=$reason protocol=IPv6 UDP "
check "its flow" event "$work/events" " ports=[0-9]+>7778 from=::1 to=::1$"
check "who sent it" has "$work/drops.folded" '^drop_packets;.*udp_queue_rcv'
check "begin, of one port" probe_begins "$work/port" drop-packet port=7778
check "send" "$PROGRAMS/drop_packets" 50
check "end" probe_ends
check "only that one" lacks "$work/port" 7777
check "all of it" at_least "$(events "$work/port")" 50
finish
