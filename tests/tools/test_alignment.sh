#!/bin/sh
# Alignment checks, from the i486 on, lead to what they lead to natively; an i386 has none.
set -u
mmu386=$1
source=$(dirname "$0")/glibc/alignment.c
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT INT TERM

gcc -m32 -static -O1 -std=gnu11 -D_GNU_SOURCE -w "$source" -o "$work/alignment" 2>/dev/null || exit 77
"$work/alignment" >"$work/native" || exit 77
[ "$(grep -c ': 7 1 17 0$' "$work/native")" -gt 20 ] || { echo 'no checks natively'; exit 77; }
failed=0
for way in --cpu=i486 --cpu=pentium '--cpu=pentium --functional'; do
    # shellcheck disable=SC2086 # words
    "$mmu386" run $way "$work/alignment" >"$work/here" 2>&1
    diff "$work/native" "$work/here" || { echo "FAILED: $way"; failed=1; }
done
"$mmu386" run --cpu=i386 "$work/alignment" >"$work/here" 2>&1
grep ': 7 ' "$work/here" && { echo 'FAILED: an i386 checks'; failed=1; }
[ "$(grep -c ': 0 0 0 0$' "$work/here")" -gt 20 ] || { echo 'FAILED: nothing ran'; failed=1; }
exit $failed
