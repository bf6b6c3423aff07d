#!/bin/sh
# C programs on a static glibc do here what they do natively. Called with the directory of their
# sources as the third argument.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

sources=$3
needs_static_programs

# Every pair of a policy, a processor and a way to run comes up once.
ways='--fork=cow --cpu=i386
--fork=eager --cpu=i386 --functional
--fork=cow --cpu=pentium --functional
--fork=eager --cpu=pentium'

# same NAME [ARGUMENT...]
same() {
    source=$sources/$1.c
    program=$dir/$1
    shift
    gcc -m32 -static -O1 -std=gnu11 -D_GNU_SOURCE -w "$source" -o "$program" -lm -pthread || {
        what=$source
        fail 'does not compile'
        return
    }
    native_status=0
    (cd / && env -i GREETING=hello "$program" "$@") >"$dir/native.out" 2>"$dir/native.err" \
        </dev/null || native_status=$?
    while read -r way; do
        # shellcheck disable=SC2086 # words
        try "$mmu386" run --force $way --env=GREETING=hello --stats="$dir/stats" -- "$program" "$@"
        what="$way $source"
        expect_status "$native_status"
        cmp -s "$out" "$dir/native.out" || fail "$(diff "$dir/native.out" "$out")"
        # Deaths by signals are told of by the command too.
        grep -Ev '^mmu386: pid [0-9]+: (page fault at|killed by SIG[A-Z]+)[ :]' "$err" >"$dir/said"
        cmp -s "$dir/said" "$dir/native.err" || fail "$(diff "$dir/native.err" "$dir/said")"
        grep -q '"leaked": 0' "$dir/stats" || fail 'leaked frames'
    done <<EOF
$ways
EOF
}

same memory
same shared
same pager
same numbers
# shellcheck disable=SC2046 # words
same library one '' 'three  words' $(seq 1 500)
same handlers
same processes
same clocks

finish
