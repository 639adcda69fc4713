# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The rows, inside the machine that counts instructions.
B=/pdiag/build
hz=999
perf() { LD_LIBRARY_PATH=$B/perf "$B/perf/perf" "$@"; }
has_perf() { [ -x "$B/perf/perf" ]; }

# seconds NAME COMMAND...: what deep says it took. The first run warms the caches of the emulator.
seconds() {
	local name=$1
	shift
	took[$name]=$("$@" 2> "/tmp/$name.err")
}
declare -A took

# per NAME BASE COUNT: instructions a sample or switch above another run.
per() { awk -v a="${took[$1]:-0}" -v b="${took[$2]:-0}" -v n="$3" 'BEGIN {
	if (a > 0 && b > 0) printf "%.0f", (a - b) * 1e9 / n; else print "-" }'; }
ticks() { awk -v s="${took[$1]}" -v hz=$hz 'BEGIN { print s * hz }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a > 0 && b > 0) printf "%.1fx", b / a; else print "-" }'; }
row() { printf '%-5s %-52s %10s %10s %8s  %s\n' "$@"; }

echo -1 > /proc/sys/kernel/perf_event_paranoid
echo 0 > /proc/sys/kernel/perf_cpu_time_max_percent
for what in same new switch; do
	"$B/deep" $what > /dev/null
	seconds idle-$what "$B/deep" $what
done
insmod "$KO" || exit 1
for what in same switch; do
	seconds loaded-$what "$B/deep" $what
done
insmod $B/floor/floor.ko
for what in same new; do
	seconds floor-$what "$B/deep" $what
done
rmmod floor
for what in same new; do
	seconds ours-$what "$B/armed" 1 $hz 0 "$B/deep" $what
	seconds user-$what "$B/armed" 1 $hz 512 "$B/deep" $what
	! has_perf || seconds perf-$what perf record -q -F $hz -a -g -o /tmp/perf.data -- "$B/deep" $what
done
seconds ours-switch "$B/armed" 2 0 0 "$B/deep" switch
seconds user-switch "$B/armed" 2 0 384 "$B/deep" switch
! has_perf || seconds perf-switch perf record -q -e sched:sched_switch -a -g -o /tmp/perf.data -- \
	"$B/deep" switch
rmmod pdiag
# A sample that finds the ring full costs something else.
grep -hv ' pending 0 ' /tmp/{ours,user}-*.err

echo
echo "$(uname -r), 1 CPU, 1 instruction = 1 ns; $(perf --version 2> /dev/null)"
row row "instructions" ours perf ratio "asked for"
for what in same new; do
	ours=$(per ours-$what floor-$what "$(ticks ours-$what)")
	peer=$(per perf-$what floor-$what "$(ticks perf-$what)")
	row B1 "a sample of 24 frames above the timer, $what stack" "$ours" "$peer" \
		"$(ratio "$ours" "$peer")" "$([ $what = same ] && echo "600 or less")"
	ours=$(per user-$what floor-$what "$(ticks user-$what)")
	row B1 "... with 512 bytes of the user's stack" "$ours" - "$(ratio "$ours" "$peer")" ""
done
row B1 "the timer itself" "$(per floor-same idle-same "$(ticks floor-same)")" - - floor
# 20,000 times to and fro: 40,000 switches and as many wake-ups.
ours=$(per ours-switch idle-switch 40000)
peer=$(per perf-switch idle-switch 40000)
row B1 "a switch and its wake-up, off-CPU" "$ours" "$peer" "$(ratio "$ours" "$peer")" ""
ours=$(per user-switch idle-switch 40000)
row B1 "... with 384 bytes of the user's stack" "$ours" - "$(ratio "$ours" "$peer")" ""
row B1 "a switch, module loaded, no session" "$(per loaded-switch idle-switch 40000)" - - 0
percent() { awk -v a="${took[$1]:-0}" -v b="${took[idle-same]}" 'BEGIN {
	if (a > 0) printf "%.3f", (a / b - 1) * 100; else print "-" }'; }
ours=$(percent ours-same)
peer=$(percent perf-same)
row B11 "fixed work at $hz Hz slowed by, %" "$ours" "$peer" "$(ratio "$ours" "$peer")" "half of perf's"
row B11 "... with 512 bytes of the user's stack, %" "$(percent user-same)" "$peer" - "half of perf's"
row B11 "fixed work, module loaded, no session, %" "$(percent loaded-same)" - - 0
