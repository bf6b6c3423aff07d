# shellcheck shell=sh disable=SC2034 # some variables are the tests'
# What the tests of the command share. Each is called with the command and with the directory of
# the guest programs, and ends with `finish`.

mmu386=$1
guest=$2
failures=0
skipped=77

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
out=$dir/out
err=$dir/err

fail() {
    echo "FAILED: $what: $*" >&2
    failures=$((failures + 1))
}

# Runs a command; its output is in $out and $err, its exit status in $status. Nothing is read.
try() {
    what="$*"
    status=0
    "$@" >"$out" 2>"$err" </dev/null || status=$?
}

expect_status() { [ "$status" -eq "$1" ] || fail "exit status $status, not $1: $(cat "$err")"; }

# The whole standard output, without its last newline.
expect_output() { [ "$(cat "$out")" = "$1" ] || fail "printed '$(cat "$out")', not '$1'"; }

# Standard error: nothing, exactly this one line, or a line that matches.
expect_silence() { [ ! -s "$err" ] || fail "said '$(cat "$err")'"; }
expect_error() {
    [ "$(cat "$err")" = "$1" ] || fail "said '$(cat "$err")', not '$1'"
    [ "$(wc -l <"$err")" -eq 1 ] || fail "said more or less than one line"
}
expect_told() { grep -Eq -- "$1" "$err" || fail "did not say '$1' but '$(cat "$err")'"; }
expect_not_told() { ! grep -Eq -- "$1" "$err" || fail "said '$(grep -E -- "$1" "$err")'"; }

expect_same() { cmp -s "$1" "$2" || fail "$3"; }

# A filter that must be true of a JSON file.
expect_true() { [ "$(jq "$2" "$1" 2>&1)" = true ] || fail "$2 does not hold of $(jq -c . "$1" 2>&1)"; }

needs() {
    command -v "$1" >/dev/null && return
    echo "skipped: there is no $1"
    exit "$skipped"
}

# For tests that build C programs: skips where no static 32-bit ones are built; $dir/empty is one.
needs_static_builds() {
    needs gcc
    echo 'int main(void) { return 0; }' >"$dir/empty.c"
    gcc -m32 -static "$dir/empty.c" -o "$dir/empty" 2>/dev/null && return
    echo "skipped: no static 32-bit programs are built here"
    exit "$skipped"
}

# The same where none are run natively either.
needs_static_programs() {
    needs_static_builds
    "$dir/empty" 2>/dev/null && return
    echo "skipped: no static 32-bit programs run here"
    exit "$skipped"
}

# What is wrong with a command line: refuses 'what: why' ARGUMENT...
refuses() {
    said=$1
    shift
    try "$mmu386" "$@"
    expect_status 125
    expect_error "mmu386: $said"
    expect_output ''
}

# Whether this machine runs the guests itself.
runs_natively() { "$guest/stackfork" >/dev/null 2>&1; }

# make_program FILE CODE: a program of up to 172 bytes of code, in printf's octal. It is loaded at
# 0x08048000, where its first byte of code is at 0x54; of the ELF header byte 4 is the class, byte 5
# the byte order, byte 18 the machine.
make_program() {
    {
        printf '\177ELF\001\001\001\0\0\0\0\0\0\0\0\0'
        printf '\002\0\003\0\001\0\0\0\124\200\004\010\064\0\0\0\0\0\0\0'
        printf '\0\0\0\0\064\0\040\0\001\0\050\0\0\0\0\0'
        printf '\001\0\0\0\0\0\0\0\0\200\004\010\0\200\004\010'
        printf '\0\001\0\0\0\001\0\0\005\0\0\0\0\020\0\0'
        # shellcheck disable=SC2059 # it is a format
        printf "$2"
        head -c 172 /dev/zero
    } | head -c 256 >"$1"
}

# Copies its standard input to its standard output; exits with the errno of what failed.
make_cat() {
    make_program "$1" '\201\354\000\020\000\000\270\003\000\000\000\061\333\211\341\272\000\020\000\000\315\200\205\300\176\024\211\302\270\004\000\000\000\273\001\000\000\000\211\341\315\200\205\300\171\330\211\303\367\333\270\001\000\000\000\315\200'
}

# Prints its arguments and its environment, each with a NUL behind it.
make_args() {
    make_program "$1" '\215\174\044\004\213\017\213\007\203\307\004\205\300\165\367\213\007\203\307\004\205\300\164\004\211\302\353\363\200\072\000\215\122\001\165\370\051\312\270\004\000\000\000\273\001\000\000\000\315\200\061\333\270\001\000\000\000\315\200'
}

finish() {
    [ "$failures" -eq 0 ] || {
        echo "$failures failures" >&2
        exit 1
    }
    exit 0
}
