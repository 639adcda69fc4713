#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Only what was asked for is sampled: a cgroup, some CPUs, a thread, a process with its children.
. "$(dirname "$0")/../support/system.sh" || exit 1
need_root "sampling cgroups and CPUs"
one=$BIN/burn_one two=$BIN/burn_two

# A cgroup where perf looks for it: version 1 with its controller, else version 2.
mount_point=$(awk '$3 == "cgroup" && $4 ~ /perf_event/ { v1 = $2 } $3 == "cgroup2" { v2 = $2 }
	END { print v1 ? v1 : v2 }' /proc/mounts)
tidy_more() { [ -z "${group:-}" ] || rmdir "$group"; }

if [ "$mount_point" ] && mkdir "$mount_point/pdiag-test-$$" 2> /dev/null; then
	group=$mount_point/pdiag-test-$$
	recording_begins "$work/log" -G "pdiag-test-$$" -F 999 -o "$work/cgroup.folded"
	sh -c 'echo $$ > "$0"/cgroup.procs && exec "$@"' "$group" "$one" 1
	"$two" 1
	recording_ends
	check "the cgroup's task" at_least "$(weight "$work/cgroup.folded" ';one_hot')" 500
	check "no other task" lacks "$work/cgroup.folded" 'two_hot'
else
	echo "skipped: no cgroup can be made here"
fi

last=$(($(nproc --all) - 1))
if [ $last -gt 0 ] && taskset -c 0 true && taskset -c $last true; then
	recording_begins "$work/log2" -a -C $last -F 999 -o "$work/cpus.folded"
	taskset -c $last "$one" 1
	taskset -c 0 "$two" 1
	recording_ends
	check "the task on the CPU" at_least "$(weight "$work/cpus.folded" ';one_hot')" 500
	check "no task on the other CPU" lacks "$work/cpus.folded" 'two_hot'
else
	echo "skipped: one CPU only"
fi

# It begins when it is sampled.
start sh -c 'until [ -e "$2" ]; do sleep 0.05; done
	"$0" 1 & "$1" 1 & sleep 0.5; "$0" 1; wait' "$one" "$two" "$work/go"
shell=$!
recording_begins "$work/log3" -p $shell -F 999 -o "$work/process.folded"
touch "$work/go"
start "$two" 1000
other=$!
wait $recorder
kill $other
check "children that come later" at_least "$(weight "$work/process.folded" '^burn_one;')" 500

# A thread by its id: the pool of the workload.
start "$WORKLOAD" --seconds $((4 * slow)) --only pool --truth /dev/null
process=$!
sleep 0.5
tid=$(grep -l '^pool-1$' /proc/$process/task/*/comm | sed 's|.*/task/||; s|/.*||')
bounded "$RECORD" -t "$tid" -F 999 -d $((2 * slow)) -o "$work/thread.folded" 2> /dev/null
check "the thread" has "$work/thread.folded" '^pool-1;.*;pool_task'
check "no other thread" lacks "$work/thread.folded" '^pool-(0|2|feed)'
finish
