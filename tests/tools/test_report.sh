# shellcheck shell=sh disable=SC2154 # the variables are lib.sh's
# `report`: one file with every chart, whose table is compare's.
. "$(dirname "$0")/lib.sh"
needs jq
needs sqlite3

# Without gnuplot there is one line, and no file.
"$mmu386" run --fork=cow --log="$dir/one.log" "$guest/tree" >"$dir/tree.out" || exit 1
what="no gnuplot"
mkdir "$dir/empty"
try env PATH="$dir/empty" "$mmu386" report -o "$dir/none.html" "$dir/one.log"
expect_status 125
expect_error 'mmu386: gnuplot: not found: report draws with it (package gnuplot-nox or gnuplot)'
[ ! -e "$dir/none.html" ] || fail "left a file"

# Nor is gnuplot needed to refuse what is no log.
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

needs gnuplot

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

# Every chart is there, with a title, units, and nothing that is fetched or run.
charts() { grep -c '<svg role="img"' "$1"; }
what="charts"
"$mmu386" run --force --fork=eager --log="$dir/eager.log" "$guest/tree" >/dev/null
"$mmu386" run --force --fork=cow --log="$dir/cow.log" "$guest/tree" >/dev/null
try "$mmu386" report --force -o "$dir/report.html" "$dir/eager.log" "$dir/cow.log"
[ "$(charts "$dir/report.html")" -eq 11 ] || fail "$(charts "$dir/report.html") charts, not 11"
for text in 'Frames of user pages in use' 'Frames in use by kind' 'Page faults by kind' \
    'Page faults by page and time' 'Processes from birth to death' 'frames of 4 KiB' \
    'time (sequence number of the event' 'faults in the cell' 'program, pid'; do
    grep -q ">$text" "$dir/report.html" || fail "no text '$text'"
done
if grep -Eiq '<script|<img|<link|<iframe|src=|@import|url\([^#]|href=.[^#]' "$dir/report.html"; then
    fail "fetches: $(grep -Eio '<script|<img|<link|src=.{20}|href=.[^#].{20}' "$dir/report.html")"
fi
# No id twice.
grep -o " id=['\"][^'\"]*" "$dir/report.html" | tr "'" '"' | sort | uniq -d >"$dir/twice"
[ ! -s "$dir/twice" ] || fail "ids that are there twice: $(head -n 3 "$dir/twice")"

# By instructions, where the log has them.
try "$mmu386" report --force --time=instructions -o "$dir/time.html" "$dir/cow.log"
expect_status 0
grep -q '>time (instructions executed' "$dir/time.html" || fail "not by instructions"
"$mmu386" run --force --functional --log="$dir/functional.log" "$guest/tree" >/dev/null
try "$mmu386" report --force --time=instructions -o "$dir/time.html" "$dir/functional.log"
expect_status 125
expect_error "mmu386: $dir/functional.log: has no instructions: it was run with --functional"
try "$mmu386" report --force -o "$dir/time.html" "$dir/functional.log"
expect_status 0

# A file is overwritten only if that is asked for; standard output takes it too.
echo mine >"$dir/mine.html"
try "$mmu386" report -o "$dir/mine.html" "$dir/cow.log"
expect_status 125
expect_error "mmu386: $dir/mine.html: exists (--force overwrites it)"
[ "$(cat "$dir/mine.html")" = mine ] || fail "overwrote it"
try "$mmu386" report "$dir/cow.log" -o -
expect_status 0
[ "$(charts "$out")" -eq 4 ] || fail "$(charts "$out") charts, not 4"
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
! grep -q '<script\|<b>&\|<b>`' "$dir/hostile.html" || fail "not escaped"
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
[ "$(charts "$dir/hostile.html")" -eq 4 ] || fail "$(charts "$dir/hostile.html") charts, not 4"

finish
