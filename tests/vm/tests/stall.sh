#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# 30 s without a reader at 999 Hz on a machine with far more to do than it has CPUs: no count lost.
# limit: 400
. "$(dirname "$0")/../guest.sh" || exit 1
need_module

stalled() { "$PROGRAMS/session_counts" -F 999 -s 30 -t 1 "$@"; }
check "the ring that is the default" under_stress 300 stalled
check "a ring that is far too small" under_stress 300 stalled -r 65536
check "with time off the CPU, too" under_stress 300 stalled -r 262144 -e 3
finish
