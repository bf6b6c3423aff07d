#!/bin/sh
# How fast traces are replayed, beside Dinero IV on the same references and geometry: replaybench.sh
# MMU386 TRACE [DINERO]. TRACE is of any format; only its program's fetches and data accesses are
# taken, as din has them. DINERO is a dineroIV, or nothing to go without. Times are of the processor,
# user and system, the least of three runs; each reads a file.
#
# Misses are equal, or this fails. For that the replay's first touches of pages, which fault and
# have its kernel use the TLB, and its first writes, which walk again for D, must be out of the way:
# all references stand behind a warm-up, which writes every page once and then fills every set of the
# TLB with other pages, and what both programs count in the warm-up alone is taken off.
set -eu

mmu386=$1
trace=$2
dinero=${3:-}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
blocks='-l1-usize 128K -l1-ubsize 4096 -l1-uassoc 4 -l1-urepl l -informat d'

# din of the text form; what is read and then written is both.
"$mmu386" trace --text --output="$dir/text" "$trace"
awk '{ sub(/,.*/, "", $2) }
    $1 == "I" { print "2", $2 } $1 == "L" { print "0", $2 } $1 == "S" { print "1", $2 }
    $1 == "M" { print "0", $2; print "1", $2 }' "$dir/text" >"$dir/references"
rm "$dir/text"

awk '{ page = length($2) > 3 ? substr($2, 1, length($2) - 3) : "0" }
    !(page in seen) { seen[page] = 1; print "1 " page "000" }
    END {
        for (round = 0; round < 2; round++)
            for (i = 0; i < 32; i++)
                printf "1 %x000\n", 4096 + i
    }' "$dir/references" >"$dir/warm-up"
cat "$dir/warm-up" "$dir/references" >"$dir/din"
"$mmu386" trace --native --input=din --output="$dir/native" "$dir/din"

dinero_misses() {
    # shellcheck disable=SC2086 # words
    "$dinero" $blocks <"$1" | awk '/Demand Misses/ { print $3; exit }'
}

replay_misses() {
    "$mmu386" replay --tlb=32,4,lru --map=touch --ram=256M --stats=- "$1" |
        awk '/"misses"/ { print $2 + 0; exit }'
}

# processor_seconds COMMAND...: of the fastest of three runs.
processor_seconds() {
    for _ in 1 2 3; do
        "$dir/timed" "$@"
    done | sort -n | head -n 1
}

# Prints the seconds that the command took; its own output is dropped.
cat >"$dir/timed" <<TIMED
#!/bin/sh
"\$@" >"$dir/output" 2>&1
times >"$dir/times"
awk 'NR == 2 { split(\$1, u, /[ms]/); split(\$2, s, /[ms]/)
    print u[1] * 60 + u[2] + s[1] * 60 + s[2] }' "$dir/times"
TIMED
chmod +x "$dir/timed"

accesses=$(wc -l <"$dir/din")
rate() {
    awk -v name="$1" -v accesses="$accesses" -v seconds="$2" -v beside="${3:-0}" 'BEGIN {
        printf "%-16s %8.1f million accesses a second", name, accesses / seconds / 1e6
        if (beside > 0)
            printf ", %.1f times Dinero IV", beside / seconds
        print "" }'
}

printf '%s: %s accesses\n' "$trace" "$accesses"
seconds=0
if [ -n "$dinero" ]; then
    cat >"$dir/dinero" <<EOT
#!/bin/sh
exec "$dinero" $blocks <"$dir/din"
EOT
    chmod +x "$dir/dinero"
    seconds=$(processor_seconds "$dir/dinero")
    rate 'Dinero IV' "$seconds"
fi
for format in din native; do
    rate "replay, $format" "$(processor_seconds "$mmu386" replay --tlb=32,4,lru --map=touch \
        --ram=256M "$dir/$format")" "$seconds"
done

of_din=$(($(replay_misses "$dir/din") - $(replay_misses "$dir/warm-up")))
of_native=$(($(replay_misses "$dir/native") - $(replay_misses "$dir/warm-up")))
printf 'misses: %d of din, %d of the native trace' "$of_din" "$of_native"
if [ -n "$dinero" ]; then
    expected=$(($(dinero_misses "$dir/din") - $(dinero_misses "$dir/warm-up")))
    printf ', %d by Dinero IV\n' "$expected"
    [ "$of_din" = "$expected" ] && [ "$of_native" = "$expected" ]
else
    printf '\n'
fi
