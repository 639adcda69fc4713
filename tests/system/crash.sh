#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The recorder is killed, or the disk is full: what was written up to there is there.
. "$(dirname "$0")/../support/system.sh" || exit 1
need_root "sampling the whole machine, and mounting a small file system"

start "$WORKLOAD" --seconds 60 --only recurse,children,exec --truth /dev/null
recording_begins "$work/log" -a -F 4000 -o "$work/killed.pdiag"
sleep 4
kill -KILL "$recorder"
{ wait "$recorder"; } 2> /dev/null
"$REPORT" -n 5 -o "$work/killed.folded" "$work/killed.pdiag" > "$work/report" 2> "$work/errors"
check "killed: the recording is read" test $? = 0
cat "$work/report"
check "killed: it says that it is cut" grep -q 'is cut' "$work/errors"
# The names were to come at the end; files that are still there give them.
check "killed: the samples are there" at_least "$(weight "$work/killed.folded" .)" 4000
check "killed: they have names" at_least \
	"$(weight "$work/killed.folded" '^recurse;.*;recurse;timed;recurse_leaf')" 500
check "killed: so does the kernel, which is still the same" \
	lacks "$work/killed.folded" 'unknown kernel'

mkdir "$work/small"
if mount -t tmpfs -o size=256k none "$work/small" 2> /dev/null; then
	tidy_more() { umount "$work/small"; }
	bounded "$RECORD" -a -F 4000 -d 3 -o "$work/small/full.pdiag" -o "$work/full.folded" \
		2> "$work/errors"
	check "full disk: it fails" test $? = 1
	cat "$work/errors"
	check "full disk: one sentence says what and where" \
		grep -qE 'full\.pdiag.*No space left' "$work/errors"
	check "full disk: other outputs are whole" at_least "$(weight "$work/full.folded" .)" 4000
	"$REPORT" -n 1 -o "$work/readable.folded" "$work/small/full.pdiag" > "$work/report" 2>&1
	check "full disk: what was written is read" test $? = 0
	check "full disk: there are samples in it" at_least \
		"$(weight "$work/readable.folded" .)" 100
else
	echo "skipped: no small file system can be mounted here"
fi
finish
