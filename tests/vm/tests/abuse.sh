#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Random calls, half of them with some sense, for 60 s as root; as nobody; as one of the group that
# an administrator has let in. SEED repeats a run.
# sets: short
# limit: 300
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
group=4242
seconds=30
! $short || seconds=5

abuse() { "$PROGRAMS/session_abuse" "$@" ${SEED:+"$SEED"}; }
as_nobody() { setpriv --reuid 65534 --regid "$1" --clear-groups "${@:2}"; }
refused() {
	as_nobody 65534 "$PROGRAMS/session_abuse" 1
	[ $? = 3 ]
}

check "as root" abuse $((seconds * 2))
start abuse $((seconds / 3))
other=$!
check "two at once: the other" abuse $((seconds / 3))
check "two at once: the one" wait $other
check "nobody is refused" refused
unload
insmod "$KO" group=$group || exit 1
check "the device is still root's" refused
chgrp $group /dev/pdiag && chmod 660 /dev/pdiag
check "who is not of the group is refused" refused
check "as one of the group" \
	as_nobody $group "$PROGRAMS/session_abuse" $((seconds * 2))
check "no session is left" [ "$(cat /sys/module/pdiag/refcnt)" = 0 ]
unload
finish
