# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What scripts/test and scripts/demo share; they include it.

# What the library needs to be built on Debian 12, beginning from nothing.
build_packages=(gcc libc6-dev make cmake pkg-config libelf-dev libdw-dev libiberty-dev liblzma-dev
	zlib1g-dev)

say() { printf '== %s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# missing_packages PACKAGE...: those that are not installed, on stdout.
missing_packages() {
	local package
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] ||
			printf '%s ' "$package"
	done
}

# install_packages PACKAGE...: print what is missing and install it. Status 1: it could not be.
install_packages() {
	local missing log status
	command -v dpkg-query > /dev/null || return 0 # not Debian: the build will tell
	read -r -a missing <<< "$(missing_packages "$@")"
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		printf 'Missing packages; install them with: sudo apt-get install %s\n' "${missing[*]}" >&2
		return 1
	fi
	say "installing: ${missing[*]}"
	log=$(mktemp)
	quietly "$log" apt-get update -q && quietly "$log" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends "${missing[@]}"
	status=$?
	rm -f "$log"
	return $status
}

# quietly LOG COMMAND...: its output goes to LOG and is shown only if it fails.
quietly() {
	local log=$1
	shift
	"$@" > "$log" 2>&1 < /dev/null || { cat "$log"; return 1; }
}
