#!/bin/sh
# `export --pftrace`: read by the published field numbers, and compared with the log and with the
# statistics. The third argument is what reads it.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq
needs python3
needs sqlite3
reader=$3

# Exports log $1 with the other options, and reads what that gives into $dir/read.
read_trace() {
    log=$1
    shift
    try "$mmu386" export --pftrace --force -o "$dir/trace" "$@" "$log"
    expect_status 0
    expect_silence
    python3 "$reader" "$dir/trace" >"$dir/read" 2>"$err" || fail "$(cat "$err")"
}
number() { sqlite3 "$dir/log" "$1"; }
kinds() { number "SELECT count(*) FROM events JOIN kinds ON kind = id WHERE name IN ($1)"; }

# All of a log: processes, faults, forks, deaths.
"$mmu386" run --fork=cow --log="$dir/log" --stats="$dir/stats" "$guest/tree" >"$dir/output"
read_trace "$dir/log"
processes=$(number 'SELECT count(*) FROM processes')
expect_true "$dir/read" "[.tracks[] | select(.process)] | length == $processes"
expect_true "$dir/read" '[.tracks[] | select(.process)] | all(.process.process_name | endswith("tree"))'
expect_true "$dir/read" "[.slices[] | select(.depth == 0)] | length == $processes"
expect_true "$dir/read" "[.slices[] | select(.categories == [\"fault\"])] |
    length == $(number 'SELECT count(*) FROM events WHERE error IS NOT NULL')"
for kind in demand_zero file cow_copy cow_reuse fork; do
    expect_true "$dir/read" "[.slices[] | select(.name == \"$kind\")] | length == $(kinds "'$kind'")"
done
for kind in exec exit kill; do
    expect_true "$dir/read" "[.instants[] | select(.name == \"$kind\")] | length == $(kinds "'$kind'")"
done
# An arrow from each fork to its child, and to each copy from where its page was shared.
expect_true "$dir/read" "[.flows[] | select(.from == \"fork\" and
    .to_track == 17 + 2 * .from_args.child and .to_args.pid == .from_args.child)] |
    length == $(kinds "'fork'")"
expect_true "$dir/read" "[.flows[] | select(.from == \"fork_share\" and .to == \"cow_copy\" and
    .from_args.frame == .to_args[\"copied from\"] and .from_args.sequence < .to_args.sequence)] |
    length == $(kinds "'cow_copy'") and length > 0"
# A clock is a microsecond; a life is from fork to exit.
expect_true "$dir/read" "[.slices[] | select(.categories == [\"fault\"])] | sort_by(.args.sequence) |
    map(.ts / 1000) == $(number 'SELECT json_group_array(cycle) FROM (SELECT cycle FROM events
    WHERE error IS NOT NULL ORDER BY sequence)')"
expect_true "$dir/read" "[.slices[] | select(.depth == 0)] | sort_by(.args.pid) |
    map((.ts + .dur) / 1000) == $(number 'SELECT json_group_array(cycle) FROM (SELECT cycle FROM
    events JOIN processes ON sequence = death ORDER BY processes.pid)')"
# The counters come to the peak, and back to nothing.
expect_true "$dir/read" '.counters | all(.[-1][1] == 0)'
peak=$(jq .frames.peak "$dir/stats")
expect_true "$dir/read" "[.counters | to_entries[] | select(.key | contains(\"tables\") | not) as \$one |
    \$one.value | map({at: .[0], key: \$one.key, to: .[1]})[]] | sort_by(.at) |
    reduce .[] as \$one ({peak: 0}; .now[\$one.key] = \$one.to | .peak = ([.peak, (.now | add)] | max)) |
    .peak <= $peak and .peak >= $peak * 0.9"

# The services take what the run says that faults took, less the bus cycles of walks: of these
# there are as many as a wait state more makes the same run longer by.
services_add_up() {
    for wait in 0 1; do
        "$mmu386" run --force --wait-states=$wait --log="$dir/log$wait" --stats="$dir/stats$wait" \
            "$@" >"$dir/output" 2>&1
    done
    read_trace "$dir/log0"
    wanted=$(jq -s '3 * .[0].fault_clocks - 2 * .[1].fault_clocks' "$dir/stats0" "$dir/stats1")
    is=$(jq '[.slices[] | select(.categories == ["fault"]).dur] | add / 1000' "$dir/read")
    [ "$is" = "$wanted" ] || fail "$*: services take $is clocks, not $wanted"
}
for cpu in i386 i486 pentium; do
    services_add_up --cpu=$cpu "$guest/tree"
    services_add_up --cpu=$cpu --cost=fault=1000 --cost=page_zero=7 "$guest/null" write
    services_add_up --cpu=$cpu "$guest/handlers"
done
services_add_up --fork=eager --ram=600K "$guest/tree"
services_add_up "$guest/signals"

# Filters, alone and together: tracks of whom there is something, arrows with both ends.
read_trace "$dir/log" --pid=3
expect_true "$dir/read" '[.tracks[] | select(.process).process.pid] - [3, 4, 5, 6, 7, 8, 9] == [3] - [3]'
expect_true "$dir/read" '[.slices[] | select(.categories == ["fault"]).track] | unique == [23]'
read_trace "$dir/log" --kind=cow_copy
expect_true "$dir/read" "[.slices[] | select(.depth > 0)] |
    length == $(kinds "'cow_copy'") and all(.name == \"cow_copy\")"
expect_true "$dir/read" '.flows == []'
read_trace "$dir/log" --kind=cow_copy,fork_share --from=30 --to=1000
expect_true "$dir/read" "[.flows[] | select(.from == \"fork_share\")] | length > 0"
expect_true "$dir/read" '[.slices[].args.sequence, .instants[].args.sequence] |
    map(select(. != null)) | all(. >= 30 and . <= 1000)'
read_trace "$dir/log" --eip=main --error=w,u --pid=2
expect_true "$dir/read" "[.slices[] | select(.depth > 0)] | length ==
    $("$mmu386" faults --eip=main --error=w,u --pid=2 --format=json "$dir/log" | wc -l)"

# Without the clock a microsecond is a step; the same again is the same.
"$mmu386" run --functional --log="$dir/functional" "$guest/tree" >"$dir/output"
read_trace "$dir/functional"
expect_true "$dir/read" '[.slices[] | select(.categories == ["fault"])] |
    all(.ts == .args.sequence * 1000 and .dur == 1000)'
"$mmu386" export --pftrace "$dir/functional" >"$dir/again"
expect_same "$dir/trace" "$dir/again" 'the same log gives something else'

# A fault takes no more than 100 bytes of the trace, with all that is told of it.
"$mmu386" run --log="$dir/many" "$guest/forkbench" 2000 10 write >"$dir/output"
"$mmu386" export --pftrace --force -o "$dir/trace" "$dir/many"
faults=$(sqlite3 "$dir/many" 'SELECT count(*) FROM events WHERE error IS NOT NULL')
bytes=$(wc -c <"$dir/trace")
[ "$bytes" -le $((faults * 100)) ] || fail "$bytes bytes of $faults faults"

# Logs that are damaged: whatever is written is still a trace, or one line says why not.
cp "$dir/log" "$dir/odd"
sqlite3 "$dir/odd" "UPDATE events SET cycle = 9223372036854775807 WHERE sequence % 7 = 0;
    UPDATE events SET cycle = -5 WHERE sequence % 7 = 1; UPDATE events SET pid = -1 WHERE sequence % 11 = 0;
    UPDATE events SET value = pid WHERE sequence % 5 = 0; UPDATE events SET pid = 9223372036854775807
    WHERE sequence % 13 = 0; UPDATE events SET frame_before = -1 WHERE sequence % 17 = 0;
    UPDATE parameters SET value = 'none' WHERE name = 'cpu';
    INSERT INTO parameters VALUES ('costs', 'trap=99999999999,x=,,=5,fault=,fork=1')"
read_trace "$dir/odd"
head -c 60000 "$dir/log" >"$dir/cut"
try "$mmu386" export --pftrace "$dir/cut"
expect_status 125
[ "$(wc -l <"$err")" -eq 1 ] || fail "said '$(cat "$err")'"

# What it refuses.
refuses '--pid: is for --pftrace' export --csv --pid=2 "$dir/log"
refuses '--pid: x: not a process'"'"'s number' export --pftrace --pid=x "$dir/log"
refuses '--jsonl: one format at a time' export --pftrace --jsonl "$dir/log"
refuses '--pftrace: one format at a time' export --jsonl --pftrace "$dir/log"
try "$mmu386" export --pftrace --eip=nobody "$dir/log"
expect_status 125
expect_error 'mmu386: --eip: nobody: no such symbol in this log'

finish
