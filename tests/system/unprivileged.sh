#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# As nobody, with kernel.perf_event_paranoid at 2, which is what kernels come with: own processes
# can be sampled, user space only, and it says so; the machine cannot, and it says why.
. "$(dirname "$0")/../support/system.sh" || exit 1
need_root "becoming somebody else"
need setpriv
sysctl=/proc/sys/kernel/perf_event_paranoid
before=$(cat $sysctl)
tidy_more() { echo "$before" > $sysctl; }
echo 2 > $sysctl 2> /dev/null || skip "$sysctl cannot be set here"

# The programs, where nobody may run them.
chmod 755 "$work"
mkdir -m 777 "$work/out"
cp "$RECORD" "$BIN/burn_one" "$work"
cp "$(ldd "$RECORD" | awk '/libpdiag/ { print $3 }')" "$work/libpdiag.so.0" || exit 1
as_nobody() {
	bounded setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
		env "LD_LIBRARY_PATH=$work" "$@"
}
one_line() { [ "$(wc -l < "$1")" = 1 ] || { echo "   more than a line, or none"; return 1; }; }

as_nobody "$work/pdiag-record" -F 999 -o "$work/out/own.folded" -- "$work/burn_one" 1 \
	2> "$work/errors"
check "a command of its own" test $? = 0
cat "$work/errors"
check "it is in it" at_least "$(weight "$work/out/own.folded" ';one_hot$')" 500
check "the limit is told" \
	grep -qE 'user frames only.*CAP_PERFMON.*perf_event_paranoid' "$work/errors"
check "in one line" one_line "$work/errors"
check "no kernel frames" lacks "$work/out/own.folded" 'entry_SYSCALL|do_syscall'

for what in "-a" "-C 0 -a" "-p 1" "-t 1" "--off-cpu -- true" "-G /"; do
	# shellcheck disable=SC2086 # words are meant to be split
	as_nobody "$work/pdiag-record" -d 1 -o "$work/out/no.folded" $what 2> "$work/errors"
	check "pdiag-record $what fails" test $? = 1
	cat "$work/errors"
	check "and says what is missing" grep -qE 'CAP_PERFMON' "$work/errors"
	check "and the sysctl" grep -qE 'perf_event_paranoid' "$work/errors"
	check "in one line" one_line "$work/errors"
	check "and nothing is written" test ! -e "$work/out/no.folded"
done
finish
