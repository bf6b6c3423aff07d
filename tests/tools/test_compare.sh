#!/bin/sh
# compare: the same program under each policy, its costs side by side.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq

# The table: what ran, a head of two lines, a row a policy, aligned.
try "$mmu386" compare "$guest/forkbench" 100 1
expect_status 0
expect_silence
[ "$(head -n 1 "$out")" = "$guest/forkbench: exit status 0, i386, 64 MiB of memory" ] ||
    fail "begins '$(head -n 1 "$out")'"
[ "$(sed -n 5p "$out" | cut -d ' ' -f 1)" = eager ] || fail 'has no row for eager'
[ "$(sed -n 6p "$out" | cut -d ' ' -f 1)" = cow ] || fail 'has no row for cow'
for lines in 3,6 8,11; do
    [ "$(sed -n ${lines}p "$out" | awk '{ print length }' | sort -u | wc -l)" -eq 1 ] ||
        fail "is not aligned in lines $lines"
done
! grep -q ' $' "$out" || fail 'has blanks at the end of a line'
[ "$(wc -l <"$out")" -eq 11 ] || fail 'has other lines too'
[ "$(sed -n 9p "$out" | tr -s ' ')" = \
    'policy cycles execute walk trap fork service median worst share' ] ||
    fail "has the clocks '$(sed -n 9p "$out")'"
sed -n '10,11p' "$out" | awk '$2 != $3 + $4 + $5 + $6 + $7' | grep -q . && fail 'has wrong sums'
sed -n 11p "$out" | grep -Eq '^cow .* [0-9]+\.[0-9]%$' || fail "has no share in '$(sed -n 11p "$out")'"

sed -n 5p "$out" | grep -q ' 0\.0%$' || fail 'eager saves something against itself'
sed -n 6p "$out" | grep -Eq ' 4[0-9]\.[0-9]%$' || fail "saves '$(sed -n 6p "$out")'"
[ "$(awk 'length > 100' "$out" | wc -l)" -eq 0 ] || fail 'is too wide'

try "$mmu386" compare --functional "$guest/forkbench" 100 1
[ "$(wc -l <"$out")" -eq 6 ] || fail 'has clocks without the clock'
try "$mmu386" compare "$guest/null" read
sed -n 10p "$out" | grep -Eq ' - +- +[0-9]+\.[0-9]%$' || fail 'times forks that were not'

try "$mmu386" compare --policies=cow --ram=300K --cpu=pentium "$guest/null" read
expect_status 0
[ "$(head -n 1 "$out")" = "$guest/null: exit status 139, pentium, 300 KiB of memory" ] ||
    fail "begins '$(head -n 1 "$out")'"
sed -n 5p "$out" | grep -q ' -$' || fail 'saves something against no eager'

# JSON: the objects of --stats in the order that was asked for.
try "$mmu386" compare --format=json --policies=cow,eager "$guest/three" 64
expect_status 0
expect_true "$out" 'map(.policy) == ["cow", "eager"]'
expect_true "$out" '.[0].frames.allocated < .[1].frames.allocated'
for policy in 0:cow 1:eager; do
    "$mmu386" run --force --fork=${policy#*:} --stats="$dir/stats" "$guest/three" 64 >"$dir/three" 2>&1
    jq -S . "$dir/stats" >"$dir/run"
    jq -S ".[${policy%:*}]" "$out" >"$dir/compared"
    expect_same "$dir/run" "$dir/compared" "${policy#*:} counts other things than run"
done

# CSV: a name a column, a row a policy.
for mode in '' --functional; do
    # shellcheck disable=SC2086 # may be no word
    try "$mmu386" compare --format=csv $mode "$guest/value"
    expect_status 0
    [ "$(wc -l <"$out")" -eq 3 ] || fail 'has not three lines'
    head -n 1 "$out" | grep -q '^program,policy,cpu,exit_status,instructions,.*,faults_total,.*,frames_allocated,' ||
        fail "begins '$(head -n 1 "$out")'"
    [ "$(awk -F , '{ print NF }' "$out" | sort -u | wc -l)" -eq 1 ] || fail 'has rows of unlike length'
done
cp "$guest/value" "$dir/a,b\"c"
try "$mmu386" compare --format=csv "$dir/a,b\"c"
expect_status 0
sed -n 2p "$out" | grep -qF "$dir/a,b\"\"c\",eager," || fail "quotes '$(sed -n 2p "$out")'"

# Files to write to.
try "$mmu386" compare --force -o "$dir/table" --stats="$dir/stats" "$guest/value"
expect_status 0
expect_output ''
grep -q '^cow ' "$dir/table" || fail 'there is no table'
expect_true "$dir/stats" 'map(.policy) == ["eager", "cow"]'
if [ -w /dev/full ]; then
    try "$mmu386" compare --output=/dev/full "$guest/value"
    expect_status 125
    expect_error 'mmu386: /dev/full: No space left on device'
fi
what='compare with standard output closed'
status=0
"$mmu386" compare "$guest/value" >&- 2>"$err" || status=$?
expect_status 125
expect_error 'mmu386: standard output: Bad file descriptor'

# Each run gets all of the input, and none can change it for the next.
make_cat "$dir/cat"
head -c 200000 /dev/urandom >"$dir/in"
what='compare with input'
status=0
"$mmu386" compare --format=json "$dir/cat" <"$dir/in" >"$out" 2>"$err" || status=$?
expect_status 0
expect_true "$out" 'all(.[]; .instructions > 500)'
status=0
what='compare with standard input closed'
"$mmu386" compare --format=json "$dir/cat" >"$out" 2>"$err" <&- || status=$?
expect_status 0

# A program that does not do the same: where memory is short, an eager fork fails.
try "$mmu386" compare --ram=2M "$guest/oom" fork
expect_status 125
expect_told '^mmu386: cow: standard output \([0-9]+ bytes\) differs from byte 5 on from eager.s \([0-9]+ bytes\)$'
grep -q '^cow ' "$out" || fail 'prints no table'

# A program that ends badly under each policy alike is compared like any other.
try "$mmu386" compare --format=json "$guest/codewrite" self
expect_status 0
expect_true "$out" 'map(.exit_status) == [139, 139]'

# -v tells of the faults of each run, else nothing is told of them.
try "$mmu386" compare -v "$guest/stackfork"
expect_status 0
expect_told '^mmu386: running under eager$'
expect_told '^fault pid='
try "$mmu386" compare "$guest/null" write
expect_silence

finish
