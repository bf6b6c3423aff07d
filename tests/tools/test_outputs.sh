#!/bin/sh
# The rule of all outputs: nothing is overwritten without --force, nothing is half there, nobody
# writes what another one writes.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

lib=$(cd "$(dirname "$0")" && pwd)
cd "$dir" || exit 1
value=$guest/value
make_cat cat
there='exists (--force overwrites it)'
other='is being written by another program'

expect_no_rest() {
    rest=$(find . -name '.*.part' -o -name '*-journal')
    [ -z "$rest" ] || fail "left $rest"
}

"$mmu386" run --trace=in.trace --log=in.log "$guest/tree" >/dev/null || exit 1
echo mine >mine

# Each output of each subcommand; NAME stands for the file, and what it reads comes last.
outputs="run --stats=NAME $value
run --profile=NAME $value
run --log=NAME $value
run --trace=NAME $value
compare --stats=NAME $value
compare --profile=NAME $value
compare -oNAME $value
compare --replay --stats=NAME in.trace
replay --stats=NAME in.trace
replay --log=NAME in.trace
export --csv -oNAME in.log
export --perfetto -oNAME in.log
trace -oNAME in.trace
trace --native -oNAME in.trace
trace --summary -oNAME in.trace
sweep --jobs-file=NAME in.trace
report -oNAME in.log"

# with NAME [--force]: the output's words.
with() { echo "$line" | sed "s#^\([a-z]*\)\(.*\)NAME#\1 $2 \2$1#"; }

# What is there stays, unless --force says so; then a link stays what it is, and leads to the new
# file; another name of the old one keeps what it has.
echo "$outputs" >lines
while read -r line; do
    # shellcheck disable=SC2046 # words
    {
        rm -f file link twin dangling part-*
        cp mine file
        ln file twin
        ln -s file link
        ln -s nowhere dangling
        for name in file link; do
            refuses "$name: $there" $(with $name)
            expect_same file mine 'it is overwritten'
        done
        refuses 'dangling: is a symbolic link to a file that is not there' $(with dangling)
        refuses 'dangling: is a symbolic link to a file that is not there' $(with dangling --force)
        [ ! -e nowhere ] || fail 'wrote through a link to nothing'
        refuses '.: Is a directory' $(with . --force)
        refuses 'none/file: No such file or directory' $(with none/file)
        refuses 'mine/file: Not a directory' $(with mine/file --force)
        try "$mmu386" $(with link --force)
        expect_status 0
        [ -L link ] || fail 'the link is no more'
        ! cmp -s file mine || fail 'it was not overwritten'
        expect_same twin mine 'another name of the old file is overwritten'
        cp file first
        rm -f link part-*
        try "$mmu386" $(with new)
        expect_status 0
        [ -s new ] || fail 'wrote nothing'
        [ "$(stat -c %a new)" = "$(printf %o $((0666 & ~$(umask))))" ] || fail "has $(stat -c %a new)"
        case $line in
        *--log=*) ;;
        *) expect_same new first 'with --force it is another' ;;
        esac
        rm -f new
        expect_no_rest
    }
done <lines

# What is read is not written over.
cp "$value" program
for option in --stats --profile --log --trace; do
    refuses 'program: is the program itself' run --force $option=program ./program
done
ln program twin2
refuses 'twin2: is the program itself' run --force --stats=twin2 ./program
expect_same program "$value" 'the program is another'
cp in.log a.log
refuses 'a.log: is the log itself' export --csv --force -o a.log a.log
expect_same a.log in.log 'the log is another'
cp in.trace a.trace
what='standard input'
"$mmu386" replay --force --stats=a.trace - <a.trace 2>"$err"
expect_error 'mmu386: a.trace: is standard input itself'
"$mmu386" run --force --stats=a.trace "$value" >>a.trace 2>"$err"
expect_error 'mmu386: a.trace: is standard output itself'
expect_same a.trace in.trace 'the input is another'

# One file twice in one command.
for pair in '--stats=x --profile=x' '--stats=x --log=./x' '--trace=x --log=x' '--profile=x --trace=x'; do
    # shellcheck disable=SC2086 # words
    {
        try "$mmu386" run $pair "$value"
        expect_status 125
        expect_told '^mmu386: (\./)?x: (is written to twice|exists .*)$'
        [ ! -e x ] || fail 'left a file'
        cp mine x
        try "$mmu386" run --force $pair "$value"
        expect_status 125
        expect_told '^mmu386: (\./)?x: is (written to twice|being written by another program)$'
    }
    rm -f x
done
refuses 'x: is written to twice' compare -o x --stats=x "$value"
refuses 'x: is written to twice' compare --profile=x --stats=./x "$value"
ln -s x y
cp mine x
refuses 'y: is written to twice' compare --force --stats=x --profile=y "$value"
expect_same x mine 'it is overwritten'
rm -f x y
expect_no_rest

# ---- complete or absent ----

# Inputs that turn out to be bad half-way, and runs that fail.
"$mmu386" trace in.trace | sed '300s/.*/garbage/' >bad.trace
for line in 'trace -oNAME bad.trace' 'trace --native -oNAME bad.trace' \
    'trace --summary -oNAME bad.trace' 'replay --stats=NAME bad.trace' \
    'replay --log=NAME bad.trace' 'replay --log=NAME mine' 'replay --stats=NAME mine' \
    'compare --replay -oNAME mine' 'compare --replay --stats=NAME mine' 'run --stats=NAME mine' \
    'run --trace=NAME mine' "run --log=NAME --stats=mine $value" "run --trace=NAME --log=mine $value" \
    "run --ram=256K --trace=NAME $guest/touch" "run --ram=256K --log=NAME $guest/touch"; do
    # shellcheck disable=SC2046 # words
    try "$mmu386" $(with new)
    case $line:$status in
    *touch:137) ;; # it ran, and there was no frame: what there is of it stays
    *) [ ! -e new ] || fail 'left a file' ;;
    esac
    rm -f new
done
expect_no_rest

# A file that may not grow: one line that says why, and no file but a trace's and a log's, which can
# be read.
"$mmu386" run --log=big.log --trace=big.trace "$guest/forkbench" 300 30 write >/dev/null || exit 1
"$mmu386" trace big.trace >big.text
for line in 'export --csv -oNAME big.log' 'trace -oNAME big.trace'; do
    # shellcheck disable=SC2046,SC3045,SC2317 # words; where there is no ulimit -f nothing fails
    limited() { (ulimit -f 16 && exec "$mmu386" $(with new)); }
    try limited
    expect_status 125
    expect_error 'mmu386: new: File too large'
    expect_no_rest
    [ ! -e new ] || fail 'left a file'
done
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
    cat >full.sh <<'END'
top=$4
. "$1/lib.sh"
mmu386=$2 guest=$3
cd "$top" || exit 1
mkdir -p full
mount -t tmpfs -o size=64k none full || exit 77
while read -r line; do
    rm -f full/* full/.[!.]*
    case $line in
    *--summary*) room=0 ;;
    export* | report* | trace* | run\ --trace*) room=4096 ;;
    *--log*) room=40960 ;;
    *) room=0 ;;
    esac
    head -c 65536 /dev/zero >full/fill 2>/dev/null
    truncate -s $((65536 - room)) full/fill
    try "$mmu386" $line
    expect_status 125
    expect_error 'mmu386: full/new: No space left on device'
    case $line in
    run\ --trace*)
        "$mmu386" replay full/new 2>&1 | grep -Eq '^mmu386: (cut short|trace): ' || fail 'no cut trace'
        ;;
    *--log*) ;;
    *) [ ! -e full/new ] || fail "left $(stat -c %s full/new) bytes" ;;
    esac
    rest=$(find full -name '.*')
    [ -z "$rest" ] || fail "left $rest"
done
exit $failures
END
    sed "s#in\.log#big.log#; s#in\.trace#big.trace#; s#NAME#full/new#; s#$value#$guest/forkbench 300 30 write#" \
        lines >full.lines
    unshare -m sh full.sh "$lib" "$mmu386" "$guest" "$dir" <full.lines ||
        failures=$((failures + 1))
fi
# The same of devices.
if [ -w /dev/full ]; then
    while read -r line; do
        case $line in *--log=* | sweep*) continue ;; esac
        # shellcheck disable=SC2046 # words
        try "$mmu386" $(with /dev/full)
        expect_status 125
        expect_error 'mmu386: /dev/full: No space left on device'
    done <lines
fi

# ---- one writer ----

# While one run goes on, nobody else writes what it writes.
mkfifo input
for kind in stats profile trace log; do
    rm -f same
    sleep 60 >input &
    sleeper=$!
    "$mmu386" run --$kind=same ./cat <input >/dev/null 2>&1 &
    pid=$!
    tries=0
    while [ "$(find . -name same -o -name '.same.*.part')" = '' ] && [ $tries -lt 200 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    what="a run with --$kind"
    for line in "run --stats=NAME $value" "run --profile=NAME $value" "run --trace=NAME $value" \
        "run --log=NAME $value" 'replay --stats=NAME in.trace' 'export --csv -oNAME in.log'; do
        # shellcheck disable=SC2046 # words
        refuses "same: $other" $(with same --force)
    done
    case $kind in
    stats | profile)
        [ ! -e same ] || fail "half of --$kind is there"
        refuses "same: $other" run --stats=same "$value"
        # What is killed so that it can is clean; the next one removes what it could not.
        kill -TERM $pid
        wait $pid 2>/dev/null
        expect_no_rest
        sleep 60 >input &
        second=$!
        "$mmu386" run --$kind=same ./cat <input >/dev/null 2>&1 &
        pid=$!
        sleep 0.5
        kill -9 $pid $second
        wait $pid $second 2>/dev/null
        try "$mmu386" run --stats=same "$value"
        expect_status 0
        expect_no_rest
        ;;
    *)
        refuses "same: $there" run --trace=same "$value"
        kill -9 $pid
        wait $pid 2>/dev/null
        try "$mmu386" run --force --stats=same "$value"
        expect_status 0
        ;;
    esac
    kill $sleeper 2>/dev/null
    wait $sleeper 2>/dev/null
    rm -f same-journal
done

# ---- streams ----

try "$mmu386" run --stats=/dev/stdout --profile=- "$value"
expect_status 0
grep -q '^}' "$out" || fail 'no statistics'
grep -q '^policy ' "$out" || fail 'no profile'
try "$mmu386" run --stats=/dev/null --profile=/dev/null --trace=/dev/null "$value"
expect_status 0
expect_silence
what='/dev/fd/3'
echo before >three
"$mmu386" run --stats=/dev/fd/3 "$value" 3>>three >/dev/null 2>"$err" || fail "$(cat "$err")"
[ "$(head -n 1 three)" = before ] || fail 'what was there is gone'
grep -q '^}' three || fail 'no statistics'
"$mmu386" run --stats=/dev/fd/3 "$value" 3<three >/dev/null 2>"$err" && fail 'wrote to what is read'
expect_error 'mmu386: /dev/fd/3: Bad file descriptor'
# Its own descriptors are nobody's.
for fd in 3 4 5 6 7 8 9; do
    refuses "/dev/fd/$fd: Bad file descriptor" run --stats=x --profile=/dev/fd/$fd "$value"
done 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
refuses "'': is no file's name" run --stats= "$value"
refuses "'': is no file's name" trace -o '' in.trace
expect_no_rest

# A FIFO without a reader, or a writer, is told of; then it goes on.
mkfifo fifo
what='a FIFO that nobody reads'
"$mmu386" run --stats=fifo "$value" >/dev/null 2>"$err" &
pid=$!
sleep 1.5
expect_error 'mmu386: fifo: waiting for a reader'
timeout 20 cat fifo >read
wait $pid || fail "status $?"
grep -q '^}' read || fail 'no statistics'
what='a FIFO that is read'
timeout 20 cat fifo >read &
"$mmu386" run --trace=fifo "$value" >/dev/null 2>"$err" || fail "status $?"
expect_silence
wait
try "$mmu386" replay read
expect_status 0
what='a FIFO that nobody writes'
timeout 20 "$mmu386" replay --stats=- fifo >"$out" 2>"$err" &
pid=$!
sleep 1.5
expect_error 'mmu386: fifo: waiting for a writer'
cat in.trace >fifo
wait $pid || fail "status $?"
grep -q '^}' "$out" || fail 'no statistics'
timeout 20 cat fifo >/dev/null &
refuses 'fifo: is written to twice' run --stats=fifo --profile=fifo "$value"
wait

# ---- sweeps ----

rm -rf jobs parts one.db part-*
try "$mmu386" sweep --vary='fork=eager|cow' --jobs-file=jobs -o parts in.trace
expect_status 0
sh -c "$(head -n 1 jobs)" || fail 'a job failed'
refuses "jobs: $there" sweep --jobs-file=jobs -o parts in.trace
[ -e parts/part-000001.db ] || fail 'a part is gone'
refuses 'parts: has parts of a sweep in it (--force removes them)' \
    sweep --fork=cow --jobs-file=jobs2 -o parts in.trace
[ ! -e jobs2 ] || fail 'left a file'
[ -e parts/part-000001.db ] || fail 'a part is gone'
try "$mmu386" sweep --fork=cow --jobs-file=jobs2 --force -o parts in.trace
expect_status 0
[ ! -e parts/part-000001.db ] || fail 'a part of another sweep is there'
sh -c "$(cat jobs2)" || fail 'a job failed'
try "$mmu386" sweep --merge=parts --format=csv
[ "$(wc -l <"$out")" -eq 2 ] || fail "merged $(cat "$out")"
# Here, too.
cp parts/part-000001.db part-000007.db
refuses '.: has parts of a sweep in it (--force removes them)' sweep --jobs-file=jobs3 in.trace
for option in '' '-o x.db' '--merge=parts'; do
    # shellcheck disable=SC2086 # words
    refuses '--force: goes with --jobs-file only' sweep $option --force in.trace
done
# One sweep at a time.
what='two sweeps'
mkfifo slow
cp in.trace slow.trace
"$mmu386" run --trace=slow.trace --force "$guest/compute" 300 >/dev/null
waits=$(seq -s '|' 0 40)
"$mmu386" sweep --vary='tlb=16,4,lru|32,4,lru|64,4,lru|128,4,lru' --vary="wait-states=$waits" -o one.db \
    slow.trace >sweep.out 2>&1 &
pid=$!
tries=0
while [ ! -s one.db ] && [ $tries -lt 100 ]; do
    sleep 0.02
    tries=$((tries + 1))
done
try "$mmu386" sweep --fork=cow -o one.db in.trace
expect_status 125
expect_error "mmu386: one.db: $other"
wait $pid || fail "the first: $(cat sweep.out)"

finish
