# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The virtual machine: the suite's own kernel under emulation. tests/vm/run includes this; it has
# $root, $source, $build, $kernel and $out, where the guest leaves what it has found.

# What the guest needs before it sees its root.
boot_modules=(virtio_pci 9pnet_virtio 9p overlay)

# module_files NAME...: of the kernel's modules, in the order in which they must be loaded.
module_files() {
	local name
	for name in "$@"; do
		awk -F '[: ]+' -v re="/${name//_/[-_]}[.]ko" '$1 ~ re { for (i = NF; i > 1; i--)
			if ($i != "") print $i; print $1 }' "$root/lib/modules/$kernel/modules.dep"
	done | awk '!seen[$0]++'
}

# make_initramfs: a static busybox, those modules unpacked, and guest/init.
make_initramfs() {
	local dir=$build/initramfs file name unpack
	rm -rf "$dir"
	mkdir -p "$dir"/{bin,modules,dev,proc,sys,lower,upper,new} || return 1
	cp "$(command -v busybox)" "$dir/bin/busybox" && ln -s busybox "$dir/bin/sh" || return 1
	cp "$source/tests/vm/guest/init" "$dir/init" && chmod +x "$dir/init" || return 1
	: > "$dir/modules/order" # that have them built in
	while read -r file; do
		name=${file##*/} unpack=cat
		case "$name" in
		*.xz) unpack='xz -dc' ;;
		*.zst) unpack='zstd -dc' ;;
		esac
		name=${name%.ko*}.ko
		$unpack "$root/lib/modules/$kernel/$file" > "$dir/modules/$name" || return 1
		echo "$name" >> "$dir/modules/order"
	done < <(module_files "${boot_modules[@]}")
	(cd "$dir" && find . | cpio -o -H newc --quiet) > "$build/initramfs.cpio"
}

share() { echo local,path="$2",mount_tag="$1",security_model=none,multidevs=remap"${3-}"; }

# boot: the guest's second serial line is our stdout; its console goes to $out/console.log.
boot() {
	local machine=(-m "$memory" -smp 2 -accel "tcg,thread=$emulation")
	if $icount; then
		machine=(-m "$memory" -smp 1 -accel tcg -icount shift=0,sleep=off)
	fi
	exec qemu-system-x86_64 -nodefaults -no-user-config -display none -monitor none \
		-no-reboot "${machine[@]}" -cpu max,la57=off \
		-kernel "$root/pdiag/vmlinuz" -initrd "$build/initramfs.cpio" \
		-append "console=ttyS0 loglevel=5 log_buf_len=4M printk.devkmsg=on panic=-1 oops=panic \
mitigations=off audit=0 random.trust_cpu=on $append" \
		-serial "file:$out/console.log" -serial stdio \
		-virtfs "$(share root "$root" ,readonly=on)" \
		-virtfs "$(share source "$source" ,readonly=on)" \
		-virtfs "$(share build "$build" ,readonly=on)" \
		-virtfs "$(share out "$out")" < /dev/null 2> "$out/qemu.log"
}
