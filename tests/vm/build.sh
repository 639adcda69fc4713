# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Builds inside the suite's root: its compiler, its libraries, its kernel's headers. tests/vm/run
# includes this; it has $root, $source, $build and $kernel, the version of the suite's kernel.

# in_root COMMAND...: in the root, which it sees read-only, with /pdiag/source and /pdiag/build. What is
# compiled is kept beside the roots, so that a fresh clone does not pay for it again.
in_root() {
	local compilers=()
	if [ -x "$root/usr/bin/ccache" ] && mkdir -p "$cache/ccache"; then
		compilers=(CCACHE_DIR=/tmp/ccache CCACHE_MAXSIZE=1G CMAKE_C_COMPILER_LAUNCHER=ccache
			DEBIAN_KERNEL_USE_CCACHE=true)
	fi
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m --propagation private bash -c 'set -e
		root=$1 source=$2 build=$3 cache=$4
		shift 4
		mount --bind "$root" "$root"
		mount --bind "$source" "$root/pdiag/source"
		mount -o remount,bind,ro "$root/pdiag/source"
		mount --bind "$build" "$root/pdiag/build"
		mount -t proc proc "$root/proc"
		mount -t tmpfs tmpfs "$root/tmp"
		if [ -d "$cache/ccache" ]; then
			mkdir "$root/tmp/ccache"
			mount --bind "$cache/ccache" "$root/tmp/ccache"
		fi
		mount -o remount,bind,ro "$root"
		exec chroot "$root" env -i PATH="$PATH" LC_ALL=C HOME=/tmp TERM=dumb "$@"
	' in_root "$root" "$source" "$build" "$cache" "${compilers[@]}" "$@" < /dev/null
}

# copy_tree FROM TO: what differs or is no longer there; what was made in TO stays.
copy_tree() {
	local file
	while IFS= read -r -d '' file; do
		cmp -s "$1/$file" "$2/$file" && continue
		mkdir -p "$2/${file%/*}" && cp -p "$1/$file" "$2/$file" && touch "$2/$file" || return 1
	done < <(cd "$1" && find . -type f ! -name '.*' ! -name '*.o' ! -name '*.ko' ! -name '*.mod*' \
		! -name '*.cmd' ! -name Module.symvers -print0)
	while IFS= read -r -d '' file; do
		[ -e "$1/$file" ] || rm -f "$2/$file"
	done < <(cd "$2" && find . -type f -name '*.[chS]' ! -name '*.mod.c' -print0)
}

# Modules have no debug information, as when they are installed: it is 30 times the code, and the
# guest reads all of it at each load. BTF is made of it, where the kernel has that.
bare=(KCFLAGS='-Werror -g0' CONFIG_DEBUG_INFO_BTF_MODULES=)

# build_module FROM: a copy of that folder is what is built, in $build/kmod.
build_module() {
	local begin=$SECONDS
	rm -f "$build/kmod"/*.ko
	mkdir -p "$build/kmod" && copy_tree "$1" "$build/kmod" || return 1
	quietly "$build/kmod.log" in_root make -j "$(nproc)" -C "/lib/modules/$kernel/build" \
		M=/pdiag/build/kmod "${bare[@]}" modules || return 1
	say "built the module for $kernel in $((SECONDS - begin)) s"
}

# build_fault: the module that makes faults on purpose, in $build/fault.
build_fault() {
	mkdir -p "$build/fault" && copy_tree tests/vm/fault "$build/fault" &&
		quietly "$build/fault.log" in_root make -C "/lib/modules/$kernel/build" \
			M=/pdiag/build/fault "${bare[@]}" modules
}

# build_library: with the examples and the programs of the tests. Of cmocka's calls, newer versions
# call some old that older ones have no other for: such warnings are no errors.
build_library() {
	local begin=$SECONDS
	quietly "$build/cmake.log" in_root bash -c 'cd /pdiag/build &&
		cmake -S /pdiag/source -B cmake -DPDIAG_WERROR=ON -DCMAKE_BUILD_TYPE=Release \
			-DCMAKE_C_FLAGS_RELEASE="-O2 -DNDEBUG" \
			-DCMAKE_C_FLAGS=-Wno-error=deprecated-declarations &&
		for dir in examples tests/support tests/system tests/vm/programs; do
			[ ! -e "cmake/$dir/Makefile" ] || make -s --no-print-directory -C "cmake/$dir" \
				-j "$(nproc)" all || exit
		done' || return 1
	say "built the library for $suite in $((SECONDS - begin)) s"
}
