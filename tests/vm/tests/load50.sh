#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A machine on its knees: more than 50 tasks that want to run for each CPU. All of it is sampled,
# and pdiag-record is ready in time.
# limit: 600
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
cpus=$(nproc)

# Not one by one, or each would have to wait for all that were started before.
busy() {
	local i
	for ((i = 0; i < 60 * cpus; i++)); do
		start nice -n 19 "$BIN/burn_one" 1000
	done
	sleep 1
	renice -n 0 -p "${started[@]}" > /dev/null
	sleep 3
}
runnable() { awk '{ split($4, n, "/"); print n[1] }' /proc/loadavg; }

busy
check "more than 50 tasks a CPU want to run" at_least "$(runnable)" $((50 * cpus))
check "all of it is in the module's account" "$PROGRAMS/session_counts" -F 999 -t 5 -e 3
begin=$SECONDS
check "pdiag-record" bounded "$RECORD" --source kmod -a -F 99 -d 5 -o "$work/busy.folded"
echo "   5 s took $((SECONDS - begin)) s"
check "the hot function is named" has "$work/busy.folded" '^burn_one;.*;one_hot'
finish
