#!/bin/sh
# compare --expect: what the counts are to be, for those who grade.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq

cd "$dir" || exit 1
tree=$guest/tree
"$mmu386" compare "$tree" >table
"$mmu386" compare --format=json "$tree" >stats
count() { jq ".[] | select(.policy == \"$1\") | $2" stats; }
copied=$(count cow .frames.copied_on_fault)
cycles=$(count cow .cycles)
eager=$(count eager .cycles)

# holds EXPRESSION...: each does, and the table is as it is without.
holds() {
    for expression; do
        try "$mmu386" compare --expect="$expression" "$tree"
        expect_status 0
        expect_silence
        expect_same table "$out" "another table"
    done
}

# fails EXPRESSION LINE: it does not hold, which the line says; the table is there.
fails() {
    try "$mmu386" compare --expect="$1" "$tree"
    expect_status 1
    expect_error "mmu386: expect: $2"
    expect_same table "$out" "another table"
}

# --- numbers ---

holds "cow.frames.copied_on_fault==$copied" "cow.frames.copied_on_fault<=$copied" \
    "cow.frames.copied_on_fault >= $copied" "cow.frames.copied_on_fault!=$((copied + 1))" \
    " cow.frames.copied_on_fault < $copied.5 " "cow.frames.copied_on_fault>-1" \
    'forks == 28' 'frames.leaked<=0' 'eager.frames.copied_on_fault==0' 'cow.cycles<1e12'
fails "cow.frames.copied_on_fault<=20" "cow.frames.copied_on_fault is $copied, not <= 20"
fails "cow.frames.copied_on_fault<$copied" "cow.frames.copied_on_fault is $copied, not < $copied"
fails "cow.frames.copied_on_fault>$copied" "cow.frames.copied_on_fault is $copied, not > $copied"
fails "cow.frames.copied_on_fault>=1e3" "cow.frames.copied_on_fault is $copied, not >= 1e3"
fails "cow.frames.copied_on_fault==0" "cow.frames.copied_on_fault is $copied, not == 0"
fails "cow.frames.copied_on_fault!=$copied" "cow.frames.copied_on_fault is $copied, not != $copied"

# Without a policy each has to hold it.
fails 'frames.copied_on_fault==0' "cow.frames.copied_on_fault is $copied, not == 0"
try "$mmu386" compare --expect='forks==1' "$tree"
expect_status 1
[ "$(cat "$err")" = "mmu386: expect: eager.forks is 28, not == 1
mmu386: expect: cow.forks is 28, not == 1" ] || fail "said $(cat "$err")"

# --- other fields ---

holds "cow.clocks.fork < eager.clocks.fork" 'cow.forks == eager.forks' 'cycles > clocks.fork' \
    'faults.total >= faults.cow_copy' 'cow.tlb.misses > eager.tlb.misses' 'cow.forks<eager.cycles'
fails "cow.cycles < eager.forks" "cow.cycles is $cycles, not < eager.forks, which is 28"
fails "eager.cycles < eager.forks" "eager.cycles is $eager, not < eager.forks, which is 28"
fails "eager.cycles < forks" "eager.cycles is $eager, not < eager.forks, which is 28"

# --- several: each is told of, in their order ---

try "$mmu386" compare --expect='cow.forks<1' --expect='forks>1' --expect='cow.processes<2' "$tree"
expect_status 1
[ "$(cat "$err")" = "mmu386: expect: cow.forks is 28, not < 1
mmu386: expect: cow.processes is 29, not < 2" ] || fail "said $(cat "$err")"

# --- what is not known ---

try "$mmu386" compare --expect='cow.fork_latency.median<1' "$guest/touch" 1 1
[ "$status" -ne 125 ] || fail "$(cat "$err")"
try "$mmu386" compare --functional --expect='cow.cycles>0' "$tree"
expect_status 1
expect_error 'mmu386: expect: cow.cycles is null, not > 0'

# --- what cannot be read: nothing runs, nothing is written ---

form='not of the form [POLICY.]FIELD OPERATOR NUMBER, where OPERATOR is <=, >=, <, >, == or !='
for expression in '' 'forks' 'forks=3' 'forks<' '<3' 'forks ! 3' 'forks<3<4' 'forks=>3' '   <   '; do
    refuses "--expect: $expression: $form" compare -o made --expect="$expression" "$tree"
done
refuses "--expect: frames.copied: no such number is counted (the nearest: frames.copied_at_fork, \
frames.copied_on_fault, frames.copied_by_kernel)" compare --expect='frames.copied<3' "$tree"
for wrong in forkz:forks 'cow.frames.peek:frames.peak' 'tlb.mises:tlb.misses'; do
    try "$mmu386" compare --expect="${wrong%:*} < 3" "$tree"
    expect_status 125
    expect_told "^mmu386: --expect: .*: no such number is counted \(the nearest: ${wrong#*:},"
done
for expression in 'program==1' 'frames<3' 'cow.<3' '.forks<3' 'forks.<3' 'forks<forkz' \
    'parameters.ram_frames>1'; do
    try "$mmu386" compare --expect="$expression" "$tree"
    expect_status 125
    expect_told '^mmu386: --expect: .*no such number is counted'
done
refuses '--expect: 1e9999: not a number' compare --expect='forks<1e9999' "$tree"
refuses '--expect: 1.2.3: not a number' compare --expect='forks<1.2.3' "$tree"
refuses '--expect: eager: is not among the policies compared' \
    compare --policies=cow --expect='eager.forks<3' "$tree"
long=$(head -c 3000 /dev/zero | tr '\0' x)
try "$mmu386" compare --expect="$long<1" "$tree"
expect_status 125
set --
for _ in $(seq 65); do
    set -- "$@" --expect='forks>0'
done
refuses '--expect: given more than 64 times' compare "$@" "$tree"
[ ! -e made ] || fail 'wrote a table'

# --- a comparison that fails is 125 all the same, and a trace's is one ---

if [ -w /dev/full ]; then
    try "$mmu386" compare --expect='forks<1' -o /dev/full "$tree"
    expect_status 125
fi
"$mmu386" run --trace=t "$tree" >"$out"
try "$mmu386" compare --replay --expect='cow.forks == 28' --expect='cow.cycles<eager.forks' t
expect_status 1
expect_told '^mmu386: expect: cow.cycles is [0-9]+, not < eager.forks, which is 28$'

finish
