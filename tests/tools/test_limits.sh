#!/bin/sh
# --max-instructions, --max-seconds and --max-processes; what is written of a run that they end.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

make_program "$dir/loop" '\353\376'                       # jmp $
make_program "$dir/bomb" '\270\002\000\000\000\315\200\353\367' # fork(); again
# fork() until it fails, the children wait; exits with the errno
make_program "$dir/forks" '\270\002\000\000\000\315\200\205\300\164\015\171\363\367\330\211\303\270\001\000\000\000\315\200\270\035\000\000\000\315\200\353\367'
make_program "$dir/seven" '\220\220\220\220\263\007\270\001\000\000\000\315\200' # 7 instructions

ended="mmu386: --max-instructions: reached: the run was ended"

# ---- instructions: exactly so many ----

for limit in 1 2 999 50000 50001 123457; do
    try "$mmu386" run --max-instructions=$limit --stats="$dir/stats" --force "$dir/loop"
    expect_status 124
    expect_error "$ended"
    expect_true "$dir/stats" ".instructions == $limit and .exit_status == 137 and .frames.leaked == 0"
    try "$mmu386" run --functional --max-instructions=$limit "$dir/loop"
    expect_status 124
    expect_error "$ended"
done

# A program that needs as many comes to its own end; with one less it does not. Functionally too.
for how in '' --functional; do
    try "$mmu386" run $how --max-instructions=7 "$dir/seven"
    expect_status 7
    expect_silence
    try "$mmu386" run $how --max-instructions=6 "$dir/seven"
    expect_status 124
    expect_error "$ended"
    # Of a program with several processes, what they write until then is the same.
    for limit in 3000 40000 200000; do
        try "$mmu386" run $how --max-instructions=$limit "$guest/tree"
        [ "$status" -eq 124 ] || [ "$status" -eq 0 ] || fail "exit status $status"
        cp "$out" "$dir/out-$limit$how"
    done
done
for limit in 3000 40000 200000; do
    expect_same "$dir/out-$limit" "$dir/out-$limit--functional" "$limit instructions: other output"
done

# A limit that is not reached changes nothing.
try "$mmu386" run --stats="$dir/without" "$guest/tree"
try "$mmu386" run --stats="$dir/with" --max-instructions=100000000 --max-seconds=1000 \
    --max-processes=1000 "$guest/tree"
expect_status 0
expect_same "$dir/with" "$dir/without" "the statistics differ"
try "$mmu386" run --stats="$dir/without" --force "$guest/compute" 300
try "$mmu386" run --stats="$dir/with" --force --max-seconds=1000 "$guest/compute" 300
expect_same "$dir/with" "$dir/without" "the statistics of a long run differ"

# ---- what is written of it is whole ----

try "$mmu386" run --max-instructions=3000 --log="$dir/log" --trace="$dir/trace" \
    --stats="$dir/stats" --profile="$dir/profile" --force "$guest/tree"
expect_status 124
[ -s "$dir/profile" ] || fail "no profile"
try "$mmu386" replay --stats="$dir/again" "$dir/trace"
expect_status 137
expect_silence
expect_same "$dir/again" "$dir/stats" "a replay counts otherwise"
try "$mmu386" faults --check "$dir/log"
expect_status 0
expect_silence
if command -v sqlite3 >/dev/null; then
    [ "$(sqlite3 "$dir/log" "SELECT value FROM parameters WHERE name = 'complete'")" = 1 ] ||
        fail "the log is not complete"
fi

# ---- seconds ----

for how in '' --functional; do
    begun=$(date +%s)
    try "$mmu386" run $how --max-seconds=1 --stats="$dir/stats" --force "$dir/loop"
    expect_status 124
    expect_error "mmu386: --max-seconds: reached: the run was ended"
    expect_true "$dir/stats" '.exit_status == 137'
    [ $(($(date +%s) - begun)) -le 20 ] || fail "took too long"
done
# One that waits for input, and one that waits to be read.
make_cat "$dir/cat"
mkfifo "$dir/fifo"
sleep 30 >"$dir/fifo" &
sleeper=$!
what='--max-seconds of one that waits for input'
status=0
"$mmu386" run --max-seconds=1 "$dir/cat" <"$dir/fifo" >"$out" 2>"$err" || status=$?
expect_status 124
kill $sleeper
what='--max-seconds of one whose output nobody reads'
sleep 30 <"$dir/fifo" &
sleeper=$!
status=0
"$mmu386" run --max-seconds=1 "$dir/cat" </dev/zero >"$dir/fifo" 2>"$err" || status=$?
expect_status 124
kill $sleeper

# ---- processes ----

try "$mmu386" run --max-processes=5 --stats="$dir/stats" --force "$dir/forks"
expect_status 11 # EAGAIN
expect_true "$dir/stats" '.processes == 5'
for how in '' --functional; do
    try "$mmu386" run $how --max-processes=50 --max-instructions=1000000 "$dir/bomb"
    expect_status 124
    expect_error "$ended"
done

# ---- compare, and what is no limit ----

try "$mmu386" compare --max-instructions=100 "$dir/loop"
expect_status 124
expect_error "$ended"
for value in 0 -1 x '' 1x 99999999999999999999; do
    for option in instructions seconds processes; do
        try "$mmu386" run --max-$option="$value" "$dir/loop"
        expect_status 125
        expect_told "^mmu386: --max-$option: .*: not a number, 1 to "
    done
done

finish
