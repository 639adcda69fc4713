#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A session whose budget is too small becomes rarer, says so, and is right in sum all the same.
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
check "rarer samples weigh as much" "$PROGRAMS/session_governor" cpu
check "fewer waits stand for all" "$PROGRAMS/session_governor" wait
check "a histogram counts all" "$PROGRAMS/session_governor" probe
check "when there is less to do, the rate comes back" "$PROGRAMS/session_governor" back
finish
