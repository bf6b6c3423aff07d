#!/bin/sh
# The host's memory ends, at one request or from one on: what should come, or one line and 125.
# $3 is the library whose malloc and mmap fail.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
failmalloc=$3
[ -z "${MMU386_BRIEF:-}" ] || {
    echo "skipped: a sanitizer has its own malloc"
    exit "$skipped"
}

# failing WHAT...: at each of these requests, with those after it served and not.
failing() {
    rm -f "$dir/made"*
    try "$@"
    good=$status
    cp "$out" "$dir/good"
    for on in 0 1; do
        for point in ${POINTS:-1 2 3 5 8 12 17 25 38 57 86 129 194 291 406 541 656 985 1477 2216 3325}; do
            rm -f "$dir/made"*
            try env LD_PRELOAD="$failmalloc" FAIL_AT=$point FAIL_ON=$on "$@"
            case $status in
            "$good") cmp -s "$dir/good" "$out" || fail "request $point, $on: printed something else" ;;
            125) tail -n 1 "$err" | grep -q '^mmu386: ' || fail "request $point, $on: no line" ;;
            *) fail "request $point, $on: status $status, not $good or 125: $(tail -n 1 "$err")" ;;
            esac
        done
    done
}

# Of the first request of all it dies.
try env LD_PRELOAD="$failmalloc" FAIL_AT=1 FAIL_ON=1 "$mmu386" run "$guest/value"
expect_status 125

# What libseccomp makes of it, and what comes without.
try env LD_PRELOAD="$failmalloc" FAIL_AT=129 FAIL_ON=1 "$mmu386" run "$guest/value"
expect_status 125
failing "$mmu386" run --no-sandbox --functional "$guest/value"
failing "$mmu386" run --no-sandbox "$guest/tree"
failing "$mmu386" run --no-sandbox --log="$dir/made.log" --trace="$dir/made.trace" --stats="$dir/made.stats" \
    "$guest/value"
"$mmu386" run --trace="$dir/trace" --log="$dir/log" "$guest/value" >/dev/null || fail "is not recorded"
failing "$mmu386" replay --no-sandbox --stats=- "$dir/trace"
failing "$mmu386" faults "$dir/log"
failing "$mmu386" faults --check --format=json "$dir/log"
failing "$mmu386" compare --no-sandbox --format=json "$guest/value"
failing "$mmu386" export --perfetto "$dir/log"
failing "$mmu386" export --jsonl "$dir/log"
failing "$mmu386" report -o "$dir/made.html" "$dir/log"
failing "$mmu386" trace --text "$dir/trace"
failing "$mmu386" trace --summary --format=json "$dir/trace"
finish
