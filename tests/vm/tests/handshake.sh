#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Callers that are older or newer than the module, and such that make no sense.
# sets: short
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
check "structs, calls and versions" "$PROGRAMS/session_handshake"
check "no session is left" [ "$(cat /sys/module/pdiag/refcnt)" = 0 ]
finish
