#!/bin/sh
# Sequences of instructions leave what they leave on a processor: natively, where this machine runs
# the guest; else what one said.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# sequences FIRST COUNT OPTION...
sequences() {
    first=$1 count=$2
    shift 2
    try "$mmu386" run "$@" "$guest/sequences" "$first" "$count" 1
    expect_status 0
    expect_silence
    [ ! -s "$dir/native" ] || expect_same "$dir/native" "$out" "$(diff "$dir/native" "$out" | head -4)"
}

for from in 1 200001; do
    ! runs_natively || "$guest/sequences" $from 600 1 >"$dir/native"
    sequences $from 600 --functional
    cp "$out" "$dir/functional"
    ! runs_natively || "$guest/sequences" $from 150 1 >"$dir/native"
    for cpu in i386 pentium; do
        sequences $from 150 --cpu=$cpu
        head -n 150 "$dir/functional" >"$dir/part"
        expect_same "$dir/part" "$out" "with the clock, $cpu: something else"
    done
done

# An Intel processor of family 6.
try "$mmu386" run --functional "$guest/sequences" 1 300
expect_output "$(cat "$3/sequences.txt")"
finish
