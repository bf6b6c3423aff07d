#!/bin/sh
# silicon-table's exit status and its one line for tables that are none, and for one wrong value.
# usage: test_bad_tables.sh SILICON-TABLE TABLE
set -u
run=$1
table=$2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

expect() # STATUS TEXT FILE
{
    "$run" "$3" >"$dir/out" 2>&1
    status=$?
    if [ $status -ne "$1" ] || ! grep -q "$2" "$dir/out"; then
        echo "$3: status $status, expected $1 and \"$2\":"
        head -5 "$dir/out"
        failed=1
    fi
}

gzip -dc "$table" | head -21 >"$dir/good"
head -1 "$dir/good" >"$dir/header"
row=$(sed -n 2p "$dir/good")
change() # SED-SCRIPT NAME
{
    { cat "$dir/header"; echo "$row" | sed "$1"; } >"$dir/$2"
}

expect 0 "20 rows, 0 differ" "$dir/good"
expect 0 "^0 rows, 0 differ" "$dir/header"
change 's/[0-9a-f]*$/12345678/' wrong-value
expect 1 "data: expected 12345678" "$dir/wrong-value"
expect 1 "1 rows, 1 differ" "$dir/wrong-value"

expect 125 "cannot be opened" "$dir/none"
: >"$dir/empty"
expect 125 "line 1: not the header" "$dir/empty"
sed 1d "$dir/good" >"$dir/no-header"
expect 125 "line 1: not the header" "$dir/no-header"
change 's/	[0-9a-f]*$//' too-few
expect 125 "line 2: not 29 columns" "$dir/too-few"
change 's/$/	0/' too-many
expect 125 "line 2: not 29 columns" "$dir/too-many"
change 's/	r[ow]	/	xx	/' rights
expect 125 "line 2: page0, page1" "$dir/rights"
change 's/	10/	1g/' number
expect 125 "line 2: a number" "$dir/number"
change 's/^\([^	]*	\)[0-9a-f]*/\1zz/' bytes
expect 125 "line 2: bytes" "$dir/bytes"
change 's/^\([^	]*	\)[0-9a-f]*/\1/' no-bytes
expect 125 "line 2: bytes" "$dir/no-bytes"
{ cat "$dir/header"; head -c 5000 /dev/zero | tr '\0' x; } >"$dir/long"
expect 125 "line 2: the line is too long" "$dir/long"
{ cat "$dir/header"; head -c 3000 /dev/zero; echo; } >"$dir/zeros"
expect 125 "line 2: " "$dir/zeros"
head -c 40000 "$table" >"$dir/cut.gz"
expect 125 "cannot be read" "$dir/cut.gz"
expect 125 "cannot be" "$dir"
exit $failed
