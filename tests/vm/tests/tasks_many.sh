#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# 10,000 blocked tasks are dumped, all of them, with nobody reading until it is over.
# limit: 900
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
support=${WORKLOAD%/*}
tasks=${TASKS:-10000}

echo $((4 * tasks)) > /proc/sys/kernel/pid_max
echo $((4 * tasks)) > /proc/sys/kernel/threads-max
ulimit -u unlimited
# When they end, 20,000 tasks want to run, and the kernel's own thread for RCU waits for its turn.
echo 200 > /sys/module/rcupdate/parameters/rcu_cpu_stall_timeout
"$support/stuck_tasks" blocked "$tasks" > "$work/ready" < /dev/null &
started+=($!)
for ((i = 0; i < 600; i++)); do
	[ ! -s "$work/ready" ] || break
	sleep 1
done
check "all are there" [ -s "$work/ready" ]
read -r _ pid _ _ < "$work/ready"
echo "   after $SECONDS s; $(cut -d ' ' -f 4 /proc/loadavg) tasks"

bounded "$support/dump_tasks" --deaf 30 --seconds 90 > "$work/dump"
grep -v ^task "$work/dump" | sed 's/^/   /'
awk -v pid="$pid" '$1 == "task" && $2 == pid && $4 == "D" { print $3 }' "$work/dump" |
	sort > "$work/ours"
ls "/proc/$pid/task" | grep -vx "$pid" | sort > "$work/truth"
check "each of them is in the dump once" cmp "$work/ours" "$work/truth"
check "as many as there are" [ "$(wc -l < "$work/truth")" = "$tasks" ]
check "with its kernel stack" \
	[ "$(awk -v pid="$pid" '$2 == pid && $4 == "D" && $8 == "-"' "$work/dump" | wc -l)" = 0 ]
check "with its user stack" \
	[ "$(awk -v pid="$pid" '$2 == pid && $4 == "D" && $9 == "-"' "$work/dump" | wc -l)" = 0 ]
check "at most a fifth of a CPU meanwhile" awk '$1 == "end" { took = $7 }
	$1 == "stats" { busy = $5 }
	END { printf "   %d of %d ms\n", busy / 1e6, took / 1e6
		exit !(busy * 5 <= took) }' "$work/dump"
check "nothing lost" awk '$1 == "end" && $6 == 0 { ok = 1 } END { exit !ok }' "$work/dump"

bounded "$support/dump_tasks" --trigger "2:$tasks:0:60000" --seconds 60 > "$work/dump"
check "a trigger counts them" awk -v n="$tasks" '$1 == "begin" && $3 == 3 && $5 >= n { ok = 1 }
	END { exit !ok }' "$work/dump"
finish
