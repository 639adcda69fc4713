#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The module is loaded, its device is there and root's alone, and it goes again: once on a quiet
# machine, 200 times (short: 20) on a busy one.
# sets: short
# limit: 600
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
times=200
! $short || times=20

again() {
	local i
	for ((i = 1; i <= times; i++)); do
		insmod "$KO" || { echo "loading it: time $i"; return 1; }
		[ -c /dev/pdiag ] || { echo "no device: time $i"; return 1; }
		rmmod pdiag || { echo "unloading it: time $i"; return 1; }
		[ ! -e /dev/pdiag ] || { echo "the device stays: time $i"; return 1; }
		[ $((i % 20)) != 0 ] || echo "   $i times after $SECONDS s"
	done
}

check "unload what the harness has loaded" unload
check "no device without it" [ ! -e /dev/pdiag ]
check "load" load
check "the device is a character device" [ -c /dev/pdiag ]
check "of root alone" [ "$(stat -c '%a %u %g' /dev/pdiag)" = "600 0 0" ]
check "unload again" unload
check "$times times on a busy machine" under_stress 500 again
check "it can still be loaded" load
finish
