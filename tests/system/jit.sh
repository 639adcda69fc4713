#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Code made at run time, named by /tmp/perf-PID.map; names from there are safe in every output.
. "$(dirname "$0")/../support/system.sh" || exit 1
jit=$BIN/jit

tidy_more() { rm -f "/tmp/perf-${jit_pid:-none}.map"; }

"$jit" 0.01 &
jit_pid=$!
wait $jit_pid
[ $? = 2 ] && skip "no code for this processor"
rm -f "/tmp/perf-$jit_pid.map"

start "$jit" 60
jit_pid=$!
bounded "$RECORD" -p $jit_pid -F 999 -d 1 -o "$work/jit.folded" -o "$work/jit.svg" \
	-o "$work/jit.pdiag" 2> "$work/log" || { cat "$work/log"; skip "cannot sample processes"; }
kill $jit_pid
cat "$work/jit.folded"
check "the function has its name, and the ; in it is escaped" at_least \
	"$(weight "$work/jit.folded" '^jit;.*;main;jitted[^;]*loop <of> me$')" \
	$(($(weight "$work/jit.folded" .) * 9 / 10))
check "no markup of it in the flame graph" lacks "$work/jit.svg" 'loop <of>'
check "but the text" has "$work/jit.svg" 'loop &lt;of&gt; me'
"$REPORT" -o "$work/again.folded" "$work/jit.pdiag"
check "the replay says the same" cmp "$work/jit.folded" "$work/again.folded"
finish
