# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A suite's root: Debian, made once and kept. tests/vm/run includes this; it has $suite, $root,
# $cache and $mirror.
. tests/vm/debug.sh

# What is in every root: what builds the library, the module and the tests, and what the tests use.
root_packages=("${build_packages[@]}" libcmocka-dev binutils xz-utils procps kmod stress-ng
	util-linux iproute2 linux-headers-amd64)

# A root can do without: what makes building the same again cheap, and what bench/faults runs by.
root_tools=(ccache python3)

# Modules of hardware that the virtual machine does not have.
root_without=(sound drivers/{gpu,media,infiniband,isdn,mtd,scsi,staging,usb,iio,hid,hwmon,comedi}
	drivers/net/{wireless,ethernet,usb,can,dsa} net/{wireless,mac80211,bluetooth})

# root_recipe: what the root is made from. When that changes, it is made anew.
root_recipe() {
	echo 1 "${root_packages[@]}" "${root_without[@]}"
	if [ "$suite" = debug ]; then
		debug_recipe
	else
		echo "${root_tools[@]}"
	fi
}

root_is_good() { [ "$(cat "$root/pdiag/recipe" 2> /dev/null)" = "$(root_recipe)" ]; }

# root_get: have $root, and a shared lock that keeps others from replacing it while we live.
root_get() {
	mkdir -p "$cache" && exec {root_lock}> "$cache/$suite.lock" || return 1
	flock -s "$root_lock"
	root_is_good && return
	flock -u "$root_lock"
	flock "$root_lock"
	root_is_good || root_make || return 1
	flock -s "$root_lock"
}

# root_fill NEW: in a mount namespace of its own.
root_fill() {
	local new=$1 version name
	set -e -o pipefail
	debootstrap --variant=minbase "$suite" "$new" "$mirror"
	mkdir -p "$new"/pdiag/{source,build,out}
	printf '%s\n' force-unsafe-io path-exclude=/usr/share/{doc,man,locale}/'*' \
		> "$new/etc/dpkg/dpkg.cfg.d/lean"
	printf '#!/bin/sh\nexit 101\n' > "$new/usr/sbin/policy-rc.d"
	chmod +x "$new/usr/sbin/policy-rc.d"
	cp -L /etc/resolv.conf /etc/hosts "$new/etc"
	mount -t proc proc "$new/proc"
	cd "$new"
	INITRD=No chroot . apt-get install -q -y --no-install-recommends "${root_packages[@]}" \
		"${root_tools[@]}"
	version=$(basename "$new"/usr/src/linux-headers-*-amd64)
	version=${version#linux-headers-}
	# The kernel that the headers are of, but not what its package would have installed with it.
	cp "boot/vmlinuz-$version" pdiag/vmlinuz || true # trixie's headers brought it
	for name in image-"$version" image-"$version"-unsigned binary-"$version" modules-"$version"; do
		[ -d "lib/modules/$version/kernel" ] && [ -s pdiag/vmlinuz ] && break
		chroot . sh -c "cd /tmp && apt-get download -q linux-$name" || continue
		dpkg-deb --fsys-tarfile tmp/linux-"$name"_*.deb | tar -x --keep-directory-symlink
		cp "boot/vmlinuz-$version" pdiag/vmlinuz || cp "lib/modules/$version/vmlinuz" pdiag/vmlinuz ||
			continue
	done
	rm -rf tmp/*.deb boot/initrd* var/lib/apt/lists/*
	(cd "lib/modules/$version/kernel" && rm -rf "${root_without[@]}")
	chroot . depmod "$version"
	chroot . apt-get clean
	umount proc
	printf '127.0.0.1 localhost vm\n' > etc/hosts
	: > etc/resolv.conf
	root_recipe > pdiag/recipe
}

# root_build NEW: the output is for a log.
root_build() {
	if [ "$suite" = debug ]; then
		debug_copy "$1" && root_run debug_fill "$1" "$PWD/tests/vm/debug.config"
	else
		root_run root_fill "$1"
	fi
}

# root_run FUNCTION ARG...: where it may mount.
root_run() {
	suite=$suite mirror=$mirror source=$source DEBIAN_FRONTEND=noninteractive LC_ALL=C unshare -m \
		--propagation private bash -c "$(declare -f)
			$(declare -p root_packages root_tools root_without debug_packages)"'; "$@"' root_run "$@"
}

root_make() {
	local new=$root.new.$$ log=$cache/$suite.log begin=$SECONDS takes='a minute or two'
	[ "$suite" != debug ] || takes='and a kernel: twenty minutes or more'
	rm -rf "$root".new.*
	say "making a root of $suite in $root ($takes)"
	if ! root_build "$new" > "$log" 2>&1 < /dev/null || [ ! -e "$new/pdiag/vmlinuz" ]; then
		tail -n 30 "$log" >&2
		rm -rf "$new"
		return 1
	fi
	rm -rf "$root" && mv "$new" "$root" || return 1
	say "made it in $((SECONDS - begin)) s: $(du -sm "$root" | cut -f 1) MB"
}
