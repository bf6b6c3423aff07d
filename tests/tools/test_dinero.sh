#!/bin/sh
# Misses are those that Dinero IV counts for the same references: `dineroIV -l1-usize 128K
# -l1-ubsize 4096 -l1-uassoc 4 -l1-urepl l -informat d` said what is expected here. References stand
# behind a warm-up as tests/bench/replaybench.sh makes it, whose own misses are taken off.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

expected=7396

# Each of 96 pages is written, then 32 others are, twice.
awk 'BEGIN {
    for (i = 0; i < 96; i++)
        printf "1 %x000\n", 32 + i
    for (i = 0; i < 64; i++)
        printf "1 %x000\n", 4096 + i % 32
}' >"$dir/warm-up"

# Runs of fetches, with data accesses near, and now and then far, from where the last ones were.
awk 'BEGIN {
    page = 5
    for (i = 0; i < 20000; i++) {
        random = (random * 1103 + 12345) % 65536
        if (random % 32 == 0)
            code = int(random / 32) % 16
        if (random % 3 == 0)
            page = 16 + (page + int(random / 3) % 17) % 80
        printf "2 %x%03x\n", 32 + code, i * 3 % 4000
        printf "%d %x%03x\n", int(random / 8) % 2, 32 + page, random % 4096
    }
}' >"$dir/references"
cat "$dir/warm-up" "$dir/references" >"$dir/din"

misses() {
    "$mmu386" replay --tlb=32,4,lru --map=touch --stats=- "$1" |
        awk '/"misses"/ { print $2 + 0; exit }'
}

try "$mmu386" trace --native --input=din --output="$dir/native" "$dir/din"
expect_status 0
for trace in din native; do
    counted=$(($(misses "$dir/$trace") - $(misses "$dir/warm-up")))
    [ "$counted" = "$expected" ] || fail "$trace: $counted misses, not $expected"
done

# Nothing behind a line that is wrong is taken.
{ printf '2 1000\n3 5\n' && cat "$dir/references"; } >"$dir/wrong"
try "$mmu386" trace --text --input=din "$dir/wrong"
expect_status 125
expect_told 'wrong:2: no label'
[ "$(grep -c '^I' "$out")" -eq 1 ] || fail "took lines behind the wrong one"

finish
