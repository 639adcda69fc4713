#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A staged install, used as its users will: every example through pkg-config, a project through
# find_package(), the installed programs from where they lie. From the environment: SOURCE, BUILD,
# CC, CMAKE.
set -eu
command -v pkg-config > /dev/null || { echo "skipped: no pkg-config"; exit 77; }
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
say() { echo "-- $*"; }
die() { echo "$*"; exit 1; }

DESTDIR=$temp/stage "$CMAKE" --install "$BUILD" > "$temp/log" || { cat "$temp/log"; exit 1; }
pc=$(find "$temp/stage" -name libpdiag.pc)
[ -n "$pc" ] || die "no libpdiag.pc was installed"
export PKG_CONFIG_PATH=${pc%/*}
lib=$(cd "${pc%/*}/.." && pwd)
bin=$(dirname "$(find "$temp/stage" -name pdiag-record)")

say "what is installed"
[ -L "$lib/libpdiag.so" ] && [ -e "$lib/libpdiag.so.0" ] || die "libpdiag.so.0 or its link is missing"
objdump -p "$lib/libpdiag.so" | grep -q 'SONAME *libpdiag.so.0$' || die "wrong soname"
version=$(pkg-config --modversion libpdiag)
grep -q "\"$version\"" "$(find "$temp/stage" -name version.h)" || die "version.h is not $version"
for header in "$SOURCE"/include/pdiag/*.h; do
	[ -n "$(find "$temp/stage" -path "*/include/pdiag/${header##*/}")" ] ||
		die "${header##*/} is not installed"
done
! readelf -d "$lib/libpdiag.so" | grep -E 'RPATH|RUNPATH' || die "the library has an rpath"
for page in "$SOURCE"/man/*.[137]; do
	[ ! -f "$page" ] || [ -n "$(find "$temp/stage" -name "${page##*/}*")" ] ||
		die "${page##*/} is not installed"
done

say "every example through pkg-config"
for example in "$SOURCE"/examples/*.c; do
	program=$temp/$(basename "$example" .c)
	# shellcheck disable=SC2046 # words are meant to be split
	"$CC" -Wall -Wextra -Werror "$example" -o "$program" $(pkg-config --cflags --libs libpdiag)
done
for program in pdiag-record pdiag-report pdiag-diff pdiag-probe pdiag-tasks pdiag-trend \
	pdiag-watch pdiag-portrait; do
	[ "$(LD_LIBRARY_PATH=$lib "$temp/$program" --version)" = "$program $version" ] ||
		die "$program --version is wrong"
	[ "$("$bin/$program" --version)" = "$program $version" ] ||
		die "the installed $program does not find its library, or is another"
done

say "a project through find_package"
prefix=$("$CMAKE" -E echo "$(dirname "$bin")")
"$CMAKE" -S "$SOURCE/tests/api/consumer" -B "$temp/consumer" -DCMAKE_C_COMPILER="$CC" \
	-DCMAKE_PREFIX_PATH="$prefix" -DEXAMPLES="$SOURCE/examples" > "$temp/log" 2>&1 &&
	"$CMAKE" --build "$temp/consumer" >> "$temp/log" 2>&1 || { cat "$temp/log"; exit 1; }
ldd "$temp/consumer/consumer" | grep -q "$temp.*libpdiag.so.0\|libpdiag.so.0 => $temp" ||
	die "the consumer does not use the staged library"

say "nothing but libpdiag is asked of its users"
pkg-config --libs libpdiag | grep -qE -- '-l(elf|dw|lzma|z|iberty)' &&
	die "libpdiag.pc lets its users link private libraries"
exit 0
