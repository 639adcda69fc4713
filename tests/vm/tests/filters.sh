#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sessions about different things at the same time: each has its own.
# sets: short
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
cgroup=/sys/fs/cgroup/pdiag-test
mkdir "$cgroup" || skip "no cgroup of version 2 can be made"
tidy_more() { rmdir "$cgroup"; }
check "seven at once" "$PROGRAMS/session_filters" "$cgroup"
finish
