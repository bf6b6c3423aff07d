#!/bin/sh
# What programs see of FPU, SSE and their exceptions, and of signals' frames, is what they see
# natively. Called with the directory of their sources as the third argument. What each printed on a
# processor is recorded beside its source; where 32-bit programs run here, that is checked, too.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

sources=$3
needs gcc
echo 'int main(void) { return 0; }' >"$dir/empty.c"
if ! gcc -m32 -static "$dir/empty.c" -o "$dir/empty" 2>/dev/null; then
    echo "skipped: no static 32-bit programs are built here"
    exit "$skipped"
fi

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
    if "$dir/empty"; then
        try "$program"
        expect_same "$out" "$sources/$name.out" "$(diff "$sources/$name.out" "$out" | head -20)"
    fi
    for way; do
        # shellcheck disable=SC2046 # words
        try "$mmu386" run $(echo "$way" | tr , ' ') -- "$program"
        expect_status 0
        expect_same "$out" "$sources/$name.out" "$(diff "$sources/$name.out" "$out" | head -20)"
    done
}

same frames --cpu=i386,--functional --cpu=pentium --cpu=i386,--fork=eager

finish
