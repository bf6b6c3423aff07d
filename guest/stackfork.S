# stackfork: a fork and one write to the stack in each process.
#
# Prints:
#       stackfork: ok
#
# Why: the smallest experiment with copy-on-write there is. Parent and child come back from fork
# and store to the same word of the same stack page. Under copy-on-write that is exactly two page
# faults, both at the same EIP and the same linear address with error code 7 (present, write,
# user): the first to come gets a copy, the second is the last owner and takes the page over.
# With an eager fork there is none. Nothing else may fault after the fork, so code and message
# share one page, no other page is written, and waitpid is given no status to write.

        .set    SYS_EXIT, 1
        .set    SYS_FORK, 2
        .set    SYS_WRITE, 4
        .set    SYS_WAITPID, 7

        .text
        .globl  _start
        .type   _start, @function
_start:
        subl    $64, %esp
        andl    $-64, %esp              # the word and the slack above it lie in one page
        movl    $0x57ac, (%esp)         # the page is present and writable before the fork

        movl    $SYS_FORK, %eax
        int     $0x80
        .globl  after_fork
after_fork:
        movl    %eax, (%esp)            # the store that both processes make
        testl   %eax, %eax
        js      failed
        jz      child

        movl    %eax, %esi              # the parent: wait, then look at its word again
        movl    %eax, %ebx
        xorl    %ecx, %ecx
        xorl    %edx, %edx
        movl    $SYS_WAITPID, %eax
        int     $0x80
        cmpl    %esi, %eax
        jne     failed
        cmpl    %esi, (%esp)
        jne     failed
        movl    $ok, %ecx
        movl    $ok_length, %edx
        xorl    %esi, %esi
        jmp     finish

child:  cmpl    $0, (%esp)
        jne     failed
        xorl    %ebx, %ebx
        jmp     leave

failed: movl    $bad, %ecx
        movl    $bad_length, %edx
        movl    $1, %esi

# Writes EDX bytes from ECX and exits with status ESI.
finish: movl    $1, %ebx
        movl    $SYS_WRITE, %eax
        int     $0x80
        movl    %esi, %ebx
leave:  movl    $SYS_EXIT, %eax
        int     $0x80
        .size   _start, . - _start

ok:     .ascii  "stackfork: ok\n"
        .set    ok_length, . - ok
bad:    .ascii  "stackfork: FAILED\n"
        .set    bad_length, . - bad

        .section .note.GNU-stack, "", @progbits
