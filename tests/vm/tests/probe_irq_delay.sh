#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The probe irq-delay: a module keeps interrupts off.
# sets: short
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
. "$(dirname "$0")/../probes.sh" || exit 1
need_module
need_fault

check "silent on a quiet machine" silent irq-delay threshold=1500ms
check "begin" probe_begins "$work/events" -s 30 irq-delay threshold=400ms
echo 600 > $fault/irqs_off
check "end" probe_ends
check "who had them off, how long" \
	event "$work/events" " bash $$/$$ (59[0-9]|[6-9][0-9]{2})\.[0-9]+ ms missed=[5-9][0-9]{2} in_user=0"
check "where" event "$work/events" ' irqs_off \(.*pdiag_fault'
check "ticks of both CPUs" at_least "$(measured "$work/events")" 500
check "a slower timer" bounded "$PROBE" -q -d 1 irq-delay period=100ms
finish
