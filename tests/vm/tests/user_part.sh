#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Registers and bytes of the user's stack, against a program that knows its own.
# sets: short
# limit: 200
. "$(dirname "$0")/../guest.sh" || exit 1
need_module
check "what is at the stack pointer" "$PROGRAMS/session_user"
finish
