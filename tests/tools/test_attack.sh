#!/bin/sh
# Programs that attack the machine, a few seeds each (tools/attack is the longer check): it goes on,
# gives back every frame, and its clock changes nothing that happens.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

needs jq

# goes_on PROGRAM SEED CHILDREN OPTION...
goes_on() {
    program=$1
    seed=$2
    children=$3
    shift 3
    rm -f "$dir/stats"
    try timeout 60 "$mmu386" run "$@" --stats="$dir/stats" "$guest/$program" "$seed" "$children"
    expect_status 0
    tail -n 1 "$out" | grep -aq "$program: .* came to their ends\$" || fail 'did not come to its end'
    expect_true "$dir/stats" '.frames.leaked == 0'
}

# survives PROGRAM SEED CHILDREN OPTION...
survives() {
    goes_on "$@" --functional
    jq .faults "$dir/stats" >"$dir/functional"
    mv "$out" "$out.functional"
    goes_on "$@"
    jq .faults "$dir/stats" >"$dir/clocked"
    expect_same "$dir/functional" "$dir/clocked" 'other faults with the clock'
    expect_same "$out.functional" "$out" 'other output with the clock'
}

survives insnfuzz 1 2 --cpu=i386
survives insnfuzz 2 2 --cpu=i486 --fork=eager
survives insnfuzz 3 2 --cpu=pentium --ram=600K
survives sigfuzz 1 6 --cpu=i386
survives sigfuzz 2 6 --cpu=i486 --fork=eager
survives sigfuzz 3 6 --cpu=pentium --ram=600K

finish
