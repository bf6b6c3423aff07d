# shellcheck shell=sh disable=SC2154 # the variables are lib.sh's
# `report`: one file with all that is drawn, whose table is compare's.
. "$(dirname "$0")/lib.sh"
needs jq
needs sqlite3

"$mmu386" run --fork=cow --log="$dir/one.log" "$guest/tree" >"$dir/tree.out" || exit 1

# What is no log, or half of one.
try "$mmu386" report -o "$dir/none.html" /dev/null
expect_status 125
expect_error 'mmu386: /dev/null: is no fault log'
head -c 100000 "$dir/one.log" >"$dir/cut.log"
try "$mmu386" report -o "$dir/none.html" "$dir/cut.log"
expect_status 125
[ "$(wc -l <"$err")" -eq 1 ] || fail "said '$(cat "$err")'"
[ ! -e "$dir/none.html" ] || fail "left a file"

try "$mmu386" report
expect_status 125
expect_error 'mmu386: LOG: missing (mmu386 report --help tells more)'
try "$mmu386" report --time=week "$dir/one.log"
expect_status 125
expect_error 'mmu386: --time: week: no such measure (there are sequence and instructions)'
try "$mmu386" report --help
expect_status 0
expect_silence

# The numbers of the table's row for policy $2 in report $1, or of the row that compare made.
row() { sed -n "s|<tr><th scope=\"row\">$2</th>||p" "$1" | sed 's|</td>| |g; s|<[^>]*>||g; s| *$||'; }
compare_row() {
    jq -r --arg policy "$2" '(.[] | select(.policy == "eager").frames.allocated) as $eager |
        .[] | select(.policy == $policy) | [.forks, .frames.allocated, .frames.peak,
        .frames.copied_at_fork, .frames.copied_on_fault, .frames.copied_by_kernel,
        (.faults.cow_reuse + .frames.taken_over_by_kernel), .tables.allocated, .faults.total] |
        join(" ")' "$1"
}

# The table's numbers are the run's own, for every guest that ends by itself.
for program in tree three value stackfork touch signals simple; do
    for policy in eager cow; do
        "$mmu386" run --force --fork=$policy --log="$dir/$policy.log" "$guest/$program" \
            >/dev/null 2>&1 </dev/null
    done
    try "$mmu386" compare --format=json "$guest/$program"
    cp "$out" "$dir/compare.json"
    try "$mmu386" report --force -o "$dir/report.html" "$dir/eager.log" "$dir/cow.log"
    expect_status 0
    expect_silence
    for policy in eager cow; do
        made=$(row "$dir/report.html" $policy)
        [ "${made% *}" = "$(compare_row "$dir/compare.json" $policy)" ] ||
            fail "$program under $policy: '${made% *}', not '$(compare_row "$dir/compare.json" $policy)'"
    done
done

# The data of a report.
data() { sed -n 's|.*<script type="application/json" id="data">\(.*\)</script>$|\1|p' "$1"; }

# Everything is there, and nothing that is fetched; the same at every run.
what="data"
"$mmu386" run --force --fork=eager --log="$dir/eager.log" "$guest/tree" >/dev/null
"$mmu386" run --force --fork=cow --log="$dir/cow.log" "$guest/tree" >/dev/null
try "$mmu386" report --force -o "$dir/report.html" "$dir/eager.log" "$dir/cow.log"
expect_silence
data "$dir/report.html" >"$dir/data.json"
expect_true "$dir/data.json" '[.logs[].name] == ["eager", "cow"] and .byInstructions'
log() { sqlite3 "$dir/cow.log" "$1"; }
expect_true "$dir/data.json" ".span == $(log 'SELECT max(instructions) FROM events')"
expect_true "$dir/data.json" ".logs[1].events.sequence == [$(log 'SELECT group_concat(sequence) FROM events')]"
for kind in demand_zero cow_copy cow_reuse; do
    expect_true "$dir/data.json" "(.kinds | index(\"$kind\")) as \$kind | .logs[1].faults[\$kind] | add == $(
        log "SELECT count(*) FROM events JOIN kinds ON id = kind WHERE name = '$kind'")"
done
expect_true "$dir/data.json" "(.logs[1].flushes | add) == $(
    log "SELECT count(*) FROM events JOIN kinds ON id = kind WHERE name IN ('flush', 'invalidate')")"
expect_true "$dir/data.json" "([.logs[1].forks[][1]] | add) == $(
    log "SELECT count(*) FROM events JOIN kinds ON id = kind WHERE name = 'fork'")"
# The second fork of the log, in which time is sequence: from the first event of the call on.
try "$mmu386" report --force --time=sequence -o "$dir/time.html" "$dir/cow.log"
data "$dir/time.html" >"$dir/time.json"
expect_true "$dir/time.json" "[.logs[0].forks[][2]] | index($(log "
    SELECT max(cycle) - min(cycle) FROM events, (SELECT sequence AS fork, pid AS parent, instructions AS at
    FROM events JOIN kinds ON id = kind WHERE name = 'fork' LIMIT 1 OFFSET 1)
    WHERE sequence <= fork AND pid = parent AND instructions = at")) != null"
expect_true "$dir/data.json" "(.logs[1].clocks | max) == $(log 'SELECT max(cycle) FROM events')"
expect_true "$dir/data.json" "(.logs[1].findings.counts | add) == $(
    "$mmu386" faults --check --format=csv "$dir/cow.log" | grep -c '^[a-z-]*,[0-9]')"
expect_true "$dir/data.json" "(.logs[1].processes | length) == $(log 'SELECT count(*) FROM processes')"
grep -q 'uPlot' "$dir/report.html" || fail "no charts"
if sed 's/^var uPlot=.*//' "$dir/report.html" |
    grep -Eiq '<img|<link|<iframe|<script [^>]*src|src=|@import|url\([^#]|https?://[^g]'; then
    fail "fetches: $(grep -Eio '<img|<link|src=.{20}|href=.[^#].{20}' "$dir/report.html")"
fi
cp "$dir/report.html" "$dir/first.html"
try "$mmu386" report --force -o "$dir/report.html" "$dir/eager.log" "$dir/cow.log"
expect_same "$dir/first.html" "$dir/report.html" "two reports of the same logs differ"

# By instructions, where the log has them.
try "$mmu386" report --force --time=instructions -o "$dir/time.html" "$dir/cow.log"
expect_status 0
data "$dir/time.html" >"$dir/time.json"
expect_true "$dir/time.json" .byInstructions
"$mmu386" run --force --functional --log="$dir/functional.log" "$guest/tree" >/dev/null
try "$mmu386" report --force --time=instructions -o "$dir/time.html" "$dir/functional.log"
expect_status 125
expect_error "mmu386: $dir/functional.log: has no instructions: it was run with --functional"
for logs in "$dir/functional.log" "$dir/functional.log $dir/cow.log"; do
    # shellcheck disable=SC2086 # words
    try "$mmu386" report --force -o "$dir/time.html" $logs
    expect_status 0
    data "$dir/time.html" >"$dir/time.json"
    expect_true "$dir/time.json" '.byInstructions | not'
done

# A file is overwritten only if that is asked for; standard output takes it too.
echo mine >"$dir/mine.html"
try "$mmu386" report -o "$dir/mine.html" "$dir/cow.log"
expect_status 125
expect_error "mmu386: $dir/mine.html: exists (--force overwrites it)"
[ "$(cat "$dir/mine.html")" = mine ] || fail "overwrote it"
try "$mmu386" report "$dir/cow.log" -o -
expect_status 0
data "$out" >"$dir/out.json"
expect_true "$dir/out.json" '.logs | length == 1'
if [ -e /dev/full ]; then
    try "$mmu386" report "$dir/cow.log" -o /dev/full
    expect_status 125
fi

# Names that would do harm, in a log that somebody made.
what="hostile names"
cp "$dir/cow.log" "$dir/hostile.log"
sqlite3 "$dir/hostile.log" "
    UPDATE programs SET name = '</text><script>alert(1)</script>\`touch $dir/harm\`';
    UPDATE mappings SET name = '\"''); system \"touch $dir/harm\" # ~1~ ' || char(10) || '!touch $dir/harm';
    UPDATE parameters SET value = 'a''b\"<b>&' || x'ff' || char(27) WHERE name = 'policy';
    UPDATE parameters SET value = '<script>' WHERE name = 'program';"
cp "$dir/hostile.log" "$dir/'<b>\`touch harm\`.log"
try "$mmu386" report --force -o "$dir/hostile.html" "$dir/hostile.log" "$dir/'<b>\`touch harm\`.log"
expect_status 0
expect_silence
[ ! -e "$dir/harm" ] || fail "ran a command"
[ "$(grep -c '<script' "$dir/hostile.html")" -eq 2 ] || fail "another script"
[ "$(grep -c '</script' "$dir/hostile.html")" -eq 2 ] || fail "another script's end"
! grep -q '<b>&\|<b>`' "$dir/hostile.html" || fail "not escaped"
data "$dir/hostile.html" >"$dir/hostile.json"
expect_true "$dir/hostile.json" '.logs[0].name | startswith("a\u0027b\"<b>&??")'
grep -q '&lt;script&gt;' "$dir/hostile.html" || fail "the name is not there"

# A log that contradicts itself, and one without a single event.
sqlite3 "$dir/hostile.log" "
    UPDATE processes SET parent = pid + 1, birth = -5, death = 9223372036854775807;
    UPDATE events SET pid = -pid, frame_after = 4294967295, pde_after = -1, linear = -1
        WHERE sequence % 3 = 0;
    UPDATE events SET instructions = -9223372036854775808 WHERE sequence % 5 = 0;
    INSERT INTO events(sequence, kind, linear, error) VALUES (9223372036854775807, 1, 0, 0);
    INSERT INTO events(sequence, kind, linear, error) VALUES (-9223372036854775808, 77, 0, 0);"
try "$mmu386" report --force -o "$dir/hostile.html" "$dir/hostile.log"
expect_status 0
expect_silence
sqlite3 "$dir/hostile.log" "DELETE FROM events; DELETE FROM processes; DELETE FROM mappings;
    DELETE FROM parameters; DELETE FROM kinds"
try "$mmu386" report --force -o "$dir/hostile.html" "$dir/hostile.log"
expect_status 0
expect_silence
data "$dir/hostile.html" >"$dir/hostile.json"
expect_true "$dir/hostile.json" '.logs[0].events.sequence == []'

finish
