# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Children that live 10 ms, forked or executed, sampled by both at once: the share of the storm's
# samples whose running function has a name.
"$record" -a -F 999 -d 10 -o "$work/ours.folded" &
ours=$!
perf record -q -e cpu-clock -F 999 -a -g -m 1024 -o "$work/perf.data" -- sleep 10 > /dev/null 2>&1 &
peer=$!
settle 1
"$load" --only children,exec --seconds 8 > /dev/null &
wait $ours $peer
storm='^(children|exec|workload|child)'
all=$(sum_folded "$work/ours.folded" "$storm")
unknown=$(sum_folded "$work/ours.folded" "$storm.*;\\[unknown[^;]*\\]\$")
perf script -i "$work/perf.data" -F comm,ip,sym 2> /dev/null | awk -v re="$storm" '
	/^[^\t ]/ { comm = $0; leaf = 0; next }
	/^[\t ]+[0-9a-f]+ / && !leaf { leaf = 1; if (comm ~ re) { n++; bad += /\[unknown\]/ } }
	END { print n + 0, bad + 0 }' > "$work/perf.count"
theirs=$(field 1 "$work/perf.count") bad=$(field 2 "$work/perf.count")
line B7 "storm of 10 ms processes: samples named ($all)" "$(calc "100 * (1 - $unknown / $all)") %" \
	"$(calc "100 * (1 - $bad / $theirs)") %" "" "99 % or more"
