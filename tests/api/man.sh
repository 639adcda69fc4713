#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manual: every exported function has its place in section 3 and every installed program in
# section 1, and pages render without a complaint. From the environment: SOURCE, BUILD.
set -u
cd "$SOURCE/man" || exit 1
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
bad=0
complain() { echo "$*"; bad=1; }

sed -n '/^global:/,/^local:/p' ../lib/libpdiag.map | grep -oE 'pdiag_[a-z0-9_]+' > "$temp/functions"
while IFS= read -r function; do
	grep -qwF "$function" -- *.3 2> /dev/null || complain "no page of section 3 has $function()"
done < "$temp/functions"
# And no page speaks of what is not there.
grep -ohE '\bpdiag_[a-z0-9_]+\b' -- *.3 *.7 2> /dev/null | sort -u | while IFS= read -r name; do
	grep -qw "$name" ../include/pdiag/* || [ -f "$name.3" ] || echo "$name"
done > "$temp/unknown"
[ ! -s "$temp/unknown" ] || complain "in the manual, not in the headers: $(xargs < "$temp/unknown")"
for program in pdiag-record pdiag-report pdiag-diff pdiag-probe pdiag-tasks pdiag-trend pdiag-watch \
	pdiag-portrait; do
	[ -f "$program.1" ] || complain "there is no $program.1"
	[ ! -f "$program.1" ] || "$BUILD/examples/$program" --help | grep -oE -- '--[a-z-]+' |
		sort -u | while IFS= read -r option; do
			sed 's/\\-/-/g' "$program.1" | grep -qF -- "$option" || echo "$option"
		done > "$temp/options"
	[ ! -s "$temp/options" ] || complain "$program.1 lacks $(xargs < "$temp/options")"
	: > "$temp/options"
done

if command -v man > /dev/null; then
	for page in *.[137]; do
		LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l "./$page" \
			2>> "$temp/warnings" > /dev/null
	done
	if [ -s "$temp/warnings" ]; then
		complain "pages do not render cleanly:"
		cat "$temp/warnings"
	fi
else
	echo "not looked at how pages render: no man; install man-db"
fi
exit $bad
