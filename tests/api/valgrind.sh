#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The smallest example under valgrind: no error, no leak, no descriptor left open.
# From the environment: BUILD.
set -u
command -v valgrind > /dev/null || { echo "skipped: no valgrind; install it"; exit 77; }
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$temp" || exit 1

if ! "$BUILD/examples/pdiag-record" --user -o probe.svg -- true 2> why; then
	echo "skipped: $(cat why)"
	exit 77
fi
valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=all \
	--errors-for-leak-kinds=all --track-fds=yes --log-file=log "$BUILD/examples/self_flame"
status=$?
cat log
# Descriptors that were there before are said to be inherited.
if grep -A1 'Open file descriptor' log | grep -v 'Open file\|^--$' | grep -qv 'inherited'; then
	echo "a file descriptor was left open"
	status=1
fi
[ -s flame.svg ] || { echo "no flame.svg was written"; status=1; }
exit $status
