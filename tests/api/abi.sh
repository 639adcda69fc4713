#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The ABI of the library against the one in libpdiag.abi. With --update it is written anew: do that
# only for what CONTRIBUTING.md allows in the release at hand.
# Arguments: [--update] the library. From the environment: SOURCE.
set -eu
dump=$SOURCE/tests/api/libpdiag.abi
update=false
[ "$1" = --update ] && update=true && shift

for tool in abidw abidiff; do
	command -v $tool > /dev/null ||
		{ echo "skipped: no $tool; install abigail-tools"; exit 77; }
done
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
readelf -S "$1" | grep -q '\.debug_info' ||
	{ echo "skipped: the library was built without debug information"; exit 77; }

# Neither paths nor lines, so that only a change of the ABI changes the dump; the libraries that
# this one needs are no part of it.
abidw --suppressions "$SOURCE/tests/api/libpdiag.abignore" --drop-private-types \
	--exported-interfaces-only --no-corpus-path --no-comp-dir-path --no-show-locs \
	--no-elf-needed --no-architecture --no-write-default-sizes --out-file "$temp/raw.abi" "$1"
sed "s|path='[^']*/lib/|path='lib/|" "$temp/raw.abi" > "$temp/new.abi"
if $update; then
	cp "$temp/new.abi" "$dump"
	echo "written: $dump"
	exit 0
fi
if [ ! -f "$dump" ]; then
	echo "there is no $dump; make it with: cmake --build BUILD --target abi-update"
	exit 1
fi
if ! abidiff --no-architecture "$dump" "$temp/new.abi"; then
	echo "The ABI has changed. If that is meant, see CONTRIBUTING.md, then:"
	echo "cmake --build BUILD --target abi-update"
	exit 1
fi
