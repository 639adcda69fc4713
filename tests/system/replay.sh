#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# sets: short
# A recording of all that the workload does gives the same folded stacks as the capture, byte for
# byte; cut anywhere, it gives what it has.
. "$(dirname "$0")/../support/system.sh" || exit 1

options=(--off-cpu)
[ "$(id -u)" = 0 ] || options=(--user)
bounded "$RECORD" "${options[@]}" -F 999 -o "$work/live.folded" -o "$work/live.svg" \
	-o "$work/whole.pdiag" -- "$WORKLOAD" --seconds 3 2> "$work/log" > /dev/null ||
	{ cat "$work/log"; skip "cannot sample processes"; }
"$REPORT" -o "$work/again.folded" -o "$work/again.svg" "$work/whole.pdiag"
check "folded stacks are the same" cmp "$work/live.folded" "$work/again.folded"
check "the flame graph is the same" cmp "$work/live.svg" "$work/again.svg"

# cut SIZE: whether a recording of that many bytes is read, with what it has.
size=$(stat -c %s "$work/whole.pdiag")
cut() {
	head -c "$1" "$work/whole.pdiag" > "$work/cut.pdiag"
	"$REPORT" -o "$work/cut.folded" "$work/cut.pdiag" 2> "$work/log" || { cat "$work/log"; return 1; }
	grep -q 'is cut' "$work/log" || { echo "   it does not say so"; return 1; }
}
for part in 1 10 33 50 77 99; do
	check "cut at $part %" cut $((size * part / 100))
done
check "cut by one byte" cut $((size - 1))
check "cut at two thirds" cut $((size * 2 / 3))
check "and it has samples" at_least "$(weight "$work/cut.folded" .)" 1
printf 'no recording at all, this' > "$work/text"
check "what is no recording is refused" \
	sh -c '! "$0" "$1" 2> "$2"' "$REPORT" "$work/text" "$work/log"
check "in one line" test "$(wc -l < "$work/log")" = 1
finish
