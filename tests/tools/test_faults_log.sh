#!/bin/sh
# Questions to a fault log: each answer is computed again by another path, sqlite3's and jq's, or
# is that of `run --stats` and `run -v` about the same run.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq
needs sqlite3

here=$(dirname "$0")
faults() { try "$mmu386" faults "$@"; }
ask() { sqlite3 "$log" "$1"; }
fault="kind IN (SELECT id FROM kinds WHERE is_fault)"

# record PROGRAM...: its log, its stats and its faults as told.
log=$dir/log
record() {
    rm -f "$log"
    try "$mmu386" run --force -v --log="$log" --stats="$dir/stats" "$@"
    cp "$err" "$dir/told"
}

# ---- every statement of every fault's story ----

# explained: what the command says of each fault, one object a line.
explained() {
    for n in $(ask "SELECT sequence FROM events WHERE $fault ORDER BY sequence"); do
        faults --explain="$n" --format=json "$log"
        expect_status 0
        cat "$out"
    done
}

# The story as text says what the object says.
expect_text() {
    faults --explain="$1" "$log"
    expect_status 0
    jq -r "select(.sequence == $1) | .pde.before_words, .error.code,
        (if .pde.before % 2 == 1 then .pte.before_words else empty end),
        (.code[] | .text), (.symbol // empty), .kind,
        \"directory entry \(.linear.directory) \", \"table entry \(.linear.table) \",
        \"offset \(.linear.offset) \"" "$dir/explained" >"$dir/phrases"
    while IFS= read -r phrase; do
        grep -qF -- "$phrase" "$out" || fail "the text does not say '$phrase'"
    done <"$dir/phrases"
    jq -r "select(.sequence == $1) | .refusal_words, .action_words" "$dir/explained" |
        while IFS= read -r sentence; do
            tr -s ' \n' ' ' <"$out" | grep -qF -- "$sentence" || echo "$sentence"
        done >"$dir/missing"
    [ ! -s "$dir/missing" ] || fail "the text does not say '$(cat "$dir/missing")'"
    jq -r "select(.sequence == $1) | (.old_frame, .new_frame) | select(. != null) |
        def who: if length == 0 then \"nobody\" elif length == 1 then \"process \(.[0])\"
            else \"processes \(.[:-1] | map(tostring) | join(\", \")) and \(.[-1])\" end;
        \"frame \(.frame) was mapped by \(.held_before | who) before the fault, and by \" +
        \"\(.held_after | who) after it\"" "$dir/explained" >"$dir/phrases"
    while IFS= read -r phrase; do
        grep -qF -- "$phrase" "$out" || fail "the text does not say '$phrase'"
    done <"$dir/phrases"
}

check_stories() {
    explained >"$dir/explained"
    sqlite3 "$log" <"$here/explain.sql" >"$dir/expected"
    what="the stories of: $*"
    [ -s "$dir/expected" ] || fail 'there are none'
    # The instruction is that of the event, with what is around it without a gap, and the action
    # begins as it must.
    jq -c '. as $whole | .insn = ([.code[] | select(.faulting)] | if length == 1 then .[0].bytes
            else "" end) |
        .gapless = ([.code[] | .linear] == ([.code[0].linear // 0] + [foreach .code[] as $line
            ($whole.code[0].linear // 0; . + ($line.bytes | length / 2))])[:.code | length]) |
        .at_eip = ([.code[] | select(.faulting) | .linear] | . == [] or . == [$whole.eip])' \
        "$dir/explained" >"$dir/whole"
    jq -n --slurpfile a "$dir/whole" --slurpfile b "$dir/expected" '
        [range([($a | length), ($b | length)] | max) | $a[.] as $a | $b[.] as $b |
         ($b.action | if . == null then "?" else . end) as $action |
         select(($a.gapless and $a.at_eip and ($a.action_words | startswith($action)) and
                 ($a | with_entries(select(.key | in($b)))) == ($b | del(.action))) | not) |
         {sequence: $b.sequence, gapless: $a.gapless, at_eip: $a.at_eip, action: $a.action_words,
          differs: [$b | to_entries[] | select(.key != "action" and .value != $a[.key]) |
                    {(.key): [$a[.key], .value]}]}]' >"$dir/differences"
    [ "$(jq length "$dir/differences")" -eq 0 ] ||
        fail "$(jq -c '.[0]' "$dir/differences") and $(jq length "$dir/differences") in all"
    # Instruction and symbol are what `run -v` told.
    sed -n 's/^fault .* eip=0x\([0-9a-f]*\)\( <\([^>]*\)>\)\{0,1\}\( at [^ ]*\)\{0,1\}\( \[\(.*\)\]\)\{0,1\} .*$/\1|\3|\6/p' \
        "$dir/told" | sed 's/ references.*//' >"$dir/lines"
    jq -r '"\(.eip)|\(.symbol // "")|\([.code[] | select(.faulting) | .text][0] // "")"' \
        "$dir/explained" | awk -F'|' '{ printf "%08x|%s|%s\n", $1, $2, $3 }' >"$dir/said"
    expect_same "$dir/lines" "$dir/said" "$(diff "$dir/lines" "$dir/said" | head -n 5)"
    for n in $(ask "SELECT min(sequence) FROM events WHERE $fault GROUP BY kind, error, eip < 3221225472"); do
        expect_text "$n"
    done
}

check_stats() {
    faults --by=kind --format=json "$log"
    expect_status 0
    expect_silence
    jq -s 'map({(.kind): .count}) | add' "$out" >"$dir/by-kind"
    what="the kinds of: $*"
    [ "$(jq -S '.faults | del(.total) | with_entries(select(.value > 0))' "$dir/stats")" = \
        "$(jq -S . "$dir/by-kind")" ] || fail "$(jq -c . "$dir/by-kind"), but stats $(jq -c .faults "$dir/stats")"
}

while read -r words; do
    # shellcheck disable=SC2086 # words
    record $words
    check_stats "$words"
    check_stories "$words"
done <<END
$guest/value
$guest/tree 3
--fork=eager $guest/tree 3
--cpu=pentium $guest/file
$guest/null read
$guest/null jump
$guest/signals
--ram=512K $guest/oom
END

# The demo, where its busybox is at hand: the third argument.
busybox=${3:-}
if [ -x "$busybox" ]; then
    rm -f "$log"
    record "$busybox" sh -c "$(cat "$here/../../tools/demo.script")" "$busybox"
    check_stats demo
    check_stories demo
fi

# ---- the table, its filters and its formats ----

record "$guest/tree" 5
total=$(ask "SELECT count(*) FROM events WHERE $fault")

# filter 'SQL' OPTION...: those rows, no others.
filter() {
    sql=$1
    shift
    faults --format=json "$@" "$log"
    expect_status 0
    expect_silence
    jq .sequence "$out" >"$dir/got"
    ask "SELECT sequence FROM events WHERE $sql ORDER BY sequence" >"$dir/wanted"
    [ -s "$dir/wanted" ] || fail 'the test asks for nothing'
    expect_same "$dir/got" "$dir/wanted" "$(diff "$dir/got" "$dir/wanted" | head -n 5)"
}
filter "$fault"
filter "$fault AND pid = 3" --pid=3
filter "$fault AND kind IN (SELECT id FROM kinds WHERE name IN ('cow_copy', 'file'))" \
    --kind=file,cow_copy
filter "kind = (SELECT id FROM kinds WHERE name = 'unmap') AND pid = 3" --kind=unmap --pid=0x3
filter "$fault AND linear >= 0xbf000000" --addr=0xbf000000-0xffffffff
address=$(ask "SELECT linear FROM events WHERE $fault ORDER BY sequence DESC LIMIT 1")
filter "$fault AND linear = $address" --addr="$address"
frame=$(ask "SELECT frame_before FROM events WHERE kind = (SELECT id FROM kinds WHERE name = 'cow_copy') LIMIT 1")
filter "$fault AND (frame_before = $frame OR frame_after = $frame) AND sequence > 1" \
    --frame="$frame" --from=2
filter "$fault AND error & 7 = 6" --error='w,u,!p'
filter "$fault AND error = 7" --error=7
filter "$fault AND error & 2 = 0" --error='!w'
filter "$fault AND sequence BETWEEN 40 AND 90" --from=40 --to=90
middle=$(ask "SELECT instructions FROM events WHERE $fault ORDER BY sequence LIMIT 1 OFFSET $((total / 2))")
filter "$fault AND instructions <= $middle AND instructions >= 10" --to="${middle}i" --from=10i
grow=$(nm -S "$guest/tree" | awk '$4 == "grow" { print "0x" $1, "0x" $2 }')
filter "$fault AND eip >= ${grow% *} AND eip < ${grow% *} + ${grow#* }" --eip=grow
filter "$fault AND eip BETWEEN 0x8049000 AND 0x8049fff AND pid = 2 AND error & 2" \
    --eip=0x8049000-0x8049fff --pid=2 --error=w
try "$mmu386" faults --limit=7 --format=json "$log"
[ "$(wc -l <"$out")" -eq 7 ] || fail "printed $(wc -l <"$out") lines"

# The three formats tell the same; a table is aligned, and no colours go to a file.
faults "$log"
expect_status 0
[ "$(wc -l <"$out")" -eq $((total + 1)) ] || fail "$(wc -l <"$out") lines of $total faults"
[ "$(cut -c 1-8 "$out" | grep -c '^ *[0-9]*$')" -eq "$total" ] || fail 'is not aligned'
[ "$(tr -dc '\033' <"$out" | wc -c)" -eq 0 ] || fail 'has colours'
faults --format=csv "$log"
[ "$(head -n 1 "$out")" = sequence,cycle,instructions,pid,kind,cr2,error,bits,eip,symbol,frame_before,frame_after,references_before,references_after,file,line ] ||
    fail "$(head -n 1 "$out")"
sed 1d "$out" | cut -d, -f1,3,4,5 >"$dir/csv"
faults --format=json "$log"
jq -r '"\(.sequence),\(.instructions),\(.pid),\(.kind)"' "$out" >"$dir/json"
expect_same "$dir/csv" "$dir/json" "$(diff "$dir/csv" "$dir/json" | head -n 5)"
faults --kind=oom --format=csv "$log"
[ "$(wc -l <"$out")" -eq 1 ] || fail 'has no title, or more'

# groups FIELD 'SQL of the key'
groups() {
    faults --by="$1" --format=json "$log"
    expect_status 0
    jq -r "\"\(.$1)|\(.count)|\(.first)|\(.last)\"" "$out" >"$dir/got"
    ask "SELECT $2, count(*), min(sequence), max(sequence) FROM events WHERE $fault GROUP BY $2
        ORDER BY 2 DESC, 3" >"$dir/wanted"
    expect_same "$dir/got" "$dir/wanted" "$(diff "$dir/got" "$dir/wanted" | head -n 5)"
    jq -s 'map(.percent) | add | . > 99 and . < 101' "$out" | grep -q true || fail 'is not 100%'
}
groups pid pid
groups page '(linear >> 12) * 4096'
groups frame 'coalesce(frame_after, frame_before)'
groups eip eip
groups error error
for field in symbol mapping; do
    faults --by=$field --format=json "$log"
    [ "$(jq -s 'map(.count) | add' "$out")" -eq "$total" ] || fail 'does not sum up'
done
faults --by=symbol --format=json "$log"
expected=$(ask "SELECT count(*) FROM events WHERE $fault AND eip >= ${grow% *} AND eip < ${grow% *} + ${grow#* }")
[ "$(jq 'select(.symbol == "grow") | .count' "$out")" -eq "$expected" ] || fail 'of grow'
faults --by=page --limit=2 "$log"
[ "$(wc -l <"$out")" -eq 3 ] || fail "$(wc -l <"$out") lines"

# ---- lives ----

page=$((address / 4096 * 4096))
faults --page="$address" --format=json "$log"
expect_status 0
jq .sequence "$out" >"$dir/got"
ask "SELECT sequence FROM events WHERE linear >> 12 = $page >> 12 ORDER BY sequence" >"$dir/wanted"
expect_same "$dir/got" "$dir/wanted" 'are not the events on the page'
faults --frame="$frame" --format=json "$log"
expect_status 0
jq .sequence "$out" >"$dir/got"
ask "SELECT sequence FROM events WHERE frame_before = $frame OR frame_after = $frame ORDER BY sequence" >"$dir/wanted"
expect_same "$dir/got" "$dir/wanted" 'are not the events on the frame'
# A life ends with nobody, and with nothing else.
jq -s -e 'group_by(.life) | all(.[-1].held_by == "" and (.[:-1] | all(.held_by != "")))' \
    "$out" >"$dir/got" || fail 'a life does not end'
jq -s -e '[.[] | select(.references_before != null)] | all((.held_by | [scan("[0-9]+")] | length) ==
    (if .kind == "cow_copy" and .frame_after == '"$frame"' then 1 else .references_after end))' \
    "$out" >"$dir/got" || fail 'the holders are not as many as the references'

# At its end a process has the frames that it then gives back.
faults --tree --format=json "$log"
expect_status 0
jq -r 'select(.moment | startswith("ended")) | "\(.pid)|\(.frames_shared + .frames_private)"' "$out" |
    sort >"$dir/got"
ask "SELECT p.pid, count(*) FROM processes p JOIN events e ON e.pid = p.pid AND e.sequence > p.death
    AND e.kind = (SELECT id FROM kinds WHERE name = 'unmap') AND e.linear < 0xc0000000 GROUP BY p.pid" | sort >"$dir/wanted"
[ -s "$dir/wanted" ] || fail 'nobody ended'
expect_same "$dir/got" "$dir/wanted" "$(diff "$dir/got" "$dir/wanted" | head -n 5)"
[ "$(jq -r 'select(.moment | startswith("born")) | .pid' "$out" | sort -n | tr '\n' ' ')" = \
    "$(ask 'SELECT pid FROM processes WHERE pid > 2 ORDER BY pid' | tr '\n' ' ')" ] || fail 'who was born'

# ---- verdicts ----

# verdict NAME: how many there are, by the summary and by the lines.
verdict() {
    faults --check --format=json "$log"
    expect_status 0
    jq -r "select(.verdict == \"$1\") | .events" "$out" >"$dir/events"
    jq -r "select(.summary) | .summary.\"$1\".findings" "$out" >"$dir/count"
    [ "$(cat "$dir/count")" -eq "$(wc -l <"$dir/events")" ] || fail 'the summary is another'
    cat "$dir/count"
}

# Frames that were shared and given back while others had them.
kept=$(ask "SELECT count(*) FROM events WHERE kind = (SELECT id FROM kinds WHERE name = 'unmap') AND refs_before > 1
    AND pte_before & 0x600")
verdict shared-to-the-end >/dev/null
[ "$(jq 'select(.summary) | .summary."shared-to-the-end".pages' "$out")" -eq "$kept" ] || fail "not $kept"
[ "$kept" -gt 0 ] || fail 'nothing was shared'
equal=$(ask "SELECT count(*) FROM events u JOIN events c ON c.frame_after = u.frame_before AND c.content = u.content
    AND c.sequence = (SELECT max(sequence) FROM events m WHERE m.frame_after = u.frame_before AND m.sequence < u.sequence
        AND m.refs_before + 0 >= 0 AND m.kind NOT IN (SELECT id FROM kinds WHERE name IN ('fork_share', 'cow_reuse', 'takeover', 'protect')))
    WHERE u.kind = (SELECT id FROM kinds WHERE name = 'unmap') AND u.refs_after = 0")
[ "$(verdict equal-copy)" -eq "$equal" ] || fail "not $equal"
record --fork=eager "$guest/tree" 5
[ "$(verdict shared-to-the-end)" -eq 0 ] || fail 'eager shares nothing'

# Events of one's own making: story 'ROWS', each with the columns below.
story() {
    sqlite3 "$log" "DELETE FROM events; DELETE FROM processes; DELETE FROM execs;
        WITH given(sequence, pid, kind, linear, error, eip, pte_before, pte_after, frame_before, frame_after,
            refs_before, refs_after, value, content) AS (VALUES $1)
        INSERT INTO events(sequence, cpu, pid, kind, linear, error, eip, pde_before, pde_after, pte_before, pte_after,
            frame_before, frame_after, refs_before, refs_after, value, content, in_kernel)
        SELECT sequence, 0, pid, (SELECT id FROM kinds WHERE name = given.kind), linear, error, eip, 7, 7, pte_before,
            pte_after, frame_before, frame_after, refs_before, refs_after, value, content, 0 FROM given;
        INSERT INTO processes SELECT value, pid, 1, sequence, NULL, NULL FROM events WHERE kind =
            (SELECT id FROM kinds WHERE name = 'fork');
        DELETE FROM page_blocks; DELETE FROM frame_blocks;
        INSERT INTO page_blocks SELECT DISTINCT linear >> 12, 0 FROM events WHERE linear IS NOT NULL;
        INSERT INTO frame_blocks SELECT frame_before, 0 FROM events WHERE frame_before IS NOT NULL
            UNION SELECT frame_after, 0 FROM events WHERE frame_after IS NOT NULL"
    what="a story: $1"
}
zero="(1, 2, 'demand_zero', 8192, 6, 5, 0, 0xa007, NULL, 10, 0, 1, NULL, NULL)"
share="(2, 2, 'fork_share', 8192, NULL, 5, 0xa027, 0xa205, 10, 10, 1, 2, NULL, NULL),
    (3, 2, 'fork', NULL, NULL, 5, NULL, NULL, NULL, NULL, NULL, NULL, 3, NULL)"
copy="(4, 3, 'cow_copy', 8192, 7, 6, 0xa205, 0xb007, 10, 11, 2, 1, NULL, 77)"
gone="(6, 3, 'unmap', 8192, NULL, 6, 0xb067, 0, 11, NULL, 1, 0, NULL, 78)"
# expect_verdict NAME 'EVENTS of the one there is, or nothing'
expect_verdict() {
    verdict "$1" >/dev/null
    [ "$(cat "$dir/events")" = "$2" ] || fail "$1 is '$(cat "$dir/events")', not '$2'"
}

# The parent gives its frame back with A clear, or set; or writes to it before.
story "$zero, $share, $copy, $gone, (7, 2, 'unmap', 8192, NULL, 6, 0xa205, 0, 10, NULL, 1, 0, NULL, NULL)"
expect_verdict unneeded-copy '2 4 7'
expect_verdict equal-copy ''
expect_verdict shared-to-the-end ''
expect_verdict no-progress ''
story "$zero, $share, $copy, $gone, (7, 2, 'unmap', 8192, NULL, 6, 0xa225, 0, 10, NULL, 1, 0, NULL, NULL)"
expect_verdict unneeded-copy ''
story "$zero, $share, $copy, (5, 2, 'cow_reuse', 8192, 7, 6, 0xa205, 0xa007, 10, 10, 1, 1, NULL, NULL), $gone,
    (7, 2, 'unmap', 8192, NULL, 6, 0xa007, 0, 10, NULL, 1, 0, NULL, NULL)"
expect_verdict unneeded-copy ''
# A second fork clears A: it was set as the fork found it.
story "$zero, $share, $copy, (5, 2, 'fork_share', 8192, NULL, 5, 0xa225, 0xa205, 10, 10, 1, 2, NULL, NULL), $gone,
    (8, 2, 'fork', NULL, NULL, 5, NULL, NULL, NULL, NULL, NULL, NULL, 4, NULL),
    (9, 2, 'unmap', 8192, NULL, 6, 0xa205, 0, 10, NULL, 2, 1, NULL, NULL),
    (10, 4, 'unmap', 8192, NULL, 6, 0xa205, 0, 10, NULL, 1, 0, NULL, NULL)"
expect_verdict unneeded-copy ''
expect_verdict shared-to-the-end '9 9'
# The copy is given back as it was made.
story "$zero, $share, $copy, (6, 3, 'unmap', 8192, NULL, 6, 0xb067, 0, 11, NULL, 1, 0, NULL, 77)"
expect_verdict equal-copy '4 6'
# The child executes a program after it copied; or before.
exec="(5, 3, 'exec', NULL, NULL, 6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
story "$zero, $share, $copy, $exec"
expect_verdict fork-exec-copies '3 4 5'
story "$zero, $share, (4, 2, 'cow_copy', 8192, 7, 6, 0xa205, 0xb007, 10, 11, 2, 1, NULL, 77), $exec"
expect_verdict fork-exec-copies '3 4 5'
story "$zero, $share, $exec, (6, 3, 'cow_copy', 8192, 7, 6, 0xa205, 0xb007, 10, 11, 2, 1, NULL, 77)"
expect_verdict fork-exec-copies ''
# The same fault twice; with something in between.
again="(9, 3, 'cow_reuse', 8195, 7, 6, 0xb007, 0xb007, 11, 11, 1, 1, NULL, NULL)"
story "$zero, $share, $copy, $again"
expect_verdict no-progress '4 9'
for between in "(7, 3, 'protect', 8192, NULL, 6, 0xb007, 0xb005, 11, 11, 1, 1, NULL, NULL)" \
    "(7, 3, 'demand_zero', 20480, 6, 6, 0, 0xc007, NULL, 12, 0, 1, NULL, NULL)"; do
    story "$zero, $share, $copy, $between, $again"
    expect_verdict no-progress ''
done
# A fork that failed gives its pages back by the parent's hand: they were nobody's.
story "$zero, (2, 2, 'fork_share', 8192, NULL, 5, 0xa027, 0xa205, 10, 10, 1, 2, NULL, NULL),
    (3, 2, 'unmap', 8192, NULL, 5, 0xa205, 0, 10, NULL, 2, 1, NULL, NULL),
    (4, 2, 'cow_reuse', 8192, 7, 6, 0xa205, 0xa007, 10, 10, 1, 1, NULL, NULL)"
expect_verdict shared-to-the-end ''
faults --explain=4 --format=json "$log"
expect_true "$out" '.old_frame.held_before == [2] and .old_frame.held_after == [2]'
faults --check "$log"
expect_status 0
grep -q '^In sum: 0 pages ' "$out" || fail 'has no sum'

# ---- logs that cannot be read, and questions that cannot be asked ----

refused() {
    said=$1
    shift
    faults "$@"
    expect_status 125
    expect_output ''
    expect_told "^mmu386: $said\$"
    [ "$(wc -l <"$err")" -eq 1 ] || fail "said '$(cat "$err")'"
}
refused '.*/none: No such file or directory' "$dir/none"
echo text >"$dir/text"
refused '.*/text: is no fault log' "$dir/text"
sqlite3 "$dir/other" 'CREATE TABLE t(x)'
refused '.*/other: is no fault log' "$dir/other"
cp "$log" "$dir/newer"
sqlite3 "$dir/newer" 'PRAGMA user_version = 99'
refused '.*/newer: was made by a newer mmu386 \(schema 99\)' "$dir/newer"
record "$guest/tree" 5
head -c 20000 "$log" >"$dir/cut"
for question in '--by=kind' '--tree' '--check' '--page=0x8049000'; do
    refused '.*/cut: is damaged' $question "$dir/cut"
done
refused 'LOG: missing .*'
refused '.*: one log at a time' "$log" "$log"
refused '--nothing: unknown option' --nothing "$log"
refused '--by: colour: not one of .*' --by=colour "$log"
refused '--kind: sigbus: no such kind .*' --kind=file,sigbus "$log"
refused '--eip: nosuch: no such symbol .*' --eip=nosuch "$log"
refused '--eip: 0x8-0x4: .*' --eip=0x8-0x4 "$log"
refused '--error: x: .*' --error=x "$log"
refused '--error: p,!p: .*' --error='p,!p' "$log"
refused '--pid: -1: .*' --pid=-1 "$log"
refused '--addr: 0x100000000: .*' --addr=0x100000000 "$log"
refused '--from: 3x: .*' --from=3x "$log"
refused '--limit: 0: .*' --limit=0 "$log"
refused '--format: xml: .*' --format=xml "$log"
refused '--tree: does not go with --pid' --tree --pid=2 "$log"
refused '--check: does not go with --tree' --tree --check "$log"
refused '99999999: no event .*' --explain=99999999 "$log"
refused '[0-9]*: is the sequence of no fault .*' --explain="$(ask "SELECT min(sequence) FROM events WHERE NOT $fault")" "$log"

# Strange numbers are answered somehow.
sqlite3 "$log" "UPDATE events SET frame_before = 1 << 40, pid = -5, linear = NULL WHERE sequence % 3 = 0;
    UPDATE events SET value = -1, kind = 99 WHERE sequence % 7 = 0; UPDATE events SET mapping = 'x', insn = 'abc';
    UPDATE processes SET parent = pid + 1; UPDATE symbols SET linear = -1, bytes = 'y' WHERE rowid % 2;
    UPDATE code SET bytes = x'00'; INSERT INTO kinds VALUES (99, NULL, 1)"
for question in '' --by=kind --by=symbol --by=mapping --by=page --tree --check --page=0x8049000 --frame=20; do
    # shellcheck disable=SC2086 # words
    faults $question "$log"
    expect_status 0
done
for n in $(ask "SELECT sequence FROM events WHERE $fault AND linear IS NOT NULL AND error IS NOT NULL LIMIT 20"); do
    faults --explain="$n" "$log"
    [ "$status" -eq 0 ] || [ "$status" -eq 125 ] || fail "exit status $status"
done

finish
