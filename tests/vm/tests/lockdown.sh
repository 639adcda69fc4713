#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A kernel that is locked down: nobody may look at what others do any more.
# machine: own, as it cannot be unlocked
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
lockdown=/sys/kernel/security/lockdown
[ -e $lockdown ] || mount -t securityfs securityfs /sys/kernel/security
[ -e $lockdown ] || skip "this kernel was built without CONFIG_SECURITY_LOCKDOWN_LSM"

opens() { "$PROGRAMS/session_counts" -t 0.5; }
start "$PROGRAMS/session_counts" -t 10
before=$!
check "integrity" eval "echo integrity > $lockdown"
check "sampling is still allowed" opens
check "confidentiality" eval "echo confidentiality > $lockdown"
check "the kernel says so" grep -qF '[confidentiality]' $lockdown
"$PROGRAMS/session_abuse" 1 > "$work/abuse"
check "the device does not open" [ $? = 3 ]
check "the errno is EPERM" grep 'refused: Operation not permitted' "$work/abuse"
"$RECORD" --source kmod -a -d 1 -o "$work/no.folded" 2> "$work/errors"
check "pdiag-record fails" [ $? = 1 ]
check "it says why" grep 'the kernel is locked down (confidentiality)' "$work/errors"
check "in one line" [ "$(wc -l < "$work/errors")" = 1 ]
check "nothing is written" [ ! -e "$work/no.folded" ]
"$RECORD" --sources > "$work/sources"
check "the list of sources says why, too" grep -A 3 kmod "$work/sources"
check "with the reason" grep -q 'locked down' "$work/sources"
check "who had opened it before goes on" wait $before
check "no session is left" [ "$(cat /sys/module/pdiag/refcnt)" = 0 ]
finish
