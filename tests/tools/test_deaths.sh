#!/bin/sh
# Every process that a signal kills is told of in one line, and nothing else is; who waits for good
# is told of what. Exit statuses are as natively.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

native=false
runs_natively && native=true

# told KIND STATUS LINE...: exactly these lines, extended regular expressions.
told() {
    kind=$1
    wanted=$2
    shift 2
    for options in '' --functional "--trace=$dir/trace --force"; do
        # shellcheck disable=SC2086 # words
        try "$mmu386" run $options "$guest/deaths" "$kind"
        expect_status "$wanted"
        [ "$(wc -l <"$err")" -eq $# ] || fail "said '$(cat "$err")'"
        number=0
        for line; do
            number=$((number + 1))
            sed -n "${number}p" "$err" | grep -Eq -- "^mmu386: pid $line\$" ||
                fail "said '$(cat "$err")', not 'mmu386: pid $line'"
        done
    done
}

# The same of what ends natively.
dies() {
    if $native; then
        try "$guest/deaths" "$1"
        expect_status "$2"
    fi
    told "$@"
}

at='eip 0x[0-9a-f]{8}'
source=' at [a-z]+\.[cS]:[0-9]+'
call="$at <syscall6\\+0x[0-9a-f]+>$source, after int 0x80"

dies ud2 132 "2: killed by SIGILL: invalid opcode \\(#UD\\), $at <ud2>$source: ud2"
dies lock-bts 132 "2: killed by SIGILL: invalid opcode \\(#UD\\), $at <lock_bts>: bytes f0 0f ab c0 .*"
dies hlt 139 "2: killed by SIGSEGV: general protection \\(#GP\\), error 0x0, $at <hlt>$source: hlt"
dies cli 139 "2: killed by SIGSEGV: general protection \\(#GP\\), error 0x0, $at <cli>$source: cli"
dies div 136 "2: killed by SIGFPE: divide error \\(#DE\\), $at <divide\\+0x[0-9a-f]+>$source: div e.."
dies selector 139 "2: killed by SIGSEGV: general protection \\(#GP\\), error 0x[0-9a-f]+, $at <selector\\+0x[0-9a-f]+>$source: mov es, .*"
dies int3 133 "2: killed by SIGTRAP: breakpoint \\(#BP\\), $at <int3\\+0x1>$source, after int3"
dies into 139 "2: killed by SIGSEGV: overflow \\(#OF\\), $at <into\\+0x[0-9a-f]+>$source, after into"
dies bound 139 "2: killed by SIGSEGV: bound range exceeded \\(#BR\\), $at <bound\\+0x[0-9a-f]+>$source: bound .*"
dies null 139 "2: page fault at 0x00000010, error 0x6 \\(not present, write, user\\), $at <null>$source: mov dword ptr \\[0x10\\], 1"
dies term 0 "3: killed by SIGTERM from pid 2, $call"
dies abort 134 "2: killed by SIGABRT from pid 2 \\(itself\\), $call"
dies tkill 138 "2: killed by SIGUSR1 from pid 2 \\(itself\\), $call"
dies queue 138 "2: killed by SIGUSR1 from pid 2 \\(itself\\), $call"
dies realtime 168 "2: killed by signal 40 from pid 2 \\(itself\\), $call"
dies alarm 142 "2: killed by SIGALRM: its alarm rang, $call"
dies pipe 141 "2: killed by SIGPIPE: a write to a pipe that nobody reads, $call"
dies no-stack 139 "2: killed by SIGSEGV: no stack for a signal handler's frame, $at <no_stack\\+0x[0-9a-f]+>$source, after int 0x80"
dies bad-return 139 "2: killed by SIGSEGV: return from a signal handler through a bad frame, $at <bad_return\\+0x[0-9a-f]+>$source, after int 0x80"
left="killed by SIGKILL: the first process has ended, $call"
dies left-over 3 "3: $left"

# Deadlocks.
locked='2: killed by SIGKILL: deadlock: pid 2 waits in'
told wait-pause 137 "$locked pause for a signal, $call"
told wait-own-pipe 137 "$locked read for descriptor 3, a pipe whose other end pid 2 has, $call"
told wait-full-pipe 137 "$locked write for descriptor 4, a pipe whose other end pid 2 has, $call"
told wait-each-other 137 \
    "$locked read for descriptor 5, a pipe whose other end pid 3 has; pid 3 waits in read for descriptor 3, a pipe whose other end pid 2 has, $call" \
    "3: $left"
told wait-child 137 "$locked waitpid for pid 3 to end; pid 3 waits in pause for a signal, $call" \
    "3: $left"
told wait-poll 137 "$locked poll for descriptors, $call"
told wait-vfork 137 \
    "$locked vfork for pid 3 to exec or to end; pid 3 waits in pause for a signal, $call" "3: $left"
try "$mmu386" run --functional "$guest/deaths" wait-many
expect_status 137
expect_told "^mmu386: pid $locked( .*; pid [0-9]+ waits in){7} pause for a signal; 13 more, $call\$"
[ "$(grep -Ec "^mmu386: pid [0-9]+: $left\$" "$err")" -eq 20 ] || fail "said '$(cat "$err")'"

# A deadlock's run is whole: its counts, its log and its trace.
try "$mmu386" run --stats="$dir/stats" --log="$dir/log" --trace="$dir/trace" --force \
    "$guest/deaths" wait-child
expect_status 137
try "$mmu386" replay --stats="$dir/again" "$dir/trace"
expect_status 137
expect_same "$dir/again" "$dir/stats" "a replay counts otherwise"
expect_true "$dir/stats" '.exit_status == 137 and .frames.leaked == 0'
try "$mmu386" compare "$guest/deaths" wait-child
expect_status 0
expect_silence

# Code that is no instruction is told of as it is: ff ff.
make_program "$dir/none" '\377\377'
try "$mmu386" run "$dir/none"
expect_status 132
expect_error 'mmu386: pid 2: killed by SIGILL: invalid opcode (#UD), eip 0x08048054: bytes ff ff 00 00 00 00 00 00'

# A replay tells of the same deaths, as far as the trace has it: not who sent a signal, nor error
# codes; instructions and symbols where it reads the program.
"$mmu386" run --trace="$dir/trace" --force "$guest/signals" >"$out" 2>"$err" || fail "status $?"
sed -e 's/ from pid [0-9]*\( (itself)\)*//' -e 's/: a write to a pipe that nobody reads//' \
    -e '/#GP/s/, error 0x[0-9a-f]*//' "$err" >"$dir/wanted"
try "$mmu386" replay --log="$dir/log" --force "$dir/trace"
expect_same "$err" "$dir/wanted" "said '$(cat "$err")'"
try "$mmu386" replay "$dir/trace"
sed -e 's/ <.*//' "$dir/wanted" | grep -v 'page fault' >"$dir/short"
grep -v 'page fault' "$err" >"$dir/said"
expect_same "$dir/said" "$dir/short" "said '$(cat "$err")'"

finish
