#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Task dumps against what is known otherwise: a program that knows where its threads are, and what
# /proc says of their kernel stacks.
# sets: short
# limit: 600
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
support=${WORKLOAD%/*}

# stuck KIND N: start them; $pid, $from and $to are the process and its code.
stuck() {
	# Those that spin leave the CPU to the test.
	start_to "$work/$1" nice -n 19 "$support/stuck_tasks" "$@"
	wait_for "$work/$1" && read -r _ pid from to < "$work/$1"
}
start_to() {
	local file=$1
	shift
	: > "$file"
	"$@" > "$file" < /dev/null &
	started+=($!)
}

dump() { bounded "$support/dump_tasks" "$@"; }

# of FILE PID STATE: how many tasks of that process are there in that state.
of() { awk -v pid="$2" -v state="$3" '$1 == "task" && $2 == pid && $4 == state { n++ }
	END { print n + 0 }' "$1"; }
is() { [ "$1" = "$2" ] || { echo "   $1, expected $2"; return 1; }; }

# ends FILE COLUMN: of its first end: 3 runnable, 4 blocked, 5 dumped, 6 lost.
ends() { awk -v c="$2" '$1 == "end" { print $c; exit }' "$1"; }

# code_is FILE PID STATE: of each of those tasks, some user address is in the program's own code.
code_is() {
	perl -e 'no warnings "portable";
		my ($pid, $state, $from, $to) = @ARGV;
		my ($n, $bad) = (0, 0);
		while (<STDIN>) {
			my @f = split;
			next unless $f[0] eq "task" && $f[1] == $pid && $f[3] eq $state;
			$n++;
			$bad++ unless grep { hex($_) >= hex($from) && hex($_) < hex($to) }
				grep { $_ ne "-" } split /,/, $f[8];
		}
		print "   $n tasks, $bad of them elsewhere\n";
		exit !($n && !$bad)' "$2" "$3" "$from" "$to" < "$1"
}

# kernel_is FILE PID STATE: the kernel's part is what /proc says. That leaves out the scheduler.
kernel_is() {
	perl -e 'no warnings "portable";
		my ($pid, $state) = @ARGV;
		my (%at, $n, %seen);
		open my $kallsyms, "<", "/proc/kallsyms" or die;
		while (<$kallsyms>) {
			my ($address, undef, $name) = split;
			push @{$at{hex $address}}, $name;
		}
		my @sorted = sort { $a <=> $b } keys %at;
		sub names {
			my ($ip) = @_;
			my ($low, $high) = (0, $#sorted);
			while ($low < $high) {
				my $middle = int(($low + $high + 1) / 2);
				if ($sorted[$middle] <= $ip) { $low = $middle } else { $high = $middle - 1 }
			}
			my $start = $sorted[$low];
			map { sprintf "%s+0x%x", $_, $ip - $start } @{$at{$start}};
		}
		while (<STDIN>) {
			my @f = split;
			next unless $f[0] eq "task" && $f[1] == $pid && $f[3] eq $state;
			open my $stack, "<", "/proc/$pid/task/$f[2]/stack" or next;
			my @truth = map { /\] ([^\/]+)/ ? $1 : () } <$stack>;
			$n++;
			next if $seen{"$f[7] @truth"}++;
			my @ours = split /,/, $f[7];
			splice @ours, 0, @ours - @truth if @ours > @truth;
			my $same = @ours == @truth && @truth;
			for my $i (0 .. $#truth) {
				last unless $same;
				$same = grep { $_ eq $truth[$i] } names(hex $ours[$i]);
			}
			next if $same;
			my @names = map { (names(hex $_))[0] } split /,/, $f[7];
			print "   $f[2]: @names and not @truth\n";
			exit 1;
		}
		print "   $n tasks\n";
		exit !$n' "$2" "$3" < "$1"
}

stuck blocked 30
blocked=$pid
dump > "$work/dump"
check "a dump" has "$work/dump" '^end 1 '
check "every blocked task is in it" is "$(of "$work/dump" "$blocked" D)" 30
check "and counted" at_least "$(ends "$work/dump" 4)" 30
check "where they are blocked, as /proc has it" kernel_is "$work/dump" "$blocked" D
check "what they called it from" code_is "$work/dump" "$blocked" D
check "none of its sleeping tasks" is "$(of "$work/dump" "$blocked" S)" 0
check "no task but those that run or are blocked" \
	is "$(awk '$1 == "task" && $4 != "R" && $4 != "D"' "$work/dump" | wc -l)" 0
check "nothing lost" is "$(ends "$work/dump" 6)" 0

stuck spin 6
dump > "$work/dump"
check "every spinning task is in it" is "$(of "$work/dump" "$pid" R)" 6
check "where it spins" code_is "$work/dump" "$pid" R
# The other CPU may be busy with something else, but hardly each time.
for ((i = 0; i < 20; i++)); do
	dump
done > "$work/dumps"
check "now and then one is on a CPU, and walks its own stack" \
	at_least "$(awk -v pid="$pid" '$2 == pid && $5 == 1 && $9 != "-"' "$work/dumps" | wc -l)" 1

dump --all > "$work/dump"
missing() {
	awk '$1 == "task" { print $3 }' "$work/dump" | sort > "$work/ours"
	printf '%s\n' /proc/[0-9]*/task/[0-9]* | sed 's/.*\///' | sort | comm -23 - "$work/ours"
}
# The dump itself and this shell come and go.
check "all tasks, if asked for" at_least 8 "$(missing | wc -l)"
check "idle kernel threads are idle, not blocked" \
	at_least "$(awk '$1 == "task" && $4 == "I"' "$work/dump" | wc -l)" 5

stuck sleep 1500
dump --bytes 65536 --all --deaf 2 > "$work/dump"
check "a full ring waits for its reader and loses nothing" is "$(ends "$work/dump" 6)" 0
dump --bytes 65536 --all --deaf 20 --seconds 20 > "$work/dump"
lost=$(ends "$work/dump" 6)
check "without a reader it gives up" at_least "$lost" 1
check "and says of how many" is "$(awk '$1 == "stats" { print $4 }' "$work/dump")" "$lost"
check "the ones before that are there" \
	is "$(grep -c ^task "$work/dump")" "$(ends "$work/dump" 5)"
kill -KILL "$pid"

# Triggers. There are 6 tasks or more that want to run, and 30 that are blocked.
dump --trigger 1:6:300:1000 --dumps 3 --seconds 30 > "$work/dump"
check "a trigger on runnable tasks dumps, again and again" \
	is "$(grep -c '^begin [0-9]* 2 ' "$work/dump")" 3
# It counts from when the trigger fired; a dump may begin a little later than that.
check "not before its cool-down is over" awk '$1 == "begin" { if (last && $6 - last < 900000000)
	exit 1; last = $6 }' "$work/dump"
check "and tells the value" at_least "$(awk '$1 == "begin" { print $5; exit }' "$work/dump")" 6
dump --trigger 1:60:100:1000 --trigger 2:300:100:1000 --seconds 3 > "$work/dump"
check "below the value nothing happens" is "$(grep -c ^begin "$work/dump")" 0
dump --trigger 1:6:60000:1000 --seconds 3 > "$work/dump"
check "before it has held nothing happens" is "$(grep -c ^begin "$work/dump")" 0
dump --trigger 2:30:100:60000 > "$work/dump"
check "a trigger on blocked tasks" is "$(of "$work/dump" "$blocked" D)" 30
dump --trigger 0:1:100:60000 > "$work/dump"
check "a trigger on the load" has "$work/dump" '^begin 1 1 '
dump --flight --trigger 1:6:100:60000:3 > "$work/dump"
check "a trigger freezes a flight recorder" has "$work/dump" '^frozen 2 '

# In the middle of it.
kills=20
! $short || kills=5
for ((i = 0; i < kills; i++)); do
	dump --all --close > /dev/null || failed=1
	start "$support/dump_tasks" --all --deaf 60 > /dev/null
	sleep 0.0$((i % 10))
	kill -KILL $!
	wait $! 2> /dev/null
done
check "whoever makes dumps may be killed" unload
check "it can be loaded again" load
finish
