#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The group that an administrator lets in: its members see what is theirs, in user mode. What
# belongs to others or may not be looked into is not there.
# limit: 300
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
group=4242
# Commands, not functions: what they start has the pid that they had.
as_member=(setpriv --reuid 65534 --regid $group --clear-groups)
member() { "${as_member[@]}" "$@"; }
tidy_more() { unload; load; }

unload
insmod "$KO" group=$group budget=300000 || exit 1
chgrp $group /dev/pdiag && chmod 660 /dev/pdiag
chmod 755 "$work" && mkdir -m 777 "$work/out"

# burn NAME COMMAND...: a process of that name, started by COMMAND, busy whenever nobody else is.
declare -A pid
burn() {
	[ -e "$work/$1" ] || cp "$BIN/burn_one" "$work/$1"
	start nice -n 15 "${@:2}" "$work/$1" 1000
	pid[$1]=$!
}
burn mine "${as_member[@]}"
burn roots
burn others setpriv --reuid 65533 --regid $group --clear-groups
burn othergroup setpriv --reuid 65534 --regid 4243 --clear-groups
burn withcap "${as_member[@]}" --inh-caps +net_raw --ambient-caps +net_raw
cp "$BIN/burn_one" "$work/setuid" && chmod 4755 "$work/setuid"
burn setuid "${as_member[@]}"
cp "$BIN/burn_one" "$work/secret" && chmod 711 "$work/secret"
# By one more step, as setpriv itself has not lost its capabilities yet.
burn secret "${as_member[@]}" env
if member unshare -U true 2> /dev/null; then
	burn elsewhere "${as_member[@]}" unshare -U
fi
# 4 is PR_SET_DUMPABLE.
start nice -n 15 "${as_member[@]}" perl -e '$0 = "hidden"; syscall(157, 4, 0, 0, 0, 0); 1 while 1'
pid[hidden]=$!
# Each is what it is to be, not on its way there.
there() {
	local name i
	for ((i = 0; i < 100 * slow; i++)); do
		sleep 0.2
		for name in "${!pid[@]}"; do
			[ "$(< "/proc/${pid[$name]}/comm")" = "$name" ] || continue 2
		done
		[ "$(stat -c %u "/proc/${pid[hidden]}/maps")" = 0 ] && return
	done
	return 1
}
check "all of them are there" there
# busy COMMAND...: they run only while it does, as all of them at once slow everything down.
busy() {
	local status
	kill -CONT "${pid[@]}"
	"$@"
	status=$?
	kill -STOP "${pid[@]}"
	return $status
}
kill -STOP "${pid[@]}"
check "one may not be read" [ "$(stat -c %u "/proc/${pid[secret]}/maps")" = 0 ]

busy member "$PROGRAMS/session_seen" 4 "${pid[mine]}" > "$work/member"
check "a member has a session" [ $? = 0 ]
of() { awk -v what="$1" '$1 == what { print $2 }' "$work/member"; }
check "its own process is there, with its time" within "$(of "${pid[mine]}")" "$(of ran)" 25
for name in "${!pid[@]}"; do
	[ "$name" = mine ] || check "not there: $name" lacks "$work/member" "^${pid[$name]} "
done
check "nobody else without a number" grep -qx 'unknown 0' "$work/member"
check "user addresses, and no others" grep -xE 'words [1-9][0-9]* 0' "$work/member"
start nice "${as_member[@]}" "$PROGRAMS/forged_frames"
forged=$!
member "$PROGRAMS/session_seen" 2 $forged > "$work/forged"
kill $forged
check "a process whose frames return to the kernel is seen" has "$work/forged" "^$forged "
check "without those" grep -xE 'words [1-9][0-9]* 0' "$work/forged"

busy "$PROGRAMS/session_seen" 4 "${pid[mine]}" > "$work/root"
for name in "${!pid[@]}"; do
	check "root sees $name" has "$work/root" "^${pid[$name]} "
done
check "and the kernel" grep -qxE 'words [1-9][0-9]* [1-9][0-9]*' "$work/root"

busy member "$RECORD" --source kmod -a -F 499 -d 2 -o "$work/out/all.folded" 2> "$work/errors"
check "pdiag-record of a member" [ $? = 0 ]
check "it says what is left out" grep 'user frames only' "$work/errors"
check "its own" has "$work/out/all.folded" '^mine;.*;one_hot '
for name in "${!pid[@]}"; do
	[ "$name" = mine ] || check "without $name" lacks "$work/out/all.folded" "^$name;"
done
check "without the kernel" lacks "$work/out/all.folded" 'entry_SYSCALL|do_syscall|asm_sysvec'
check "what else is refused, and how" member "$PROGRAMS/session_handshake" own

refused() {
	setpriv --reuid 65534 --regid "$1" --clear-groups "$RECORD" --source kmod -a -d 1 -o "$work/out/no.folded" 2> "$work/errors"
	[ $? = 1 ] && grep 'not allowed to use the kernel module' "$work/errors"
}
chmod 666 /dev/pdiag
check "who is not of the group is refused by the module, too" refused 65534
unload
load
chmod 666 /dev/pdiag
check "without the parameter a member is, too" refused $group
finish
