# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Starts the guest and listens to it. tests/vm/run includes this.

qemu=''
stop_guest() { [ -z "$qemu" ] || kill -KILL "$qemu" 2> /dev/null; qemu=''; }
trap stop_guest EXIT
trap 'exit 1' INT TERM HUP

# start_guest: with $out/job written. What it says can be read from descriptor $guest.
start_guest() {
	rm -f "$out/status" "$build/pipe"
	mkfifo "$build/pipe" || exit 1
	boot > "$build/pipe" &
	qemu=$!
	exec {guest}< "$build/pipe"
	rm -f "$build/pipe"
}

# guest_died: say so, with what the console showed last.
guest_died() {
	echo "FAILED: $1; the console's last lines:"
	tail -n 40 "$out/console.log" | sed 's/^/   /'
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
