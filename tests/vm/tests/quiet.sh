#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Probes with their own thresholds: silent on a machine with nothing wrong, not silent with a fault
# that is a little longer than the threshold. In a machine that counts instructions as time, as in
# others each interrupt is late whenever the host has something else to do.
# machine: counted
# limit: 300
. "$(dirname "$0")/../guest.sh" || exit 1
. "$(dirname "$0")/../probes.sh" || exit 1
need_module
need_fault

# all_silent SECONDS PROBE...: at the same time.
all_silent() {
	local probe status=0 seconds=$1 probers=()
	shift
	for probe in "$@"; do
		start_to "$work/$probe" "$PROBE" -d "$seconds" "$probe"
		probers+=($!)
	done
	wait "${probers[@]}"
	for probe in "$@"; do
		echo "   $probe: $(measured "$work/$probe") measured, $(events "$work/$probe") above"
		[ "$(events "$work/$probe")" = 0 ] || { head -n 10 "$work/$probe"; status=1; }
	done
	return $status
}
check "silent when nothing happens" all_silent 10 sched-delay irq-delay sys-delay drop-packet

# Ordinary work is no fault. But who shares a CPU has to wait for it.
work_on() {
	local i
	for ((i = 0; i < 4; i++)); do
		# No names: asking for them is a connection that is refused.
		ls -nR /sys/module > /dev/null
		head -c 1000000 /dev/urandom | md5sum > /dev/null
		sleep 0.2
	done
}
start work_on
check "silent when something does" all_silent 4 irq-delay sys-delay drop-packet

check "begin" probe_begins "$work/irqs" irq-delay
echo 5 > $fault/irqs_off
check "end" probe_ends
check "5 ms without interrupts are seen" event "$work/irqs" ' bash .* [4-9]\.[0-9]+ ms missed='
check "begin" probe_begins "$work/call" sys-delay
echo 30 > $fault/spin
check "end" probe_ends
# Where calls are preempted, it is not without scheduling to its end: then it is seen on its way.
check "30 ms in a call are seen" event "$work/call" \
	' bash .* ((29|3[0-9])\.[0-9]+ ms .*ended=1|[12][0-9]\.[0-9]+ ms .*ended=0)'
check "begin" probe_begins "$work/delay" sched-delay
start "$BIN/burn_one" 1000
victim=$!
sleep 0.1
chrt -f 50 "$BIN/burn_one" 0.05
kill "$victim"
check "end" probe_ends
# Who ran last instead may be another one that had waited for the same.
check "50 ms without a CPU are seen" event "$work/delay" \
	" burn_one $victim/$victim [4-9][0-9]\.[0-9]+ ms .*by_comm=[a-z]"
check "by whom" event "$work/delay" ' [4-9][0-9]\.[0-9]+ ms .*by_comm=burn_one'
finish
