#!/bin/sh
# System calls at random: the machine goes on whatever a program asks for, and gives
# back every frame.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# goes_on OPTION...
goes_on() {
    try "$mmu386" run --force "$@" --stats="$dir/stats" "$guest/callfuzz" "$seed"
    expect_status 0
    # What comes before it was a child's own, written to the descriptors that it has.
    [ "$(tail -n 1 "$out" | tail -c 23)" = 'callfuzz: 24 children' ] || fail 'did not come to its end'
    expect_not_told '^mmu386: [^p]'
    grep -q '"leaked": 0' "$dir/stats" || fail 'leaked frames'
}

for seed in 1 2 3 4 5 6; do
    goes_on --functional --fork=cow
    goes_on --functional --fork=eager --cpu=pentium
    goes_on --fork=cow --cpu=pentium
    goes_on --fork=eager --ram=2M
done

finish
