#!/bin/sh
# --profile: the rows have all cycles, each in its column, and the right symbols.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq

stats=$dir/stats
profile=$dir/profile.json

# Each column's sum over the rows of one policy is what --stats has.
columns_add_up() {
    for policy in $(jq -r '.[].policy' "$stats"); do
        wanted=$(jq -c ".[] | select(.policy == \"$policy\") | [.cycles, .clocks.execute,
            .clocks.walk, .clocks.trap, .clocks.fork, .clocks.service]" "$stats")
        sums=$(jq -sc "map(select(.policy == \"$policy\")) | [(map(.cycles) | add),
            (map(.execute) | add), (map(.walk) | add), (map(.trap) | add), (map(.fork) | add),
            (map(.service) | add)]" "$profile")
        [ "$sums" = "$wanted" ] || fail "the rows of $policy add up to $sums, not $wanted"
    done
    [ "$(jq '.cycles == .execute + .walk + .trap + .fork + .service' "$profile" | sort -u)" = true ] ||
        fail 'a row does not add up'
}

for options in --cpu=i386 '--cpu=pentium --wait-states=2' '--cpu=i486 --tlb=8,2,lru'; do
    for program in value 'compute 1' 'tree 4' 'null write' handlers 'forkbench 50 3 write' 'spin 20' \
        'crowd 20' 'codewrite self'; do
        # shellcheck disable=SC2086 # words
        try "$mmu386" compare --force --ram=4M $options --profile="$profile" --stats="$stats" -- "$guest/"$program
        expect_status 0
        columns_add_up
    done
done

# What takes the cycles is where they are.
expect_first() {
    first=$(jq -r .symbol "$profile" | head -n 1)
    [ "$first" = "$1" ] || fail "the first is $first, not $1"
}
try "$mmu386" run --force --profile="$profile" "$guest/sort"
expect_first sift
try "$mmu386" run --force --fork=eager --profile="$profile" "$guest/forkbench" 500 3
expect_true "$profile" 'select(.symbol == "syscall6") | .fork > 1000000'
[ "$(jq -s 'map(select(.fork > 0)) | length' "$profile")" -eq 1 ] || fail 'forks are in several symbols'

# The same as a table and as CSV; a program that has no symbols.
try "$mmu386" run --profile=- "$guest/null" write
expect_status 139
grep -Eq '^policy +cycles +share +execute +walk +trap +fork +service +program +symbol$' "$out" ||
    fail 'has no titles'
try "$mmu386" run --profile="$dir/profile.csv" "$guest/value"
[ "$(head -n 1 "$dir/profile.csv")" = \
    policy,cycles,share,execute,walk,trap,fork,service,program,symbol ] || fail 'has no header'
if command -v strip >/dev/null; then
    strip -o "$dir/stripped" "$guest/value"
    try "$mmu386" run --force --profile="$profile" --stats="$stats" "$dir/stripped"
    expect_status 0
    expect_true "$profile" 'select(.symbol == "[0x08049000]") | .execute > 0'
fi

# What cannot be.
try "$mmu386" run --functional --profile=- "$guest/value"
expect_status 125
expect_error 'mmu386: --profile: there are no cycles with --functional'
try "$mmu386" run --profile="$dir/none/file" "$guest/value"
expect_status 125
expect_error "mmu386: $dir/none/file: No such file or directory"
try "$mmu386" run --profile=/dev/full "$guest/value"
expect_status 125
expect_told '^mmu386: /dev/full: '

finish
