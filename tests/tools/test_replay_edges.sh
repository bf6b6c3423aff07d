#!/bin/sh
# Little programs of instructions that few programs have, recorded and replayed: the recording is
# whole, and the replay counts what the run did.
# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

# replays NAME CODE: a program that exits with status 0.
replays() {
    name=$1
    make_program "$dir/$name" "$2"
    chmod +x "$dir/$name"
    for cpu in i386 pentium; do
        rm -f "$dir/trace" "$dir/run.json" "$dir/again.json"
        try "$mmu386" run --cpu=$cpu --trace="$dir/trace" --stats="$dir/run.json" "$dir/$name"
        expect_status 0
        expect_silence
        try "$mmu386" replay --stats="$dir/again.json" "$dir/trace"
        expect_status 0
        expect_same "$dir/run.json" "$dir/again.json" "$name: other counts"
    done
}

# Loads of segment registers whose operand runs into the next page. MOV ESP,0BFFFDFFAh; a frame of
# five words; IRET; POP DS; LES; LDS; exit(0).
replays crossing '\274\372\337\377\277\307\004\044\201\200\004\010\307\104\044\004\163\000\000\000\307\104\044\010\002\002\000\000\307\104\044\014\375\337\377\277\307\104\044\020\173\000\000\000\317\307\004\044\173\000\000\000\037\307\104\044\376\173\000\000\000\304\104\044\372\307\104\044\375\000\000\173\000\305\104\044\373\270\001\000\000\000\061\333\315\200'

finish
