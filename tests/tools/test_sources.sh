#!/bin/sh
# Source lines: beside symbols in fault lines and deaths, in the log and in what is asked of it.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq
needs sqlite3

log=$dir/log
sources=$(dirname "$0")/../../guest

# The line of $1's file that says $2.
line_of() { grep -n -- "$2" "$sources/$1" | head -n 1 | cut -d: -f1; }

# A fault's line and its log name the same: the first store.
store=$(line_of value.c '^    page.0. = FIRST;')
try "$mmu386" run --verbose --log="$log" "$guest/value"
expect_status 0
expect_told "^fault pid=2 .* <main\\+0x[0-9a-f]+> at value\\.c:$store \\[mov dword ptr .*\\] zero-filled frame"
grep '^fault' "$err" | sed -n 's/.* at \([^ ]*\) \[.*/\1/p' >"$dir/told"

try "$mmu386" faults --format=json "$log"
expect_status 0
jq -r '"\(.file | sub(".*/"; "")):\(.line)"' "$out" >"$dir/listed"
expect_same "$dir/told" "$dir/listed" "lines differ: $(diff "$dir/told" "$dir/listed")"
sequence=$(jq -r "select(.line == $store and (.file | endswith(\"value.c\"))) | .sequence" "$out")
[ -n "$sequence" ] || fail 'no fault is at the store'

# The table has the file's name, the rest its path.
try "$mmu386" faults "$log"
[ "$(sed -n '1s/.*references  *//p' "$out")" = 'file     line' ] || fail "titles: $(head -n 1 "$out")"
grep -Eq " value\\.c  +$store\$" "$out" || fail "no row ends in value.c $store"
try "$mmu386" faults --format=csv --limit=1 "$log"
[ "$(head -n 1 "$out" | tr , '\n' | tail -n 2 | xargs)" = 'file line' ] || fail 'has no header'

# Groups: as many as there are lines, and their counts are those of the rows.
try "$mmu386" faults --by=line --format=json "$log"
expect_status 0
jq -r '"\(.count) \(.line | sub(".*/"; ""))"' "$out" | sort >"$dir/groups"
sort "$dir/told" | uniq -c | awk '{ print $1, $2 }' | sort >"$dir/counted"
expect_same "$dir/groups" "$dir/counted" "groups differ: $(diff "$dir/groups" "$dir/counted")"

# A story; the source itself where this host has it.
cp "$guest/value" "$dir/moved"
try "$mmu386" faults --explain="$sequence" --format=json "$log"
expect_true "$out" ".line == $store and (.file | endswith(\"/value.c\"))"
try "$mmu386" faults --explain="$sequence" "$log"
expect_status 0
grep -Eq "^  from .*/value\\.c:$store\$" "$out" || fail 'the story has no line'
here() { sqlite3 "$log" "UPDATE lines SET file = '$1', line = $2"; }
printf 'one\n\t value\001 = 2; \nthree\n' >"$dir/here.c"
here "$dir/here.c" 2
try "$mmu386" faults --explain="$sequence" "$log"
grep -q '^    value? = 2;$' "$out" || fail 'the story has no source'
grep -q '^    (as that file of this host is now)$' "$out" || fail 'does not say whose it is'

# What is no such file is not read: none, too few lines, a directory, a device, a pipe, a relative
# path, nothing.
mkfifo "$dir/pipe"
for wrong in "$dir/none 1" "$dir/here.c 4" "$dir 1" '/dev/zero 1' "$dir/pipe 1" 'here.c 1' \
    "$dir/here.c 4294967295"; do
    here "${wrong% *}" "${wrong#* }"
    try timeout 10 "$mmu386" faults --explain="$sequence" "$log"
    expect_status 0
    expect_silence
    ! grep -q 'of this host' "$out" || fail "reads $wrong"
done
for wrong in "'x', 0" "'x', -1" 'NULL, 1' "'x', 4294967296" "x'00', 'y'"; do
    sqlite3 "$log" "DELETE FROM lines; INSERT INTO lines SELECT 1, eip, $wrong FROM events
        WHERE eip NOT NULL GROUP BY eip"
    try "$mmu386" faults --explain="$sequence" --format=json "$log"
    expect_status 0
    expect_true "$out" '.file == null and .line == null'
done

# A log of before there were lines is as it was.
sqlite3 "$log" 'DROP TABLE lines; PRAGMA user_version = 1'
try "$mmu386" faults --format=json "$log"
expect_status 0
[ "$(jq -s 'map(select(.file != null or .line != null)) | length' "$out")" -eq 0 ] ||
    fail 'there are lines'
try "$mmu386" faults --by=line "$log"
expect_status 0
try "$mmu386" faults --explain="$sequence" "$log"
expect_status 0
sqlite3 "$log" 'PRAGMA user_version = 2'
try "$mmu386" faults "$log"
expect_status 125
expect_error "mmu386: $log: is damaged"

# A replay tells the same as the run.
try "$mmu386" run --verbose --trace="$dir/trace" --log="$dir/first" "$guest/value"
try "$mmu386" replay --verbose --log="$dir/second" "$dir/trace"
expect_status 0
expect_told " at value\\.c:$store "
for of in first second; do
    sqlite3 "$dir/$of" 'SELECT * FROM lines ORDER BY program, linear' >"$dir/$of.lines"
done
[ -s "$dir/first.lines" ] || fail 'the log has no lines'
expect_same "$dir/first.lines" "$dir/second.lines" "$(diff "$dir/first.lines" "$dir/second.lines")"

# Without debugging information there are no lines; all else is the same.
if command -v strip >/dev/null; then
    strip --strip-debug -o "$dir/value" "$guest/value"
    try "$mmu386" run --verbose "$dir/value"
    expect_status 0
    expect_not_told ' at [^ ]*:'
    expect_told '<main\+0x[0-9a-f]+> \[mov'
fi

# A path of the program's does not get to the terminal as it is.
if command -v gcc >/dev/null && gcc -m32 -v 2>/dev/null; then
    what='odd name'
    printf 'void _start(void) { *(volatile int *)4 = 1; }\n' >"$dir/$(printf 'o\033dd.c')"
    if gcc -m32 -g -nostdlib -static -fno-pie -no-pie -O1 -o "$dir/odd" "$dir"/o*dd.c 2>/dev/null; then
        try "$mmu386" run "$dir/odd"
        expect_status 139
        expect_told 'eip 0x[0-9a-f]{8} <_start(\+0x[0-9a-f]+)?> at o\?dd\.c:1: mov'
    fi
fi

finish
