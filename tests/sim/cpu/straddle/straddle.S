/* straddle: accesses and instructions across the ends of pages, and strings, over more pages than
 * a small TLB holds, beside code that rewrites itself at first. In two processes, which take turns. */
#define PAGE 4096
#define PAGES 24
#define PAGE_END(page) memory + (page) * PAGE

        .text
        .globl  _start
        .balign PAGE
_start: movl    $125, %eax          /* mprotect */
        movl    $_start, %ebx
        movl    $end - _start, %ecx
        movl    $7, %edx            /* read, write, execute */
        int     $0x80
        movl    $2, %eax            /* fork */
        int     $0x80
        movl    $1200, %ebp
again:  movl    PAGE_END(1) - 2, %eax
        movl    %eax, PAGE_END(2) - 1
        addl    %eax, PAGE_END(3) - 3
        pushl   PAGE_END(4) - 2
        popl    PAGE_END(5) - 2
        fldl    PAGE_END(6) - 5
        fstpl   PAGE_END(7) - 7
        fldt    PAGE_END(8) - 9
        fstpt   PAGE_END(9) - 1
        movl    $PAGE_END(10) - 6, %esi
        movl    $PAGE_END(11) - 7, %edi
        movl    $9, %ecx
        rep movsl
        movl    $PAGE_END(12) - 9, %esi
        movl    $PAGE_END(13) - 2, %edi
        movl    $5, %ecx
        repe cmpsb
        movl    $PAGE_END(14) - 9, %edi
        xorl    %ecx, %ecx
        rep stosl
        call    behind
        cmpl    $1190, %ebp
        jb      rewritten
        movl    %ebp, rewritten + 1 /* within this very block */
        nop
rewritten:
        movl    $0, %edx
        shldl   $3, %edx, PAGE_END(15) - 2
        pusha
        popa
        rdtsc
        incl    PAGE_END(16) - 1
        xchgl   %eax, PAGE_END(17) - 2
        decl    %ebp
        jnz     again
        movl    $1, %eax            /* exit */
        xorl    %ebx, %ebx
        int     $0x80

        .balign PAGE
        .skip   PAGE - 8
behind: movl    PAGE_END(18), %eax
        addl    %eax, PAGE_END(19) - 2 /* across the end */
        ret
end:
        .bss
        .balign PAGE
memory: .skip   PAGES * PAGE
        .section .note.GNU-stack, "", @progbits
