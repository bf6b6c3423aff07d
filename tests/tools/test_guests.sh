#!/bin/sh
# Each guest program under each fork policy on each processor, and without the clock: output
# and exit status are as written here, and as on this machine where it can run them itself.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

native=false
runs_natively && native=true

# shows STATUS TEXT GUEST [ARGUMENT...]
shows() {
    wanted_status=$1
    wanted=$2
    shift 2
    program=$guest/$1
    shift
    if $native; then
        try "$program" "$@"
        expect_status "$wanted_status"
        expect_output "$wanted"
    fi
    for fork in eager cow; do
        for options in --cpu=i386 '--cpu=i386 --functional' --cpu=i486 --cpu=pentium; do
            # shellcheck disable=SC2086 # words
            try "$mmu386" run --fork=$fork $options -- "$program" "$@"
            expect_status "$wanted_status"
            expect_output "$wanted"
            # Of what its children die of there may be lines, but of nothing else.
            [ "$(grep -Evc '^mmu386: pid [0-9]+: (page fault at|killed by SIG[A-Z]+)[ :]' "$err")" -eq 0 ] ||
                fail "said '$(cat "$err")'"
        done
    done
}

shows 0 'stackfork: ok' stackfork
shows 0 'child reads 114514
child writes 1919810
child reads 1919810
parent reads 114514' value
shows 0 'simple: ok
simple: ok' simple 512
shows 0 'grandchild wrote 102 pages: ok
child wrote 64 pages: ok
parent wrote 128 pages: ok' three 128
shows 0 'child 0: ok
child 1: ok
child 2: ok
child 3: ok
parent: ok' file
shows 0 'child finished
parent wrote 16 pages: ok' oom
shows 0 'forks: 8 ok
reaped 8: ok' oom fork
shows 0 "child killed by signal 11
parent's code: unchanged" codewrite
shows 139 "child killed by signal 11
parent's code: unchanged" codewrite self
shows 0 'child killed by signal 11' overflow
shows 139 'child killed by signal 11' overflow self
shows 139 'null: read' null read
shows 139 'null: write' null write
shows 139 'null: jump' null jump
shows 2 'usage: null read|write|jump' null
shows 0 'tree: 29 processes' tree
shows 0 "worker's result 3936722372
spinner killed by signal 9" spin 50
shows 0 'SIGTERM from the parent: signal 15
write to a pipe without a reader: signal 13
division by zero: signal 8
ud2: signal 4
int3: signal 5
SIGABRT to itself: signal 6
hlt: signal 11
read of kernel memory: signal 11' signals
shows 0 'compute: 8168cf1' compute 100
shows 0 'sort: 4096 words, sum 9b6cd555' sort
shows 0 'touch: 64 pages, 4 rounds' touch
shows 0 'forkbench: 64 pages, 2 forks: ok' forkbench 64 2 write
shows 0 'crowd: 100 children, 4 pages each: ok' crowd 100

# Many processes, all alive at once, and many pages: without the clock, and few enough for a
# sanitizer's build.
children=1000
pages=262144
[ -z "${MMU386_BRIEF:-}" ] || pages=16384
for fork in eager cow; do
    try "$mmu386" run --fork=$fork --functional --ram=256M "$guest/crowd" $children
    expect_status 0
    expect_output "crowd: $children children, 4 pages each: ok"
done
if $native; then
    try "$guest/crowd" $children
    expect_status 0
    expect_output "crowd: $children children, 4 pages each: ok"
fi
# A machine with the gibibyte, and as much again to spare.
available_kib=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo 2>/dev/null)
if [ "${available_kib:-0}" -ge 2200000 ]; then
    try "$mmu386" run --functional --ram=1100M "$guest/touch" $pages 1
    expect_status 0
    expect_output "touch: $pages pages, 1 rounds"
fi

# Memory that is not plentiful: its taker dies, alone, and a fork that cannot be fails.
for fork in eager cow; do
    try "$mmu386" run --fork=$fork --ram=1M "$guest/oom"
    expect_status 0
    expect_output 'child killed by signal 9
parent wrote 16 pages: ok'
    expect_told '^mmu386: pid 3: out of memory: page fault at 0x[0-9a-f]{8}, error 0x6 '
done
try "$mmu386" run --fork=eager --ram=2M "$guest/oom" fork
expect_status 0
grep -Eq '^fork: ENOMEM after [0-7]$' "$out" || fail "printed '$(cat "$out")'"
try "$mmu386" run --fork=cow --ram=2M "$guest/oom" fork
expect_status 0
expect_output 'forks: 8 ok
reaped 8: ok'

finish
