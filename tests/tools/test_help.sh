#!/bin/sh
# What the command tells of itself: help, what may have been meant, completion in shells.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
commands='run compare faults report export replay trace sweep help'

# -h, --help and `help' are the same, of the command and of each subcommand.
"$mmu386" --help >"$dir/help" || exit 1
for words in -h help; do
    try "$mmu386" $words
    expect_status 0
    expect_silence
    expect_same "$out" "$dir/help" 'is not what --help prints'
done
for command in $commands; do
    "$mmu386" "$command" --help >"$dir/help" || fail "$command --help"
    grep -q '^  -h, --help  ' "$dir/help" || fail "$command --help does not tell of -h"
    [ "$(awk 'length > 100' "$dir/help" | wc -l)" -eq 0 ] || fail 'has lines that are too long'
    for words in "$command -h" "help $command"; do
        # shellcheck disable=SC2086 # words
        try "$mmu386" $words
        expect_status 0
        expect_silence
        expect_same "$out" "$dir/help" 'is not what --help prints'
    done
done
refuses 'run: one command at a time' help compare run
refuses 'frobnicate: unknown command' help frobnicate
refuses 'reprot: unknown command (did you mean report?)' help reprot
refuses '--completion: csh: no such shell (there are bash, zsh and fish)' help --completion=csh
refuses '--completion: is of all commands' help --completion=bash run
if [ -w /dev/full ]; then
    for words in help 'help run' 'help --completion=bash' 'help --mdoc run' -h; do
        what="mmu386 $words >/dev/full"
        status=0
        # shellcheck disable=SC2086 # words
        "$mmu386" $words >/dev/full 2>"$err" || status=$?
        expect_status 125
        expect_error 'mmu386: standard output: No space left on device'
    done
fi

# What may have been meant.
refuses 'comapre: unknown command (did you mean compare?)' comapre
refuses 'Run: unknown command (did you mean run?)' Run
refuses '--frok=cow: unknown option (did you mean --fork?)' run --frok=cow "$guest/value"
refuses '--polices=cow: unknown option (did you mean --policies?)' compare --polices=cow x
refuses '--Fold64: unknown option (did you mean --fold64?)' replay --Fold64 x
refuses '--x: unknown option' run --x "$guest/value"
refuses "--$(head -c 5000 /dev/zero | tr '\0' f | head -c 509): unknown option" \
    run "--$(head -c 5000 /dev/zero | tr '\0' f)" x

# Values: those that there are.
cd "$dir" || exit 1
"$mmu386" run --log=l "$guest/stackfork" >"$out" 2>&1 || exit 1
try "$mmu386" faults --kind=cow l
expect_status 125
expect_error "mmu386: --kind: cow: no such kind of event in this log (there are \
$(sqlite3 l 'SELECT name FROM kinds ORDER BY id' | paste -sd , | sed 's/,/, /g'))"

# The error code in words, which are short for its bits.
same_faults() {
    "$mmu386" faults "--error=$1" --format=csv l >"$dir/one" || fail "--error=$1"
    "$mmu386" faults "--error=$2" --format=csv l >"$dir/other" || fail "--error=$2"
    what="--error=$1"
    expect_same "$dir/one" "$dir/other" "is not --error=$2"
    [ "$(wc -l <"$dir/one")" -gt 1 ] || fail 'finds nothing'
}
same_faults protection p
same_faults not-present '!p'
same_faults write w
same_faults read '!w'
same_faults user u
same_faults protection,write,user 7
same_faults 'p,write,!supervisor' p,w,u
same_faults '!reserved' '!rsvd'
refuses '--error: protection,not-present: a bit is to be both set and clear' \
    faults --error=protection,not-present l
try "$mmu386" faults --error=protected l
expect_status 125
expect_told '^mmu386: --error: protected: neither .* protection, not-present, write, read, user and '

# ---- colours and quiet ----

escape=$(printf '\033')
refuses '--color: sometimes: no such time for colours (there are auto, always and never)' \
    faults --color=sometimes l
for words in 'faults l' 'faults --check l' 'run --profile=-'; do
    case $words in
    run*) program=$guest/value ;;
    *) program= ;;
    esac
    # shellcheck disable=SC2086 # words
    for colour in auto never; do
        try "$mmu386" $words --color=$colour $program
        ! grep -q "$escape" "$out" || fail 'has colours'
    done
    # shellcheck disable=SC2086 # words
    NO_COLOR=1 try "$mmu386" $words --color=always $program
    grep -q "$escape" "$out" || fail 'has no colours'
done
try "$mmu386" run --quiet --profile=- --format=csv "$guest/value"
grep -q '^policy,cycles,share,' "$out" || fail 'has no CSV'
try "$mmu386" run --profile=- --format=json "$guest/value"
grep -q '^{"policy":' "$out" || fail 'has no JSON'
make_program "$dir/dies" '\0\0\0\0'
try "$mmu386" run "$dir/dies"
expect_status 139
expect_told 'page fault'
for quiet in -q --quiet; do
    try "$mmu386" run $quiet "$dir/dies"
    expect_status 139
    expect_silence
done
if command -v script >/dev/null && script -qec true /dev/null >/dev/null 2>&1; then
    what='compare on a terminal'
    TERM=xterm script -qec "'$mmu386' compare '$guest/value' >compared" said </dev/null >/dev/null
    tr -d '\r' <said | grep -q '^mmu386: running under cow (2 of 2)$' || fail "said $(cat said)"
    TERM=xterm script -qec "'$mmu386' compare --quiet '$guest/value' >compared" said </dev/null >/dev/null
    ! grep -q '^mmu386: ' said || fail "--quiet said $(cat said)"
    what='colours on a terminal'
    NO_COLOR='' TERM=xterm script -qec "'$mmu386' faults l" said </dev/null >/dev/null
    grep -q "$escape" said || fail 'there are none'
    NO_COLOR=1 TERM=xterm script -qec "'$mmu386' faults l" said </dev/null >/dev/null
    ! grep -q "$escape" said || fail 'NO_COLOR has some'
fi

# ---- completion ----

for shell in bash zsh fish; do
    try "$mmu386" help --completion=$shell
    expect_status 0
    expect_silence
    cp "$out" "$dir/completion.$shell"
    for command in $commands; do
        grep -qw -- "$command" "$out" || fail "knows no $command"
    done
    if command -v $shell >/dev/null; then
        $shell -n "$dir/completion.$shell" 2>"$err" || fail "is no $shell: $(cat "$err")"
    fi
done

# completes LINE CANDIDATE...: these and no others.
completes() {
    what="completing '$1'"
    line=$1
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" | LC_ALL=C sort >"$dir/wanted"
    [ $# -ne 0 ] || echo >"$dir/wanted"
    bash "$here/complete.bash" "$dir/completion.bash" "$line" >"$out" 2>"$err" ||
        fail "status $?: $(cat "$err")"
    expect_silence
    diff "$dir/wanted" "$out" >"$dir/differ" || fail "$(cat "$dir/differ")"
}

if command -v bash >/dev/null; then
    mkdir files
    cd files || exit 1
    touch one.db other.db
    mkdir dir
    # shellcheck disable=SC2086 # words
    completes 'mmu386 ' $commands --help --version
    completes 'mmu386 re' report replay
    completes 'mmu386 x'
    completes 'mmu386 help s' sweep
    completes 'mmu386 replay --f' --fork= --fold64 --force
    completes 'mmu386 run --fork=' eager cow
    completes 'mmu386 run --fork ' eager cow
    completes 'mmu386 run --cpu=' i386 i486 pentium
    completes 'mmu386 run --cpu=i4' i486
    completes 'mmu386 run -v --cpu p' pentium
    completes 'mmu386 run --cost=page_' page_zero= page_copy= page_load=
    completes 'mmu386 run --cost=trap=9'
    completes 'mmu386 run --ram='
    completes 'mmu386 compare --policies=eager,' eager,eager eager,cow
    completes 'mmu386 faults --kind=segv,cow' segv,cow_copy segv,cow_reuse
    completes 'mmu386 faults --error=prot' protection
    completes 'mmu386 faults --by=p' pid page
    completes 'mmu386 faults o' one.db other.db
    completes 'mmu386 sweep --map=' touch strict
    completes 'mmu386 trace -o on' one.db
    completes 'mmu386 run --log=oth' other.db
    completes 'mmu386 run --root=' dir
    completes 'mmu386 run --root=d' dir
    # Behind PROGRAM and -- there are no options.
    completes 'mmu386 run program --f'
    completes 'mmu386 run --cpu i486 program o' one.db other.db
    completes 'mmu386 trace -- --f'
    completes 'mmu386 trace one.db --fol' --fold64
    # Where = divides no words.
    BREAKS=' '
    export BREAKS
    completes 'mmu386 run --cpu=i4' --cpu=i486
    completes 'mmu386 run --log=oth' --log=other.db
fi

finish
