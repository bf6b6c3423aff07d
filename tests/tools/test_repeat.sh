#!/bin/sh
# What repeated string instructions of 0 to 3 iterations take, by each processor's manual, with and
# without a recording, which replays to the same. Called with the directory of the programs as the
# third argument.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

programs=$3

execute() { jq .clocks.execute "$1"; }

# takes CPU INSTRUCTION CLOCKS...: of 0, 1, 2 and 3 iterations. What is around them is the same.
takes() {
    cpu=$1
    instruction=$2
    shift 2
    first=$1
    for count in 0 1 2 3; do
        program=$programs/repeat_${instruction}_$count
        try "$mmu386" run --cpu="$cpu" --stats="$dir/run" --force "$program"
        expect_status 0
        took=$(execute "$dir/run")
        [ "$count" != 0 ] || base=$took
        [ $((took - base)) -eq $((10 * ($1 - first))) ] ||
            fail "$((took - base)) clocks more for ten of $count than for ten of none"
        shift
    done
    try "$mmu386" run --cpu="$cpu" --stats="$dir/run" --trace="$dir/trace" --force \
        "$programs/repeat_${instruction}_1"
    expect_silence
    try "$mmu386" replay --stats="$dir/again" --force "$dir/trace"
    expect_same "$dir/run" "$dir/again" 'a replay counts other clocks'
}

takes i386 movsl 5 9 13 17
takes i386 stosl 5 10 15 20
takes i486 movsl 5 13 18 21
takes i486 stosl 5 11 15 19
takes i486 lodsl 5 11 15 19
takes i486 cmpsb 5 14 21 28
takes i486 scasb 5 12 17 22
takes pentium movsl 6 13 15 16
takes pentium stosl 6 10 11 12
takes pentium lodsl 7 10 13 16
takes pentium cmpsb 7 13 17 21
takes pentium scasb 7 12 16 20

finish
