/* late: SETcc, RCL and RCR of bytes and words on pages that are not there yet. What they store and
 * the flags that they leave come to the exit status. */
        .bss
        .balign 4096
        .skip   4096
pages:  .skip   4096 * 100
        .text

/* The word at (%ebp) and the flags that are defined are added to the sum, in %esi; another page. */
.macro ADD_UP
        pushfl
        popl    %edx
        andl    $0x0C5, %edx
        imull   $31, %esi
        addl    %edx, %esi
        movl    (%ebp), %edx
        imull   $31, %esi
        addl    %edx, %esi
        addl    $4096, %ebp
.endm

        .globl  _start
_start: xorl    %ecx, %ecx
        xorl    %esi, %esi
        movl    $pages, %ebp
1:      movb    %cl, %al
.irp condition, p, np, s, l, le, o, be
        cmpb    $0xDD, %al
        set\condition (%ebp)
        ADD_UP
.endr
.irp rotation, rcll, rcrl
        cmpb    $0xDD, %al
        \rotation (%ebp)
        ADD_UP
        cmpb    $0xDD, %al
        \rotation %cl, (%ebp)
        ADD_UP
.endr
        addb    $37, %cl
        cmpb    $37 * 7 % 256, %cl
        jne     1b
        movl    %esi, %ebx
        shrl    $8, %esi
        xorl    %esi, %ebx
        movl    $1, %eax
        int     $0x80
        .section .note.GNU-stack, "", @progbits
