#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Build ELF files of many kinds into the directory $1, for the tests of the symbolizer. What a tool
# is missing for is left out; the tests skip what is not there.
set -eu
cd "$1"

cat > lib.c <<'C'
extern int puts(const char *);
extern void *malloc(unsigned long);
static __attribute__((noinline)) int local_one(int a) { return a * 3 + (int)(long)malloc(a); }
static __attribute__((noinline)) int local_two(int a) { return a * 5 + puts("two"); }
int global_one(int a) { return local_one(a) + local_two(a); }
int global_two(int a) { return local_two(a + 1); }
int weak_name(int a) __attribute__((weak, alias("global_two")));
int __reserved_name(int a) __attribute__((alias("global_two")));
void *(*pointer)(unsigned long) = malloc;
C
cat > main.c <<'C'
extern int global_one(int);
static __attribute__((noinline)) int hidden(int a) { return global_one(a) + 1; }
int main(int argc, char **argv) { (void)argv; return hidden(argc); }
C
cat > cxx.cc <<'C'
namespace space { struct Thing { int __attribute__((noinline)) method(int a) const; }; }
int space::Thing::method(int a) const { return a * 7; }
template <class T> __attribute__((noinline)) T generic(T a) { return a + 1; }
template int generic<int>(int);
C

cc -g -O1 -fPIC -shared -Wl,--build-id=sha1 -o full.so lib.c
cc -g -O1 -fPIC -shared -Wl,--build-id=sha1 -Wl,-z,now -fcf-protection=full -Wl,-z,ibtplt \
	-o ibt.so lib.c 2>/dev/null || rm -f ibt.so
cc -g -O1 -fPIC -shared -Wl,--build-id=sha1 -Wl,-z,lazy -fcf-protection=none -o lazy.so lib.c \
	2>/dev/null || rm -f lazy.so
cc -g -O1 -fPIC -shared -Wl,--build-id=none -o noid.so lib.c
cc -g -O1 -o program main.c ./full.so
cc -g -O1 -static -o static main.c lib.c 2>/dev/null || rm -f static
echo 'int real(int a) { return a + 9; } __asm__(".symver real,named@@V1");' > versioned.c
echo 'V1 { global: named; local: *; };' > versioned.map
cc -O1 -fPIC -shared -Wl,--version-script=versioned.map -o versioned.so versioned.c 2>/dev/null ||
	rm -f versioned.so
c++ -g -O1 -fPIC -shared -o cxx.so cxx.cc 2>/dev/null || rm -f cxx.so
cc -m32 -g -O1 -fPIC -shared -nostdlib -o elf32.so lib.c 2>/dev/null || rm -f elf32.so
clang --target=aarch64-linux-gnu -O1 -fPIC -shared -nostdlib -fuse-ld=lld -o arm64.so lib.c \
	2>/dev/null || rm -f arm64.so

# Separate debug files: found by link (with and without a build-id), and by build-id.
mkdir -p link dot/.debug ids wrong below
for name in full noid; do
	objcopy --only-keep-debug $name.so $name.debug
done
cp full.debug link/full.debug
objcopy -S --add-gnu-debuglink=link/full.debug full.so link/full.so
cp noid.debug dot/.debug/noid.debug
objcopy -S --add-gnu-debuglink=dot/.debug/noid.debug noid.so dot/noid.so
objcopy -S full.so ids/full.so
id=$(readelf -n full.so | sed -n 's/.*Build ID: //p')
rest=${id#??}
mkdir -p "debug/.build-id/${id%"$rest"}"
cp full.debug "debug/.build-id/${id%"$rest"}/$rest.debug"
# The same path as the file's own, below a directory of debug files.
mkdir -p "debug$PWD/below"
cp noid.debug "debug$PWD/below/noid.debug"
objcopy -S --add-gnu-debuglink=noid.debug noid.so below/noid.so
# A debug file of another build.
objcopy --only-keep-debug ibt.so wrong/full.debug 2>/dev/null || cp noid.debug wrong/full.debug
cp link/full.so wrong/full.so
mkdir -p wrong_sum
cp dot/noid.so wrong_sum/noid.so
cp noid.debug wrong_sum/noid.debug
printf x >> wrong_sum/noid.debug
# Nothing but what the dynamic linker needs.
objcopy -S full.so stripped.so

# Mini debug information: the functions that .dynsym lacks, packed.
if command -v xz > /dev/null; then
	nm -D full.so --format=posix --defined-only | awk '{ print $1 }' | sort > dynamic
	nm full.so --format=posix --defined-only |
		awk '$2 == "T" || $2 == "t" { print $1 }' | sort > functions
	comm -13 dynamic functions > keep
	objcopy -S --remove-section .gdb_index --remove-section .comment \
		--keep-symbols=keep full.debug mini 2>/dev/null
	xz -f mini
	objcopy --add-section .gnu_debugdata=mini.xz stripped.so mini.so
fi
