#!/bin/sh
# What a Linux does for its programs beyond what the guests show: here as natively. Called with the
# directory of the programs' sources as the third argument.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

sources=$3
needs gcc
echo 'int main(void) { return 0; }' >"$dir/empty.c"
if ! gcc -m32 -static "$dir/empty.c" -o "$dir/empty" 2>/dev/null || ! "$dir/empty"; then
    echo "skipped: no static 32-bit programs are built and run here"
    exit "$skipped"
fi

ways='--fork=cow --cpu=i386
--fork=eager --cpu=i386 --functional
--fork=eager --cpu=pentium
--fork=cow --cpu=i486 --functional'

# same NAME
same() {
    program=$dir/$1
    gcc -m32 -static -O1 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror "$sources/$1.c" \
        -o "$program" || {
        what=$1
        fail 'does not compile'
        return
    }
    native_status=0
    timeout 60 "$program" >"$dir/native.out" 2>/dev/null </dev/null || native_status=$?
    while read -r way; do
        # shellcheck disable=SC2086 # words
        try timeout 120 "$mmu386" run $way --stats="$dir/stats" -- "$program"
        what="$1 $way"
        expect_status "$native_status"
        cmp -s "$out" "$dir/native.out" || fail "$(diff "$dir/native.out" "$out" | head -20)"
        grep -q '"leaked": 0' "$dir/stats" || fail 'leaked frames'
    done <<EOF
$ways
EOF
    # A recording of it comes to the same counts.
    try "$mmu386" run --stats="$dir/stats" --trace="$dir/trace" --force -- "$program"
    try "$mmu386" replay --stats="$dir/again" "$dir/trace"
    expect_status "$native_status"
    jq 'del(.program)' "$dir/stats" >"$dir/wanted"
    jq 'del(.program)' "$dir/again" >"$dir/made"
    expect_same "$dir/made" "$dir/wanted" "a replay counts otherwise: $(diff "$dir/wanted" "$dir/made")"
}

same protnone

finish
