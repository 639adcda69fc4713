#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A flight recorder always holds the time just before it was frozen, by a call or by a trigger.
# sets: short
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
# So that no CPU is idle, and stacks differ.
start nice stress-ng --quiet --temp-path "$work" --timeout 100 --cpu 2 --switch 1
stress=$!
check "frozen by a call, twice" "$PROGRAMS/session_flight" 4 call
check "frozen by a trigger" "$PROGRAMS/session_flight" 4 trigger
kill "$stress"
wait "$stress"
check "who hangs is in it each time" "$PROGRAMS/session_away" goes-on
check "who waits takes no more than its part" "$PROGRAMS/session_away" many
finish
