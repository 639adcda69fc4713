#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two readers of one session do not know of each other: they may harm themselves, and nobody else.
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
start nice stress-ng --quiet --temp-path "$work" --timeout 100 --cpu 1 --switch 1
check "two threads" "$PROGRAMS/session_twice" threads
check "two processes" "$PROGRAMS/session_twice" processes
check "no session is left" [ "$(cat /sys/module/pdiag/refcnt)" = 0 ]
finish
