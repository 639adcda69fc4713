#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Whose samples: exec in between, pids used again, binaries that are deleted or replaced, other
# mount and pid namespaces. Each process burns CPU time in a function of known name.
. "$(dirname "$0")/../support/system.sh" || exit 1
need_root "sampling the whole machine"
one=$BIN/burn_one two=$BIN/burn_two
out=$work/who.folded

# The next process gets this pid, if nobody is faster. Only root may, and not everywhere.
use_pid() { echo $(($1 - 1)) > /proc/sys/kernel/ns_last_pid; } 2> /dev/null

# pid_again: two programs after each other with the same pid.
pid_again() {
	local first try
	for ((try = 0; try < 20; try++)); do
		cp "$one" "$work/again_one"
		cp "$two" "$work/again_two"
		"$work/again_one" 0.5 &
		first=$!
		wait $first
		use_pid $first || return 1
		"$work/again_two" 0.5 &
		[ $! = $first ] && { wait $!; return 0; }
		kill -KILL $!
		wait $! 2> /dev/null
	done
	return 1
}

# In a mount namespace of its own, on a file system that nobody else sees; it stays for a while.
cat > "$work/elsewhere" << END
mount -t tmpfs none /mnt && cp "$one" /mnt/mounted_one && /mnt/mounted_one 0.7
END
# In a pid namespace, too, where it is process 1; a JIT writes its map by that number.
mkdir "$work/new_tmp"
cat > "$work/inside" << END
mount --bind "$work/new_tmp" /tmp && mount -t proc none /proc && exec /tmp/pid_jit 1000
END

cp "$one" "$work/deleted_one"
cp "$one" "$work/deleted_early"
cp "$one" "$work/replaced_one"
cp "$one" "$work/brief_one"
cp "$one" "$work/exec_one"
cp "$two" "$work/exec_two"
cp "$BIN/jit" "$work/new_tmp/pid_jit"

start "$work/deleted_early" 1000
early=$!
sleep 0.2
rm "$work/deleted_early"
recording_begins "$work/log" -a -F 999 -o "$out" -o "$work/who.pdiag"

"$work/exec_one" 0.7 "$work/exec_two" 0.7
start "$work/deleted_one" 1000
deleted=$!
start "$work/replaced_one" 1000
replaced=$!
"$work/brief_one" 1.5 &
brief=$!
sleep 0.7
rm "$work/deleted_one"
for name in replaced brief; do
	cp "$two" "$work/new" && mv "$work/new" "$work/${name}_one"
done
wait $brief
unshare -m sh "$work/elsewhere" && elsewhere=yes
start unshare -m -p -f --kill-child sh "$work/inside"
inside=$!
sleep 1
"$WORKLOAD" --seconds 1 --only pool > /dev/null
pid_again && again=yes
kill -0 $inside || inside=
recording_ends

check "exec in between: the first image" has "$out" '^exec_one;.*;one_hot'
check "exec in between: the second image" has "$out" '^exec_two;.*;two_hot'
check "exec in between: not mixed up" lacks "$out" '^exec_(one;.*;two_|two;.*;one_)'
check "deleted while it ran" has "$out" '^deleted_one;.*;one_hot'
check "deleted before the capture" has "$out" '^deleted_early;.*;one_hot'
check "replaced: by its old names" has "$out" '^replaced_one;.*;one_hot'
check "replaced: not by names of the new file" lacks "$out" '^replaced_one;.*two_'
# Its process is gone, too, when the names are looked up: they may be missing, but not be wrong.
check "replaced and gone: no names of the new file" lacks "$out" '^brief_one;.*two_'
check "replaced and gone: sampled" has "$out" '^brief_one;'
check "threads by their names" has "$out" '^pool-2;.*;pool_task'
if [ "${elsewhere:-}" ]; then
	check "another mount namespace" has "$out" '^mounted_one;.*;one_hot'
else
	echo "skipped: no mount namespaces here"
fi
if [ "${inside:-}" ]; then
	check "a JIT's map in another pid and mount namespace" has "$out" '^pid_jit;.*jitted'
else
	echo "skipped: no pid namespaces here"
fi
if [ "${again:-}" ]; then
	check "pid used again: the first" has "$out" '^again_one;.*;one_hot'
	check "pid used again: the second" has "$out" '^again_two;.*;two_hot'
	check "pid used again: not mixed up" lacks "$out" '^again_(one;.*;two_|two;.*;one_)'
else
	echo "skipped: a pid cannot be chosen here"
fi
# The C library keeps no frame pointers: a sample in it may go on with a word that only looks like an
# address of the program.
unnamed=$(weight "$out" '\[unknown (exec_|deleted_|replaced_|mounted_|again_|pid_)')
named=$(weight "$out" ';(one|two)_hot')
echo "   $unnamed samples of known code without a name, $named with one"
check "known code has names" [ $((unnamed * 200)) -le "$named" ]
"$REPORT" -o "$work/again.folded" "$work/who.pdiag"
check "the replay says the same" cmp "$out" "$work/again.folded"
finish
