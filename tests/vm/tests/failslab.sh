#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Allocations that fail, where the kernel can make them: a session is made whole or not at all.
# limit: 300
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
fail=/sys/kernel/debug/failslab
pages=/sys/kernel/debug/fail_page_alloc
[ -d $fail ] || skip "this kernel was built without CONFIG_FAILSLAB"

for dir in $fail $pages; do
	[ -d $dir ] || continue
	echo Y > $dir/task-filter
	echo 20 > $dir/probability
	echo -1 > $dir/times
	echo 0 > $dir/verbose
done

# Whatever it could not do, it must not break anything.
failing() {
	local i
	for ((i = 0; i < 40; i++)); do
		(echo 1 > /proc/self/make-it-fail; exec "$PROGRAMS/session_counts" -t 0.1 -e 3) \
			> /dev/null 2>&1
	done
	return 0
}
check "sessions with failing allocations" failing
for dir in $fail $pages; do
	[ ! -d $dir ] || echo 0 > $dir/probability
done
check "no session is left" [ "$(cat /sys/module/pdiag/refcnt)" = 0 ]
check "all is well afterwards" "$PROGRAMS/session_counts" -t 1
finish
