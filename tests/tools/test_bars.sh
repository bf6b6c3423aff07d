#!/bin/sh
# compare --bars: the counts as a picture, on a terminal.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$dir" || exit 1
LC_ALL=C
export LC_ALL
"$mmu386" compare "$guest/forkbench" 100 3 write >table

# --- without a terminal: only where they are asked for ---

for when in auto never; do
    try "$mmu386" compare --bars=$when "$guest/forkbench" 100 3 write
    expect_status 0
    expect_same table "$out" 'another table'
done
try "$mmu386" compare --bars=always "$guest/forkbench" 100 3 write
expect_status 0
head -n "$(wc -l <table)" "$out" >head
expect_same table head 'another table above the bars'
bars=$(sed -n "$(($(wc -l <table) + 1)),\$p" "$out")
[ "$(echo "$bars" | grep -c '#')" -eq 14 ] || fail "drew '$bars'"
[ "$(awk 'length > 80' "$out" | grep -c '#')" -eq 0 ] || fail 'is too wide'
! grep -q ' $' "$out" || fail 'has blanks at the end of a line'

# The longest of each kind are the same; a quarter of the faults is a quarter of the length.
lengths=$(echo "$bars" | grep '#' | sed 's/[^#]//g' | awk '{ print length }')
most=$(echo "$lengths" | sort -n | tail -n 1)
[ "$(echo "$lengths" | grep -cx "$most")" -ge 7 ] || fail "lengths $lengths"
few=$(echo "$bars" | sed -n '/^page faults/p' | sed 's/[^#]//g' | awk '{ print length }')
value=$(echo "$bars" | awk '/^page faults/ { few = $4; getline; print int($2 * 100 / few) }')
[ $((few * value / 100 - most)) -ge -3 ] && [ $((few * value / 100 - most)) -le 3 ] ||
    fail "$few of $most, at $value %"

# A count of nothing has none; without the clock there are no clocks.
try "$mmu386" compare --bars=always --functional "$guest/null" read
[ "$(grep -c '^clocks' "$out")" -eq 0 ] || fail 'has clocks'
sed -n '/^frames copied/p' "$out" | grep -q ' 0$' || fail 'draws nothing'

# In UTF-8 they are blocks.
LC_ALL=C.UTF-8 "$mmu386" compare --bars=always "$guest/forkbench" 100 3 write >"$out"
if locale -a 2>/dev/null | grep -qi '^C.utf-\{0,1\}8$'; then
    grep -q '^page faults .*█' "$out" || fail 'has no blocks'
    ! grep -q '#' "$out" || fail 'has both'
fi

# --- on a terminal of so many columns ---

on_terminal() {
    columns=$1
    shift
    what="on $columns columns: $*"
    script -qec "stty cols $columns; '$mmu386' compare $*" /dev/null </dev/null >tty 2>"$err"
    tr -d '\r' <tty >"$out"
}
if command -v script >/dev/null; then
    on_terminal 120 "'$guest/tree'"
    grep -q '^page faults .*###' "$out" || fail "drew no bars: $(cat "$out")"
    [ "$(grep '#' "$out" | awk 'length > 120' | wc -l)" -eq 0 ] || fail 'is too wide'
    on_terminal 59 "'$guest/tree'"
    ! grep -q '#' "$out" || fail 'drew bars'
    on_terminal 60 "'$guest/tree'"
    [ "$(grep '#' "$out" | awk 'length > 60' | wc -l)" -eq 0 ] || fail 'is too wide'
    on_terminal 120 "--bars=never '$guest/tree'"
    ! grep -q '#' "$out" || fail 'drew bars'
    on_terminal 120 "-o file '$guest/tree'"
    ! grep -q '#' file || fail 'drew bars into a file'
    on_terminal 120 "--format=csv '$guest/tree'"
    ! grep -q '#' "$out" || fail 'drew bars among CSV'
fi

# --- what is no value ---

refuses '--bars: sometimes: none of auto, always and never' compare --bars=sometimes "$guest/tree"
for format in json csv; do
    refuses '--bars: is for the table' compare --bars=always --format=$format "$guest/tree"
done

finish
