#!/bin/sh
# compare --jobs: policies side by side, with the output of one after the other.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$dir" || exit 1

# same STATUS ARGUMENT...: the same status, output and complaints whatever the jobs are.
same() {
    wanted=$1
    shift
    for jobs in 1 2 64; do
        what="compare --jobs=$jobs $*"
        status=0
        if [ -f input ]; then
            "$mmu386" compare --jobs=$jobs "$@" <input >"out$jobs" 2>"err$jobs" || status=$?
        else
            "$mmu386" compare --jobs=$jobs "$@" </dev/null >"out$jobs" 2>"err$jobs" || status=$?
        fi
        cp "err$jobs" "$err"
        expect_status "$wanted"
        expect_same out1 out$jobs 'another output'
        expect_same err1 err$jobs 'other complaints'
    done
}

same 0 "$guest/tree"
[ -s out2 ] || fail 'no table'
same 0 --verbose --policies=cow,eager "$guest/tree"
[ "$(grep -c '^mmu386: running under' err2)" -eq 2 ] || fail "told '$(head -n 1 err2)'"
grep -q 'copied frame' err2 || fail 'told of no fault'
same 0 --format=json --policies=cow "$guest/null" read
same 1 --format=csv --expect='forks==1' "$guest/tree"
same 0 --functional --ram=1M --cpu=pentium "$guest/oom"
same 0 --no-sandbox "$guest/tree"
"$mmu386" run --trace=t "$guest/tree" >"$out"
same 0 --replay t
"$mmu386" run --trace=long "$guest/sort" 20000 >"$out"
head -c $(($(wc -c <long) / 2)) long >cut
same 0 --replay cut
[ "$(grep -c 'cut short' err2)" -eq 1 ] || fail "told '$(cat err2)'"
same 124 --max-instructions=1000 "$guest/tree"
mkdir root
for command in table stats; do
    for jobs in 1 2; do
        try "$mmu386" compare --jobs=$jobs --root=root -o "table$jobs" --stats="stats$jobs" --force \
            "$guest/tree"
        expect_status 0
        expect_silence
    done
    expect_same ${command}1 ${command}2 "another $command"
done

# Each run reads all of the input.
make_cat cat
head -c 300000 /dev/urandom >input
same 0 ./cat
"$mmu386" compare --jobs=2 --format=json ./cat <input >"$out"
grep -q '"exit_status": 0' "$out" || fail 'cat failed'
rm input

# What fails under one policy ends the others, and so do outputs that differ.
echo nothing >bad
same 125 --replay bad
same 126 bad
same 127 nonesuch
same 125 --ram=256K "$guest/tree"

# Whether the process is there, and is no zombie.
runs() { grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null; }

# A run that dies is told of.
"$mmu386" compare --jobs=2 "$guest/compute" 10000000 >"$out" 2>"$err" &
compare=$!
victim=
for _ in $(seq 100); do
    middle=$(pgrep -P $compare)
    [ -n "$middle" ] && victim=$(pgrep -P "$middle" | head -n 1)
    [ -n "$victim" ] && break
    sleep 0.1
done
what='a run that is killed'
if [ -n "$victim" ]; then
    [ "$(pgrep -P "$middle" | wc -l)" -eq 2 ] || sleep 1
    others=$(pgrep -P "$middle")
    kill -9 "$(echo "$others" | head -n 1)"
    status=0
    wait $compare || status=$?
    expect_status 125
    expect_error 'mmu386: simulator: killed by signal 9, Killed'
    for other in $others; do
        ! runs "$other" || fail "$other goes on"
    done
else
    kill $compare
    fail 'no runs are there'
fi
# With the command ends all that it started.
"$mmu386" compare --jobs=2 "$guest/compute" 10000000 >"$out" 2>"$err" &
compare=$!
sleep 2
middle=$(pgrep -P $compare)
others="$middle $(pgrep -P "$middle")"
kill -9 $compare
wait $compare
sleep 1
what='a command that is killed'
for other in $others; do
    ! runs "$other" || fail "$other goes on"
done

# --- what is no number of jobs ---

for jobs in 0 65 -1 x '' 1.5 99999999999999999999; do
    try "$mmu386" compare --jobs="$jobs" "$guest/tree"
    expect_status 125
    expect_told '^mmu386: --jobs: '
    expect_output ''
done
refuses '--jobs: does not go with --profile' compare --jobs=2 --profile=p "$guest/tree"
refuses '--jobs=2: unknown option' run --jobs=2 "$guest/tree"

finish
