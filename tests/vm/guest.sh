# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the tests of tests/vm/tests share; they include it. On top of tests/support/system.sh. From
# the environment: KO, the module; EXAMPLES, where the example programs are; PROGRAMS, where those of
# tests/vm/programs are.
[ "${PDIAG_VM:-}" = 1 ] || { echo "skipped: only for a virtual machine of tests/vm/run"; exit 77; }
. "${BASH_SOURCE[0]%/*}/../support/system.sh" || exit 1

# True in the short set.
short=${PDIAG_VM_SHORT:-false}

need_module() { [ -e "$KO" ] || skip "there is no module"; }
loaded() { [ -d /sys/module/pdiag ]; }
load() { loaded || insmod "$KO" budget=300000; }
unload() { ! loaded || rmmod pdiag; }

# under_stress SECONDS COMMAND...: with processors, scheduler, memory and timers kept busy by others,
# which are nicer: emulation is slow enough.
under_stress() {
	local limit=$1 status
	shift
	start nice -n 5 stress-ng --quiet --temp-path "$work" --timeout "$limit" --cpu 1 --switch 1 \
		--fork 1 --vm 1 --vm-bytes 32M
	local stress=$!
	sleep 1
	"$@"
	status=$?
	kill "$stress" 2> /dev/null
	wait "$stress" 2> /dev/null
	return $status
}
