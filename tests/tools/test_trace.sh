# shellcheck shell=sh disable=SC2154,SC2034 # the variables are lib.sh's
# `trace`: traces printed, converted, cut and summarised. $3 is a program that writes random traces,
# $4 the directory of the sample traces.
. "$(dirname "$0")/lib.sh"
random=$3
samples=$4
lackey=$samples/sort.lackey.gz
needs gzip
needs jq

gzip -dc "$lackey" >"$dir/lackey" || exit 1

# A lackey trace is itself a text trace: printed, it is the same but for valgrind's words.
try "$mmu386" trace "$lackey"
expect_status 0
expect_silence
grep -v '^==' "$dir/lackey" >"$dir/expected"
echo end >>"$dir/expected"
expect_same "$out" "$dir/expected" "the lackey trace is printed otherwise"
cp "$out" "$dir/text"

# Native and back, from a file and from a pipe; the same bytes whatever it was made from.
try "$mmu386" trace --native -o "$dir/native" "$lackey"
expect_status 0
expect_silence
try "$mmu386" trace "$dir/native"
expect_status 0
expect_same "$out" "$dir/text" "the native trace says something else"
gzip -c "$dir/text" | "$mmu386" trace --native - >"$dir/again" || fail "of a pipe: $?"
expect_same "$dir/again" "$dir/native" "text and lackey give other bytes"
bits=$(($(wc -c <"$dir/native") * 8000 / $(grep -c '^[ I]' "$dir/text")))
[ "$bits" -lt 4000 ] || fail "$bits thousandths of a bit an access"

# Every kind of event: native, text, native again; and a reader that shares no code.
"$random" 3 20000 >"$dir/random" || fail "no random trace"
try "$mmu386" trace "$dir/random"
expect_status 0
expect_silence
cp "$out" "$dir/random.txt"
try "$mmu386" trace --native -o "$dir/random.again" "$dir/random.txt"
expect_status 0
expect_same "$dir/random" "$dir/random.again" "text and native differ"
if command -v python3 >/dev/null && command -v zstd >/dev/null; then
    for trace in random native; do
        what="the other reader of $trace" # of lib.sh's fail
        python3 "$(dirname "$0")/trace_reader.py" "$dir/$trace" >"$dir/other" || fail "status $?"
        "$mmu386" trace "$dir/$trace" >"$dir/expected"
        expect_same "$dir/other" "$dir/expected" "reads something else"
    done
fi
if command -v zstd >/dev/null; then
    zstd -qc "$dir/text" >"$dir/text.zst"
    try "$mmu386" trace "$dir/text.zst"
    expect_same "$out" "$dir/text" "zstd changes it"
fi

# Summaries.
try "$mmu386" trace --summary --format=json "$lackey"
expect_status 0
cp "$out" "$dir/summary"
for kind in fetches:I reads:L writes:S modifies:M; do
    expect_true "$dir/summary" ".${kind%:*} == $(grep -c "^ *${kind#*:} " "$dir/lackey")"
done
expect_true "$dir/summary" '.whole and .format == "lackey" and .instructions == .fetches'
expect_true "$dir/summary" '.accesses == .fetches + .reads + .writes + .modifies'
expect_true "$dir/summary" '.footprint | length >= 10 and length <= 20'
expect_true "$dir/summary" '.accesses == ([.footprint[].accesses] | add)'
expect_true "$dir/summary" '.pages == ([.footprint[].new] | add)'
expect_true "$dir/summary" '.footprint | all(.pages >= .new)'
# The pages, counted by other means.
pages=$(sed -nE 's/^( [LSM]|I ) ([0-9a-f]+),([0-9]+)$/\2 \3/p' "$dir/lackey" |
    while read -r address bytes; do echo "$((0x$address >> 12)) $(((0x$address + bytes - 1) >> 12))"; done |
    tr ' ' '\n' | sort -u | wc -l)
expect_true "$dir/summary" ".pages == $pages"
try "$mmu386" trace --summary "$samples/forks.txt"
expect_status 0
for line in 'accesses +8' 'instructions +3' 'processes +2' 'forks +1' 'exits +2' 'pages +5'; do
    grep -Eq "^$line\$" "$out" || fail "no '$line' in $(cat "$out")"
done
try "$mmu386" trace --summary --format=csv "$samples/forks.txt"
grep -qx 'forks,1' "$out" || fail "no CSV: $(cat "$out")"
# Stretches, worked out by hand: 60 accesses in stretches of 4, a page for every 15.
i=0
while [ $i -lt 60 ]; do
    printf ' L %x,4\n' $((i / 15 * 4096 + i))
    i=$((i + 1))
done >"$dir/steps"
try "$mmu386" trace --summary --format=json "$dir/steps"
expect_true "$out" '[.footprint[].pages] == [1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1]'
expect_true "$out" '[.footprint[].new] == [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]'
expect_true "$out" '[.footprint[].from] == [range(0; 60; 4)]'

# Parts: by numbers, which are those of the whole trace; two parts are the whole.
accesses=$(jq .accesses "$dir/summary")
grep '^[ I]' "$dir/text" >"$dir/accesses"
for from in 0 1 777 $((accesses - 1)) "$accesses"; do
    try "$mmu386" trace --from="$from" "$dir/native"
    expect_status 0
    grep '^[ I]' "$out" >"$dir/made"
    tail -n +$((from + 1)) "$dir/accesses" >"$dir/expected"
    expect_same "$dir/made" "$dir/expected" "not the part"
    try "$mmu386" trace --to="$from" "$dir/native"
    expect_status 0
    grep '^[ I]' "$out" >"$dir/made"
    head -n "$from" "$dir/accesses" >"$dir/expected"
    expect_same "$dir/made" "$dir/expected" "not the part"
done
# An instruction that is not fetched again has no number; blocks of every shape are cut anywhere.
grep '^[ I]' "$dir/random.txt" >"$dir/accesses.random"
for from in 1 100 1234 5000 20011 33333; do
    try "$mmu386" trace --from="$from" --to=$((from + 1000)) "$dir/random.again"
    expect_status 0
    grep '^[ I]' "$out" >"$dir/made"
    tail -n +$((from + 1)) "$dir/accesses.random" | head -n 1000 >"$dir/expected"
    expect_same "$dir/made" "$dir/expected" "not the part"
done
try "$mmu386" trace --from=1000 --to=1500 --native -o "$dir/part" "$dir/native"
try "$mmu386" trace --summary --format=json "$dir/part"
expect_true "$out" '.accesses == 500'
try "$mmu386" trace --pid=2 "$samples/forks.txt"
expect_status 0
expect_output 'map 08048000-08049000 rx
map 08049000-0804b000 rw
fork 2
switch 2
I  08048005,5
 S 08049000,4
exit 2 0
switch 1
reap 2
exit 1 0
end'
try "$mmu386" trace --from=4 --to=5 "$samples/forks.txt"
expect_output 'map 08048000-08049000 rx
map 08049000-0804b000 rw
fork 2
switch 2
 S 08049000,4
end'

# din, folded 64-bit addresses, formats that are told.
printf '2 1000\n0 2000\n' >"$dir/din"
try "$mmu386" trace "$dir/din"
expect_output 'I  00001000,1
 L 00002000,1
end'
try "$mmu386" trace --input=text "$dir/din"
expect_status 125
expect_error "mmu386: $dir/din:1: no event of a trace"
printf 'I  1000,3\n S 7ff000398,8\n' >"$dir/wide"
try "$mmu386" trace "$dir/wide"
expect_status 125
expect_error "mmu386: $dir/wide:2: an address of more than 32 bits (--fold64 folds them)"
try "$mmu386" trace --fold64 "$dir/wide"
expect_status 0
expect_output 'I  00041000,3
 S 00080398,8
end'

# Cut short: what is whole is written, and the rest told.
head -c 1000 "$dir/native" >"$dir/cut"
try "$mmu386" trace "$dir/cut"
expect_status 125
expect_error "mmu386: $dir/cut: byte 1000: the trace was cut short here"
head -c 3000 "$lackey" >"$dir/cut"
try "$mmu386" trace "$dir/cut"
expect_status 125
expect_told "^mmu386: $dir/cut:[0-9]+: what is compressed was cut short\$"
grep -v '^==' "$dir/lackey" | head -n "$(wc -l <"$out")" >"$dir/expected"
expect_same "$out" "$dir/expected" "what was there is not written"
printf 'junk' | dd of="$dir/native" bs=1 seek=200 conv=notrunc 2>/dev/null
try "$mmu386" trace "$dir/native"
expect_status 125
expect_error "mmu386: $dir/native: byte 16: a frame that was damaged (its checksum differs)"

# Where it goes, and what is refused.
try "$mmu386" trace -o "$dir/random" "$lackey"
expect_status 125
expect_error "mmu386: $dir/random: exists (--force overwrites it)"
try "$mmu386" trace --force -o "$dir/random" "$lackey"
expect_status 0
if [ -e /dev/full ]; then
    for form in --text --native --summary; do
        try "$mmu386" trace $form -o /dev/full "$lackey"
        expect_status 125
        expect_told 'No space left'
    done
fi
try "$mmu386" trace
expect_error 'mmu386: TRACE: missing (mmu386 trace --help tells more)'
try "$mmu386" trace a b
expect_error 'mmu386: b: one trace at a time'
try "$mmu386" trace --text --native a
expect_error 'mmu386: --native: one of --text, --native and --summary at a time'
try "$mmu386" trace --from=x a
expect_error 'mmu386: --from: x: not a number that it may be'
try "$mmu386" trace --from=2 --to=1 a
expect_error 'mmu386: --from: is behind --to'
try "$mmu386" trace --pid=0 a
expect_error 'mmu386: --pid: 0: no process'
try "$mmu386" trace --input=pixie a
expect_error 'mmu386: --input: pixie: no such format (there are auto, native, text, lackey and din)'
try "$mmu386" trace "$dir/none"
expect_status 125
expect_error "mmu386: $dir/none: No such file or directory"
try "$mmu386" trace "$mmu386"
expect_status 125
expect_error "mmu386: $mmu386: no trace: neither native, text, lackey nor din"
try "$mmu386" trace "$dir"
expect_status 125
expect_told 'Is a directory'
try "$mmu386" trace --help
expect_status 0

finish
