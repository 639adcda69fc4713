#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Time off the CPU, against a program that knows its own: blocked and waiting for a CPU told apart,
# short waits left out, on one CPU of two.
# sets: short
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
check "blocked and waiting" "$PROGRAMS/session_offcpu" both
check "short ones are only counted" "$PROGRAMS/session_offcpu" least
check "some of them stand for their time" "$PROGRAMS/session_offcpu" sampled
check "on one CPU of two" "$PROGRAMS/session_offcpu" mask
finish
