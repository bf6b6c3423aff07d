#!/bin/sh
# What comes of 184,475 encodings at ring 3: as recorded on a real processor, but for the known
# differences; the same with the clock, and natively where this machine runs i386 programs and its
# processor is of the maker that the recording is of. The same of 20,741 more, whose operands or own
# bytes are at the end of the last page that there is (parts 1 and 5 of 37 of them, recorded).
#
#     test_encodings.sh MMU386 GUEST COMPARE DIRECTORY [all]
#
# It asks for a sixteenth of them, and with the clock for a part of these; with `all` for all of them
# (ten minutes), and for every pair of prefixes, natively.
set -u
mmu386=$1
guest=$2
compare=$3
directory=$4
all=${5:-}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT INT TERM
failed=0

check() {
    what=$1
    shift
    "$@" >"$work/said" 2>&1 && { echo "$what: $(tail -n 1 "$work/said")"; return; }
    echo "FAILED: $what"
    cat "$work/said"
    failed=1
}

# here FILE OPTION... -- ARGUMENT...: what the guest says on the simulated processor
here() {
    file=$1
    shift
    options=
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    # shellcheck disable=SC2086
    "$mmu386" run $options "$guest" "$@" >"$file" 2>"$work/complaint" && [ ! -s "$work/complaint" ] &&
        return
    echo "FAILED: mmu386 run$options: exit status $?: $(cat "$work/complaint")"
    failed=1
}

if [ "$all" = all ]; then
    here "$work/plain" --functional --
else
    here "$work/plain" --functional -- 3 16
fi
check recorded "$compare" "$directory/differences.tsv" "$directory/recorded.txt.gz" "$work/plain"

here "$work/clocked" -- 35 128
check 'with the clock' "$compare" /dev/null "$work/plain" "$work/clocked"
for cpu in i386 i486; do
    here "$work/$cpu" --cpu=$cpu -- 163 256
    check "$cpu" "$compare" /dev/null "$work/clocked" "$work/$cpu"
done

parts=37
[ -z "${MMU386_BRIEF:-}" ] || parts=148
at_end() { # WHICH RECORDED PART
    here "$work/here" --functional -- "$3" $parts "$1"
    check "$2" "$compare" "$directory/differences.tsv" "$directory/$2.txt.gz" "$work/here"
    here "$work/clocked" -- "$3" 148 "$1"
    check "$2, with the clock" "$compare" "$directory/differences.tsv" "$work/here" "$work/clocked"
}
at_end 2 data-at-end 1
at_end 3 code-at-end 5

if "$guest" 0 10000 >/dev/null 2>&1 && grep -q GenuineIntel /proc/cpuinfo; then
    "$guest" >"$work/native"
    check natively "$compare" "$directory/differences.tsv" "$work/native" "$work/plain"
    for which in 2 3; do
        "$guest" 11 148 $which >"$work/native"
        here "$work/here" --functional -- 11 148 $which
        check "natively, $which" "$compare" "$directory/differences.tsv" "$work/native" "$work/here"
    done
    if [ "$all" = all ]; then
        for which in 2 3; do
            "$guest" 0 1 $which >"$work/native"
            here "$work/here" --functional -- 0 1 $which
            check "natively, all of $which" "$compare" "$directory/differences.tsv" \
                "$work/native" "$work/here"
        done
        "$guest" 0 1 1 >"$work/native"
        here "$work/here" --functional -- 0 1 1
        check 'all pairs of prefixes' "$compare" "$directory/differences.tsv" "$work/native" \
            "$work/here"
    fi
fi
exit $failed
