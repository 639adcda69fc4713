# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs the tests named in the job, each with the module loaded and with a look at the kernel's log
# after it. guest/run includes this. What begins with @ is for tests/vm/watch.sh.
. /pdiag/source/tests/vm/guest/klog.sh
cmake=/pdiag/build/cmake
export RECORD=$cmake/examples/pdiag-record REPORT=$cmake/examples/pdiag-report
export WATCH=$cmake/examples/pdiag-watch
export WORKLOAD=$cmake/tests/support/workload BIN=$cmake/tests/system EXAMPLES=$cmake/examples
export PROGRAMS=$cmake/tests/vm/programs
cd /tmp || exit 1

# shellcheck disable=SC2154 # load and jobs are the host's
$load || export KO=/nonexistent
has_module() { [ -e "$KO" ]; }
# Emulated, each callback takes some twenty times as long: 1 % of a CPU would not be enough.
load_module() { ! has_module || [ -d /sys/module/pdiag ] || insmod "$KO" budget=300000; }

# run_one NAME FILE LIMIT
run_one() {
	local name=$1 file=$2 limit=$3 log=/pdiag/out/$1.log begin=$SECONDS status what why clean=true
	local command=(bash "/pdiag/source/$file")
	[[ $file != *.c ]] || command=("$BIN/$name")
	echo "@run $name $limit"
	klog_begin "$name"
	load_module > "$log" 2>&1 || { clean=false; echo "the module cannot be loaded" >> "$log"; }
	timeout -k 5 "$limit" "${command[@]}" >> "$log" 2>&1
	status=$?
	# Whatever it left running would disturb the next one; the first process is not killed by this.
	kill -KILL -1 2> /dev/null
	why=$(klog_check "$name" "/pdiag/out/$name.dmesg") || clean=false
	case $status in
	0) what=ok ;;
	77) what=skipped why=${why:-$(sed -n 's/^skipped: //p' "$log" | tail -n 1)} ;;
	124 | 137) what=failed why="not done in $limit s${why:+; }$why" ;;
	*) what=failed why="status $status${why:+; }$why" ;;
	esac
	# A complaint of the kernel outweighs what the test itself thinks.
	$clean || what=failed
	echo "@$what $name $((SECONDS - begin)) $(tr '\n' ' ' <<< "$why")"
}

unload() {
	local why='' begin=$SECONDS
	[ -d /sys/module/pdiag ] || [ -w /sys/kernel/debug/kmemleak ] || return 0
	echo "@run unload $((120 * PDIAG_SLOW))"
	klog_begin unload
	why=$([ ! -d /sys/module/pdiag ] || rmmod pdiag 2>&1
		[ ! -d /sys/module/pdiag ] || echo "still there"
		klog_leaks
		klog_check unload /pdiag/out/unload.dmesg)
	if [ -z "$why" ]; then
		echo "@ok unload $((SECONDS - begin))"
	else
		echo "@failed unload $((SECONDS - begin)) $(tr '\n' ' ' <<< "$why")"
	fi
}

for entry in "${jobs[@]}"; do
	# shellcheck disable=SC2086 # words are meant to be split
	run_one $entry
done
unload
echo 0 > /pdiag/out/status
