#!/bin/sh
# A run that is killed leaves a trace of all but its last second, and of all before a wait.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$dir" || exit 1
make_cat cat
mkfifo input output

# instructions: in what the trace that was cut short holds.
instructions() {
    try "$mmu386" replay --force --stats=stats trace
    expect_status 0
    expect_told '^mmu386: cut short: '
    count=$(jq .instructions stats)
}

# started: waits until the file is there, and has got so many bytes.
grown() {
    tries=0
    while [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -lt "$2" ] && [ $tries -lt 400 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
}

# It waits for its input, once it has read some: all it did is there, at once.
"$mmu386" run --trace=whole cat >/dev/null </dev/null
for lines in 0 1 2; do
    rm -f trace echoed
    what="killed in a read, after $lines lines"
    "$mmu386" run --trace=trace ./cat <input >echoed 2>"$err" &
    pid=$!
    exec 3>input
    line=0
    while [ $line -lt $lines ]; do
        echo a line >&3
        grown echoed $((7 * (line + 1)))
        line=$((line + 1))
    done
    sleep 0.5
    kill -9 $pid
    wait $pid 2>/dev/null
    exec 3>&-
    instructions
    [ "$lines" -eq 0 ] || [ "$count" -gt "$before" ] || fail "$count instructions, as one line less"
    before=$count
done

# It waits for who reads its output.
rm -f trace
what='killed in a write'
sleep 30 <output &
sleeper=$!
"$mmu386" run --trace=trace ./cat </dev/zero >output 2>"$err" &
pid=$!
sleep 1.5
kill -9 $pid
wait $pid 2>/dev/null
sleep 0.5 # the parent's death is the child's: before it finds its reader gone
kill -9 $sleeper
wait $sleeper 2>/dev/null
instructions
# 64 KiB are in the pipe, each 4 KiB of which took 14 instructions.
[ "$count" -gt 200 ] || fail "$count instructions"

# It runs on and on: the file is no older than a second, however little an instruction leaves.
rm -f trace
what='killed in a loop'
make_program loop '\353\376'
"$mmu386" run --trace=trace ./loop 2>"$err" &
pid=$!
sleep 2.5
# Stopped, so that time passes for nobody.
kill -STOP $pid
sleep 0.3
age=$(($(date +%s%N) / 1000000 - $(date -d "$(stat -c %y trace)" +%s%N) / 1000000))
kill -9 $pid
wait $pid 2>/dev/null
[ $age -lt 1600 ] || fail "the trace is $age ms old"
instructions
[ "$count" -gt 100000 ] || fail "$count instructions"

# What the file is at the end does not depend on when things happened.
what='a slow run'
(echo a; sleep 1.2; echo b; sleep 1.2; echo c) | "$mmu386" run --trace=slow ./cat >/dev/null
(echo a; sleep 0.1; echo b; sleep 0.1; echo c) | "$mmu386" run --trace=fast ./cat >/dev/null
expect_same slow fast 'the trace is another'
try "$mmu386" replay slow
expect_status 0
expect_silence

finish
