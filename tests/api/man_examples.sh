#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The C of the manual compiles as it is written: whole programs as they are, functions behind
# <pdiag/pdiag.h>. README.md has nothing but C of pdiag(7).
# Argument: the folder of the library. From the environment: SOURCE, BUILD, CC.
set -u
cd "$SOURCE/man" || exit 1
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
bad=0
complain() { echo "$*"; bad=1; }

# What stands between .EX and .EE, as text: PAGE-NUMBER.c where it is C, so has statements.
for page in *.[137]; do
	awk -v out="$temp/$page-" '/^\.EX/ { on = 1; text = ""; next }
		/^\.EE/ { on = 0; n++; if (text ~ /;\n/) { printf "%s", text > (out n ".c") } next }
		on { text = text $0 "\n" }' "$page"
done
sed -i -e 's/\\-/-/g' -e 's/\\&//g' -e "s/\\\\(aq/'/g" -e 's/\\(dq/"/g' -e 's/\\e/\\/g' \
	-e 's/\\\\/\\/g' "$temp"/*.c
# Of README.md, between ```c and ```.
awk -v out="$temp/README-" '/^```c$/ { on = 1; n++; next } /^```/ { on = 0 }
	on { print > (out n ".c") }' ../README.md

flags=(-std=gnu11 -Wall -Wextra -Werror -I../include -I"$BUILD/include")
programs=0
for file in "$temp"/*.c; do
	name=${file##*/}
	if grep -q '^int main(' "$file"; then
		programs=$((programs + 1))
		"$CC" "${flags[@]}" "$file" -o "$temp/program" -L"$1" -lpdiag ||
			complain "the program $name does not compile"
	else
		"$CC" "${flags[@]}" -Wno-unused-function -fsyntax-only -include errno.h \
			-include stdio.h -include pdiag/pdiag.h "$file" ||
			complain "$name does not compile"
	fi
done
[ "$programs" -gt 5 ] || complain "only $programs programs were found"

for file in "$temp"/README-*.c; do
	cat "$temp"/pdiag.7-*.c | tr '\n' '\001' | grep -qF "$(tr '\n' '\001' < "$file")" ||
		complain "README.md has C that pdiag.7 has not: ${file##*/}"
done
first=$(grep -l '^int main(' "$temp"/pdiag.7-*.c | head -n 1)
[ -n "$first" ] || complain "pdiag.7 has no program"
[ -z "$first" ] || [ "$(wc -l < "$first")" -lt 25 ] ||
	complain "the program of pdiag.7 has 25 lines or more"
exit $bad
