#!/bin/sh
# The manual: well-formed, and it tells of what there is: options, columns of logs, events of traces,
# costs, functions of the library.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
pages=$3/man
source=$4

# tells PAGE WORD...: the page has them.
tells() {
    what=$1
    page=$pages/$1
    shift
    for word in "$@"; do
        grep -Fq -- "$word" "$page" || fail "does not tell of $word"
    done
}

# Each subcommand has a page, which has all its options.
commands=$("$mmu386" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\)  .*/\1/p')
[ "$(echo "$commands" | wc -l)" -ge 9 ] || fail "lists only $commands"
for command in $commands; do
    tells mmu386.1 "It Cm $command" "mmu386-$command 1"
    tells "mmu386-$command.1" "Nm mmu386 $command"
    "$mmu386" "$command" --help | sed -n 's/^  \(    \|-., \)--\([a-z0-9-]*\).*/Fl Fl \2/p' >"$dir/options"
    [ -s "$dir/options" ] || fail 'has no options'
    while read -r option; do
        grep -Eq "^\.It (.*, )?$option( Ns|\$)" "$page" || fail "does not list $option"
    done <"$dir/options"
    ! grep -q '@' "$page" || fail 'has a line that was not made'
done

# Logs: tables, columns, kinds.
"$mmu386" run --log="$dir/log" "$guest/value" >"$out" 2>&1 || exit 1
# shellcheck disable=SC2046 # words
tells mmu386-log.5 $(sqlite3 "$dir/log" "SELECT name FROM sqlite_master WHERE type = 'table'") \
    $(sqlite3 "$dir/log" "SELECT name FROM pragma_table_info('events')") \
    $(sqlite3 "$dir/log" "SELECT name FROM kinds WHERE name <> 'unknown'")

# Traces: the events and the words of the text form.
# shellcheck disable=SC2046 # words
tells mmu386-trace.5 $(sed -n 's/^| [0-9]* | \([a-z ]*\) |.*/\1/p' "$source/traces/FORMAT.md") \
    $(sed -n '/^## Text/,/^## Native/s/^    \([a-z]*\) .*/\1/p' "$source/traces/FORMAT.md")

# Costs, with their figures.
tells mmu386-costs.5
"$mmu386" run --cost=help | while read -r row; do
    grep -Fq -- "$row" "$page" || echo "$row"
done >"$dir/missing"
[ ! -s "$dir/missing" ] || fail "does not have $(cat "$dir/missing")"

# Every function that the headers declare.
functions=$(cat "$source"/mmu/*.h | grep -v '^static' | sed -n 's/^[a-z].*[ *]\(mmu_[a-z0-9_]*\)(.*/\1/p')
[ "$(echo "$functions" | wc -l)" -ge 30 ] || fail "finds only $functions"
for function in $functions; do
    tells libmmu386.3 "Fo $function"
done

# What is shown on a terminal.
if command -v script >/dev/null && { command -v man || command -v mandoc; } >/dev/null; then
    what='help on a terminal'
    PAGER=cat MANPAGER=cat script -qec "$mmu386 help faults" /dev/null </dev/null >"$out" 2>&1 ||
        fail "status $?"
    col -b <"$out" 2>/dev/null | grep -q 'EXIT STATUS' || fail "shows no page: $(head -n 5 "$out")"
fi

needs mandoc
what='mandoc -T lint'
mandoc -T lint -W warning "$pages"/*.[1-9] >"$out" 2>&1 || fail "$(cat "$out")"

finish
