#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pdiag-watch at work: a hog is found by a rule, told, named, kept, shown and reported; what the
# program is asked to do about it is done; it ends when it is told to, and where it is killed its
# journal can be read.
. "$(dirname "$0")/../support/system.sh" || exit 1
[ -x "$WATCH" ] || skip "there is no pdiag-watch"
cpus=$(nproc)
rule="runnable >= 10 per cpu for 1 s clear 9"
moment='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} [-+][0-9]{4}'
severity='(warning|critical)'

# wait_text FILE REGEX: until a line of it is so, at most 40 s.
wait_text() {
	local i
	for ((i = 0; i < 400 * slow; i++)); do
		grep -qE -- "$2" "$1" 2> /dev/null && return 0
		sleep 0.1
	done
	echo "no $2 came in $1:" >&2
	tail -n 20 "$1" >&2
	return 1
}

# No process has that parent: those that have ended were reaped.
childless() {
	local i
	for ((i = 0; i < 100; i++)); do
		grep -qsx "PPid:[[:space:]]$1" /proc/[0-9]*/status || return 0
		sleep 0.1
	done
	grep -sx "PPid:[[:space:]]$1" /proc/[0-9]*/status
	return 1
}

# ended_by SIGNAL PID: it ends with status 0.
ended_by() {
	kill "-$1" "$2"
	wait "$2"
	local status=$?
	[ $status = 0 ] || { echo "   status $status" >&2; return 1; }
}

# live FILE OPTION...: what it shows on a terminal, the newest line last.
live() {
	local file=$1
	shift
	bounded script -qec "$(printf '%q ' "$WATCH" --interval 100 --no-profile "$@")" /dev/null \
		< /dev/null | tr '\r' '\n' > "$file"
}

# ---- the watch that is to find the hog; it needs 20 s of ordinary times to compare with ----

begun=$SECONDS
# shellcheck disable=SC2016 # it is for the shell of --exec
fields='$PDIAG_ID|$PDIAG_PHASE|$PDIAG_SEVERITY|$PDIAG_SENTENCE|$PDIAG_CULPRIT|$PDIAG_REPORT'
start "$WATCH" --only-rules -r "$rule" -q -j "$work/journal" --report "$work/pages" \
	--exec "echo \"$fields\" >> $work/commands" > "$work/told" 2> "$work/errors"
watch=$!
wait_for "$work/errors" || exit 1
cat "$work/errors"

# ---- meanwhile one is killed, and another one, without privilege, goes on with its journal ----

other=("$WATCH")
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
	chmod 755 "$work"
	cp "$WATCH" "$work/pdiag-watch"
	cp "$(ldd "$WATCH" | awk '/libpdiag/ { print $3 }')" "$work/libpdiag.so.0" || exit 1
	other=(env "LD_LIBRARY_PATH=$work" setpriv --reuid 65534 --regid 65534 --clear-groups
		--inh-caps=-all "$work/pdiag-watch")
fi
start "$WATCH" --only-rules -r "load >= 0" -j "$work/killed" > "$work/told-killed" 2> /dev/null
victim=$!
wait_text "$work/told-killed" 'event 1 begun: 1-minute load average: ' || exit 1
kill -KILL "$victim"
wait "$victim" 2> /dev/null
bounded "$WATCH" --list "$work/killed" > "$work/list"
check "of who was killed: cut" has "$work/list" "^ +1  $moment +[0-9.]+ s +$severity +cut +1-minute"
bounded "$WATCH" -j "$work/killed" --show last > "$work/shown"
check "... and it can be shown" has "$work/shown" "^  onset +$moment"
[ "${#other[@]}" = 1 ] || chown -R 65534:65534 "$work/killed"
start "${other[@]}" --only-rules -r "load >= 0" -j "$work/killed" > "$work/told-other" \
	2> "$work/errors-other"
victim=$!
wait_text "$work/told-other" 'event 2 begun: 1-minute load average: ' || exit 1
check "ends in the middle of an event" ended_by TERM $victim
check "... and says so" has "$work/errors-other" '1 events, the last one goes on$'
bounded "$WATCH" --list "$work/killed" > "$work/list"
check "both are in the journal" has "$work/list" '^ +2 .* cut +1-minute'
check "... the first as before" has "$work/list" '^ +1 .* cut +1-minute'
if [ "${#other[@]}" != 1 ] && [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 1 ]; then
	check "without privilege it says what is missing" \
		has "$work/errors-other" 'missing: .*CAP_PERFMON'
fi

# ---- and what was learned is kept ----

if command -v script > /dev/null; then
	# Until all is known; on a machine that is busy the looks take their time.
	for ((i = 0; i < 8; i++)); do
		live "$work/line" -s $((8 * slow)) --learned "$work/learned"
		cat "$work/line" >> "$work/line1"
		grep -qE 'all is ordinary|AN EVENT' "$work/line" && break
	done
	check "a live line: at first too little is known" has "$work/line1" \
		'load [0-9.]+, surprise [0-9.]+, learning what is ordinary; [0-9]+ looks'
	check "... and then it is" has "$work/line1" 'all is ordinary|AN EVENT'
	live "$work/line2" -s 1 --learned "$work/learned"
	check "what was learned is taken up again" has "$work/line2" 'all is ordinary|AN EVENT'
	check "... from the first look on" lacks "$work/line2" 'learning what is ordinary; [1-9]'
	live "$work/line3" -s 1 -q --learned "$work/learned"
	check "no live line with --quiet" lacks "$work/line3" surprise
	echo damaged > "$work/learned"
	live "$work/line4" -s 1 --learned "$work/learned"
	check "what is damaged is told, and is as good as none" \
		has "$work/line4" 'learning what is ordinary; [1-9]'
	check "... in a sentence" has "$work/line4" 'learning begins anew'
	check "nothing is left beside the file" test ! -e "$work/learned.new"
else
	echo "not looked at without script(1): the live line, what was learned"
fi
while ((SECONDS - begun < 22 * slow)); do sleep 0.2; done
[ ! -s "$work/told" ] || skip "the machine is too busy: there is an event already"

# ---- the hog ----

start "$(dirname "$WORKLOAD")/stuck_tasks" spin $((12 * cpus)) > "$work/hog"
hog=$!
wait_for "$work/hog" || exit 1
wait_text "$work/told" 'event 1 begun: ' || exit 1
sleep 4 # of the event itself
kill -KILL "$hog"
wait "$hog" 2> /dev/null
wait_text "$work/told" 'event 1 ended: ' || exit 1
wait_text "$work/commands" '^1\|ended\|' || exit 1
check "commands that have ended are reaped" childless $watch
check "ends at SIGTERM" ended_by TERM $watch
cat "$work/told"

# ---- what was told ----

sed -n '/ event 1 ended: /,$p' "$work/told" > "$work/ended"
check "begun, with severity and rule" has "$work/told" \
	"^$moment $severity: event 1 begun: runnable threads: [0-9]+; the rule is $rule"
for name in onset detected peak end; do
	check "its $name in local time" has "$work/ended" "^  $name +$moment"
done
check "no live line where there is no terminal" lacks "$work/told" "surprise"
check "how many there were" has "$work/errors" ' looks, 1 events$'
if [ "$(id -u)" = 0 ]; then
	check "the hog is the first culprit" has "$work/ended" '^  1\. stuck_tasks \(pid [0-9]+\) '
	check "... and its stack" has "$work/ended" '^  stack: spin( |$)'
	culprit='stuck_tasks [^|]+'
else
	echo "not looked at without root: culprits"
	culprit='[^|]*'
fi

# ---- what was done about it ----

sentence="runnable threads: [^|]+$rule"
check "the command at its beginning" has "$work/commands" \
	"^1\|begun\|$severity\|$sentence\|[^|]*\|\$"
check "... and at its end" has "$work/commands" \
	"^1\|ended\|$severity\|$sentence\|$culprit\|$work/pages/event-1.html\$"
# In between when its samples are complete, if it still goes on by then.
check "... each once" test "$(cut -d'|' -f2 "$work/commands" | grep -v updated | tr '\n' ' ')" \
	= "begun ended "
check "... and not often in between" test "$(wc -l < "$work/commands")" -le 3
check "the page is whole" has "$work/pages/event-1.html" '^</html>$'
check "the page has the hog" grep -q 'stuck_tasks' "$work/pages/event-1.html"

# ---- the journal, afterwards ----

bounded "$WATCH" --list "$work/journal" > "$work/list"
check "listed" has "$work/list" "^ +1  $moment +[0-9.]+ s +$severity +ended +runnable threads: "
check "nothing else is" test "$(wc -l < "$work/list")" = 1
bounded "$WATCH" -j "$work/journal" --show 1 > "$work/shown"
check "shown as it was told" cmp "$work/shown" <(grep -v '^  page: ' "$work/ended")
bounded "$WATCH" -j "$work/journal" --show last --report "$work/again" > "$work/shown"
check "its page is the same" cmp "$work/again/event-1.html" "$work/pages/event-1.html"
finish
