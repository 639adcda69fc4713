#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Who has a session exits, is killed, executes or forks, in each state of it; nothing is left.
# sets: short
# limit: 400
. "$(dirname "$0")/../guest.sh" || exit 1
need_module

no_session() {
	local i
	# The last close of a killed process may still be under way.
	for ((i = 0; i < 100; i++)); do
		[ "$(cat /sys/module/pdiag/refcnt)" = 0 ] && return 0
		sleep 0.1
	done
	return 1
}

check "every state, every end" "$PROGRAMS/session_states" "${ROUNDS:-1}"
check "no session is left" no_session
check "the module goes" unload
check "and comes back" load
finish
