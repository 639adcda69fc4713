#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The example programs at work, one after the other, on the workload. From the environment: BUILD.
set -u
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$temp" || exit 1
export PATH=$BUILD/examples:$PATH
workload=$BUILD/tests/support/workload
bad=0
complain() { echo "$*"; bad=1; }

if ! pdiag-record --user -o probe.svg -- true 2> why; then
	echo "skipped: $(cat why)"
	exit 77
fi

# A graph is XML and has what was hot; a name with nothing known of it would be a bug.
check_svg() {
	if [ ! -s "$1" ]; then
		complain "$1 was not written"
	elif ! grep -q "$2" "$1"; then
		complain "$1 has no $2"
	elif command -v xmllint > /dev/null && ! xmllint --noout --nonet "$1"; then
		complain "$1 is no XML"
	fi
}

echo "-- a command, into all three formats"
pdiag-record --user -F 499 -o a.svg -o a.folded -o a.pdiag -- \
	"$workload" --seconds 1 --only spin,recurse > /dev/null || complain "pdiag-record failed"
check_svg a.svg spin_a
grep -q '^spin;.*;spin_thread;timed;spin_a [0-9]*$' a.folded ||
	complain "a.folded has no stack of spin_a"
[ "$(grep -o ';recurse;.*recurse_leaf' a.folded | head -n 1 | tr ';' '\n' | grep -cx recurse)" = 20 ] ||
	complain "a.folded has no recursion of depth 20"

echo "-- a report of the recording is what was seen live"
pdiag-report -o b.folded -o b.svg a.pdiag || complain "pdiag-report failed"
cmp a.folded b.folded || complain "the replay gives another folded file"
pdiag-report --top 3 a.pdiag > table || complain "pdiag-report --top failed"
grep -q 'recurse_leaf' table || complain "the table lacks the hottest frame"
grep -q '^loss: ' table || complain "the table lacks the loss ledger"

echo "-- a process, ended by a signal"
"$workload" --seconds 60 --only spin > /dev/null &
target=$!
pdiag-record --user --progress -p $target -o c.pdiag 2> log &
record=$!
# As soon as it has samples.
for _ in $(seq 100); do
	grep -q ' [1-9][0-9]* samples' log && break
	sleep 0.1
done
kill -INT $record
wait $record || complain "pdiag-record fails when interrupted: $(cat log)"
kill -0 $target || complain "the target has ended with its capture"
kill $target
wait $target
pdiag-report c.pdiag > table 2> log || complain "what was interrupted cannot be read"
[ ! -s log ] || complain "what was interrupted is cut: $(cat log)"
grep -q spin_a table || complain "what was interrupted has no samples"

echo "-- what changed"
pdiag-diff -o d.svg a.pdiag c.pdiag || complain "pdiag-diff failed"
check_svg d.svg recurse_leaf

echo "-- a recording that is cut"
head -c $(($(wc -c < a.pdiag) * 2 / 3)) a.pdiag > cut.pdiag
pdiag-report cut.pdiag > table 2> log || complain "a cut recording cannot be read: $(cat log)"
grep -q 'is cut' log || complain "nothing was said of the cut"

echo "-- in an event loop"
embed_epoll 1 || complain "embed_epoll failed"
check_svg embed.svg main

echo "-- a portrait"
"$workload" --seconds 60 --only spin > /dev/null &
target=$!
pdiag-portrait -p $target -d 2 --interval 200 -s p.svg > table || complain "pdiag-portrait failed"
kill $target
wait $target
grep -q "^ *$target workload .*\(it uses\|waits for a CPU\)" table || complain "the table lacks the process"
grep -q '^cpu_user ' table || complain "the table lacks its quantities"
check_svg p.svg 'CPU in user space'
pdiag-portrait -d 0.5 --interval 100 --by resident -n 3 > table || complain "pdiag-portrait failed"
[ "$(grep -c '^ *[0-9][0-9]* ' table)" = 4 ] || complain "not three processes, and a line before"

if [ "$(id -u)" = 0 ]; then
	echo "-- the machine, waits too"
	"$workload" --seconds 3 --only futex,sleep > /dev/null &
	target=$!
	pdiag-record -a --off-cpu -d 1 -o e.folded || complain "pdiag-record -a failed"
	kill $target
	wait $target
	grep -q ';futex_block;.*futex' e.folded || complain "e.folded has no wait on a futex"
	grep -q ';sleep_nap;.*sleep' e.folded || complain "e.folded has no sleep"
else
	echo "not looked at without root: the machine, waits"
fi
exit $bad
