#!/bin/sh
# Exceptions other than page faults do here what they do natively. Called with the directory of the
# programs' sources as the third argument.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

sources=$3
needs_static_programs

ways='--cpu=i386
--cpu=pentium --functional'

# same NAME
same() {
    program=$dir/$1
    gcc -m32 -static -O1 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-array-bounds -Werror -fno-stack-protector \
        "$sources/$1.c" -o "$program" || {
        what=$1
        fail 'does not compile'
        return
    }
    native_status=0
    "$program" >"$dir/native.out" 2>/dev/null </dev/null || native_status=$?
    while read -r way; do
        # shellcheck disable=SC2086 # words
        try timeout 120 "$mmu386" run $way -- "$program"
        expect_status "$native_status"
        cmp -s "$out" "$dir/native.out" || fail "$(diff "$dir/native.out" "$out" | head -20)"
    done <<EOF
$ways
EOF
}

# Recorded, it replays to the same counts: of the program that `same` built last.
replays() {
    try timeout 120 "$mmu386" run --trace="$dir/trace" --stats="$dir/stats" -- "$program"
    expect_status 0
    expect_same "$out" "$dir/native.out" "$(diff "$dir/native.out" "$out" | head -20)"
    try timeout 120 "$mmu386" replay --stats="$dir/replayed" "$dir/trace"
    expect_status 0
    expect_same "$dir/stats" "$dir/replayed" "$(diff "$dir/stats" "$dir/replayed")"
    rm -f "$dir/trace" "$dir/stats" "$dir/replayed"
}

same interrupts
replays
same selectors
replays
same ldt
replays
same step
replays
same again
replays

# Makers differ in it, and Intel's is the manual's.
if grep -q GenuineIntel /proc/cpuinfo; then
    same search
    replays
fi

finish
