/* repeat_INSTRUCTION_COUNT: REP INSTRUCTION of COUNT iterations, ten times. */
        .bss
        .balign 4096
from:   .skip   4096
to:     .skip   4096
        .text
        .globl  _start
_start: movl    $10, %ebx
        xorl    %eax, %eax
1:      movl    $from, %esi
        movl    $to, %edi
        movl    $COUNT, %ecx
        rep INSTRUCTION
        decl    %ebx
        jnz     1b
        xorl    %ebx, %ebx
        movl    $1, %eax
        int     $0x80
        .section .note.GNU-stack, "", @progbits
