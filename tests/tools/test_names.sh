#!/bin/sh
# What a program is called, and from where, changes nothing that is counted.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

busybox=$3

# Writes its whole first stack, from ESP to the stack's top.
make_stack() {
    make_program "$1" '\211\341\272\000\360\377\277\051\312\273\001\000\000\000\270\004\000\000\000\315\200\061\333\270\001\000\000\000\315\200'
}

# The paths of one program, and a caller whose environment is another each time.
mkdir -p "$dir/a/rather/long/way/down/to/the/same" "$dir/w"
paths_of() {
    name=${1##*/}
    cp "$1" "$dir/a/rather/long/way/down/to/the/same/$name"
    ln -sf "$1" "$dir/w/$name"
    echo "$1"
    echo "${1%/*}/./$name"
    echo "${1%/*}/../${1%/*}/$name" | sed "s,\\.\\./$dir,..$dir,"
    echo "$dir/a/rather/long/way/down/to/the/same/$name"
    echo "$dir/w/$name"
}

# counts WHERE: stats, but for the name.
counts() { jq 'del(.program)' "$dir/stats" >"$1"; }

# same PROGRAM [ARGUMENT...]: the same output, counts and cycles under every path.
same() {
    program=$1
    shift
    first=true
    (cd "${program%/*}" && exec env -i HOME=/a "$mmu386" run --force --stats="$dir/stats" "./${program##*/}" \
        "$@") >"$dir/out.first" 2>"$err" </dev/null || true
    counts "$dir/first"
    paths_of "$program" >"$dir/paths"
    while read -r path; do
        ls "$path" >/dev/null 2>&1 || continue
        try env -i HOME=/another/home SHLVL=7 "$mmu386" run --force --stats="$dir/stats" "$path" "$@"
        counts "$dir/this"
        expect_same "$dir/this" "$dir/first" "counts differ: $(diff "$dir/first" "$dir/this")"
        expect_same "$out" "$dir/out.first" 'prints something else'
    done <"$dir/paths"
}

make_stack "$dir/stack"
same "$dir/stack" one 'and two'
same "$guest/tree"
make_args "$dir/args"
same "$dir/args" a b
if [ -x "$busybox" ]; then
    # shellcheck disable=SC2016 # busybox's
    same "$busybox" sh -c 'echo $0 $1; readlink /proc/self/exe; (echo forked)' x y
fi

try "$mmu386" compare --replay --argv0=other /dev/null
expect_status 125
expect_told 'argv0.*a trace has its arguments'

# Called otherwise, it sees that, and what does not look at it is counted as before.
try "$mmu386" run --argv0=other "$dir/args" x
[ "$(tr '\0' '\n' <"$out" | head -n 2)" = 'other
x' ] || fail "printed '$(tr '\0' '|' <"$out")'"
try "$mmu386" run --argv0= "$dir/args"
[ "$(tr '\0' '|' <"$out")" = '|PATH=/usr/bin:/bin|' ] || fail "printed '$(tr '\0' '|' <"$out")'"
try "$mmu386" compare --argv0=other "$dir/args"
expect_status 0
"$mmu386" run --force --stats="$dir/stats" "$guest/tree" >/dev/null
counts "$dir/first"
ln -s "$guest/tree" "$dir/another name"
for name in t "$dir/a/tree" "$(head -c 200 /dev/zero | tr '\0' x)"; do
    try "$mmu386" run --argv0="$name" --force --stats="$dir/stats" "$dir/another name"
    counts "$dir/this"
    expect_same "$dir/this" "$dir/first" "counts differ: $(diff "$dir/first" "$dir/this")"
done
if [ -x "$busybox" ]; then
    ln -s "$busybox" "$dir/echo"
    try "$mmu386" run "$dir/echo" an applet by its name
    expect_output 'an applet by its name'
    try "$mmu386" run --argv0=/bin/expr "$busybox" 6 '*' 7
    expect_output 42
    # A program may exec itself by what it is called, here or on the host.
    # shellcheck disable=SC2016 # busybox's
    try "$mmu386" run "$busybox" sh -c '/busybox echo one; "$0" echo two' "$busybox"
    expect_output 'one
two'
fi

finish
