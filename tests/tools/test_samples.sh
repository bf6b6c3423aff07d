#!/bin/sh
# The sample traces come to what their README says, and it leaves none of them out: its tables are
# what is expected. $3 is the directory of the samples.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

needs jq
samples=$3
readme=$samples/README.md

# The numbers of the README's two tables: of the first without the words for people.
grep '^| `' "$readme" | tr -d '`,' >"$dir/rows"
awk -F'|' 'NF == 9 { print $2, $4, $5, $6, $7, $8 }' "$dir/rows" | tr -s ' ' >"$dir/sizes"
awk -F'|' 'NF == 16' "$dir/rows" | tr '|' ' ' | tr -s ' ' | sed 's/ $//' >"$dir/counts"

for file in "$samples"/*; do
    [ "$file" = "${file%.md}" ] && echo "${file##*/}"
done | sort >"$dir/files"
awk '{ print $1 }' "$dir/sizes" | sort >"$dir/told"
what="the table of what there is"
expect_same "$dir/files" "$dir/told" "has other files: $(diff "$dir/files" "$dir/told")"
for fork in cow eager; do
    awk -v fork=$fork '$2 == fork { print $1 }' "$dir/counts" | sort >"$dir/told"
    what="the table of counts under $fork"
    expect_same "$dir/files" "$dir/told" "has other files: $(diff "$dir/files" "$dir/told")"
done

# says EXPECTED: what was just worked out is that.
says() { [ "$got" = "$1" ] || fail "$got, where the README says $1"; }

while read -r file bytes counts; do
    what="the size of $file"
    got=$(wc -c <"$samples/$file")
    says "$bytes"
    try "$mmu386" trace --summary --format=json "$samples/$file"
    expect_status 0
    expect_true "$out" .whole
    got=$(jq -r '[.accesses, .instructions, .pages, .processes] | map(tostring) | join(" ")' "$out")
    says "$counts"
done <"$dir/sizes"

while read -r file fork counts; do
    try "$mmu386" replay --force --fork="$fork" --stats="$dir/stats" "$samples/$file"
    expect_status 0
    got=$(jq -r '[.forks, (.faults | .demand_zero, .file, .cow_copy, .cow_reuse, .segv, .oom),
        (.frames | .peak, .copied_at_fork, .copied_on_fault + .copied_by_kernel), .cycles,
        .tlb.misses] | map(tostring) | join(" ")' "$dir/stats")
    says "$counts"
    expect_true "$dir/stats" ".policy == \"$fork\" and .frames.leaked == 0"
    # What was asked for is the recording's own policy; so it is what replay does by itself.
    [ "$fork" = cow ] || continue
    try "$mmu386" replay --force --stats="$dir/itself" "$samples/$file"
    expect_same "$dir/stats" "$dir/itself" "under its own parameters: $(diff "$dir/stats" "$dir/itself")"
done <"$dir/counts"

# As the text form, and by the command that compares, one of them: the same again.
what="compare --replay"
try "$mmu386" compare --replay --format=json "$samples/forks.txt"
expect_status 0
try "$mmu386" trace --text --output="$dir/text" "$samples/tree.trace"
try "$mmu386" replay --force --stats="$dir/of_text" "$dir/text"
try "$mmu386" replay --force --stats="$dir/of_native" "$samples/tree.trace"
expect_same "$dir/of_text" "$dir/of_native" "the text form comes to something else"

finish
