#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A machine with hardly any memory left: a capture takes less, tells so and samples, and nobody is
# killed for it (that would be in the kernel's log).
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
need_module

field_of() { awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo; }
# What sessions leave free, and 16 MiB: less than one of this kind asks for.
left=$(($(field_of MemTotal) / 64 + 16384))

# fill: use up memory to that, 4 MiB at a time, as what is free goes up and down.
fill() {
	local i=0
	while (($(field_of MemAvailable) > left + 4096)); do
		head -c 4194304 /dev/zero > "/dev/shm/full.$((i++))" || return
	done
	echo "   $(field_of MemAvailable) KiB of $(field_of MemTotal) are available"
}
tidy_more() { rm -f /dev/shm/full.*; }

record() {
	"$EXAMPLES/pdiag-record" --source kmod -a -F 999 --off-cpu -d 2 -o "$work/$1.pdr" \
		> "$work/$1.out" 2>&1 || { cat "$work/$1.out"; return 1; }
	cat "$work/$1.out"
}
told() { grep -q 'rings of [0-9]* KiB a CPU only: the machine has no memory for more' "$1"; }
untold() { ! told "$1"; }

start "$BIN/burn_one" 1000
check "with enough memory" record enough
check "nothing is said of it" untold "$work/enough.out"
check "memory is used up" fill
check "with hardly any" record less
tidy_more
check "it is said" told "$work/less.out"
check "and sampled" grep -qE 'samples' "$work/less.out"
finish
