#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The probe sys-delay: a call to a module keeps the CPU.
# sets: short
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
. "$(dirname "$0")/../probes.sh" || exit 1
need_module
need_fault

check "silent on a quiet machine" silent sys-delay threshold=1500ms
check "begin" probe_begins "$work/events" -s 30 -o "$work/where.folded" sys-delay threshold=400ms
echo 600 > $fault/spin
check "end" probe_ends
grep -E '^[0-9]+\.[0-9]+ cpu' "$work/events"
check "seen while it lasts" \
	event "$work/events" " bash $$/$$ [4-9][0-9][0-9]\.[0-9]+ ms call=1 ended=0"
check "with where it is" event "$work/events" ' pdiag_fault_spin \(.*pdiag_fault'
# Where the kernel can be preempted, others run as soon as they may: the call ends later, and does
# not count as one that did not let them.
if [ "$(events "$work/events")" = 0 ]; then
	echo "   preempted before it ended"
else
	check "seen when it ends" \
		event "$work/events" " bash $$/$$ [6-9][0-9][0-9]\.[0-9]+ ms call=1 ended=1 result=4"
	check "calls that wait are none" [ "$(events "$work/events")" = 1 ]
fi
check "the flame graph has it" has "$work/where.folded" '^bash;.*;pdiag_fault_spin'
finish
