#!/bin/sh
# The view `fault` of a log: each query that is documented runs, and tells what the command does.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
needs jq
needs sqlite3

log=$dir/log
try "$mmu386" run --log="$log" "$guest/tree" 4
expect_status 0

# same QUERY 'FILTER of the command's JSON' OPTION...: the same lines from both, in any order.
same() {
    query=$1
    filter=$2
    shift 2
    try "$mmu386" faults --format=json "$@" "$log"
    expect_status 0
    jq -r "$filter" "$out" | sort >"$dir/told"
    try sqlite3 "$log" "$query"
    expect_status 0
    [ -s "$out" ] || fail 'asks for nothing'
    sort "$out" >"$dir/got"
    expect_same "$dir/got" "$dir/told" "$(diff "$dir/got" "$dir/told" | head -n 5)"
}
hex='def digits: if . == 0 then "" else (. / 16 | floor | digits) +
    (. % 16 | "0123456789abcdef"[.:. + 1]) end; def hex: digits | "0x" + "00000000"[length:] + .;'
same 'SELECT kind, count(*) FROM fault GROUP BY kind' '"\(.kind)|\(.count)"' --by=kind
same 'SELECT page, count(*) FROM fault GROUP BY page ORDER BY 2 DESC' \
    "$hex"'"\(.page | hex)|\(.count)"' --by=page
same 'SELECT symbol, count(*) FROM fault GROUP BY symbol' '"\(.symbol // "")|\(.count)"' --by=symbol
same "SELECT sequence, cr2, error, eip FROM fault WHERE kind = 'cow_copy' AND symbol = 'grow'" \
    "$hex"'"\(.sequence)|\(.cr2 | hex)|\(.bits)|\(.eip | hex)"' --kind=cow_copy --eip=grow
same "SELECT pid, count(*) FROM fault WHERE error LIKE '%w%' GROUP BY pid" '"\(.pid)|\(.count)"' \
    --by=pid --error=w
# A mapping of a program bears its name in the command's words only.
same "SELECT mapping, count(*) FROM fault WHERE mapping LIKE 'stack%' GROUP BY mapping" \
    'select(.mapping | startswith("stack")) | "\(.mapping)|\(.count)"' --by=mapping
same "SELECT program, kind, count(*) FROM fault GROUP BY program, kind" \
    "\"$guest/tree|\\(.kind)|\\(.count)\"" --by=kind

# Before it executes a program, a process runs the one of its parent.
sqlite3 "$log" "INSERT INTO programs VALUES (77, 'other');
    INSERT INTO execs SELECT birth + 1000000, pid, 77 FROM processes WHERE pid = 4;
    INSERT INTO execs SELECT birth + 3, pid, 77 FROM processes WHERE pid = 5"
for pid in 4 5; do
    sqlite3 "$log" "SELECT sequence, program FROM fault WHERE pid = $pid ORDER BY sequence" >"$dir/programs"
    [ -s "$dir/programs" ] || fail "pid $pid has no faults"
    sqlite3 "$log" "SELECT sequence, iif(sequence > (SELECT max(birth) + 3 FROM processes WHERE pid = 5)
        AND pid = 5, 'other', '$guest/tree') FROM fault WHERE pid = $pid ORDER BY sequence" >"$dir/wanted"
    expect_same "$dir/programs" "$dir/wanted" "the programs of $pid"
done

# A log of an older version does not have the view.
sqlite3 "$log" 'DROP VIEW fault'
for question in '' --by=mapping --check --tree --page=0x8049000 --frame=20; do
    # shellcheck disable=SC2086 # words
    try "$mmu386" faults $question "$log"
    expect_status 0
    expect_silence
done

finish
