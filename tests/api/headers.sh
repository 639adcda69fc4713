#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each public header compiles alone, and twice, as strict C and C++ of each age.
# From the environment: SOURCE, BUILD, CC, CXX.
set -u
[ -x "$(command -v "$CXX")" ] || { echo "skipped: no C++ compiler; install g++"; exit 77; }
bad=0 count=0
flags=(-Wall -Wextra -pedantic -Werror -Wundef -Wconversion -fsyntax-only
	-I"$SOURCE/include" -I"$BUILD/include")

for header in "$SOURCE"/include/pdiag/*.h "$BUILD"/include/pdiag/version.h; do
	name=pdiag/$(basename "$header")
	text=$(printf '#include <%s>\n#include <%s>\nint used;\n' "$name" "$name")
	for std in c99 c11 c17; do
		"$CC" -std=$std -Wshadow -Wstrict-prototypes "${flags[@]}" -x c - <<< "$text" ||
			{ echo "$name is not clean as $std"; bad=1; }
	done
	for std in c++11 c++20; do
		"$CXX" -std=$std "${flags[@]}" -x c++ - <<< "$text" ||
			{ echo "$name is not clean as $std"; bad=1; }
	done
	count=$((count + 1))
done
[ "$count" -ge 9 ] || { echo "only $count headers were found"; bad=1; }
# pdiag.h includes them all.
for header in "$SOURCE"/include/pdiag/*.h "$BUILD"/include/pdiag/version.h; do
	name=$(basename "$header")
	[ "$name" = pdiag.h ] || grep -q "#include <pdiag/$name>" "$SOURCE/include/pdiag/pdiag.h" ||
		{ echo "pdiag.h does not include $name"; bad=1; }
done
exit $bad
