#!/bin/sh
# What programs see of FPU, SSE and their exceptions, and of signals' frames, is what they see
# natively. Called with the directory of their sources as the third argument. Where 32-bit programs
# do not run, what they printed on a processor is recorded beside the sources.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

sources=$3
needs_static_builds

# same NAME WAY...: each way is a word of options, joined by commas.
same() {
    name=$1
    shift
    program=$dir/$name
    gcc -m32 -static -O1 -msse2 -mfpmath=387 -std=gnu11 -D_GNU_SOURCE -w \
        "$sources/$name.c" -o "$program" -lm || {
        what=$name
        fail 'does not compile'
        return
    }
    expected=$sources/$name.out
    if "$dir/empty" 2>/dev/null; then
        expected=$dir/$name.out
        "$program" >"$expected" || fail 'does not run natively'
    fi
    for way; do
        # shellcheck disable=SC2046 # words
        try "$mmu386" run $(echo "$way" | tr , ' ') -- "$program"
        expect_status 0
        expect_same "$out" "$expected" "$(diff "$expected" "$out" | head -20)"
    done
}

same x87 --cpu=i386,--functional --cpu=pentium
same sse --cpu=i386,--functional --cpu=pentium
same frames --cpu=i386,--functional --cpu=pentium --cpu=i386,--fork=eager

finish
