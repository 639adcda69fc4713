#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The programs' manners: --help and --version go to stdout with status 0; misuse is status 2 and
# says what was wrong on stderr; a failure is status 1 and one line. From the environment: BUILD.
set -u
cd "$(mktemp -d)" || exit 1
trap 'rm -rf "$PWD"' EXIT
bad=0

# expect STATUS PROGRAM [ARG...]
expect() {
	local want=$1 got
	shift
	"$BUILD/examples/$1" "${@:2}" > out 2> err < /dev/null
	got=$?
	if [ $got -ne "$want" ]; then
		echo "$*: status $got, not $want"
		sed 's/^/    /' out err
		bad=1
	elif [ "$want" = 0 ] && { [ ! -s out ] || [ -s err ]; }; then
		echo "$*: nothing on stdout, or something on stderr"
		bad=1
	elif [ "$want" != 0 ] && { [ -s out ] || ! grep -q "^$1: ..........*" err; }; then
		echo "$*: no sentence on stderr, or something on stdout"
		bad=1
	elif [ "$want" = 1 ] && [ "$(wc -l < err)" != 1 ]; then
		echo "$*: more than one line:"
		sed 's/^/    /' err
		bad=1
	fi
}

# says TEXT: on stderr, by the last program.
says() {
	grep -qF -- "$1" err && return
	echo "not said: $1"
	sed 's/^/    /' err
	bad=1
}

for program in pdiag-record pdiag-report pdiag-diff; do
	expect 0 $program --help
	expect 0 $program --version
	expect 2 $program
	expect 2 $program --no-such-option
	says "--no-such-option"
	expect 2 $program -y
	says "-y"
	expect 2 $program -o
	says "lacks its value: -o"
done
expect 2 pdiag-record -p
expect 2 pdiag-record -p x
expect 2 pdiag-record -p 0
expect 2 pdiag-record -p 1.7
says "1.7"
expect 2 pdiag-record -p 1e2
expect 2 pdiag-record -F 99.5 true
expect 2 pdiag-record -p 1 -a
expect 2 pdiag-record --budget 0 true
expect 2 pdiag-record --budget 101 true
expect 2 pdiag-record --flight 0.5 true
expect 2 pdiag-record --flight 1 --blocked x true
expect 1 pdiag-record --flight 3601 -p $$
says "3600"
expect 1 pdiag-record --load 5 -p $$
says "flight_sec"
expect 2 pdiag-record -a true
expect 2 pdiag-record -F no true
expect 2 pdiag-record -d -1 true
expect 2 pdiag-record -o file.txt2 true
expect 2 pdiag-record -o a.pdiag -o b.pdiag true
expect 2 pdiag-report a b
expect 2 pdiag-report --top x a
expect 2 pdiag-report --pid 0 a
expect 2 pdiag-report --pid 1.7 a
expect 2 pdiag-diff one
expect 2 pdiag-probe -d -1
expect 2 pdiag-probe -p 1 -t 1 x
expect 2 pdiag-probe -o x.pdiag x
expect 2 pdiag-tasks -o x.pdiag
expect 2 pdiag-tasks --top x
expect 2 pdiag-tasks --source no
expect 2 pdiag-tasks 1
expect 2 pdiag-trend -d x
expect 2 pdiag-trend --interval 5
expect 2 pdiag-trend --width 1
expect 0 pdiag-watch --help
expect 0 pdiag-watch --version
expect 1 pdiag-trend -d 1 no.such.metric
says "no.such.metric"
expect 1 pdiag-trend -d 1 --cgroup /no/such/cgroup
expect 2 pdiag-watch --no-such-option
says "--no-such-option"
expect 2 pdiag-watch -r
says "lacks its value: -r"
expect 2 pdiag-watch --interval 5
expect 2 pdiag-watch --before x
expect 2 pdiag-watch -n 0
expect 2 pdiag-watch --only-rules
expect 2 pdiag-watch --only-rules -r "load >= 1" -m load
expect 2 pdiag-watch --only-rules -r "load >= 1" --learned file
expect 2 pdiag-watch --source no
expect 2 pdiag-watch --show 1
expect 2 pdiag-watch -j . --show x
expect 2 pdiag-watch some-argument
expect 1 pdiag-watch -r "load is high"
says "load is high"
expect 1 pdiag-watch -m no.such.metric
says "no.such.metric"
expect 1 pdiag-watch --cgroup /no/such/cgroup
expect 1 pdiag-watch -j /proc/journal
expect 1 pdiag-watch --list no-such-folder
expect 1 pdiag-watch -j no-such-folder --show last
expect 2 pdiag-portrait -d x
expect 2 pdiag-portrait -d 0
expect 2 pdiag-portrait --interval 5
says "--interval"
expect 2 pdiag-portrait --by size
says "size"
expect 2 pdiag-portrait -p 0
expect 2 pdiag-portrait -s out.svg
says "--pid"
expect 2 pdiag-portrait -s
says "lacks its value: -s"
expect 2 pdiag-portrait --no-such-option
says "--no-such-option"
expect 2 pdiag-portrait 1
expect 1 pdiag-portrait -d 0.1 -p 4194304
expect 1 pdiag-portrait -d 0.1 --root /no/such/root
says "/no/such/root"
expect 2 pdiag-diff -o d2.folded one two
says "d2.folded"
expect 2 pdiag-diff -o .svg one two
expect 2 pdiag-diff one two three
expect 1 pdiag-report no-such-file
expect 1 pdiag-report /dev/null
expect 1 pdiag-report /proc/self/exe
expect 1 pdiag-diff no-such-file neither
expect 1 pdiag-record -o out.svg -p 4194304
expect 1 pdiag-record -F 10001 -o out.svg true
expect 1 pdiag-record -o out.svg -- /no/such/command
expect 1 pdiag-record -o out.svg -a -C 0-
expect 1 pdiag-record -o out.svg -G /no/such/cgroup
# An output that cannot be written is told before the command runs.
mkdir folder.svg
for output in none/out.svg none/out.pdiag none/out.folded folder.svg; do
	expect 1 pdiag-record -o "$output" -- touch ran
	says "cannot write $output"
	expect 1 pdiag-record -o fine.svg -o "$output" -- touch ran
done
[ ! -e ran ] || { echo "the command ran although its output cannot be written"; bad=1; }
[ ! -e fine.svg ] || { echo "an output was begun beside an impossible output"; bad=1; }
[ ! -e out.svg ] || { echo "out.svg was written all the same"; bad=1; }
exit $bad
