#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# CPUs go off and come back while they are sampled.
# limit: 300
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
cpu=/sys/devices/system/cpu/cpu1/online
[ -w "$cpu" ] || skip "the second CPU cannot be switched off"

flap() {
	local i
	for ((i = 0; i < 10; i++)); do
		echo 0 > $cpu && sleep 0.3 && echo 1 > $cpu && sleep 0.3 || return 1
	done
}

start "$PROGRAMS/session_counts" -t 12 -e 3 -o
counts=$!
check "off and on, ten times, while sampled" flap
check "nothing more than there was, nothing lost" wait $counts
echo 0 > $cpu
check "begun with a CPU off" "$PROGRAMS/session_counts" -t 1
start "$PROGRAMS/session_counts" -t 4 -o
counts=$!
sleep 1
echo 1 > $cpu
check "it comes during the session" wait $counts
check "the CPU is sampled again" "$PROGRAMS/session_counts" -t 1
finish
