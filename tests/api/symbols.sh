#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the library exports is what the map lists is what the headers declare, and nothing else.
# Argument: the library. From the environment: SOURCE, BUILD.
set -eu
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
bad=0

# Type A is the version node itself.
nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort > "$temp/library"
sed -n '/^global:/,/^local:/p' "$SOURCE/lib/libpdiag.map" | grep -oE 'pdiag_[a-z0-9_]+' |
	sort > "$temp/map"
cat "$SOURCE"/include/pdiag/*.h "$BUILD/include/pdiag/version.h" | tr '\n\t' '  ' |
	grep -oE 'PDIAG_API [^;(]*\(' | grep -oE 'pdiag_[a-z0-9_]+ *\($' | tr -d ' (' |
	sort > "$temp/headers"

compare() {
	diff "$temp/$1" "$temp/$2" > "$temp/diff" && return
	sed -n "s/^< /only in the $1: /p; s/^> /only in the $2: /p" "$temp/diff"
	bad=1
}
compare map headers
compare map library
[ "$(uniq -d < "$temp/map" | wc -l)" = 0 ] || { echo "the map lists a name twice"; bad=1; }
if nm -D --defined-only "$1" | awk '$2 !~ /^[TA]$/' | grep .; then
	echo "exported, but no function"
	bad=1
fi
[ "$(wc -l < "$temp/map")" -gt 30 ] || { echo "the map is too short to be true"; bad=1; }
echo "$(wc -l < "$temp/library") exported symbols"
exit $bad
