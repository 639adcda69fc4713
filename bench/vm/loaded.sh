# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Rows B2 and B9 inside a machine with two CPUs: pdiag-record with the module and perf record, one
# after the other under the same load. The truth is the kernel's own account of CPU time: of what
# was used, how much is there in samples?
B=/pdiag/build
hz=999
work=/tmp/bench
workload=$B/cmake/tests/support/workload
mkdir -p $work
insmod "$KO" budget=1000000 || exit 1
# Emulated interrupts take long; perf shall not sample less for it.
echo 0 > /proc/sys/kernel/perf_cpu_time_max_percent
perf() { LD_LIBRARY_PATH=$B/perf "$B/perf/perf" "$@"; }
has_perf() { [ -x "$B/perf/perf" ]; }
record=$B/cmake/examples/pdiag-record
row() { printf '%-5s %-52s %10s %10s  %s\n' "$@"; }
percent() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.1f %%", 100 * a / b; else print "-" }'; }
now() { cut -d ' ' -f 1 /proc/uptime; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }

ours() { "$record" --source kmod -a -F $hz "$@"; }
peer() { perf record -q -e cpu-clock -F $hz -a -g "$@"; }
# s of CPU time that the samples of the command stand for; all but the idle task's by default.
ours_s() { awk -v re="${1:-.}" -v hz=$hz '{ n = $NF } /^swapper/ { next } $0 ~ re { s += n } END { print s / hz }' $work/ours.folded; }
peer_s() {
	perf script -i $work/perf.data -F comm 2> /dev/null | awk -v re="${1:-.}" -v hz=$hz '
		/swapper/ { next } $0 ~ re { n++ } END { print n / hz }'
}
peer_lost() {
	perf script -i $work/perf.data --show-lost-events -F comm 2> /dev/null |
		awk '/PERF_RECORD_LOST/ { s += $NF } END { print s + 0 }'
}

# spin SECONDS: both CPUs at work; its CPU time, user and system, to $work/spun.
spin() {
	TIMEFORMAT='%U %S'
	time { "$workload" --only spin --seconds "$1" > /dev/null & "$workload" --only spin \
		--seconds "$1" > /dev/null; wait $!; }
} 2> $work/spun

# stalled COMMAND...: record a load of 10 s, standing still for 4 s of it.
stalled() {
	"$@" &
	local tool=$! load
	sleep 3
	spin 10 &
	load=$!
	sleep 3
	pkill -STOP -P $tool; kill -STOP $tool
	sleep 4
	pkill -CONT -P $tool; kill -CONT $tool
	wait $load
	sleep 2
	pkill -INT -P $tool; kill -INT $tool
	wait $tool
	spun=$(awk '{ print $1 + $2 }' $work/spun)
}

echo
echo "$(uname -r), $(nproc) CPUs, emulated; $(perf --version 2> /dev/null)"
row row "" module "perf" "asked for"
stalled ours -o $work/ours.folded -o $work/ours.pdiag 2> $work/log
o=$(percent "$(ours_s '^(workload|spin)')" "$spun")
p=-
if has_perf; then
	stalled peer -o $work/perf.data > $work/log 2>&1
	p=$(percent "$(peer_s 'workload|spin')" "$spun")
fi
row B2 "CPU time of the load seen; reader stopped 4 s of 10" "$o" "$p" "100 %"
"$B/cmake/examples/pdiag-report" $work/ours.pdiag | sed -n 's/^loss: /      ours: loss /p'
! has_perf || echo "      perf: $(peer_lost) lost by its own account"

# laden COMMAND...: 8 s of it; $took s until it is done.
laden() {
	local from
	from=$(now)
	"$@"
	took=$(since "$from")
}
stress-ng --quiet --temp-path $work --cpu 64 --switch 16 --fork 8 --timeout 900 &
stress=$!
sleep 10
load=$(cut -d ' ' -f 4 /proc/loadavg)
laden ours -d 8 -o $work/ours.pdiag 2> $work/log
ours_took=$took
p=- peer_took=-
if has_perf; then
	laden peer -o $work/perf.data -- sleep 8 > $work/log 2>&1
	peer_took=$took
fi
kill $stress
wait $stress
"$B/cmake/examples/pdiag-report" -o $work/ours.folded $work/ours.pdiag > $work/report
row B9 "s for 8 s of a loaded machine ($load tasks)" "$ours_took" "$peer_took" "8"
row "" "s of CPU time in the samples, of $(nproc) x 8" "$(ours_s)" "$(! has_perf || peer_s)" "16"
sed -n 's/^loss: /      ours: loss /p' $work/report
! has_perf || echo "      perf: $(peer_lost) lost by its own account"
