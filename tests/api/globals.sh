#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# No object of the library has writable data, but for the error message of each thread; and every
# symbol that leaves an object begins with pdiag_. From the environment: SOURCE, BUILD.
set -eu
bad=0 count=0

while IFS= read -r object; do
	count=$((count + 1))
	# Of the read-only sections, .data.rel.ro is only written by the dynamic linker.
	found=$(objdump -t "$object" | awk '
		/ O / || / \*COM\*/ {
			for (i = 1; i <= NF; i++)
				if ($i ~ /^(\.data|\.bss|\.tbss|\.tdata|\*COM\*)/ &&
					$i !~ /^\.data\.rel\.ro/)
					print $i, $NF
		}' | grep -v '^\.tbss message$' || true)
	if [ -n "$found" ]; then
		echo "${object##*/}: writable: $found"
		bad=1
	fi
	found=$(nm -g --defined-only "$object" | awk '$3 !~ /^pdiag_/ { print $3 }')
	if [ -n "$found" ]; then
		echo "${object##*/}: a name without the prefix:" $found
		bad=1
	fi
done < <(find "$BUILD/lib" -name '*.o' -path '*pdiag_*.dir*')
[ "$count" -gt 10 ] || { echo "only $count objects were found"; bad=1; }
echo "$count objects looked at"
exit $bad
