#!/bin/sh
# An option that would do nothing is refused, not ignored; so is one that is given twice.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$dir" || exit 1
value=$guest/value
"$mmu386" run --trace=t --log=l "$value" >/dev/null || exit 1

# What there is not with --functional.
for command in run compare; do
    for option in --cost=trap=99 --wait-states=0 --profile=-; do
        refuses "${option%%=*}: there are no cycles with --functional" \
            $command --functional $option "$value"
        refuses "${option%%=*}: there are no cycles with --functional" \
            $command $option --functional "$value"
        try "$mmu386" $command $option "$value"
        expect_status 0
    done
    refuses '--tlb: there is no TLB with --functional' $command --functional --tlb=8,4,lru "$value"
done
refuses '--trace: accesses are not told of with --functional' run --functional --trace=x "$value"

# What is of traces, and of programs.
for option in --map=touch --map=strict --input=auto --fold64; do
    refuses "${option%%=*}: is for traces, which --replay takes" compare $option "$value"
done
refuses '--functional: a trace is replayed with the clock' compare --replay --functional t
refuses '--profile: a trace has no symbols' compare --replay --profile=- t
refuses '--root: a trace opens no files' compare --replay --root=. t
refuses '--env: a trace has no environment' compare --env=A=1 --replay t
for option in --map=touch --input=native --tlb=8,4,lru --cost=trap=1 --wait-states=1 --cpu=i486; do
    try "$mmu386" compare --replay $option t
    expect_status 0
done
for options in --root=. --env=A=1 --profile=x --trace=x --functional --policies=cow; do
    refuses "$options: unknown option" replay $options t
done
for command in replay 'trace --summary'; do
    # shellcheck disable=SC2086 # words
    try "$mmu386" $command --fold64 t
    expect_status 125
    expect_told '^mmu386: .*: a native trace.s addresses have 32 bits: --fold64 does nothing$'
done

# --force is about files.
refuses '--force: nothing is written that it could be about' run --force "$value"
refuses '--force: nothing is written that it could be about' replay --force t
refuses '--force: nothing is written that it could be about' trace --force t
refuses '--force: nothing is written that it could be about' export --csv --force l
refuses "--format: is the summary's, which --summary writes" trace --format=json t
refuses "--color: is the summary's, which --summary writes" trace --color=always t
refuses '--color: is for tables' trace --summary --format=json --color=always t
refuses '--color: is for tables' faults --format=csv --color=never l
refuses '--color: is for tables' sweep --vary='fork=eager|cow' --format=csv --color=never t
for command in run compare; do
    refuses "--color: is the profile's, which --profile writes" $command --color=never "$value"
    refuses '--quiet: does not go with --verbose' $command --verbose --quiet "$value"
done
refuses "--format: is the profile's, which --profile writes" run --format=csv "$value"
refuses '--quiet: does not go with --jobs-file' sweep --quiet --jobs-file=- t
refuses '--quiet: does not go with --merge' sweep --quiet --merge=p
refuses "--format: is the summary's, which --summary writes" trace --native --format=csv -o n t
refuses '--limit: does not go with --explain' faults --explain=1 --limit=1 l
refuses '--jobs: does not go with --jobs-file' sweep --jobs=2 --jobs-file=- t
refuses '--jobs: does not go with --job' sweep --jobs=2 --job -o p.db t

# The options that `mmu386 COMMAND --help` lists, one "--NAME" or "--NAME=" a line.
options_of() {
    "$mmu386" "$1" --help | sed -n 's/^ \{1,8\}\(-., \)\{0,1\}\(--[a-z0-9-]*\(=\{0,1\}\)\).*/\2/p' |
        grep -Ev '^--(help|version)$'
}

# A value that the option takes, if it takes one.
value_of() {
    case $1 in
    --fork=) echo cow ;;
    --bars=) echo never ;;
    --policies=) echo cow ;;
    --format=) echo csv ;;
    --cpu=) echo i486 ;;
    --tlb=) echo 16,4,lru ;;
    --ram=) echo 8M ;;
    --root=) echo . ;;
    --root-as=) echo nobody ;;
    --map=) echo touch ;;
    --input=) echo native ;;
    --time=) echo sequence ;;
    --limit= | --pid= | --jobs= | --wait-states= | --from= | --to= | --explain= | --frame=) echo 1 ;;
    --page= | --addr= | --eip=) echo 0x8048000 ;;
    --kind=) echo file ;;
    --error=) echo p ;;
    --by=) echo kind ;;
    --color=) echo always ;;
    --completion=) echo bash ;;
    --max-*=) echo 1000000 ;;
    *=) echo new ;;
    esac
}

# Twice: refused, but for what is given by names, and for filters, which combine.
for command in run compare replay trace export report sweep faults; do
    what="$command --help"
    listed=$(options_of $command)
    [ "$(echo "$listed" | wc -l)" -ge 3 ] || fail "lists only $listed"
    for option in $listed; do
        case $command:$option in
        *:--cost= | *:--env= | *:--vary= | *:--expect= | faults:--pid= | faults:--addr= | faults:--eip=) continue ;;
        faults:--error= | faults:--from= | faults:--to=) continue ;;
        esac
        word=$option$(value_of "$option")
        try "$mmu386" $command "$word" "$word" t
        expect_status 125
        expect_told "^mmu386: ${option%=}: (given twice|does not go with ${option%=})"
        expect_output ''
    done
done
refuses '--output: given twice' compare -o a --output=b "$value"
refuses '--verbose: given twice' run -vv "$value"
try "$mmu386" run --cost=trap=1 --cost=trap=2 --cost=iret=1 --env=A=1 --env=A=2 --env=PATH=/ "$value"
expect_status 0

# Help names no option that the command does not have; another command's is in `...'.
for command in run compare replay trace export report sweep faults; do
    what="$command --help"
    "$mmu386" $command --help >"$out"
    for option in $(sed "s/\`[^']*'//g; s/run --log//g; s/--trace-mem//g" "$out" |
        grep -o -- '--[a-z][a-z0-9-]*' | sort -u); do
        status=0
        "$mmu386" $command "$option" --nonesuch </dev/null >/dev/null 2>"$err" || status=$?
        ! grep -q "^mmu386: $option: unknown" "$err" || fail "names $option, which it does not have"
    done
done

# Nothing was made by what was refused.
what='what was refused'
[ "$(echo *)" = 'err l out t' ] || fail "left $(echo *)"

finish
