/* own: a block that stores to itself, ROUNDS times: seven instructions, and five accesses to data. */
        .section .written, "awx", @progbits
        .globl  _start
_start: movl    $ROUNDS, %ecx
1:      movb    $0x55, 2f + 1
2:      movb    $0, %bl
        addb    $3, 2b + 1
        pushl   %eax
        popl    %eax
        decl    %ecx
        jnz     1b
        movzbl  %bl, %ebx
        movl    $1, %eax
        int     $0x80
        .section .note.GNU-stack, "", @progbits
