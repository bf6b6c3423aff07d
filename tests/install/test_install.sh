#!/bin/sh
# What is installed, built against by others: from a directory that it was moved to, by pkg-config
# and by CMake, in C and in C++, shared and static.
#
#     test_install.sh CMAKE BUILD VERSION CC [FLAG...]
#
# BUILD is the built tree; FLAGs are those of its sanitizers, which the programs here need, too.
set -u
cmake=$1
build=$2
version=$3
cc=$4
shift 4
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
prefix=$work/moved
case $cc in
*clang*) cxx=clang++ ;;
*) cxx=g++ ;;
esac
for tool in "$cxx" pkg-config nm; do
    command -v "$tool" >/dev/null || {
        echo "skipped: there is no $tool"
        exit 77
    }
done
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# must COMMAND...: what it says is told only if it fails.
must() {
    "$@" >"$work/said" 2>&1 && return
    fail "$*"
    cat "$work/said" >&2
    return 1
}

# prints FILE PROGRAM: the program prints what FILE has.
prints() {
    "$2" >"$work/out" 2>&1 || fail "${2##*/}: exit status $?"
    diff "$here/$1" "$work/out" >&2 || fail "${2##*/} prints something else"
}

# The installed files; prints nothing that is not below the prefix.
must "$cmake" --install "$build" --prefix "$work/first" || exit 1
mv "$work/first" "$prefix"
must "$prefix/bin/mmu386" --version
[ "$(cat "$work/said")" = "mmu386 $version" ] || fail "mmu386 is $(cat "$work/said")"

# The manual, and what shells read.
for file in man/man1/mmu386.1 man/man1/mmu386-run.1 man/man3/libmmu386.3 man/man5/mmu386-log.5 \
    man/man5/mmu386-costs.5 bash-completion/completions/mmu386 zsh/site-functions/_mmu386 \
    fish/vendor_completions.d/mmu386.fish; do
    [ -s "$prefix/share/$file" ] || fail "does not install share/$file"
done

package=$(find "$prefix" -name mmu386.pc)
PKG_CONFIG_PATH=${package%/*}
export PKG_CONFIG_PATH
libraries=$(pkg-config --variable=libdir mmu386)
headers=$(pkg-config --variable=includedir mmu386)/mmu386
cflags=$(pkg-config --cflags mmu386)
libs=$(pkg-config --libs mmu386)
must pkg-config --exact-version="$version" mmu386
[ -L "$libraries/libmmu386.so.${version%.*}" ] || fail "no libmmu386.so.${version%.*}"
! grep -rlF -e "$work" -e "$build" "$PKG_CONFIG_PATH" "$libraries/cmake" "$headers" ||
    fail 'a file of the package names a directory'

# Nothing but what begins with mmu_, or as a macro with MMU.
nm -D --defined-only "$libraries/libmmu386.so" | awk '$NF !~ /^mmu_/' >"$work/other"
nm -g --defined-only "$libraries/libmmu386.a" | awk 'NF == 3 && $3 !~ /^(mmu_|__)/' >>"$work/other"
sed -n 's/^#include \(<[^m].*>\)/#include \1/p' "$headers"/*.h | sort -u >"$work/libc.c"
echo '#include <mmu386/mmu386.h>' >"$work/all.c"
for file in libc all; do
    # shellcheck disable=SC2086 # flags are words
    "$cc" $cflags -dM -E "$work/$file.c" | awk '{ sub(/\(.*/, "", $2); print $2 }' |
        sort -u >"$work/$file.macros"
done
comm -13 "$work/libc.macros" "$work/all.macros" | grep -v '^MMU' >>"$work/other"
[ ! -s "$work/other" ] || fail "other names: $(cat "$work/other")"

# Each header by itself, without a warning; twice, as it may come in a larger program.
strict='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wundef -Werror'
for header in "$headers"/*.h; do
    echo "#include <mmu386/${header##*/}>" >"$work/header.c"
    cat "$work/header.c" "$work/header.c" >"$work/header.cc"
    # shellcheck disable=SC2086
    must "$cc" -std=c11 $strict -Wstrict-prototypes $cflags -fsyntax-only "$work/header.c"
    # shellcheck disable=SC2086
    must "$cxx" -std=c++17 $strict $cflags -fsyntax-only "$work/header.cc"
done

# By pkg-config. A program with sanitizers cannot be static as a whole.
LD_LIBRARY_PATH=$libraries
export LD_LIBRARY_PATH
static="-static $(pkg-config --static --libs mmu386)"
[ $# -eq 0 ] || static=$libraries/libmmu386.a
cc_() { must "$cc" -std=c11 "$@"; }
# shellcheck disable=SC2086
{
    cc_ $strict $cflags "$@" "$here/fork.c" $libs -o "$work/fork-shared"
    cc_ $strict $cflags "$@" "$here/fork.c" $static -o "$work/fork-static"
    cc_ $strict $cflags "$@" "$here/names.c" $libs -o "$work/names-shared"
    cc_ $strict $cflags "$@" "$here/names.c" $static -o "$work/names-static"
    cc_ $strict $cflags "$@" -DINTERPOSE "$here/names.c" $libs -o "$work/names-interpose"
}
prints fork.out "$work/fork-shared"
prints fork.out "$work/fork-static"
must "$work/names-shared"
must "$work/names-static"
must "$work/names-interpose"

# By CMake, whose program finds the library without being told where it is.
unset LD_LIBRARY_PATH
must "$cmake" -S "$here/package" -B "$work/package" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wpedantic -Werror $*" \
    -DWANTED="${version%.*}" -DSOURCE="$here/sink.cc" &&
    must "$cmake" --build "$work/package"
prints sink.out "$work/package/sink-shared"
prints sink.out "$work/package/sink-static"

# The library alone, without what the simulator needs.
must "$cmake" -S "$here/../../mmu" -B "$work/alone" -DCMAKE_C_COMPILER="$cc" &&
    must "$cmake" --build "$work/alone" &&
    must "$cmake" --install "$work/alone" --prefix "$work/mmu"
names_in() { find "$1" ! -type d ! -name 'mmu386-config-*' ! -path '*/bin/*' ! -path '*/share/*' | sed 's|.*/||' | sort; }
names_in "$prefix" >"$work/whole"
names_in "$work/mmu" | diff "$work/whole" - >&2 || fail 'mmu/ alone installs something else'

[ "$failures" -eq 0 ] || exit 1
