# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Starts the guest and listens to it. tests/vm/run includes this.

qemu=''
stop_guest() {
	[ -n "$qemu" ] || return 0
	kill -KILL "$qemu"
	wait "$qemu"
	qemu=''
} 2> /dev/null
trap stop_guest EXIT
trap 'exit 1' INT TERM HUP

# start_guest: with $out/job written. What it says can be read from descriptor $guest.
start_guest() {
	rm -f "$out/status" "$build/pipe"
	[ ! -e "$out/console.log" ] || mv "$out/console.log" "$out/console.log.before"
	mkfifo "$build/pipe" || exit 1
	boot > "$build/pipe" &
	qemu=$!
	exec {guest}< "$build/pipe"
	rm -f "$build/pipe"
}

# guest_died WHY: say so, with what the console showed from the first complaint on, or last.
guest_died() {
	echo "FAILED: $1; the console's last lines:"
	awk '{ line[NR] = $0 } !first && /BUG|Oops|WARNING|panic|INFO:/ { first = NR }
		END { for (i = first && NR - first < 60 ? first : NR - 60; i <= NR; i++)
			if (i > 0) print "   " line[i] }' "$out/console.log"
	cat "$out/qemu.log"
}

run_shell() {
	local line status
	declare -p shell_command > "$out/job"
	start_guest
	while IFS= read -r -t "${patience:-600}" -u "$guest" line; do
		printf '%s\n' "$line"
	done
	status=$?
	stop_guest
	[ $status -le 128 ] || { guest_died "nothing heard for ${patience:-600} s"; exit 1; }
	[ -s "$out/status" ] || { guest_died "the machine ended early"; exit 1; }
	exit "$(cat "$out/status")"
}

# test_entry NAME: "NAME FILE LIMIT", from its name to its file and to what that says of itself.
test_entry() {
	local file
	for file in $(test_files); do
		[ "$(test_name "$file")" = "$1" ] || continue
		echo "$1 $file $(($(test_limit "$file") * slow))"
		return 0
	done
	return 1
}

passed=0 failed=0 skipped=0

# heard WORD NAME SECONDS WHY: count and print a test's end.
heard() {
	local word=$1 name=$2 seconds=$3 why=$4
	case "$word" in
	ok) passed=$((passed + 1)); echo "ok $suite $name ($seconds s)" ;;
	skipped) skipped=$((skipped + 1)); echo "skipped: $suite $name: $why" ;;
	failed)
		failed=$((failed + 1))
		echo "FAILED $suite $name ($seconds s): $why"
		tail -n 30 "$out/$name.log" 2> /dev/null | sed 's/^/   /'
		grep -v ' vm: test' "$out/$name.dmesg" 2> /dev/null | tail -n 20 | sed 's/^/   kernel: /'
		;;
	esac
}

# listen: until the guest ends or says nothing for too long. Leaves in $current the test that was
# running then, and takes from $jobs what was begun.
listen() {
	local line word name seconds why silence times=$slow
	# Where instructions are counted, a second of the guest takes longer than one of ours.
	! $icount || times=$((5 * slow))
	silence=${patience:-$((120 * times))}
	current=''
	while IFS= read -r -t "$silence" -u "$guest" line; do
		read -r word name seconds why <<< "$line"
		case "$word" in
		@run)
			current=$name
			[ "$name" = unload ] || jobs=("${jobs[@]:1}")
			silence=${patience:-$((seconds + 60 * times))}
			;;
		@ok | @failed | @skipped) heard "${word#@}" "$name" "$seconds" "$why"; current='' ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
}

# machine_of FILE: what its comment says of the machine that it needs, if not just any.
machine_of() { sed -nE 's,^(#|/\*) machine: (own|counted)\b.*,\2,p' "$1"; }

# plan_tests: from $tests, or all there are, to $jobs; to $alone those that need a machine which
# nothing else runs in: just a new one, or one that counts instructions.
plan_tests() {
	local file entry why machine
	if [ ${#tests[@]} = 0 ]; then
		for file in $(test_files); do
			in_part "$file" || continue
			why=$(not_emulated "$file")
			[ -n "$why" ] || tests+=("$(test_name "$file")")
			[ -z "$why" ] || $root_only || heard skipped "$(test_name "$file")" 0 "emulated: $why"
		done
	fi
	jobs=() alone=()
	for file in "${tests[@]}"; do
		entry=$(test_entry "$file") || { echo "no test $file; see tests/vm/run --list" >&2; exit 2; }
		read -r _ file _ <<< "$entry"
		machine=$(machine_of "$file")
		if [ -n "$machine" ]; then
			alone+=("$machine $entry")
		else
			jobs+=("$entry")
		fi
	done
}

# Where the kernel changes its own code (as tracepoints are switched on and off), it has breakpoints
# there for a moment. With a thread for each CPU, QEMU may still run one when it is gone, which the
# kernel cannot explain, or run it for ever; seen with kernels that had no module loaded, too.
emulation_failed() {
	[ $emulation = multi ] && grep -qE 'Oops: int3|int3: 0000|RIP: .*:asm_exc_int3' "$out/console.log"
}

# next_alone: the next of $alone becomes the only job.
next_alone() {
	[[ ${alone[0]} != counted\ * ]] || icount=true
	jobs=("${alone[0]#* }") alone=("${alone[@]:1}")
}

run_tests() {
	local current boots=0 most=$((5 + ${#alone[@]})) always_icount=$icount
	# After a crash the tests that are left get a new machine.
	while [ $((${#jobs[@]} + ${#alone[@]})) -gt 0 ] && [ $boots -lt $most ]; do
		if [ ${#jobs[@]} = 0 ]; then
			icount=$always_icount
			next_alone
		fi
		declare -p jobs > "$out/job"
		echo "shell_command='' PDIAG_VM_SHORT=$short PDIAG_SLOW=$slow load=$load" >> "$out/job"
		boots=$((boots + 1))
		start_guest
		listen
		stop_guest
		if [ ! -s "$out/status" ] && emulation_failed; then
			say "$suite ${current:-boot}: QEMU ran a breakpoint that the kernel had taken away;" \
				"again, with one CPU at a time"
			emulation=single
			[ -z "$current" ] || [ "$current" = unload ] ||
				jobs=("$(test_entry "$current")" "${jobs[@]}")
		elif [ ! -s "$out/status" ]; then
			guest_died "$suite ${current:-boot}: the machine crashed or hangs"
			failed=$((failed + 1))
			[ -n "$current" ] || break
		fi
	done
	jobs+=("${alone[@]#* }")
	if [ ${#jobs[@]} -gt 0 ]; then
		echo "FAILED $suite: not run: $(printf '%s\n' "${jobs[@]}" | cut -d ' ' -f 1 | xargs)"
		failed=$((failed + ${#jobs[@]}))
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ] && [ $passed -gt 0 ]
	exit
}
