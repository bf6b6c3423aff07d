#!/bin/sh
# A distribution's busybox, its shell above all, does here what it does natively: the same output,
# the same messages, the same exit status. Called with the path of busybox as the third argument.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

busybox=$3
[ -x "$busybox" ] || {
    echo "skipped: there is no $busybox"
    exit "$skipped"
}
# shellcheck disable=SC2016 # busybox's shell's
[ "$(env -i "$busybox" sh -c 'echo $((6 * 7))' 2>/dev/null)" = 42 ] || {
    echo "skipped: this machine does not run $busybox"
    exit "$skipped"
}

# Every pair of a policy, a processor and a way to run comes up once.
ways='--fork=cow --cpu=i386
--fork=eager --cpu=i386 --functional
--fork=cow --cpu=pentium --functional
--fork=eager --cpu=pentium'
# A sanitizer's build takes long: one way will do.
[ -z "${MMU386_BRIEF:-}" ] || ways='--fork=cow --cpu=i386 --functional'

# No program is found but busybox itself, which $0 names.
path=/nonexistent
snippet=$dir/snippet
natively() {
    status=0
    (cd / && env -i PATH="$path" "$busybox" sh -c "$(cat "$snippet")" "$busybox" a 'b  c' '') \
        >"$dir/native.out" 2>"$dir/native.err" </dev/null || status=$?
    native_status=$status
}

# simulated OPTION...
simulated() {
    try "$mmu386" run "$@" --env=PATH="$path" -- "$busybox" sh -c "$(cat "$snippet")" \
        "$busybox" a 'b  c' ''
    what="$* on: $(head -n 1 "$snippet")"
    # Deaths by signals are told of by the command too.
    grep -Ev '^mmu386: pid [0-9]+: (page fault at|killed by SIG[A-Z0-9]+)[ :]' "$err" >"$dir/said"
    expect_status "$native_status"
    cmp -s "$out" "$dir/native.out" || fail "$(diff "$dir/native.out" "$out")"
    cmp -s "$dir/said" "$dir/native.err" || fail "$(diff "$dir/native.err" "$dir/said")"
}

# The snippet is the standard input.
same() {
    cat >"$snippet"
    natively
    while read -r way; do
        # shellcheck disable=SC2086 # words
        simulated $way
    done <<EOF
$ways
EOF
}

# For what takes long: without the clock.
same_fast() {
    cat >"$snippet"
    natively
    simulated --functional --fork=eager --cpu=i386
    simulated --functional --fork=cow --cpu=pentium
}

# ---- the shell alone ----

same <<'EOF'
echo "$#: <$1> <$2> <$3>" "$@"; for i; do echo "[$i]"; done; shift; echo "$*"; set -- x y; echo $#
EOF
same <<'EOF'
echo $((1 + 2 * 3)) $((7 / -2)) $((-7 % 3)) $((1 << 31)) $((0x7fffffffffffffff + 1)) $((5 > 3 ? 10 : 20))
x=5; echo $((x++ + ++x)) $x $((x ^= 3)) $((~x)) $((010)) $((!0))
EOF
same <<'EOF'
echo $((1 / 0)); echo not reached
EOF
same <<'EOF'
x=abc.def.ghi; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${#x} ${y:-none} ${y:=set} $y ${x:2:3} ${x/def/DEF}
unset x; echo "${x-unset}" "${x+set}"; (: ${x:?no x}); echo $?
EOF
same <<'EOF'
printf '%5d|%-5d|%05d|%x|%X|%o|%c|%s|%%|%8.3f|%e|%g\n' 42 42 42 255 255 8 z str 3.14159 12345.678 0.0001
printf '%s-%s\n' a b c; printf '\101\t\\\n'; printf '%b' 'x\ny\n'; printf '%d\n' zz; echo $?
EOF
same <<'EOF'
cat=cat; "$0" cat <<END; "$0" cat <<'END'; "$0" cat <<-END
$cat $((1+1)) $(echo sub)
END
$cat $((1+1))
END
	tabs $cat
	END
EOF
same <<'EOF'
i=0; while read -r a b; do i=$((i+1)); echo "$i:$a:$b"; done <<END
one two three
four\n   five
six
END
echo "$i"; IFS=:; echo a:b::c | { read -r x y z; echo "$x,$y,$z"; }; read -r q </dev/null; echo "$?"
EOF
same <<'EOF'
case abc in a*) echo star;; esac; case x in [a-w]) echo no;; x|y) echo yes;; esac
f() { local v=in; echo "$v $1"; return 3; }; v=out; f arg; echo "$? $v"
until [ "${n:-0}" -ge 3 ]; do n=$((${n:-0}+1)); [ $n = 2 ] && continue; echo $n; done
EOF
same <<'EOF'
fact() { if [ $1 -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }; fact 12
EOF
same <<'EOF'
deep() { [ $1 -eq 0 ] && { echo bottom; return; }; deep $(($1 - 1)); }; deep 400
EOF
same <<'EOF'
set -e; false || echo survived; if false; then :; fi; (exit 3); echo not reached
EOF
same <<'EOF'
set -u; echo before; echo $undefined; echo after
EOF
same <<'EOF'
set -x; a=1; b=$(echo $a); "$1"x; [ $b = 1 ]
EOF
same <<'EOF'
if; then echo broken
EOF
same <<'EOF'
eval 'x=1; echo $x'; . /nonexistent/file; echo not reached
EOF
same <<'EOF'
exit 300
EOF
same <<'EOF'
alias; type cd; command -v echo; unset PATH; getopts ab: o -a -b arg; echo $o; umask; umask 027; umask; umask -S
EOF
same <<'EOF'
ulimit -S -n 16; ulimit -n; "$0" sh -c 'ulimit -n'; (ulimit -n 12; ulimit -n; ulimit -H -n; ulimit -S -n 13; echo $?)
ulimit -n; ulimit -c 0; ulimit -c; exec 9>&1; ulimit -S -n 9; echo x | "$0" cat; echo $?; "$0" sh -c 'echo x >&8 | cat'; echo $?
EOF

# ---- processes ----

same <<'EOF'
nothing_of_this_name; echo $?; ./none; echo $?; /; echo $?; "$0" nosuchapplet; echo $?; exec /none; echo not reached
EOF
same <<'EOF'
(exit 7); echo $?; true | false; echo $?; false | true; echo $?; ! true; echo $?; { exit 4; } | cat; echo $?
set -o pipefail; false | true; echo $?
EOF
same <<'EOF'
echo $(echo a; echo b) "$(printf 'x\n\n\n')" `echo \`echo nested\`` "$(exit 5)" $?
x=$(exit 6); echo $?; echo "$(echo "$(echo "$(echo four deep)")")"
EOF
same <<'EOF'
x=1; (x=2; echo $x; (x=3; echo $x); echo $x); echo $x; { x=4; }; echo $x; echo | x=5; echo $x
EOF
same <<'EOF'
trap 'echo exit $?' EXIT; trap 'echo usr1' USR1; trap 'echo term' TERM; trap
kill -USR1 $$; (kill -TERM $$); "$0" kill -USR1 $$; echo done; exit 9
EOF
same <<'EOF'
trap 'echo usr1; n=$((n+1))' USR1; n=0; for i in 1 2 3; do (kill -USR1 $$); echo "$i $n"; done
("$0" usleep 50000; kill -USR1 $$; "$0" usleep 50000) & wait $!; echo "$? $n"; wait $!; echo "$? $n"
EOF
same <<'EOF'
trap '' TERM; "$0" sh -c 'kill -TERM $$; echo ignored'; trap - TERM; "$0" sh -c 'kill -TERM $$; echo not reached'; echo $?
EOF
same <<'EOF'
for s in HUP INT QUIT ILL ABRT FPE KILL SEGV PIPE ALRM TERM USR2 9 1; do "$0" sh -c "kill -$s \$\$" 2>/dev/null; echo $s $?; done
EOF
same <<'EOF'
"$0" sh -c 'kill -SEGV $$'; echo $?; "$0" sh -c 'kill -KILL $$'; echo $?; "$0" sh -c 'kill -TERM $$' | cat; echo $?
kill -TERM $$; echo not reached
EOF
same <<'EOF'
"$0" sleep 60 & kill $!; wait $!; echo $?; (exit 11) & wait $!; echo $?; wait; echo $?; wait 99999; echo $?; kill -0 $! 2>/dev/null; echo $?
EOF
same <<'EOF'
for i in 3 1 2; do (exit $i) & p="$p $!"; done; for i in $p; do wait $i; echo $?; done
EOF
same <<'EOF'
exec 3>&1; echo to three >&3; exec 3>&-; echo closed >&3; echo $?; { echo err >&2; echo out; } 2>&1 | "$0" sort; echo x >&9; echo $?
EOF
same <<'EOF'
exec "$0" echo replaced
EOF
same <<'EOF'
trap 'echo lost' EXIT; exec "$0" sh -c 'echo $0 $1; exit 12' name arg
EOF
same <<'EOF'
"$0" yes | "$0" head -n 3; echo $?; ("$0" yes; echo $? >&2) | "$0" head -n 1
set -o pipefail; "$0" yes | "$0" head -n 1; echo $?
EOF
same <<'EOF'
"$0" env; A=1 B='2 3' "$0" env; export C=4; "$0" env -i D=5 "$0" env; "$0" env -u C "$0" env; "$0" printenv C
EOF
same <<'EOF'
echo a b c d | "$0" xargs -n 1 "$0" echo item; echo x | "$0" xargs /none; echo $?; echo x | "$0" xargs "$0" false; echo $?
"$0" seq 1 2000 | "$0" xargs "$0" echo | "$0" wc
EOF
same <<'EOF'
"$0" timeout 1 "$0" sleep 60; echo $?; "$0" timeout 60 "$0" sh -c 'exit 5'; echo $?; "$0" nohup "$0" true; echo $?; "$0" nice "$0" echo nice
EOF
same <<'EOF'
"$0" setsid "$0" echo session; "$0" sh -c 'echo $PPID' | "$0" wc -l; "$0" time -p "$0" true 2>&1 | "$0" cut -d ' ' -f 1; "$0" which sh
EOF
same <<'EOF'
pwd; cd /dev; pwd; cd -; cd /none; echo $?; echo $PWD $OLDPWD; echo >/dev/null; "$0" cat </dev/null; "$0" head -c 4 /dev/zero | "$0" od -c; echo x >/dev/full; echo $?
EOF
same <<'EOF'
[ -c /dev/null ] && echo char; [ -d / ] && echo dir; [ -e /none ] || echo none; [ -t 0 ] || echo no tty; test 1 -lt 2 -a x != y; echo $?; [ 1 -eq; echo $?
EOF

# ---- applets ----

same <<'EOF'
printf 'b 2\na 1\nc 3\na 1\n' | "$0" sort -u | "$0" tee /dev/null | "$0" awk '{ s += $2; print NR ": " $1 } END { printf "%.2f %s\n", s / 3, toupper("sum") }'
EOF
same <<'EOF'
"$0" awk 'BEGIN { for (i = 0; i < 5; i++) printf "%.10g %.10g %.10g %.6e\n", sin(i), exp(i), log(i + 1), 2 ^ (i * 10.5); print substr("hello", 2, 3), length("x"), index("abc", "c"), 1e300 * 1e300, -log(0), int(-3.7) }'
EOF
same <<'EOF'
echo 'Hello, World' | "$0" sed -e 's/World/&&/; s/\(H\)\(e\)/\2\1/' -e 'y/lo/01/' -e p; echo abc | "$0" tr a-c A-C; echo abc | "$0" rev; printf 'a\nb\n' | "$0" sed -n '$p;1!G'
EOF
same <<'EOF'
"$0" seq 1 300 | "$0" md5sum; "$0" seq 1 300 | "$0" sha1sum; "$0" seq 1 300 | "$0" sha256sum; "$0" seq 1 300 | "$0" cksum; "$0" seq 1 300 | "$0" gzip | "$0" gunzip | "$0" md5sum; "$0" seq 1 200 | "$0" bzip2 -1 | "$0" bunzip2 | "$0" wc
EOF
same <<'EOF'
echo '2 3 + p 10 4 / p' | "$0" dc; echo 'scale=20; 4*a(1); 2^100' | "$0" bc -l; "$0" expr 3 \* 4 + 1; "$0" expr abc : 'a\(.\)'; "$0" factor 1234567890 97; echo $((1 << 40))
EOF
same <<'EOF'
"$0" seq 10 | "$0" paste - - - | "$0" tac; "$0" seq 5 | "$0" nl; echo aGVsbG8K | "$0" base64 -d; echo hi | "$0" xxd; "$0" basename /a/b.c .c; "$0" dirname /a/b; "$0" cal 2 2000; "$0" seq 3 | "$0" grep -v 2; echo $?; echo x | "$0" grep y; echo $?
EOF
same <<'EOF'
TZ=UTC0 "$0" date -d @951782400 '+%F %T %a %j'; "$0" echo -e 'a\tb\0101'; "$0" cut -c 2-3 /dev/null; "$0" comm /dev/null /none; echo $?; "$0" cat /none -; echo $?; "$0" mkdir /none/x; "$0" rm /none; echo $?
EOF
same <<'EOF'
"$0" dd if=/dev/zero bs=1000 count=100 2>/dev/null | "$0" cat | "$0" cat | "$0" wc -c; "$0" head -c 140000 /dev/zero | ("$0" usleep 1000; "$0" head -c 70000; "$0" cat >/dev/null) | "$0" md5sum
EOF
same <<'EOF'
"$0" false >/dev/full; ("$0" seq 1 100000; echo "status $?" >&2) 2>&1 >/dev/full; echo text | "$0" tee /dev/full; echo $?
EOF
same_fast <<'EOF'
"$0" seq 1 20000 | "$0" sort -n | "$0" tail -n 2; "$0" seq 20000 -1 1 | "$0" sort -n | "$0" cat | "$0" md5sum
EOF
same_fast <<'EOF'
"$0" seq 1 5000 | while read -r i; do [ $((i % 1000)) -eq 0 ] && echo "$i"; done; "$0" awk 'BEGIN { while (n < 40000) a[n % 997] = a[n++ % 997] n; print length(a[5]) }'
EOF
cp "$(dirname "$0")/../../tools/demo.script" "$snippet"
natively
simulated --functional --fork=eager --cpu=pentium
simulated --fork=cow --cpu=i386

# ---- called by a relative path, it sees itself under an absolute one, on which glibc insists ----

# shellcheck disable=SC2016 # sh's
try sh -c 'cd "${1%/*}" && exec "$2" run "./${1##*/}" readlink /proc/self/exe' sh "$busybox" "$mmu386"
expect_status 0
expect_output "/${busybox##*/}"

# ---- files: natively in a chroot ----

mkdir -p "$dir/root/d/e" "$dir/root/bin" "$dir/root/dev" "$dir/root/proc"
cp "$busybox" "$dir/root/bin/busybox"
chmod 755 "$dir/root" "$dir/root/d" "$dir/root/d/e" "$dir/root/bin"
seq 1 100 >"$dir/root/numbers"
head -c 70000 /dev/urandom >"$dir/root/d/random"
: >"$dir/root/d/empty"
printf 'no newline' >"$dir/root/d/e/last"
ln -s d/e/last "$dir/root/link"
ln -s loop "$dir/root/loop"
# shellcheck disable=SC2016 # the script's
printf '#!/bin/busybox sh\necho script "$0" "$@"\nexit 21\n' >"$dir/root/d/script"
chmod 755 "$dir/root/d/script"
chmod 644 "$dir/root/numbers" "$dir/root/d/random" "$dir/root/d/empty" "$dir/root/d/e/last"
(cd "$dir/root" && tar -cf "$dir/root/archive.tar" numbers d link)

in_root() {
    cat >"$snippet"
    status=0
    chroot "$dir/root" /bin/busybox env -i PATH="$path" /bin/busybox sh -c "$(cat "$snippet")" /bin/busybox \
        >"$dir/native.out" 2>"$dir/native.err" </dev/null || status=$?
    native_status=$status
    while read -r way; do
        # shellcheck disable=SC2086 # words
        try "$mmu386" run $way --root="$dir/root" --env=PATH="$path" -- \
            "$dir/root/bin/busybox" sh -c "$(cat "$snippet")" /bin/busybox
        what="$way in a tree: $(head -n 1 "$snippet")"
        expect_status "$native_status"
        cmp -s "$out" "$dir/native.out" || fail "$(diff "$dir/native.out" "$out")"
        cmp -s "$err" "$dir/native.err" || fail "$(diff "$dir/native.err" "$err")"
    done <<EOF
$ways
EOF
}

if [ "$(id -u)" -eq 0 ] && chroot "$dir/root" /bin/busybox true 2>/dev/null; then
    in_root <<'EOF'
pwd; cd d/e; pwd; cd ..; pwd; cd /; cd link; echo $?; cd numbers; echo $?; cd d//e/../e/.; pwd -P; cd ../..; pwd
EOF
    in_root <<'EOF'
"$0" cat numbers | "$0" md5sum; "$0" wc numbers d/random d/empty link; "$0" md5sum d/random d/e/last; "$0" tail -n 2 numbers; "$0" head -c 20 numbers; "$0" cat link d loop none
EOF
    in_root <<'EOF'
"$0" find / -type f | "$0" sort; "$0" find d -name '*e*' -type d | "$0" sort; "$0" find d -size +10k; "$0" find d -type f -exec "$0" basename {} \; | "$0" sort; "$0" find d -empty
EOF
    in_root <<'EOF'
"$0" grep -rl 'no new' d ; "$0" grep -c 1 numbers; "$0" grep -n '^9.$' numbers | "$0" sed -n 's/:/ /p'; "$0" sort -rn numbers | "$0" head -n 3; "$0" awk '{ s += $1 } END { print s }' numbers; "$0" cmp numbers link; echo $?; "$0" diff numbers link | "$0" wc -l
EOF
    in_root <<'EOF'
"$0" tar -tf archive.tar | "$0" sort; "$0" tar -xOf archive.tar d/random | "$0" md5sum; "$0" tar -xOf archive.tar d/e/last; "$0" readlink link; "$0" readlink -f link; "$0" realpath d/e/../empty; "$0" ls d | "$0" cat; "$0" ls -1 /; "$0" ls none
EOF
    in_root <<'EOF'
echo *; echo d/*; echo */e/l*; echo none*; [ -L link ] && [ -f link ] && [ -s numbers ] && [ ! -s d/empty ] && [ -x d/script ] && echo tests; "$0" stat -c '%n %s %F %a' numbers link d/empty d/script; "$0" test -r numbers; echo $?
EOF
    in_root <<'EOF'
d/script one two; echo $?; ./none; echo $?; ./numbers; echo $?; ./d; echo $?; . d/e/last; . ./d/script; echo not reached
EOF
    in_root <<'EOF'
while read -r n; do [ "$n" -gt 3 ] && break; echo "$n"; done <numbers; exec 5<numbers; read -r a <&5; read -r b <&5; echo "$a $b"; { read -r c; echo "$c"; "$0" tail -n 1; } <numbers
EOF
    in_root <<'EOF'
PATH=/bin:/d; script found; busybox echo found; numbers; cd d; PATH=.; script here; echo $?
EOF
fi

finish
