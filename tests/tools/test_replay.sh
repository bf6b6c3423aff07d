#!/bin/sh
# A recording, replayed under the parameters that it was made with, comes to the same log, counts,
# cycles and exit status; so it does from its text form. Called with the path of busybox as the
# third argument, whose script is recorded too where it is there.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

needs sqlite3
busybox=${3:-/nonexistent}
script=$(dirname "$0")/../../tools/demo.script
trace=$dir/trace

# Everything that is in a log, in words.
dump() { sqlite3 "$1" .dump >"$2"; }

# replays OPTION...: the trace comes to what the run did.
replays() {
    try "$mmu386" replay --log="$dir/again.log" --stats="$dir/again.json" --force "$@"
    expect_status "$recorded_status"
    dump "$dir/again.log" "$dir/again.sql"
    expect_same "$dir/run.json" "$dir/again.json" "other counts: $(diff "$dir/run.json" "$dir/again.json")"
    expect_same "$dir/run.sql" "$dir/again.sql" "another log: $(diff "$dir/run.sql" "$dir/again.sql" | cut -c 1-200 | head -n 6)"
}

# round_trip PARAMETERS PROGRAM [ARGUMENT...]
round_trip() {
    parameters=$1
    shift
    # shellcheck disable=SC2086 # words
    try "$mmu386" run $parameters --trace="$trace" --log="$dir/run.log" --stats="$dir/run.json" \
        --force -- "$@"
    expect_not_told '^mmu386: .*trace'
    recorded_status=$status
    dump "$dir/run.log" "$dir/run.sql"
    replays "$trace"
}

# The same with the text form between.
round_trip_by_text() {
    round_trip "$@"
    try "$mmu386" trace --text --output="$dir/text" --force "$trace"
    expect_status 0
    replays "$dir/text"
    try "$mmu386" trace --native --output="$dir/native" --force "$dir/text"
    expect_status 0
    expect_same "$trace" "$dir/native" "another native trace from the text"
}

every_guest() {
    while read -r name arguments; do
        [ -n "$name" ] || continue
        # shellcheck disable=SC2086 # words
        "$@" "$guest/$name" $arguments
    done <<'GUESTS'
stackfork
value
simple 64
three 16
file
oom
oom fork
codewrite
codewrite self
overflow
overflow self
null read
null write
null jump
tree
spin 20
signals
handlers
compute 2
sort
touch
forkbench 64 2 write
crowd 20
GUESTS
}

every_guest round_trip_by_text --fork=cow
if [ -z "${MMU386_BRIEF:-}" ]; then
    every_guest round_trip_by_text --fork=eager
    every_guest round_trip '--fork=cow --cpu=i486 --wait-states=3'
    every_guest round_trip '--fork=eager --cpu=pentium --cost=fork=7'
    every_guest round_trip '--cpu=pentium --tlb=16,2,lru'
    every_guest round_trip '--tlb=8,4,random:5'
fi
for fork in cow eager; do
    round_trip "--fork=$fork --ram=1M" "$guest/oom"
    round_trip "--fork=$fork --ram=2M" "$guest/oom" fork
done
if [ -x "$busybox" ]; then
    for fork in cow eager; do
        round_trip_by_text --fork=$fork "$busybox" sh -c "$(cat "$script")" "$busybox"
        [ -z "${MMU386_BRIEF:-}" ] || break
    done
fi

# An older trace knows its program's file by the FNV-1a hash: that is as good. The wrong one is not.
fnv1a() {
    hash=-3750763034362895579
    for byte in $(od -An -v -tu1 "$1"); do
        hash=$(((hash ^ byte) * 1099511628211))
    done
    printf '%016x' $hash
}
round_trip_by_text --fork=cow "$guest/stackfork"
sed "s/^\(file 1 .*\) [0-9a-f]* xxh3\$/\1 $(fnv1a "$guest/stackfork")/" "$dir/text" >"$dir/old"
what="the older trace"
grep -q '^file 1 .* [0-9a-f]*$' "$dir/old" || fail "has no hash of its program's file"
replays "$dir/old"
expect_silence
try "$mmu386" trace --native --output="$dir/native" --force "$dir/old"
replays "$dir/native"
expect_silence
sed '/^file 1 /s/$/ xxh3/' "$dir/old" >"$dir/other"
try "$mmu386" replay --force --log="$dir/again.log" "$dir/other"
expect_status 0
expect_told 'not there as it was recorded: the log has no code or symbols of it$'

# What the other policy makes of a run that does not depend on timing is what a run under it does:
# faults, frames and page tables.
for guest_name in stackfork value simple tree 'forkbench 64 2 write' 'crowd 20'; do
    # shellcheck disable=SC2086 # words
    for fork in eager cow; do
        other=eager
        [ $fork = cow ] || other=cow
        try "$mmu386" run --fork=$fork --trace="$trace" --force -- "$guest"/$guest_name
        try "$mmu386" replay --force --fork=$other --stats="$dir/what_if.json" "$trace"
        try "$mmu386" run --force --fork=$other --stats="$dir/run.json" -- "$guest"/$guest_name
        jq -S '{policy, faults, frames, tables, forks, processes, instructions}' \
            "$dir/what_if.json" >"$dir/what_if"
        jq -S '{policy, faults, frames, tables, forks, processes, instructions}' \
            "$dir/run.json" >"$dir/run"
        what="$guest_name, recorded under $fork, replayed under $other"
        expect_same "$dir/run" "$dir/what_if" "$(diff "$dir/run" "$dir/what_if")"
    done
done

# compare does the same for a table.
"$mmu386" run --trace="$trace" --force --cpu=i486 --ram=1M -- "$guest/value" >"$out" 2>"$err"
try "$mmu386" compare --force --replay --stats="$dir/compared.json" --format=json "$trace"
expect_status 0
try "$mmu386" compare --force --stats="$dir/run.json" --format=json --cpu=i486 --ram=1M -- "$guest/value"
expect_same "$dir/run.json" "$dir/compared.json" "another comparison: $(diff "$dir/run.json" "$dir/compared.json")"

# A recording that was cut short, and one whose run was killed, go as far as they do.
head -c 600 "$trace" >"$dir/cut"
try "$mmu386" replay "$dir/cut"
expect_told "^mmu386: trace: $dir/cut: byte 600: "
expect_status 125
if command -v timeout >/dev/null; then
    timeout -s KILL 2 "$mmu386" run --trace="$trace" --force -- "$guest/compute" 100000 \
        >"$out" 2>"$err"
    try "$mmu386" replay --force --stats="$dir/again.json" "$trace"
    expect_told '^mmu386: cut short: '
    expect_status 0
    expect_true "$dir/again.json" '.instructions > 1000000'
fi

# Traces that tell of no mappings.
printf '2 8048000\n0 8049000\n1 804a000\n1 8049004\n0 fe000000\n' >"$dir/din"
try "$mmu386" replay --force --stats="$dir/again.json" "$dir/din"
expect_status 0
expect_silence
expect_true "$dir/again.json" '.faults.total == 4 and .faults.demand_zero == 4'
try "$mmu386" replay --force --map=strict --stats="$dir/again.json" "$dir/din"
expect_status 139
expect_told 'page fault at 0x08048000, error 0x4 '
expect_true "$dir/again.json" '.faults.total == 1 and .faults.segv == 1'
gzip -c "$dir/din" >"$dir/din.gz"
try "$mmu386" replay --force --stats="$dir/packed.json" "$dir/din.gz"
expect_status 0
printf 'I  08048000,5\n S 7ff0000398,4\n' >"$dir/lackey"
try "$mmu386" replay "$dir/lackey"
expect_status 125
expect_told "^mmu386: trace: $dir/lackey:2: an address of more than 32 bits"
try "$mmu386" replay --force --fold64 --stats="$dir/again.json" "$dir/lackey"
expect_status 0
expect_true "$dir/again.json" '.instructions == 1 and .faults.total == 2'

# Forks by hand; events that cannot have been.
cat >"$dir/hand" <<'HAND'
map 08048000-0804b000 rwx
I  08048000,5
 S 08049000,4
fork 7
 S 08049000,4
switch 7
I  08048000,5
 S 08049000,4
exit 7 9
switch 1
reap 7
exit 1 256
HAND
try "$mmu386" replay --force --stats="$dir/again.json" "$dir/hand"
expect_status 1
expect_true "$dir/again.json" '.forks == 1 and .faults.cow_copy == 1 and .faults.cow_reuse == 1'
try "$mmu386" replay --force --fork=eager --stats="$dir/again.json" "$dir/hand"
expect_status 1
expect_true "$dir/again.json" '.forks == 1 and .faults.cow_copy == 0 and .frames.copied_at_fork > 0'
for bad in 'fork 1' 'map 08048000-08049000 r' 'map c0000000-c0001000 r' 'exec 5 "x"' \
    'unmap c0000000-c0001000' 'map 08050000-08051000 r program 3 0' 'move 08048000 c0000000,4096'; do
    printf 'map 08048000-08049000 rwx\n%s\n' "$bad" >"$dir/hand"
    try "$mmu386" replay "$dir/hand"
    expect_status 125
    expect_told '^mmu386: trace: event 2: '
done
try "$mmu386" replay
expect_status 125
expect_error 'mmu386: TRACE: missing (mmu386 replay --help tells more)'
try "$mmu386" replay a b
expect_error 'mmu386: b: a trace takes no arguments'
try "$mmu386" replay "$dir/none"
expect_error "mmu386: $dir/none: No such file or directory"
try "$mmu386" replay --map=no "$dir/hand"
expect_error 'mmu386: --map: no: neither touch nor strict'
try "$mmu386" run --functional --trace="$dir/new" "$guest/null"
expect_error 'mmu386: --trace: accesses are not told of with --functional'
try "$mmu386" run --trace="$trace" "$guest/null"
expect_error "mmu386: $trace: exists (--force overwrites it)"

finish
