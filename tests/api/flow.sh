#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The rules of the tree: each folder of lib/ includes only itself and what stands before it in the
# flow; no file is above 600 lines, no line above 100 columns; every source says its licence first.
# Arguments: the folders in the order of the flow. Also from the environment: SOURCE.
set -u
cd "$SOURCE" || exit 1
bad=0
complain() { echo "$*"; bad=1; }

before=" "
for folder in "$@"; do
	before+="$folder "
	while IFS=: read -r file line include; do
		[ -n "$file" ] || continue
		case "$before" in
		*" $include "*) ;;
		*) complain "$file:$line: includes $include/, which is not before $folder/ in the flow" ;;
		esac
	done < <(grep -nHoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]*"' -r "lib/$folder" \
		--include='*.[ch]' | sed -E 's/^([^:]*:[0-9]+):[^"]*"([^"]*)"$/\1:\2/' |
		awk -F: -v OFS=: '{ n = split($3, part, "/"); print $1, $2, (n > 1 ? part[1] : "(none)") }')
done
for folder in lib/*/; do
	folder=${folder#lib/}
	case "$before" in
	*" ${folder%/} "*) ;;
	*) complain "lib/$folder is not in the flow of lib/CMakeLists.txt" ;;
	esac
done

declare -A licence=([examples]=MIT-0 [kmod]=GPL-2.0-only)
count=0
while IFS= read -r file; do
	count=$((count + 1))
	lines=$(wc -l < "$file")
	[ "$lines" -le 600 ] || complain "$file: $lines lines; at most 600"
	wide=$(expand -t 8 "$file" | awk 'length > 100 { print NR; exit }')
	[ -z "$wide" ] || complain "$file:$wide: more than 100 columns"
	want=${licence[${file%%/*}]:-LGPL-2.1-or-later}
	IFS= read -r first < "$file"
	case "$file" in
	# As the kernel has it: user space may include its headers, and C files say it so.
	kmod/uapi/*) line="/* SPDX-License-Identifier: $want WITH Linux-syscall-note */" ;;
	kmod/*.c) line="// SPDX-License-Identifier: $want" ;;
	# Small modules of tests and measurements may be as the kernel has it.
	*.c) line="/* SPDX-License-Identifier: $want */"
		[ "$first" = "$line" ] || [ ! -f "${file%/*}/Kbuild" ] ||
			line="// SPDX-License-Identifier: GPL-2.0-only" ;;
	*) line="/* SPDX-License-Identifier: $want */" ;;
	esac
	[ "$first" = "$line" ] || complain "$file: the first line is not the licence, $want"
done < <(find include lib examples tests bench kmod -name build -prune -o -name '*.[ch]' -print)
[ "$count" -gt 50 ] || complain "only $count sources were found"
echo "$count sources looked at"
exit $bad
