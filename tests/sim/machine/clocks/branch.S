# branch.S: jumps, calls and returns, loops. m of each target is beside it.
#include "program.inc"

        .text

# JMP rel: 7+m.
PROGRAM jmp_short
        jmp     1f                      # EB: 7+1
        nop
1:      nop                             # 90 = 1; 3
END     7+1 + 3

PROGRAM jmp_near
        {disp32} jmp 1f                # E9: 7+1
        nop
1:      nop                             # 90 = 1; 3
END     7+1 + 3

PROGRAM jmp_to_the_end
        jmp     1f                      # 7+2
        nop
1:                                      # CD 80 = 2
END     7+2

PROGRAM jmp_to_the_next
        jmp     1f                      # 7+1
1:      nop                             # 1; 3
END     7+1 + 3

# There, back, and forth again.
PROGRAM jmp_backwards
        jmp     2f                      # 7+2
1:      inc     eax                     # 40 = 1; 2
        jmp     3f                      # 7+2
2:      jmp     1b                      # EB d = 2; 7+1
3:                                      # 2
END     7+2 + 7+1 + 2 + 7+2

# JMP r/m: 7+m by a register, 10+m by memory.
PROGRAM jmp_register, eax=jmp_register_target
        jmp     eax                     # FF /4: 7+1
        nop
jmp_register_target:
        nop                             # 1; 3
END     7+1 + 3

DATA
jmp_memory_pointer:
        .long   jmp_memory_1, jmp_memory_2
END_DATA
PROGRAM jmp_memory, ebx=jmp_memory_pointer, ecx=1
        jmp     [ebx]                   # 10+3
        nop
jmp_memory_1:
        jmp     [ebx+ecx*4]             # FF 24 8B = 3; 10+1, +1
        nop
jmp_memory_2:
        nop                             # 1; 3
END     10+3 + 10+1+1 + 3

# Jcc: 7+m taken, 3 not. One program for each condition, with its opposite: with EAX and ECX as
# given, the first is taken, the second is not.
.macro CONDITIONS taken, not_taken, left, right
PROGRAM \taken\()_not_\not_taken, eax=\left, ecx=\right
        cmp     eax, ecx                # 2
        \not_taken 1f                   # 3
        \taken  1f                      # 7+1
        nop
1:      nop                             # 90 = 1; 3
END     2 + 3 + 7+1 + 3
.endm
        CONDITIONS je, jne, 5, 5
        CONDITIONS jne, je, 5, 6
        CONDITIONS jb, jae, 5, 6
        CONDITIONS jae, jb, 6, 5
        CONDITIONS jbe, ja, 5, 5
        CONDITIONS ja, jbe, 6, 5
        CONDITIONS jl, jge, -5, 5
        CONDITIONS jge, jl, 5, -5
        CONDITIONS jle, jg, -5, 5
        CONDITIONS jg, jle, 5, -5
        CONDITIONS js, jns, 5, 6
        CONDITIONS jns, js, 6, 5
        CONDITIONS jo, jno, 0x80000000, 1
        CONDITIONS jno, jo, 5, 1
        CONDITIONS jp, jnp, 6, 3        # 3: two bits
        CONDITIONS jnp, jp, 6, 5        # 1: one bit

# The long form, 0F 8x, has the same clocks.
PROGRAM conditions_near, eax=1
        cmp     eax, 2                  # 2
        {disp32} je 1f                # 3
        {disp32} jne 1f                # 7+1
        nop
1:      nop                             # 1; 3
END     2 + 3 + 7+1 + 3

# Taken, but to where it would have gone anyway.
PROGRAM condition_to_the_next
        test    eax, eax                # 2
        je      1f                      # 7+2
1:      jne     2f                      # 75 d = 2; 3
2:      nop                             # 3
END     2 + 7+2 + 3 + 3

# JCXZ, JECXZ: 9+m taken, 5 not.
PROGRAM jecxz, ecx=0
        jecxz   1f                      # E3: 9+1
        nop
1:      inc     ecx                     # 41 = 1; 2
        jecxz   2f                      # 5
2:      nop                             # 3
END     9+1 + 2 + 5 + 3

PROGRAM jcxz, ecx=0x10000
        jecxz   2f                      # 5
        jcxz    1f                      # CX is 0; 67 E3: 9+2
        nop
1:      jecxz   2f                      # E3 d = 2; 5
2:      nop                             # 3
END     5 + 9+2 + 5 + 3

# LOOP: 11+m taken. The manual has no other figure: 11 where it falls through.
PROGRAM loop_5, ecx=5
1:      loop    1b                      # E2 d = 2; 11+2, at last 11
END     4*(11+2) + 11

PROGRAM loop_1, ecx=1
1:      loop    1b                      # 11
END     11

PROGRAM loop_body, ecx=100, gives=300
1:      add     eax, 3                  # 83 C0 i = 3; 2
        loop    1b                      # 11+3, at last 11
END     99*(2+11+3) + 2+11

PROGRAM loop_cx, ecx=0x50003
1:      .byte   0x67                    # 67 E2 d = 3; CX: 11+3 twice, 11
        loop    1b
END     2*(11+3) + 11

PROGRAM loope, ecx=10, edx=3
1:      dec     edx                     # 4A = 1; 2
        cmp     edx, -1                 # 2
        loope   1b                      # not equal: 11
        cmp     eax, eax                # 39 C0 = 2; 2
2:      loope   2b                      # E1 d = 2; ECX is 9: 11+2 eight times, 11
END     2 + 2 + 11 + 2 + 8*(11+2) + 11

PROGRAM loopne, ecx=10, edx=3
1:      dec     edx                     # 4A = 1; 2
        loopne  1b                      # E0: 11+1 twice; the third is 0: 11
END     2*(2+11+1) + 2+11

PROGRAM loopne_count, ecx=3, edx=100
1:      dec     edx                     # 1; 2
        loopne  1b                      # 11+1 twice; ECX is 0: 11
END     2*(2+11+1) + 2+11

# CALL rel: 7+m; RET: 10+m; RET imm16: 10+m.
PROGRAM call_ret
        call    1f                      # E8: 7+1
        jmp     2f                      # EB d = 2; 7+2
1:      ret                             # C3 = 1; 10+2
2:                                      # 2
END     7+1 + 10+2 + 7+2

PROGRAM call_ret_immediate
        push    eax                     # 2
        push    ecx                     # 2
        call    1f                      # 7+4
        jmp     2f                      # 2; 7+2
1:      mov     eax, [esp+4]            # 8B 44 24 d = 4; 4
        ret     8                       # 10+2
2:                                      # 2
END     2 + 2 + 7+4 + 4 + 10+2 + 7+2

# CALL r/m: 7+m by a register, 10+m by memory.
DATA
call_pointer:
        .long   called
END_DATA
PROGRAM call_indirect, ebx=call_pointer, eax=called, ecx=0
        call    eax                     # FF /2: 7+1
        call    [ebx]                   # FF 13 = 2; 10+1
        call    [ebx+ecx]               # FF 14 0B = 3; 10+1, +1
        jmp     1f                      # EB d = 2; 7+2
called: ret                             # C3 = 1; 10 + m of where it returns to: 2, 3, 2
1:                                      # 2
END     (7+1 + 10+2) + (10+1 + 10+3) + (10+1+1 + 10+2) + 7+2

# RET to an address that was pushed, and a call whose return address is dropped.
PROGRAM ret_as_a_jump
        push    offset 1f               # 2
        ret                             # 10+1
        nop
1:      nop                             # 1; 3
        call    2f                      # 7+1
        nop
2:      pop     eax                     # 58 = 1; 4
END     2 + 10+1 + 3 + 7+1 + 4

# Three deep.
PROGRAM calls_in_calls
        call    1f                      # 7+2
        jmp     4f                      # 2; 7+2
1:      call    2f                      # E8 d = 2; 7+2
        ret                             # 1; 10+2
2:      call    3f                      # 2; 7+1
        ret                             # 1; 10+1
3:      ret                             # 1; 10+1
4:                                      # 2
END     (7+2) + (7+2) + (7+1) + (10+1) + (10+1) + (10+2) + (7+2)

# Far, to the same privilege. CALL ptr16:32 34+m, m16:32 38+m; RET 32+m; JMP ptr16:32 27+m,
# m16:32 31+m.
PROGRAM call_far
        .byte   0x9A                    # 34+1
        .long   1f
        .word   USER_CODE
        jmp     2f                      # 2; 7+2
1:      retf                            # CB = 1; 32+2
2:                                      # 2
END     34+1 + 32+2 + 7+2

PROGRAM call_far_immediate
        push    eax                     # 2
        .byte   0x9A                    # 34+2
        .long   1f
        .word   USER_CODE
        jmp     2f                      # 2; 7+2
1:      retf    4                       # CA i = 2; 32+2
2:                                      # 2
END     2 + 34+2 + 32+2 + 7+2

DATA
call_far_pointer:
        .long   call_far_target
        .word   USER_CODE
jmp_far_pointer:
        .long   jmp_far_target
        .word   USER_CODE
END_DATA
PROGRAM call_far_memory, ebx=call_far_pointer, ecx=0
        call    fword ptr [ebx]         # FF /3: 38+1
        call    fword ptr [ebx+ecx]     # FF 1C 0B = 3; 38+1, +1
        jmp     1f                      # 2; 7+2
call_far_target:
        retf                            # 1; 32+3, 32+2
1:                                      # 2
END     (38+1 + 32+3) + (38+1+1 + 32+2) + 7+2

PROGRAM jmp_far
        .byte   0xEA                    # 27+1
        .long   1f
        .word   USER_CODE
        nop
1:      nop                             # 1; 3
END     27+1 + 3

PROGRAM jmp_far_memory, ebx=jmp_far_pointer
        jmp     fword ptr [ebx]         # FF /5: 31+1
        nop
jmp_far_target:
        nop                             # 1; 3
END     31+1 + 3

# IRET to the same privilege: 38.
PROGRAM iret
        pushf                           # 4
        push    cs                      # 2
        push    offset 1f               # 2
        iret                            # CF: 38
        nop
1:      nop                             # 3
END     4+2+2 + 38 + 3

# With an operand-size prefix EIP has 16 bits: code below 64 KiB.
        .section .low, "ax", @progbits
PROGRAM jmp_of_16_bits
        .byte   0x66, 0xE9              # JMP rel16: 7+1
        .word   1f-.-2
        nop
1:      nop                             # 1; 3
END     7+1 + 3

PROGRAM jcc_of_16_bits
        test    eax, eax                # 2
        .byte   0x66, 0x0F, 0x85        # JNE rel16: 3
        .word   1f-.-2
        .byte   0x66, 0x0F, 0x84        # JE rel16: 7+1
        .word   1f-.-2
        nop
1:      nop                             # 1; 3
END     2 + 3 + 7+1 + 3

PROGRAM call_of_16_bits, eax=call_16_target, ebx=call_16_pointer
        .byte   0x66, 0xE8              # CALL rel16: 7+2
        .word   call_16_target-.-2
        .byte   0x66, 0xFF, 0xD0        # CALL AX: 3 bytes; 7+2
        .byte   0x66, 0xFF, 0x13        # CALL word [EBX]: 3 bytes; 10+2
        jmp     1f                      # EB d = 2; 7+2
call_16_target:
        .byte   0x66, 0xC3              # RET: 2 bytes; 10 + 3, 3, 2
1:                                      # 2
END     (7+2 + 10+3) + (7+2 + 10+3) + (10+2 + 10+2) + 7+2

        .balign 2
call_16_pointer:
        .word   call_16_target
jmp_16_pointer:
        .word   jmp_16_target_2, jmp_16_target_3, USER_CODE
PROGRAM jmp_indirect_of_16_bits, eax=jmp_16_target_1, ebx=jmp_16_pointer
        .byte   0x66, 0xFF, 0xE0        # JMP AX: 7+3
        nop
jmp_16_target_1:
        .byte   0x66, 0xFF, 0x23        # JMP word [EBX]: 3 bytes; 10+4
        nop
jmp_16_target_2:
        .byte   0x66, 0xFF, 0x6B, 2     # JMP m16:16 [EBX+2]: 66 FF 6B d = 4; 31+1
        nop
jmp_16_target_3:
        nop                             # 1; 3
END     7+3 + 10+4 + 31+1 + 3

call_far_16_pointer:
        .word   call_far_16_target, USER_CODE
PROGRAM far_of_16_bits, ebx=call_far_16_pointer
        .byte   0x66, 0x9A              # CALL ptr16:16: 34+2
        .word   call_far_16_target, USER_CODE
        .byte   0x66, 0xFF, 0x1B        # CALL m16:16 [EBX]: 3 bytes; 38+2
        .byte   0x66, 0xEA              # JMP ptr16:16: 66 EA i = 3; 27+2
        .word   1f, USER_CODE
call_far_16_target:
        .byte   0x66, 0xCB              # RET far: 2 bytes; 32 + 3, 3
1:                                      # 2
END     (34+2 + 32+3) + (38+2 + 32+3) + 27+2

PROGRAM ret_immediate_of_16_bits
        push    ax                      # 2
        .byte   0x66, 0xE8              # CALL rel16: 7+3
        .word   1f-.-2
        jmp     2f                      # 2; 7+2
1:      .byte   0x66, 0xC2, 2, 0        # RET 2: 66 C2 i = 3; 10+2
2:      push    ax                      # 66 50 = 2; 2
        .byte   0x66, 0x9A              # CALL ptr16:16: 34+3
        .word   3f, USER_CODE
        jmp     4f                      # 2; 7+2
3:      .byte   0x66, 0xCA, 2, 0        # RET far 2: 3; 32+2
4:                                      # 2
END     2 + 7+3 + 10+2 + 7+2 + 2 + 34+3 + 32+2 + 7+2

PROGRAM iret_of_16_bits
        pushfw                          # 4
        .byte   0x66, 0x0E              # PUSH CS, a word: 2
        .byte   0x66, 0x68              # PUSH imm16: 2
        .word   1f
        iretw                           # 66 CF: 38
        nop
1:      nop                             # 3
END     4+2+2 + 38 + 3
