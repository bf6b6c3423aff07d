#!/bin/sh
# What a program reads and writes is what the command does; arguments and environment get there.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

make_cat "$dir/cat"
make_args "$dir/args"

# status_of NAME COMMAND...: with the redirections of the caller.
status_of() {
    what=$1
    shift
    status=0
    "$@" 2>"$err" || status=$?
}

head -c 100000 /dev/urandom >"$dir/in"
status_of 'a file as input' "$mmu386" run "$dir/cat" <"$dir/in" >"$out"
expect_status 0
expect_same "$dir/in" "$out" 'the copy is not the same'
# shellcheck disable=SC2002 # it is to be a pipe
cat "$dir/in" | "$mmu386" run "$dir/cat" | cat >"$out"
expect_same "$dir/in" "$out" 'the copy through pipes is not the same'

status_of 'closed standard input' "$mmu386" run "$dir/cat" <&- >"$out"
expect_status 9 # EBADF
status_of 'closed standard output' "$mmu386" run "$dir/cat" <"$dir/in" >&-
expect_status 9
# shellcheck disable=SC2016 # the inner shell's
status_of 'closed standard error' sh -c '"$1" run "$2" read 2>&-' sh "$mmu386" "$guest/null" >"$out"
expect_status 139
# shellcheck disable=SC2016
status_of 'all closed' sh -c '"$1" run "$2" 0<&- 1>&- 2>&-' sh "$mmu386" "$guest/stackfork"
[ "$status" -lt 125 ] || fail "exit status $status"
# A file that the command opens does not get the number of one that is closed.
status_of 'closed standard output and --stats' "$mmu386" run --stats="$dir/stats" "$dir/cat" \
    <"$dir/in" >&-
expect_status 9
[ "$(head -n 1 "$dir/stats")" = '{' ] || fail 'wrote into the stats'
if [ -w /dev/full ]; then
    status_of 'a full disk' "$mmu386" run "$dir/cat" <"$dir/in" >/dev/full
    expect_status 28 # ENOSPC
fi

# Nobody reads what it writes: the program dies of SIGPIPE, the command does not.
rm "$dir/stats"
{
    status=0
    "$mmu386" run --stats="$dir/stats" "$dir/cat" </dev/zero 2>"$err" || status=$?
    echo "$status" >"$dir/status"
} | head -c 1 >/dev/null
what='a pipe that nobody reads'
status=$(cat "$dir/status")
expect_status 141
grep -q '"exit_status": 141' "$dir/stats" || fail 'did not live to tell'

# args [OPTION...]: what the program finds.
args() {
    try "$mmu386" run "$@"
    expect_status 0
    tr '\0' '\n' <"$out" >"$dir/lines"
    mv "$dir/lines" "$out"
}
args "$dir/args" a '' '--b c' -v
expect_output "args
a

--b c
-v
PATH=/usr/bin:/bin"
args --env=A=1 --env=B= --env=A=2=3 "$dir/args"
expect_output "args
PATH=/usr/bin:/bin
A=2=3
B="
args --env=PATH=/x --env=P=1 "$dir/args"
expect_output "args
PATH=/x
P=1"

# More than a program's arguments may be.
long=$(head -c 100000 /dev/zero | tr '\0' x)
# shellcheck disable=SC2317,SC3045 # try calls it, where there is ulimit -s
many() {
    set -- "$long" "$long" "$long" "$long" "$long" "$long"
    # The machine's own limit has to be higher.
    (ulimit -s 32768 && "$mmu386" run "$dir/args" "$@" "$@" "$@" "$@")
}
# shellcheck disable=SC3045 # where there is no ulimit -s there is no such test
if (ulimit -s 32768) 2>/dev/null; then
    try many
    expect_status 126
    expect_told ': Argument list too long$'
fi

finish
