#!/bin/sh
# What is wrong with a trace, an option or a file to write is told in one line, with its place, by
# each command that reads traces; none of them writes over what it reads. $3 is the directory of the
# sample traces.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

needs jq
needs gzip
samples=$3
value=$samples/value.trace
bytes=$(wc -c <"$value")

# readers_say PLACE-AND-REASON FILE: replay, compare and trace refuse the file alike.
readers_say() {
    for command in 'replay' 'compare --replay' 'trace --summary'; do
        prefix='trace: '
        [ "$command" != 'trace --summary' ] || prefix=
        # shellcheck disable=SC2086 # words
        try "$mmu386" $command "$2"
        expect_status 125
        expect_error "mmu386: $prefix$1"
    done
}

: >"$dir/empty"
readers_say "$dir/empty: empty" "$dir/empty"
gzip -c "$dir/empty" >"$dir/empty.gz"
readers_say "$dir/empty.gz: empty" "$dir/empty.gz"
readers_say "$dir: Is a directory" "$dir"
readers_say "$mmu386: no trace: neither native, text, lackey nor din" "$mmu386"
printf 'I  08048000,3\nzork\n' >"$dir/line"
readers_say "$dir/line:2: no event of a trace" "$dir/line"
gzip -c "$dir/line" >"$dir/line.gz"
readers_say "$dir/line.gz:2: no event of a trace" "$dir/line.gz"
printf '2 8048000\n7 1\n' >"$dir/din"
readers_say "$dir/din:2: no label of din's (0 is a read, 1 a write, 2 a fetch)" "$dir/din"
printf 'I  1000,3\n L 7f0000001000,8\n' >"$dir/wide"
readers_say "$dir/wide:2: an address of more than 32 bits (--fold64 folds them)" "$dir/wide"
cat "$value" "$value" >"$dir/twice"
readers_say "$dir/twice: byte $bytes: bytes after the end" "$dir/twice"
cp "$value" "$dir/damaged"
printf '\252' | dd of="$dir/damaged" bs=1 seek=1000 conv=notrunc 2>/dev/null
readers_say "$dir/damaged: byte 16: a frame that was damaged (its checksum differs)" "$dir/damaged"

# A trace that ends before its first event has nothing to be replayed; any later end is a cut.
for length in 8 15 16 17 55 56 57 1000 $((bytes - 1)); do
    head -c "$length" "$value" >"$dir/cut"
    readers_say "$dir/cut: byte $length: the trace was cut short here" "$dir/cut"
done
long=$samples/busybox.trace
for length in 200000 400000 $(($(wc -c <"$long") - 1)); do
    head -c "$length" "$long" >"$dir/cut"
    try "$mmu386" replay --force --stats="$dir/stats" "$dir/cut"
    expect_status 0
    expect_error "mmu386: cut short: $dir/cut: byte $length: the trace was cut short here"
    expect_true "$dir/stats" '.instructions > 1000000 and .frames.leaked == 0'
done
try "$mmu386" compare --replay "$dir/cut"
expect_status 0
expect_error "mmu386: cut short: $dir/cut: byte $length: the trace was cut short here"
# Of text the last line, where it has no newline and makes no sense.
printf 'I  08048000,3\n L 0804' >"$dir/cut"
try "$mmu386" replay --force --stats="$dir/stats" "$dir/cut"
expect_status 0
expect_error "mmu386: cut short: $dir/cut:2: the trace was cut short in this line"
expect_true "$dir/stats" '.instructions == 1'
head -c 3000 "$samples/sort.lackey.gz" >"$dir/cut.gz"
try "$mmu386" replay "$dir/cut.gz"
expect_status 0
expect_told "^mmu386: cut short: $dir/cut.gz:[0-9]+: what is compressed was cut short\$"

# Compressed twice, or from standard input: the same trace.
"$mmu386" replay --force --stats="$dir/stats" "$value"
gzip -c "$value" | gzip >"$dir/packed"
try "$mmu386" replay --force --stats="$dir/again" "$dir/packed"
expect_status 0
jq 'del(.program)' "$dir/stats" >"$dir/expected"
jq 'del(.program)' "$dir/again" >"$dir/made"
expect_same "$dir/made" "$dir/expected" "compression changes it"
what="replay -"
"$mmu386" replay --force --stats="$dir/again" - <"$value" || fail "status $?"
expect_same "$dir/again" "$dir/stats" "standard input changes it"
try "$mmu386" compare --replay -
expect_status 125
expect_error 'mmu386: -: each policy would have to read it anew'

# Told formats that are not the trace's.
try "$mmu386" replay --input=native "$dir/line"
expect_error "mmu386: trace: $dir/line: byte 0: no trace of mmu386's"
try "$mmu386" replay --input=text "$value"
expect_error "mmu386: trace: $value:1: no event of a trace"
try "$mmu386" replay --input=din "$samples/forks.txt"
expect_status 125
expect_told "^mmu386: trace: $samples/forks.txt:[0-9]+: "

# Less memory, another processor: an outcome, with every frame given back.
for trace in simple three tree oomfork busybox; do
    for options in --ram=256K --ram=512K '--ram=700K --fork=eager' '--cpu=pentium --ram=1M'; do
        # shellcheck disable=SC2086 # words
        try "$mmu386" replay --force $options --stats="$dir/stats" "$samples/$trace.trace"
        [ "$status" -eq 0 ] || expect_status 137
        expect_true "$dir/stats" ".frames.leaked == 0 and .exit_status == $status"
        ! grep -v '^mmu386: pid [0-9]*: out of memory: page fault at ' "$err" || fail "said more"
    done
done

# Nothing is written over the trace.
cp "$value" "$dir/trace"
ln -s trace "$dir/link"
for options in "replay --stats=$dir/trace" "replay --force --log=$dir/trace" \
    "trace --force -o $dir/trace" "trace --force -o $dir/link" "compare --stats=$dir/link --replay"; do
    # shellcheck disable=SC2086 # words
    try "$mmu386" $options "$dir/trace"
    expect_status 125
    expect_told '^mmu386: .*/(trace|link): is the trace itself$'
    expect_same "$dir/trace" "$value" "the trace is no more"
done

# What cannot be written: one line.
if [ -e /dev/full ]; then
    full='No space left on device'
    try "$mmu386" run --trace=/dev/full "$guest/stackfork"
    expect_status 125
    expect_error "mmu386: /dev/full: $full"
    try "$mmu386" replay --stats=/dev/full "$value"
    expect_status 125
    expect_error "mmu386: /dev/full: $full"
    for command in 'replay --stats=-' 'compare --replay' trace 'trace --native' 'trace --summary'; do
        # shellcheck disable=SC2086 # words
        try sh -c "\"\$0\" $command \"\$1\" >/dev/full" "$mmu386" "$value"
        expect_status 125
        expect_error "mmu386: standard output: $full"
    done
fi
: >"$dir/log"
try "$mmu386" replay --log="$dir/log" "$value"
expect_status 125
expect_error "mmu386: $dir/log: exists (--force overwrites it)"

finish
