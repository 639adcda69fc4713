# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The root of "debug": a copy of bookworm's with a kernel of the same version that looks for mistakes,
# made from Debian's source by debug.config. root.sh includes this.

# What builds a kernel, on top of what is in every root.
debug_packages=(flex bison bc linux-source-6.1)

# What of the build is needed no more: all but what modules are built with.
debug_lean() {
	find . -type f ! -path './scripts/*' ! -path './tools/objtool/objtool' ! -path './include/*' \
		! -path './arch/x86/include/*' ! -name 'Makefile*' ! -name 'Kbuild*' ! -name 'Kconfig*' \
		! -name '.config' ! -name Module.symvers ! -name '*.lds' -delete
	find . -depth -type d -empty -delete
}

# debug_fill NEW CONFIG: in a mount namespace of its own.
debug_fill() {
	local tree=/usr/src/linux-debug version
	set -e -o pipefail
	cd "$1"
	cp "$2" tmp/debug.config
	cp -L /etc/resolv.conf etc
	mount -t proc proc proc
	chroot . apt-get update -q
	chroot . apt-get install -q -y --no-install-recommends "${debug_packages[@]}"
	mkdir ".$tree"
	tar -xf usr/src/linux-source-6.1.tar.xz -C ".$tree" --strip-components 1
	chroot . make -C "$tree" KCONFIG_ALLCONFIG=/tmp/debug.config allnoconfig
	# What depends on something that is not there would be left out in silence.
	if grep '^CONFIG_' tmp/debug.config | grep -vxF -f ".$tree/.config"; then
		echo 'of debug.config, this kernel does not take those lines'
		return 1
	fi
	chroot . nice -n 5 make -s -C "$tree" -j "$(nproc)" bzImage modules
	version=$(< ".$tree/include/config/kernel.release")
	cp ".$tree/arch/x86/boot/bzImage" pdiag/vmlinuz
	rm -rf lib/modules/*
	mkdir "lib/modules/$version"
	ln -s "$tree" "lib/modules/$version/build"
	cp ".$tree"/modules.builtin* ".$tree/modules.order" "lib/modules/$version"
	chroot . depmod "$version"
	(cd ".$tree" && debug_lean)
	rm -rf tmp/* usr/src/linux-source-* var/lib/apt/lists/*
	chroot . apt-get clean
	umount proc
	: > etc/resolv.conf
	root_recipe > pdiag/recipe
}

# debug_recipe: what makes it differ from bookworm's.
debug_recipe() {
	echo "${debug_packages[@]}"
	grep '^CONFIG_' "$source/tests/vm/debug.config"
}

# debug_copy NEW: nobody replaces bookworm's root meanwhile. In a subshell, for what root_get needs.
debug_copy() (
	suite=bookworm root=$cache/bookworm
	root_get && cp -a --reflink=auto "$root" "$1"
)
