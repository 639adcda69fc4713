#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel module goes its own way to the machine, but with the library's version; and its
# contract with the library means the same to C and C++.
set -u
status=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

library=$(sed -n 's/^project(pdiag VERSION \([0-9.]*\).*/\1/p' "$SOURCE/CMakeLists.txt")
module=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$SOURCE/kmod/dkms.conf")
if [ -n "$library" ] && [ "$library" = "$module" ]; then
	echo "ok: library and module are $library"
else
	echo "FAILED: CMakeLists.txt says '$library', kmod/dkms.conf '$module'"
	status=1
fi

# try COMPILER LANGUAGE STANDARD: sizes and offsets are asserted in the header itself.
try() {
	[ -n "$1" ] || return 0
	if printf '#include "%s"\nint pdiag_nothing;\n' "$SOURCE/kmod/uapi/pdiag_kmod.h" |
		"$1" -x "$2" -std="$3" -Wall -Wextra -Wpadded -Werror -c -o "$tmp/out.o" -; then
		echo "ok: the contract as $3"
	else
		echo "FAILED: the contract as $3"
		status=1
	fi
}
try "$CC" c gnu11
try "${CXX:-}" c++ c++11
try "${CXX:-}" c++ c++20
exit $status
