#!/bin/sh
# The simulator's own death is never a guest's status: it runs in a child, whose parent tells of it.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# What is to kill the simulator kills it under AddressSanitizer, too.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0
export ASAN_OPTIONS

make_program "$dir/loop" '\353\376'                           # jmp $
make_program "$dir/dies" '\270\024\000\000\000\315\200\211\303\271\011\000\000\000\270\045\000\000\000\315\200' # kill(getpid(), 9)

# begin COMMAND...: starts it, and waits until it has a child; $pid and $child.
begin() {
    what="$*"
    "$@" >"$out" 2>"$err" </dev/null &
    pid=$!
    child=
    for _ in $(seq 100); do
        child=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
        child=${child%% *}
        [ -z "$child" ] || break
        sleep 0.05
    done
    [ -n "$child" ] || fail "has no child"
    sleep 0.3
}

ended() {
    status=0
    wait "$pid" 2>/dev/null || status=$?
}

gone() { # PID
    for _ in $(seq 100); do
        [ -d "/proc/$1" ] || return 0
        case $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) in Z | '') return 0 ;; esac
        sleep 0.05
    done
    fail "process $1 is still there"
}

state_of() { sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 1; }

becomes() { # PID STATE
    for _ in $(seq 100); do
        [ "$(state_of "$1")" != "$2" ] || return 0
        sleep 0.05
    done
    fail "process $1 is in state $(state_of "$1"), not $2"
}

# ---- the child dies ----

for how in '' --functional --trace="$dir/trace"; do
    for signal in 4:Illegal\ instruction 6:Aborted 7:Bus\ error 9:Killed 11:Segmentation\ fault \
        15:Terminated; do
        rm -f "$dir/trace"
        begin "$mmu386" run ${how:+"$how"} "$dir/loop"
        kill -"${signal%%:*}" "$child"
        ended
        expect_status 125
        expect_told "^mmu386: simulator: killed by signal ${signal%%:*}, ${signal#*:}"
        [ "$(wc -l <"$err")" -eq 1 ] || fail "said more or less than one line"
    done
done
begin "$mmu386" compare "$dir/loop"
kill -11 "$child"
ended
expect_status 125
expect_told '^mmu386: simulator: killed by signal 11'

# A fault of the parent's own is no guest's either.
begin "$mmu386" run "$dir/loop"
kill -11 "$pid"
ended
expect_status 125

# ---- the guest dies: as ever ----

for how in '' --functional --no-sandbox; do
    # shellcheck disable=SC2086 # nothing, or a word
    try "$mmu386" run $how "$dir/dies"
    expect_status 137
    # shellcheck disable=SC2086 # nothing, or a word
    try "$mmu386" run $how "$guest/null" read
    expect_status 139
done

# ---- the parent is to end: so does the child, and of the same signal ----

for signal in 1 2 15 10; do
    # The shell has commands in the background ignore 2, and what was ignored stays so.
    [ $signal != 2 ] || continue
    begin "$mmu386" run "$dir/loop"
    kill -$signal "$pid"
    ended
    expect_status $((128 + signal))
    [ ! -s "$err" ] || [ "$(grep -c mmu386 "$err")" -eq 0 ] || fail "said '$(cat "$err")'"
    gone "$child"
done
begin "$mmu386" run "$dir/loop"
kill -9 "$pid"
ended
expect_status 137
gone "$child"

# Its log can be read at once, by anybody.
if command -v sqlite3 >/dev/null; then
    begin "$mmu386" run --functional --ram=64M --log="$dir/log" "$guest/forkbench" 500 2000 write
    sleep 0.5
    sqlite3 "$dir/log" 'SELECT 1 FROM events LIMIT 1' >"$dir/early" 2>&1 && fail "is not locked"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    [ "$(sqlite3 "$dir/log" 'PRAGMA integrity_check' 2>&1)" = ok ] || fail "the log is no good"
    gone "$child"
    try "$mmu386" faults --limit=1 "$dir/log"
    expect_status 0
fi

# ---- stopped, and going on ----

begin "$mmu386" run "$dir/loop"
# Where nobody in the session could have it go on, SIGTSTP stops nobody (setpgid(2), "orphaned").
sleep 60 &
probe=$!
kill -TSTP $probe
sleep 0.2
if [ "$(state_of $probe)" = T ]; then
    kill -TSTP "$pid"
    becomes "$pid" T
    becomes "$child" T
    kill -CONT "$pid"
    becomes "$child" R
fi
kill -9 $probe
kill -STOP "$child"
becomes "$pid" T
kill -CONT "$pid"
becomes "$child" R
kill -9 "$child"
ended
expect_status 125

# ---- without it ----

what='--no-sandbox'
"$mmu386" run --no-sandbox "$dir/loop" &
pid=$!
sleep 0.5
[ -z "$(cat "/proc/$pid/task/$pid/children")" ] || fail "has a child"
kill -11 "$pid"
ended
# A sanitizer, which would tell of it itself, is asked above not to.
if [ -z "${MMU386_BRIEF:-}" ]; then
    expect_status 125
else
    expect_status 139
fi

# ---- the host has no memory ----

for kib in 40000 60000 100000 140000 200000 400000; do
    what="run with $kib KiB"
    status=0
    (ulimit -v "$kib" && exec "$mmu386" run --ram=64M "$guest/value") >"$out" 2>"$err" </dev/null ||
        status=$?
    case $status in
    0 | 127) ;; # 127: the command itself cannot be loaded
    125) [ "$(wc -l <"$err")" -eq 1 ] || fail "said '$(cat "$err")'" ;;
    *) [ -n "${MMU386_BRIEF:-}" ] || fail "exit status $status" ;;
    esac
done

finish
