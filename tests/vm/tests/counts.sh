#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Nothing is lost: each CPU's samples weigh the time that passed, with a reader, without one for a
# while, with rings that are too small for it, with several sessions at once.
# sets: short
# limit: 300
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
check "a quiet machine" "$PROGRAMS/session_counts" -t 2
check "two sessions, each with all samples" "$PROGRAMS/session_counts" -t 2 -n 2
check "3 s without a reader in rings for 1 s" \
	"$PROGRAMS/session_counts" -t 1 -s 3 -r 65536
check "1 Hz" "$PROGRAMS/session_counts" -t 4 -F 1
check "10,000 Hz" "$PROGRAMS/session_counts" -t 2 -F 10000
check "10,000 Hz and time off the CPU" "$PROGRAMS/session_counts" -t 2 -F 10000 -e 3
check "no session is left" [ "$(cat /sys/module/pdiag/refcnt)" = 0 ]
finish
