#!/bin/sh
# A sweep's jobs, whatever becomes of them: resumed, killed, written down, merged. `replay` is a
# stand-in that does what the trace says (standin.c).
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs sqlite3
env --default-signal=INT true 2>/dev/null || {
    echo "skipped: env has no --default-signal"
    exit "$skipped"
}
mmu386=$3
STANDIN_RUNS=$dir/runs
export STANDIN_RUNS

cd "$dir" || exit 1
runs() { if [ -e runs ]; then wc -l <runs; else echo 0; fi; }
expect_runs() { [ "$(runs)" -eq "$1" ] || fail "$(runs) jobs were run, not $1"; }
expect_sql() {
    got=$(sqlite3 -readonly "$1" "$2" 2>&1)
    [ "$got" = "$3" ] || fail "'$2' gives '$got', not '$3'"
}
dump() { sqlite3 -readonly "$1" .dump; }

echo 'cycles 100' >a.trace
echo 'cycles 200' >b.trace

# Every combination of every trace, in order, in the table and in the file.
try "$mmu386" sweep --vary='tlb=16,4,lru|32,4,pointer' --vary='fork=eager|cow' --cpu=i486 \
    -o one.db --jobs=1 --format=csv a.trace b.trace
expect_status 0
expect_silence
expect_runs 8
cut -d, -f1-9 "$out" >csv
cat >expected <<'END'
trace,tlb,fork,result,exit_status,instructions,cycles,clocks_execute,clocks_walk
a.trace,"16,4,lru",eager,ok,0,,1116
a.trace,"16,4,lru",cow,ok,0,,116
a.trace,"32,4,pointer",eager,ok,0,,1132
a.trace,"32,4,pointer",cow,ok,0,,132
b.trace,"16,4,lru",eager,ok,0,,1216
b.trace,"16,4,lru",cow,ok,0,,216
b.trace,"32,4,pointer",eager,ok,0,,1232
b.trace,"32,4,pointer",cow,ok,0,,232
END
expect_same csv expected "the table is not as expected: $(cat csv)"
head -n 1 runs >first
echo 'replay --stats=- --cpu=i486 --fork=eager --tlb=16,4,lru -- a.trace ' >expected
expect_same first expected "a job was run as $(cat first)"
expect_sql one.db 'SELECT options FROM runs WHERE id = 8' '--cpu=i486 --fork=cow --tlb=32,4,pointer'
expect_sql one.db 'SELECT group_concat(id) FROM results' 1,2,3,4,5,6,7,8
expect_sql one.db "SELECT sum(value) FROM counts WHERE name = 'cycles'" 5392
expect_sql one.db "SELECT typeof(value) || value FROM counts WHERE run = 1 AND name = 'ratio'" real0.5
expect_sql one.db "SELECT count(*) FROM counts WHERE name IN ('faults.total', 'forks')" 8
expect_sql one.db 'SELECT faults FROM results WHERE id = 1' 3
expect_sql one.db 'SELECT group_concat(name || value) FROM run_options WHERE run = 1' \
    cpui486,forkeager,tlb16,4,lru
expect_sql one.db 'PRAGMA integrity_check' ok
cp "$out" one.csv

# However many at a time: the same table, the same file.
rm -f runs
try "$mmu386" sweep --vary='tlb=16,4,lru|32,4,pointer' --vary='fork=eager|cow' --cpu=i486 \
    -o four.db --jobs=4 --format=csv a.trace b.trace
expect_status 0
expect_same "$out" one.csv 'the table depends on --jobs'
dump one.db >one.sql
dump four.db >four.sql
expect_same one.sql four.sql 'the file depends on --jobs'

# What is there is not run again, whatever the order, and whatever the trace is called.
rm -f runs
cp a.trace c.trace
try "$mmu386" sweep --vary='fork=cow|eager' --vary='tlb=16,4,lru|32,4,pointer' --cpu=i486 \
    -o one.db --format=json c.trace
expect_status 0
expect_runs 0
[ "$(wc -l <"$out")" -eq 4 ] || fail "has $(wc -l <"$out") rows, not 4"
dump one.db >again.sql
expect_same one.sql again.sql 'the file changed'
# What is new is run: another value, another trace, other content, other fixed options.
try "$mmu386" sweep --vary='tlb=16,4,lru|64,4,plru' --vary='fork=eager|cow' --cpu=i486 \
    -o one.db a.trace
expect_status 0
expect_runs 2
echo 'cycles 101' >a.trace
try "$mmu386" sweep --vary='fork=eager|cow' --tlb=16,4,lru --cpu=i486 -o one.db a.trace
expect_runs 4
try "$mmu386" sweep --vary='fork=eager|cow' --tlb=16,4,lru -o one.db a.trace
expect_runs 6
expect_sql one.db 'SELECT count(*), max(id) FROM runs' '14|14'
# Without a file nothing is kept.
try "$mmu386" sweep a.trace
expect_status 0
expect_runs 7
try "$mmu386" sweep a.trace
expect_runs 8

# Jobs that fail are told of at the end, kept, and tried again; the others are kept, too.
rm -f runs
printf 'say mmu386: bad.trace: byte 7: is bad\nfail 125\n' >bad.trace
echo crash >crash.trace
echo garbage >garbage.trace
printf 'status 3\nsay a warning\n' >status.trace
try "$mmu386" sweep --fork=cow -o fail.db bad.trace a.trace crash.trace garbage.trace status.trace
expect_status 125
expect_runs 5
cat >expected <<'END'
mmu386: bad.trace --fork=cow: failed: mmu386: bad.trace: byte 7: is bad
mmu386: crash.trace --fork=cow: failed: was killed by signal 11 (Segmentation fault)
mmu386: garbage.trace --fork=cow: failed: wrote no statistics
END
expect_same "$err" expected "said $(cat "$err")"
expect_sql fail.db "SELECT group_concat(failed || '/' || exit_status, ' ') FROM runs" \
    '1/125 0/0 1/139 1/0 0/3'
expect_sql fail.db 'SELECT message FROM results WHERE id = 5' 'a warning'
try "$mmu386" sweep --fork=cow -o fail.db bad.trace a.trace crash.trace garbage.trace status.trace
expect_status 125
expect_runs 8
expect_sql fail.db 'SELECT count(*) FROM runs' 5

# Killed at any time, it leaves a file that can be read, no process, and the rest to be done.
for signal in TERM INT KILL; do
    rm -f runs go stop.db
    i=0
    while [ "$i" -lt 6 ]; do
        printf 'cycles %d\n' "$i" >"s$i.trace"
        i=$((i + 1))
    done
    printf 'wait %s/go\n' "$dir" >s3.trace
    what="a sweep killed by $signal"
    # A shell's background jobs ignore SIGINT, and a sweep lets that be.
    env --default-signal=INT "$mmu386" sweep --fork=cow --jobs=2 -o stop.db \
        s0.trace s1.trace s2.trace s3.trace s4.trace s5.trace >"$out" 2>"$err" </dev/null &
    job=$!
    tries=0
    while [ "$(sqlite3 -readonly stop.db 'SELECT count(*) FROM runs' 2>/dev/null || echo 0)" != 5 ] &&
        [ "$tries" -lt 600 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    kill -"$signal" "$job" 2>/dev/null
    status=0
    wait "$job" || status=$?
    case $signal:$status in
    TERM:143 | KILL:137 | INT:130) ;;
    *) fail "ended with status $status" ;;
    esac
    [ -s "$out" ] && fail "printed $(cat "$out")"
    expect_sql stop.db 'PRAGMA integrity_check' ok
    expect_sql stop.db 'SELECT group_concat(id) FROM (SELECT id FROM runs ORDER BY id)' 1,2,3,5,6
    expect_runs 6
    touch go
    sleep 0.2
    try "$mmu386" sweep --fork=cow -o stop.db s0.trace s1.trace s2.trace s3.trace s4.trace s5.trace
    expect_status 0
    expect_silence
    expect_runs 7
    expect_sql stop.db 'SELECT group_concat(trace || failed) FROM (SELECT * FROM runs ORDER BY trace)' \
        s0.trace0,s1.trace0,s2.trace0,s3.trace0,s4.trace0,s5.trace0
done

# Written down, run one by one in any order, and merged: the same file as from one sweep.
rm -rf runs parts
cp a.trace "it's a trace"
set -- --vary='tlb=16,4,lru|32,4,random:3' --vary='cost=trap=1|2' --map=touch "it's a trace" b.trace
try "$mmu386" sweep -o whole.db "$@"
expect_status 0
try "$mmu386" sweep --jobs-file=jobs.txt -o parts "$@"
expect_status 0
expect_silence
expect_output ''
[ "$(wc -l <jobs.txt)" -eq 8 ] || fail "wrote $(wc -l <jobs.txt) jobs"
rm -f runs
sort -r jobs.txt | while read -r line; do
    sh -c "$line" >"$out" 2>"$err" </dev/null || fail "'$line' ended with status $?"
    [ -s "$out" ] || [ -s "$err" ] && echo "'$line' said something" >&2
done
expect_runs 8
sh -c "$(head -n 1 jobs.txt)" || fail 'a job that is done cannot be run again'
expect_runs 8
try "$mmu386" sweep --merge=parts -o merged.db
expect_status 0
expect_silence
cp "$out" merged.table
dump whole.db >whole.sql
dump merged.db >merged.sql
expect_same whole.sql merged.sql 'merging gives another file than one sweep'
# Again, and into the directory itself, and by their names: nothing is there twice.
try "$mmu386" sweep --merge=parts -o parts/all.db --format=table
expect_status 0
expect_same "$out" merged.table 'merging gives another table'
try "$mmu386" sweep --merge parts/part-000001.db parts -o parts/all.db
expect_status 0
expect_same "$out" merged.table 'merging again gives another table'
expect_sql parts/all.db 'SELECT count(*) FROM runs' 8
# One that is bad is told of; the others are merged.
echo garbage >parts/part-000003.db
head -c 9000 parts/part-000004.db >short.db && mv short.db parts/part-000004.db
try "$mmu386" sweep --merge=parts --format=csv
expect_status 125
cat >expected <<'END'
mmu386: parts/part-000003.db: is no sweep's results
mmu386: parts/part-000004.db: is damaged
END
expect_same "$err" expected "said $(cat "$err")"
[ "$(wc -l <"$out")" -eq 9 ] || fail "printed $(wc -l <"$out") lines"
# A job that fails says so by its status.
try "$mmu386" sweep --job --fork=cow -o bad.db bad.trace
expect_status 125
expect_error 'mmu386: bad.trace --fork=cow: failed: mmu386: bad.trace: byte 7: is bad'
try "$mmu386" sweep --merge bad.db fail.db
expect_status 125
expect_told '^mmu386: bad.trace --fork=cow: failed: '

# What is wrong is one line, before anything runs.
rm -f runs
refuses() {
    said=$1
    shift
    try "$mmu386" sweep "$@"
    expect_status 125
    expect_error "mmu386: $said"
    expect_output ''
    expect_runs 0
}
refuses 'TRACE: missing (mmu386 sweep --help tells more)'
refuses '--vary: frok: no such option of replay (mmu386 sweep --help lists them)' --vary=frok=cow a.trace
refuses '--vary: tlb: has an empty value' --vary='tlb=16,4,lru||32,4,lru' a.trace
refuses '--vary: tlb: is varied twice' --vary=tlb=16,4,lru --vary=tlb=32,4,lru a.trace
refuses '--vary: tlb: is given a fixed value, too' --vary=tlb=16,4,lru --tlb=16,4,lru a.trace
refuses '--stats=x: unknown option' --stats=x a.trace
refuses '--jobs: 0: not a number, 1 to 1024' --jobs=0 a.trace
refuses '--format: xml: no such format (there are table, json and csv)' --format=xml a.trace
refuses 'none: No such file or directory' none
refuses '.: Is a directory' a.trace .
refuses '-: every job would have to read it anew' a.trace -
refuses '/dev/null: is no regular file: every job has to read it anew' /dev/null
echo 'cycles 200' >b2.trace
refuses 'b2.trace: is the same trace as b.trace' b.trace a.trace b2.trace
refuses "a.trace: is no sweep's results" -o a.trace a.trace
refuses '.: Is a directory' -o . a.trace
refuses 'none/r.db: No such file or directory' -o none/r.db a.trace
refuses '--job: needs -o FILE' --job a.trace
refuses 'b.trace: a job has one trace' --job -o x.db a.trace b.trace
refuses '--vary: does not go with --job' --job --vary=fork=cow -o x.db a.trace
refuses '--format: does not go with --job' --job --format=csv -o x.db a.trace
refuses '--tlb: does not go with --merge' --merge=parts --tlb=16,4,lru
refuses '--merge: does not go with --job' --job --merge=parts
refuses '--merge: given twice' --merge=parts --merge=parts
try "$mmu386" sweep --merge=none
expect_error 'mmu386: none: No such file or directory'
cp a.trace 'a
b.trace'
refuses 'a?b.trace: a line holds no name with a newline in it' --jobs-file=- 'a
b.trace'
[ -e x.db ] && fail 'a file was made'
if [ -w /dev/full ]; then
    what='a full disk'
    status=0
    "$mmu386" sweep -o full.db a.trace >/dev/full 2>"$err" || status=$?
    expect_status 125
    expect_error 'mmu386: standard output: No space left on device'
    expect_sql full.db 'SELECT count(*) FROM runs' 1
fi

# On a terminal there is a bar, which goes away; its last line is all jobs.
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1; then
    rm -f runs
    script -qec "'$mmu386' sweep --vary='fork=cow|eager' b.trace bad.trace >bar.out" bar </dev/null \
        >/dev/null 2>&1
    tr '\r' '\n' <bar >bar.lines
    what='the bar'
    grep -q '^\[ *\] 0 of 4 jobs' bar.lines || fail 'does not begin'
    grep -q '^\[#* *\] 4 of 4 jobs, 2 failed' bar.lines || fail "does not end: $(cat -v bar.lines)"
fi

# Help and version.
try "$mmu386" sweep --version
expect_status 0
try "$mmu386" sweep --help
expect_status 0
expect_silence
for option in vary output jobs format jobs-file job merge fork cpu tlb ram cost wait-states input fold64 \
    map help version; do
    grep -q -- "--$option" "$out" || fail "does not tell of --$option"
done
[ "$(awk 'length > 100' "$out" | wc -l)" -eq 0 ] || fail 'has lines that are too long'

finish
