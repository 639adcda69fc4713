#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# emulated: no, 10 ms of life are too short for a process to get anywhere
# A storm of children that live for ten milliseconds, forked and executed: they are gone when their
# names are looked up, and still the samples have them.
. "$(dirname "$0")/../support/system.sh" || exit 1
need_root "sampling the whole machine"
need_alone

recording_begins "$work/log" -a -F 999 -o "$work/storm.folded" -o "$work/storm.pdiag"
storms=()
for i in 1 2 3; do
	start "$WORKLOAD" --seconds 6 --only children,exec --truth "$work/truth$i"
	storms+=($!)
done
wait "${storms[@]}"
recording_ends

# Where a child was in its own code or in no known one, its function is known.
for child in 'exec-child;|workload-child;' 'children;'; do
	named=$(weight "$work/storm.folded" "^($child).*;(exec|child)_burn")
	unnamed=$(weight "$work/storm.folded" "^($child).*\[unknown[^;]*\]\$")
	echo "   $named samples named, $unnamed not"
	check "99 % of the samples of ${child%%;*} have the name" at_least "$named" \
		$(((named + unnamed) * 99 / 100))
done
named=$(weight "$work/storm.folded" ';(exec|child)_burn')
check "as many as the time in them" within "$(awk -v n="$named" 'BEGIN { print n / 999 }')" \
	"$(awk '/_burn/ { sum += $2 } END { print sum }' "$work"/truth?)" 10
finish
