# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the kernel has said during a test. guest/tests.sh includes this.

# What a sound kernel never says.
klog_bad='WARNING:|BUG:|BUG |Oops|Kernel panic|general protection fault|invalid opcode'
klog_bad+='|[Uu]nable to handle|Call Trace:|scheduling while atomic|sleeping function'
klog_bad+='|KASAN|KFENCE|KCSAN|UBSAN|kmemleak:|unreferenced object|refcount_t|list_(add|del) corruption'
klog_bad+='|INFO: (task|rcu|possible|suspicious|trying|inconsistent|NMI|lockdep)|rcu:.*(stall|detected)'
klog_bad+='|suspicious RCU|possible (circular|recursive|irq)|inconsistent lock|held lock|lock(s)? held'
klog_bad+='|soft lockup|hard LOCKUP|blocked for more than|[Bb]ad page|double free|use-after-free'
klog_bad+='|page allocation failure|Unknown symbol|invalid module format|disagrees about version'
klog_bad+='|stack-protector|unchecked MSR|debugfs: .*already present|sysfs: cannot create'
klog_bad+='|pdiag.*(leak|corrupt)|percpu ref|ODEBUG|hung_task|hrtimer: .*still'

# Harmless. The first is about user programs; kmemleak says the others when it starts or finds none.
klog_harmless='(traps|show_signal): |segfault at |kmemleak: (Kernel memory leak detector|Automatic)'

# klog_begin NAME: what comes now belongs to that test.
klog_begin() { echo "vm: test $1 begins" > /dev/kmsg; }

# klog_of NAME: the kernel's lines since then.
klog_of() {
	dmesg | awk -v mark="vm: test $1 begins" '
		index($0, mark) { n = 0; seen = 1; next } seen { line[n++] = $0 }
		END { for (i = 0; i < n; i++) print line[i]
			if (!seen) print "BUG: lost the beginning of this log" }'
}

# klog_leaks: a debug kernel looks for memory that nothing points to. That takes minutes, so it is
# done once, at the end. Of what is seen for the first time there is no word yet: it looks twice.
klog_leaks() {
	local leaks=/sys/kernel/debug/kmemleak
	[ -w $leaks ] && ! grep -qw kmemleak=off /proc/cmdline || return 0
	echo scan > $leaks && sleep 6 && echo scan > $leaks && cat $leaks > /tmp/leaks ||
		echo 'BUG: kmemleak looks no more' > /tmp/leaks
}

# klog_alive: lockdep stops looking at the first thing it finds, and when its tables are full.
klog_alive() {
	[ -r /proc/lockdep_stats ] || return 0
	grep -qE '^ *debug_locks: *1$' /proc/lockdep_stats || echo 'BUG: lockdep looks no more'
}

# klog_check NAME FILE: keep the lines in FILE; print those that are bad. Status 1: there are some.
klog_check() {
	{ klog_of "$1"; klog_alive; cat /tmp/leaks 2> /dev/null; } > "$2"
	! grep -Ev "$klog_harmless" "$2" | grep -E -m 10 "$klog_bad"
}
