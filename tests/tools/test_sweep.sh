#!/bin/sh
# A sweep over recordings: each of its jobs costs what `replay` by itself says.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq
needs sqlite3
"$mmu386" replay --help >/dev/null 2>&1 || {
    echo "skipped: there is no replay"
    exit "$skipped"
}

cd "$dir" || exit 1
for name in stackfork tree; do
    try "$mmu386" run --trace="$name.trace" "$guest/$name"
    [ -s "$name.trace" ] || fail 'recorded nothing'
done

vary_tlb='tlb=16,4,lru|32,4,pointer|64,4,plru'
try "$mmu386" sweep --vary="$vary_tlb" --vary='fork=eager|cow' -o sweep.db --format=json \
    stackfork.trace tree.trace
expect_status 0
expect_silence
[ "$(wc -l <"$out")" -eq 12 ] || fail "has $(wc -l <"$out") rows, not 12"
cp "$out" sweep.json

# Each row is what that job tells by itself.
row=0
for name in stackfork tree; do
    for tlb in 16,4,lru 32,4,pointer 64,4,plru; do
        for policy in eager cow; do
            row=$((row + 1))
            sed -n "${row}p" sweep.json >row.json
            "$mmu386" replay --force --stats=alone.json --fork=$policy --tlb=$tlb $name.trace \
                >/dev/null 2>"$err" </dev/null
            what="replay --fork=$policy --tlb=$tlb $name.trace"
            jq -c '[.exit_status, .instructions, .cycles, .faults.total, .faults.cow_copy,
                .frames.peak, .tlb.misses, .clocks.walk, .forks]' alone.json >alone
            jq -c '[.exit_status, .instructions, .cycles, .faults, .cow_copy, .frames_peak,
                .tlb_misses, .clocks_walk, .forks]' row.json >swept
            expect_same swept alone "the sweep has $(cat swept), not $(cat alone)"
            expect_true row.json ".trace == \"$name.trace\" and .tlb == \"$tlb\" and
                .fork == \"$policy\" and .result == \"ok\" and .cycles > 0"
        done
    done
done

# Once more: nothing is run, and nothing changes. By parts: the same file.
sqlite3 sweep.db .dump >sweep.sql
try "$mmu386" sweep --vary="$vary_tlb" --vary='fork=eager|cow' -o sweep.db --format=json \
    stackfork.trace tree.trace
expect_status 0
expect_same "$out" sweep.json 'another table the second time'
try "$mmu386" sweep --vary="$vary_tlb" --vary='fork=eager|cow' --jobs-file=jobs.txt -o parts \
    stackfork.trace tree.trace
expect_status 0
try sh -e jobs.txt
expect_status 0
expect_silence
try "$mmu386" sweep --merge=parts -o merged.db
expect_status 0
sqlite3 merged.db .dump >merged.sql
expect_same sweep.sql merged.sql 'parts give another file'

# A trace that is none fails, and the others do not.
echo '?' >bad.trace
try "$mmu386" sweep --fork=cow -o bad.db bad.trace tree.trace
expect_status 125
expect_told '^mmu386: bad.trace --fork=cow: failed: mmu386: .*bad.trace'
[ "$(sqlite3 bad.db 'SELECT group_concat(failed) FROM results')" = 1,0 ] || fail 'both failed'
# So does a size that replay does not take.
try "$mmu386" sweep --vary='ram=64M|1' tree.trace
expect_status 125
expect_told '^mmu386: tree.trace --ram=1: failed: mmu386: --ram: 1: out of range'

finish
