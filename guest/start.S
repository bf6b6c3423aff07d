# Where a guest program begins, and its one way into the kernel.

        .text

# At entry the stack holds argc, then argv[0]... (System V ABI, Intel386 supplement,
# "Process Initialization").
        .globl  _start
        .type   _start, @function
_start:
        xorl    %ebp, %ebp              # the outermost frame
        movl    (%esp), %eax
        leal    4(%esp), %edx
        andl    $-16, %esp
        subl    $8, %esp
        pushl   %edx
        pushl   %eax
        call    main
        movl    %eax, %ebx
        movl    $1, %eax                # exit
        int     $0x80
        ud2
        .size   _start, . - _start

# int32_t syscall6(uint32_t number, uint32_t a, b, c, d, e, f)
# Linux takes the arguments in EBX, ECX, EDX, ESI, EDI and EBP, the number in EAX.
        .globl  syscall6
        .type   syscall6, @function
syscall6:
        pushl   %ebp
        pushl   %edi
        pushl   %esi
        pushl   %ebx
        movl    20(%esp), %eax
        movl    24(%esp), %ebx
        movl    28(%esp), %ecx
        movl    32(%esp), %edx
        movl    36(%esp), %esi
        movl    40(%esp), %edi
        movl    44(%esp), %ebp
        int     $0x80
        popl    %ebx
        popl    %esi
        popl    %edi
        popl    %ebp
        ret
        .size   syscall6, . - syscall6

        .section .note.GNU-stack, "", @progbits
