#!/bin/sh
# Programs that rewrite themselves come to the same as natively, with the clock and without, under
# each processor; their recordings replay to the same counts; and each access is counted once.
# Called with the directory of the programs as the third argument.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

programs=$3

# same SEED COUNT [shared]
same() {
    "$programs/rewrite" "$@" >"$dir/native" || {
        what="native $*"
        fail 'did not end well'
        return
    }
    for way in --cpu=i386 '--cpu=pentium --tlb=8,2,lru'; do
        # shellcheck disable=SC2086 # words
        try "$mmu386" run $way --stats="$dir/run.json" --trace="$dir/trace" --force -- \
            "$programs/rewrite" "$@"
        expect_status 0
        expect_silence
        expect_same "$out" "$dir/native" "$(diff "$dir/native" "$out" | head -n 4)"
        try "$mmu386" replay --stats="$dir/again.json" --force "$dir/trace"
        expect_status 0
        expect_same "$dir/run.json" "$dir/again.json" "$(diff "$dir/run.json" "$dir/again.json")"
    done
    functional "$@"
}

functional() {
    "$programs/rewrite" "$@" >"$dir/native"
    try "$mmu386" run --functional -- "$programs/rewrite" "$@"
    expect_status 0
    expect_silence
    expect_same "$out" "$dir/native" "$(diff "$dir/native" "$out" | head -n 4)"
}

runs_natively || {
    echo 'skipped: the guests do not run here'
    exit "$skipped"
}
for seed in 1 2 3 4; do
    same "$seed" 30
    functional "1$seed" 40
    functional "1$seed" 5 shared
done
same 7 10 shared

# Ten rounds more: 7 instructions a round, their fetches, and 5 accesses to data.
for rounds in 10 20; do
    try "$mmu386" run --stats="$dir/$rounds.json" --trace="$dir/trace" --force -- \
        "$programs/own_$rounds"
    expect_status 85
    expect_silence
done
jq -s '{instructions: (.[1].instructions - .[0].instructions),
        lookups: (.[1].tlb.lookups - .[0].tlb.lookups)}' "$dir/10.json" "$dir/20.json" >"$dir/more"
expect_true "$dir/more" '.instructions == 70 and .lookups == 120'

# Of instructions whose flags change ahead of their store, too, nothing is seen after a fault.
"$programs/late"
native_status=$?
for way in --cpu=i386 --functional; do
    try "$mmu386" run $way -- "$programs/late"
    expect_status "$native_status"
done

finish
