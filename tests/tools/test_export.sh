# shellcheck shell=sh disable=SC2154 # the variables are lib.sh's
# `export`: every row of the log, in formats that other programs read.
. "$(dirname "$0")/lib.sh"
needs jq
needs sqlite3

"$mmu386" run --fork=cow --log="$dir/log" "$guest/tree" >"$dir/tree.out" || exit 1

# The number that the log answers query $1 with.
count() { sqlite3 "$dir/log" "$1"; }
rows=$(count 'SELECT count(*) FROM events')
faults=$(count 'SELECT count(*) FROM events WHERE error IS NOT NULL')

# JSON lines: a row a line, with the log's own numbers.
try "$mmu386" export --jsonl "$dir/log"
expect_status 0
expect_silence
[ "$(wc -l <"$out")" -eq "$rows" ] || fail "$(wc -l <"$out") lines of $rows rows"
jq -s . "$out" >"$dir/rows.json" || fail "not JSON"
expect_true "$dir/rows.json" "length == $rows"
expect_true "$dir/rows.json" "map(select(.error != null)) | length == $faults"
expect_true "$dir/rows.json" 'map(.sequence) | . == (sort | unique)'
sqlite3 -json "$dir/log" "SELECT sequence, events.pid, kinds.name AS kind, linear, error, eip,
    lower(hex(insn)) AS insn, pte_before, pte_after, frame_before, frame_after, refs_before,
    refs_after, mapping, mappings.name AS mapping_name FROM events JOIN kinds ON kinds.id = kind
    LEFT JOIN mappings ON mappings.id = mapping WHERE error IS NOT NULL ORDER BY sequence" \
    >"$dir/expected.json"
jq -S . "$dir/expected.json" >"$dir/expected"
jq -S 'map(select(.error != null) | {sequence, pid, kind, linear, error, eip, insn, pte_before,
    pte_after, frame_before, frame_after, refs_before, refs_after, mapping, mapping_name})' \
    "$dir/rows.json" >"$dir/made"
expect_same "$dir/made" "$dir/expected" "the faults are not the log's"

# CSV: the same, after a line of names.
try "$mmu386" export --csv "$dir/log"
expect_status 0
expect_silence
[ "$(wc -l <"$out")" -eq $((rows + 1)) ] || fail "$(wc -l <"$out") lines of $rows rows"
[ "$(head -n 1 "$out")" = "$(jq -r '.[0] | keys_unsorted | join(",")' "$dir/rows.json")" ] ||
    fail "names differ from those of JSON"
jq -r '.[] | [.[]] | map(if . == null then "" else tostring end) | join(",")' "$dir/rows.json" \
    >"$dir/expected"
tail -n +2 "$out" >"$dir/made"
expect_same "$dir/made" "$dir/expected" "CSV and JSON differ"

# Perfetto: valid, a slice a fault, an instant a fork, exec, exit and kill, time going forward.
try "$mmu386" export --perfetto "$dir/log"
expect_status 0
expect_silence
expect_true "$out" '.traceEvents | length > 0'
expect_true "$out" "[.traceEvents[] | select(.ph == \"X\")] | length == $faults"
for kind in $(sqlite3 "$dir/log" "SELECT DISTINCT kinds.name FROM events JOIN kinds ON id = kind
    WHERE is_fault OR kinds.name IN ('fork', 'exec', 'exit', 'kill')"); do
    is=$(count "SELECT count(*) FROM events WHERE kind = (SELECT id FROM kinds WHERE name = '$kind')")
    expect_true "$out" "[.traceEvents[] | select(.name == \"$kind\")] | length == $is"
done
expect_true "$out" '[.traceEvents[] | select(.ph != "M")] | group_by(.pid) |
    all(map(select(.ph != "C").ts) | . == sort)'
expect_true "$out" '[.traceEvents[] | select(.ph == "C").ts] | . == sort'
expect_true "$out" '[.traceEvents[] | select(.args.sequence)] | all(.ts == .args.cycle and .ts > 0)'
"$mmu386" run --functional --log="$dir/functional.log" "$guest/tree" >"$dir/tree.out"
"$mmu386" export --perfetto "$dir/functional.log" >"$dir/functional.json"
expect_true "$dir/functional.json" '[.traceEvents[] | select(.args.sequence)] |
    all(.ts == .args.sequence and .args.cycle == null)'
expect_true "$out" "[.traceEvents[] | select(.name == \"process_name\" and .pid > 1)] |
    length == $(count 'SELECT count(*) FROM processes')"
expect_true "$out" '[.traceEvents[] | select(.ph == "X")] | all(.dur == 1 and
    (.args | has("cr2") and has("error") and has("eip") and has("frame before")))'

# Frames: the counters' highest sum is the peak of the run, and at the end nothing is in use.
try "$mmu386" run --fork=cow --stats="$dir/stats" "$guest/tree"
try "$mmu386" export --perfetto "$dir/log"
peak=$(jq .frames.peak "$dir/stats")
expect_true "$out" "[.traceEvents[] | select(.ph == \"C\").args |
    del(.\"page tables, directories\") | add] | max == $peak"
expect_true "$out" '[.traceEvents[] | select(.ph == "C").args] | last | add == 0'

# Names of any kind.
cp "$dir/log" "$dir/names"
sqlite3 "$dir/names" "UPDATE programs SET name = '\"\\,' || x'ff' || char(10) || 'ä';
    UPDATE mappings SET name = 'a,\"b\"' || char(10)"
try "$mmu386" export --perfetto "$dir/names"
expect_status 0
expect_true "$out" '[.traceEvents[] | select(.name == "process_name" and .pid > 1).args.name] |
    unique == ["\"\\,??ä"]'
try "$mmu386" export --jsonl "$dir/names"
jq -s . "$out" >"$dir/rows.json"
expect_true "$dir/rows.json" 'map(.mapping_name // empty) | unique == ["a,\"b\"?"]'
try "$mmu386" export --csv "$dir/names"
grep -q ',"a,""b""?",' "$out" || fail "not quoted"

# Where it goes.
try "$mmu386" export --csv -o "$dir/file" "$dir/log"
expect_status 0
try "$mmu386" export "$dir/log" --csv -o "$dir/file"
expect_status 125
expect_error "mmu386: $dir/file: exists (--force overwrites it)"
try "$mmu386" export "$dir/log" --csv -o "$dir/file" --force
expect_status 0
if [ -e /dev/full ]; then
    try "$mmu386" export --jsonl -o /dev/full "$dir/log"
    expect_status 125
    expect_told 'No space left'
fi

# What it refuses.
try "$mmu386" export "$dir/log"
expect_status 125
expect_error 'mmu386: format: missing: --pftrace, --perfetto, --csv or --jsonl'
try "$mmu386" export --csv --jsonl "$dir/log"
expect_status 125
expect_error 'mmu386: --jsonl: one format at a time'
try "$mmu386" export --csv
expect_status 125
expect_error 'mmu386: LOG: missing (mmu386 export --help tells more)'
try "$mmu386" export --csv "$dir/tree.out"
expect_status 125
expect_error "mmu386: $dir/tree.out: is no fault log"
head -c 60000 "$dir/log" >"$dir/cut"
for format in --csv --jsonl --perfetto; do
    try "$mmu386" export $format "$dir/cut"
    expect_status 125
    [ "$(wc -l <"$err")" -eq 1 ] || fail "said '$(cat "$err")'"
done

finish
