#!/bin/sh
# Long pieces of code without a branch leave what they leave on a processor: natively, where this
# machine runs the guest; else what one said. A recording of them replays to the same counts.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# straight COUNT OPTION...
straight() {
    count=$1
    shift
    ! runs_natively || "$guest/straight" 1 "$count" >"$dir/native"
    try "$mmu386" run "$@" "$guest/straight" 1 "$count"
    expect_status 0
    expect_silence
    [ ! -s "$dir/native" ] || expect_same "$dir/native" "$out" "$(diff "$dir/native" "$out" | head -4)"
}

straight 40 --functional
head -n 5 "$out" >"$dir/five"
expect_same "$3/straight.txt" "$dir/five" "$(diff "$3/straight.txt" "$dir/five")"
straight 12 --cpu=i386 --stats="$dir/run.json" --trace="$dir/trace"
try "$mmu386" replay --stats="$dir/again.json" "$dir/trace"
expect_status 0
expect_same "$dir/run.json" "$dir/again.json" "$(diff "$dir/run.json" "$dir/again.json")"
straight 12 --cpu=pentium

# Code that does not get on is no defect of the engine's.
for how in --functional --cpu=i386; do
    try timeout 2 "$mmu386" run $how "$guest/straight" 2 1 1
    expect_status 124
    expect_silence
done
finish
