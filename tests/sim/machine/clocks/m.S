# m.S: the components of the instruction that a jump goes to. Displacement and immediate count one
# each, however long they are; prefixes, opcode bytes, ModRM and SIB one a byte.
#include "program.inc"

        .text

# A jump to `instruction`, which takes `clocks` itself.
.macro TARGET name, components, clocks, instruction:vararg
PROGRAM m_\name
        jmp     1f                      # 7+m
        nop
1:      \instruction
END     7+\components + \clocks
.endm

        TARGET  opcode, 1, 2,                   inc eax
        TARGET  two_opcode_bytes, 3, 3,         movzx eax, cl                   # 0F B6 C1
        TARGET  modrm, 2, 2,                    mov eax, ecx                    # 89 C8
        TARGET  memory, 2, 4,                   mov eax, [ebx]                  # 8B 03
        TARGET  disp8, 3, 4,                    mov eax, [ebx+4]                # 8B 43 d
        TARGET  disp32, 3, 4,                   mov eax, [ebx+0x200]            # 8B 83 d
        TARGET  absolute, 3, 4,                 mov ecx, [operands]             # 8B 0D d
        TARGET  moffs, 2, 4,                    mov eax, [operands]             # A1 d
        TARGET  sib, 3, 5,                      mov eax, [ebx+ecx]              # 8B 04 0B
        TARGET  sib_disp8, 4, 5,                mov eax, [ebx+ecx*4+8]          # 8B 44 8B d
        TARGET  sib_disp32, 4, 5,               mov eax, [ebx+ecx*4+0x200]      # 8B 84 8B d
        TARGET  sib_without_base, 4, 4,         mov eax, [ecx*4+operands]       # 8B 04 8D d
        TARGET  sib_of_esp, 3, 4,               mov eax, [esp]                  # 8B 04 24
        TARGET  imm8, 2, 2,                     mov al, 5                       # B0 i
        TARGET  imm32, 2, 2,                    mov eax, 0x12345678             # B8 i
        TARGET  imm16, 3, 2,                    mov ax, 0x1234                  # 66 B8 i
        TARGET  modrm_imm8, 3, 2,               add ecx, 5                      # 83 C1 i
        TARGET  modrm_imm32, 3, 2,              add ecx, 0x12345678             # 81 C1 i
        TARGET  disp8_imm8, 4, 7,               add dword ptr [ebx+4], 5        # 83 43 d i
        TARGET  disp32_imm32, 4, 7,             add dword ptr [ebx+0x200], 0x12345678   # 81 83 d i
        TARGET  sib_disp32_imm32, 5, 8,         add dword ptr [ebx+ecx*4+0x200], 0x12345678     # 81 84 8B d i
        TARGET  operand_size, 3, 2,             mov ax, cx                      # 66 89 C8
        TARGET  address_size, 3, 2,             lea eax, [si]                   # 67 8D 04
        TARGET  address_size_disp16, 4, 2,      lea eax, [si+0x1234]            # 67 8D 84 d
        TARGET  both_sizes, 4, 3,               lea ax, [bx+si]                 # 66 67 8D 00
        TARGET  segment, 3, 4,                  mov ecx, es:[ebx]               # 26 8B 0B
        TARGET  lock, 4, 7,                     lock add dword ptr [ebx], 5     # F0 83 03 i
        TARGET  lock_and_segment, 6, 7,         lock add dword ptr es:[ebx+4], 5        # F0 26 83 43 d i
        TARGET  shld, 5, 7,                     shld [ebx+4], ecx, 3            # 0F A4 4B d i
        TARGET  rep, 2, 5,                      rep movsb                       # F3 A4
        TARGET  rep_of_words, 3, 5,             rep movsw                       # F3 66 A5
        TARGET  string, 1, 7,                   movsb                           # A4
        TARGET  push_immediate, 2, 2,           push 0x12345678                 # 68 i
        TARGET  jcc, 2, 3,                      je .+2          # 74 d; ZF is 0: 3
        TARGET  jcc_near, 3, 9,                 {disp32} jne .+6        # 0F 85 d; 7+2

# ENTER has two immediates: all of the immediate data counts one.
        TARGET  enter, 2, 10,                   enter 8, 0                      # C8 i

# The most: four prefixes, opcode, ModRM, SIB, displacement and immediate.
PROGRAM m_all_there_is
        jmp     1f                      # 7+9
        nop
1:      .byte   0xF0, 0x26, 0x66, 0x3E  # two segments: the last holds
        .byte   0x81, 0x84, 0x0B        # ADD [EBX+ECX+disp32],imm16
        .long   0x200
        .word   0x1234                  # 7+1
END     7+9 + 7+1

# Other jumps, to 81 84 8B d i = 5: ADD m,imm with base and index, 7+1.
PROGRAM m_of_jcc
        test    eax, eax                # 2
        je      1f                      # 7+5
        nop
1:      add     dword ptr [ebx+ecx*4+0x200], 0x12345678
END     2 + 7+5 + 8

PROGRAM m_of_jecxz
        jecxz   1f                      # 9+5
        nop
1:      add     dword ptr [ebx+ecx*4+0x200], 0x12345678
END     9+5 + 8

PROGRAM m_of_loop, ecx=2
        loop    1f                      # 11+5
        nop
1:      add     dword ptr [ebx+ecx*4+0x200], 0x12345678
END     11+5 + 8

PROGRAM m_of_call_and_ret
        call    2f                      # 7+3
1:      add     dword ptr [ebx+ecx*4+0x200], 0x12345678 # 5; 8
        jmp     3f                      # 7+2
2:      add     ecx, 1                  # 83 C1 i = 3; 2
        ret                             # 10+5
3:                                      # 2
END     7+3 + 2 + 10+5 + 8 + 7+2

PROGRAM m_of_jmp_register, eax=m_of_jmp_register_target
        jmp     eax                     # 7+5
        nop
m_of_jmp_register_target:
        add     dword ptr [ebx+ecx*4+0x200], 0x12345678 # 8
END     7+5 + 8

# The next instruction executed is that at the target, not one behind it: a jump to a jump.
PROGRAM m_of_a_chain
        jmp     1f                      # 7+2
1:      jmp     2f                      # EB d = 2; 7+2
2:      jmp     3f                      # 2; 7+4
3:      add     dword ptr [ebx+4], 5    # 83 43 d i = 4; 7
END     7+2 + 7+2 + 7+4 + 7

# The byte before an instruction is no part of it: a jump past a prefix.
PROGRAM m_past_a_prefix
        jmp     1f                      # 7+3
        .byte   0x66
1:      add     ecx, 0x12345678         # 81 C1 i = 3; 2
END     7+3 + 2
