#!/bin/sh
# run --log: its counts are those of --stats; a run that is killed leaves a log of all but its end;
# what cannot be written is told in one line. Called with the path of busybox as the third argument.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq
needs sqlite3

busybox=$(readlink -f "$3")
log=$dir/log
stats=$dir/stats

sql() { sqlite3 "$log" "$1"; }

expect_sql() {
    answer=$(sql "$1" 2>&1)
    [ "$answer" = "$2" ] || fail "$1 gives '$answer', not '$2'"
}

# The events as the counts of --stats name them.
counts_sql="SELECT json_object(
    'demand_zero', sum(name = 'demand_zero'), 'file', sum(name = 'file'),
    'cow_copy', sum(name = 'cow_copy'), 'cow_reuse', sum(name = 'cow_reuse'),
    'segv', sum(name = 'segv'), 'oom', sum(name = 'oom'), 'total', sum(is_fault),
    'forks', sum(name = 'fork'), 'copied_at_fork', sum(name = 'fork_copy'),
    'copied_by_kernel', sum(name = 'copy'), 'taken_over_by_kernel', sum(name = 'takeover'),
    'zeroed', sum(name IN ('zero_fill', 'demand_zero')))
    FROM events JOIN kinds ON kind = id"

# A log that a run has completed.
expect_complete() {
    expect_sql 'PRAGMA integrity_check' ok
    expect_sql 'PRAGMA application_id' 1832073270
    expect_sql 'PRAGMA user_version' 2
    expect_sql "SELECT value FROM parameters WHERE name = 'complete'" 1
    expect_sql 'SELECT count(*) FROM processes WHERE death IS NULL' 0
    [ ! -e "$log-journal" ] || fail 'a journal is left'
}

# same_counts OPTION... PROGRAM ARGUMENT...
same_counts() {
    rm -f "$log"
    try "$mmu386" run --force --stats="$stats" --log="$log" "$@"
    expect_complete
    sql "$counts_sql" | jq -S . >"$dir/logged"
    jq -S '.faults + {forks} + (.frames |
        {copied_at_fork, copied_by_kernel, taken_over_by_kernel, zeroed})' "$stats" >"$dir/counted"
    cmp -s "$dir/logged" "$dir/counted" || fail "$(diff "$dir/counted" "$dir/logged")"
}

# ---- the counts ----

for options in --cpu=i386 '--cpu=i386 --functional' --cpu=i486 --cpu=pentium; do
    for fork in eager cow; do
        for program in stackfork value file simple 'compute 1' 'three 32' 'tree 4' 'null write' \
            signals handlers overflow touch codewrite 'codewrite self' 'forkbench 50 3 write' \
            oom 'oom fork 40'; do
            # shellcheck disable=SC2086 # words
            same_counts --fork=$fork --ram=2M $options -- "$guest/"$program
        done
    done
done

# shellcheck disable=SC2016 # busybox's shell's
if [ -x "$busybox" ]; then
    for options in --cpu=i386 '--fork=eager --functional' --cpu=pentium; do
        for script in 'i=0; while [ $i -lt 5 ]; do (exit $i); i=$((i + 1)); done' \
            '"$0" seq 1 200 | "$0" sort -rn | "$0" head -n 3; "$0" ls /' \
            'x=$("$0" echo one; echo two); "$0" awk "BEGIN { exit 3 }"; echo $? "$x"'; do
            # shellcheck disable=SC2086 # words
            same_counts $options -- "$busybox" sh -c "$script" "$busybox"
        done
    done
    expect_sql "SELECT count(*) > 1 FROM execs" 1
fi

# What is in it about the run.
same_counts --cpu=i486 -- "$guest/tree" 3
expect_sql "SELECT group_concat(value, ' ') FROM (SELECT value FROM parameters WHERE name IN
    ('arguments', 'clocked', 'cpu', 'exit_status', 'policy') ORDER BY name)" '3 1 i486 0 cow'
expect_sql "SELECT value FROM parameters WHERE name = 'program'" "$guest/tree"
expect_sql "SELECT name FROM programs" "$guest/tree"
expect_sql "SELECT count(*) = max(pid) - 1 FROM processes" 1

# The other outputs are as they were.
try "$mmu386" run --log="$log" --force "$guest/null" read
expect_status 139
expect_told 'page fault at 0x00000000'
expect_sql "SELECT value FROM parameters WHERE name = 'exit_status'" 11
expect_sql "SELECT name FROM events JOIN kinds ON kind = id WHERE linear = 0 AND is_fault" segv

# ---- a run that is killed ----

rm -f "$log"
try "$mmu386" run --functional --log="$log" "$guest/forkbench" 500 200 write
mv "$log" "$dir/whole"
"$mmu386" run --functional --log="$log" "$guest/forkbench" 500 200 write >/dev/null 2>&1 &
pid=$!
what='a killed run'
tries=0
while [ "$(stat -c %s "$log" 2>/dev/null || echo 0)" -lt 3000000 ] && [ $tries -lt 600 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill -9 $pid
wait $pid 2>/dev/null
expect_sql 'PRAGMA integrity_check' ok
expect_sql "SELECT count(*) FROM parameters WHERE name = 'complete'" 0
expect_sql 'SELECT count(*) > 30000 FROM events' 1
# Of what it has nothing is missing: it is how the shorter run began.
expect_sql "ATTACH '$dir/whole' AS whole;
    SELECT count(*) FROM (SELECT * FROM whole.events WHERE sequence < 20000
                          EXCEPT SELECT * FROM main.events)" 0
expect_sql "ATTACH '$dir/whole' AS whole;
    SELECT count(*) FROM (SELECT * FROM main.events WHERE sequence < 20000
                          EXCEPT SELECT * FROM whole.events)" 0
expect_sql 'SELECT count(*) = (SELECT count(*) FROM page_events)
    FROM events WHERE linear IS NOT NULL' 1
expect_sql 'SELECT count(*) FROM events WHERE mapping NOT IN (SELECT id FROM mappings)' 0

# One that was killed before its first batch was full.
rm -f "$log"
mkfifo "$dir/input"
make_cat "$dir/cat"
sleep 30 >"$dir/input" &
sleeper=$!
"$mmu386" run --log="$log" "$dir/cat" <"$dir/input" >/dev/null 2>&1 &
pid=$!
sleep 3
kill -9 $pid $sleeper
wait $pid $sleeper 2>/dev/null
what='a killed run that waited'
expect_sql 'PRAGMA integrity_check' ok

# ---- what cannot be written ----

refused() {
    expect_status 125
    expect_output ''
    expect_error "$1"
}
: >"$dir/there"
try "$mmu386" run --log="$dir/there" "$guest/stackfork"
refused "mmu386: $dir/there: exists (--force overwrites it)"
[ ! -s "$dir/there" ] || fail 'it was overwritten'
try "$mmu386" run --log="$dir" "$guest/stackfork"
refused "mmu386: $dir: Is a directory"
try "$mmu386" run --log="$dir" --force "$guest/stackfork"
refused "mmu386: $dir: Is a directory"
try "$mmu386" run --log=- "$guest/stackfork"
refused 'mmu386: -: a log does not go to standard output'
try "$mmu386" run --log="$dir/none/log" "$guest/stackfork"
refused "mmu386: $dir/none/log: No such file or directory"
try "$mmu386" run --log=/dev/null --force "$guest/stackfork"
refused 'mmu386: /dev/null: is no regular file'
try "$mmu386" run --log= "$guest/stackfork"
refused 'mmu386: : No such file or directory'
if [ "$(id -u)" -ne 0 ]; then
    mkdir -m 500 "$dir/closed"
    try "$mmu386" run --log="$dir/closed/log" "$guest/stackfork"
    refused "mmu386: $dir/closed/log: Permission denied"
fi
# A program that is not there leaves no log.
rm -f "$log"
try "$mmu386" run --log="$log" "$guest/none"
expect_status 127
[ ! -e "$log" ] || fail 'a log was made'

# No room: the program runs to its end, and the log holds what fitted.
full() {
    (
        # shellcheck disable=SC3045 # every shell here has it
        failures=0
        ulimit -f "$1"
        try "$mmu386" run --functional --log="$log" --force "$guest/forkbench" 500 20 write
        expect_status 125
        expect_output 'forkbench: 500 pages, 20 forks: ok'
        expect_error "mmu386: $log: File too large"
        finish
    ) || fail 'with a limit of the size of files'
    expect_sql 'PRAGMA integrity_check' ok
    expect_sql 'SELECT count(*) > 1000 FROM events' 1
}
full 1000
full 2000
# shellcheck disable=SC3045
(
    failures=0
    ulimit -f 8
    try "$mmu386" run --log="$log" --force "$guest/stackfork"
    refused "mmu386: $log: File too large"
    finish
) || fail 'with too low a limit for any log'

finish
