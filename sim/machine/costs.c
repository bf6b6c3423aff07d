/* costs.c: the table of costs, and where each figure comes from.
 *
 * i386: Intel 80386 Programmer's Reference Manual (1986), chapter 17. i486:
 * Intel486 Processor Programmer's Reference Manual, chapter 26. pentium:
 * Pentium Processor Family Developer's Manual, volume 3, chapter 25 and
 * appendix F. Where one instruction makes up nearly all of a figure (traps,
 * IRET, MOV CR3, INVLPG, REP MOVS, REP STOS, REPE SCAS) the i486 and the
 * pentium have their own; else the i386's stands in for them.
 *
 * In the derivations a number is the clocks of the instruction before it. A
 * transfer of control takes `m` more, the components of the instruction it
 * leads to: the figure given has it in it.
 */
#include "machine/costs.h"

#include <stddef.h>
#include <string.h>

/* Registers and constants: MOV and XOR r,r 2, MOV r,imm 2, CLD 2; on the others
 * 1, 1, 1 and 2. */
#define STRING_SET_UP       (2 + 2 + 2 + 2)
#define STRING_SET_UP_LATER (1 + 1 + 1 + 2)

/* MOV ESI,from; MOV EDI,to; MOV ECX,n; CLD; REP MOVSD 5+4n, 12+3n, 13+n. */
#define COPY_I386(n)    (STRING_SET_UP + 5 + 4 * (n))
#define COPY_I486(n)    (STRING_SET_UP_LATER + 12 + 3 * (n))
#define COPY_PENTIUM(n) (STRING_SET_UP_LATER + 13 + (n))

/* MOV EDI,to; XOR EAX,EAX; MOV ECX,n; CLD; REP STOSD 5+5n, 7+4n, 9+n. On an
 * i386 zeroing a page takes longer than copying one. */
#define ZERO_I386(n)    (STRING_SET_UP + 5 + 5 * (n))
#define ZERO_I486(n)    (STRING_SET_UP_LATER + 7 + 4 * (n))
#define ZERO_PENTIUM(n) (STRING_SET_UP_LATER + 9 + (n))

/* MOV EDI,table; XOR EAX,EAX; MOV ECX,n; CLD; REPE SCASD 5+8n, 7+5n, 9+4n: past
 * what is 0. */
#define SCAN_I386(n)    (STRING_SET_UP + 5 + 8 * (n))
#define SCAN_I486(n)    (STRING_SET_UP_LATER + 7 + 5 * (n))
#define SCAN_PENTIUM(n) (STRING_SET_UP_LATER + 9 + 4 * (n))

/* CALL 9; MOV EAX,[free] 4; TEST EAX,EAX 2; JZ 3; MOV EDX,[next+EAX*4] 4; MOV
 * [free],EDX 2; RET 12. To give one back takes no longer. */
#define FRAME 36

/* OR EAX,flags 2; MOV [EBX+EDX*4],EAX 3: a table's entry in the directory. */
#define NEW_TABLE (FRAME + 5)

/* MOV EAX,[last] 4; MOV [EAX+next],EDI 2; MOV [last],EDI 2; MOV EAX,[pid] 4;
 * INC [pid] 6; MOV [EDI+pid],EAX 2; MOV [EDI+parent],EDX 2; MOV [EDI+eax],0
 * 2. */
#define FORK_LINK 24

/* The program's headers are looked at, 13 words: CMP [ESI],value 5; JNE 3. Four
 * mappings of 8 words are filled in, MOV [EDI],r 2 each, and linked, 4 each. */
#define EXEC_HEADERS  (13 * (5 + 3))
#define EXEC_MAPPINGS (4 * (8 * 2 + 4))
#define EXEC_FIXED    (EXEC_HEADERS + EXEC_MAPPINGS)

#define SAME(clocks)           \
    {                          \
        clocks, clocks, clocks \
    }

static const struct cost_row rows[COSTS] = {
    /* INT n; an exception takes as long. */
    [COST_TRAP] = {"trap", {99, 71, 48}, "a trap from ring 3 through its gate"},
    [COST_TRAP_SAME] = {"trap_same",
                        {59, 44, 31},
                        "a trap in the kernel itself"},
    [COST_IRET] = {"iret", {82, 36, 27}, "IRET to ring 3"},
    [COST_IRET_SAME] = {"iret_same", {38, 15, 10}, "IRET into the kernel"},
    /* MOV EAX,[directory] 4, 1, 1; MOV CR3,EAX 5, 4, 21. */
    [COST_CR3_LOAD] = {"cr3_load", {4 + 5, 1 + 4, 1 + 21}, "a load of CR3"},
    /* An i386 has none. */
    [COST_INVLPG] = {"invlpg", {0, 12, 25}, "INVLPG"},

    /* PUSHAD 18; PUSH DS, ES 4; MOV EAX,data 2; MOV DS, ES 36; CALL handler 8;
     * RET 11; POP ES, DS 42; POPAD 24; ADD ESP,4 2. */
    [COST_ENTRY] = {"entry", SAME(147),
                    "any trap: registers saved and restored"},
    /* MOV EAX,CR2 6; TEST [ESP+error],1 5; JNZ 3; TEST [ESI+rights],write 5; JZ
     * 3; CALL 8; RET 12; TEST EAX,EAX 2; JNZ 3. */
    [COST_FAULT] = {"fault", SAME(47), "a page fault: what to do about it"},
    /* CALL 10; MOV ESI,[mappings] 4; three of: CMP EAX,[ESI+end] 6; JB 3; CMP
     * EAX,[ESI+start] 6; JB 3; MOV ESI,[ESI] 4; TEST ESI,ESI 2; JNZ 10; and the
     * fourth: CMP 6; JB 3; CMP 6; JB 8; RET 15. */
    [COST_LOOK_UP] = {"look_up", SAME(10 + 4 + 3 * 34 + 23 + 15),
                      "the mapping of an address found, the fourth of a list"},
    /* CMP EAX,count 2; JAE 3; CALL [table+EAX*4] 11; PUSH EBP 2; MOV EBP,ESP 2;
     * LEAVE 4; RET 14; MOV [ESP+eax],EAX 2; CMP [pending],0 5; JNE 3. */
    [COST_CALL] = {"call", SAME(48), "a system call dispatched by its number"},
    /* MOV EAX,[pending] 4; AND EAX,[mask] 6; BSF ECX,EAX 10+3*10; LEA
     * EDX,[actions+ECX*8] 3; MOV EBX,[EDX] 4; 16 words: MOV EAX,[ESP+n] 4; MOV
     * [EDI+n],EAX 2; MOV [ESP+eip],EBX 2; MOV [ESP+esp],EDI 2; BTR
     * [pending],ECX 13. */
    [COST_SIGNAL] = {"signal", SAME(4 + 6 + 40 + 3 + 4 + 16 * 6 + 2 + 2 + 13),
                     "a signal's handler chosen, its frame made up"},

    [COST_FRAME] = {"frame", SAME(FRAME),
                    "a frame taken from the free ones, or given back"},
    /* CALL 9; MOV EDX,EAX 2; SHR EDX,22 3; MOV EDX,[EBX+EDX*4] 5; TEST DL,1 2;
     * JZ 3; AND EDX,-4096 2; SHR EAX,12 3; AND EAX,1023 2; LEA EDX,[EDX+EAX*4]
     * 3; MOV EAX,[EDX] 4; MOV [EDX],ECX 2; SHR ECX,12 3; INC [references+ECX*4]
     * 6; RET 12. */
    [COST_PTE] = {"pte", SAME(61),
                  "an entry found and written, its reference counted"},
    [COST_PAGE_ZERO] = {"page_zero",
                        {ZERO_I386(1024), ZERO_I486(1024), ZERO_PENTIUM(1024)},
                        "a page zeroed, REP STOSD"},
    [COST_PAGE_COPY] = {"page_copy",
                        {COPY_I386(1024), COPY_I486(1024), COPY_PENTIUM(1024)},
                        "a page copied, REP MOVSD"},
    /* The file is in memory: there is no disk to wait for. */
    [COST_PAGE_LOAD] = {"page_load",
                        {COPY_I386(1024), COPY_I486(1024), COPY_PENTIUM(1024)},
                        "a page of the program's file copied"},
    [COST_TABLE_NEW] = {"table_new",
                        {ZERO_I386(1024) + NEW_TABLE,
                         ZERO_I486(1024) + NEW_TABLE,
                         ZERO_PENTIUM(1024) + NEW_TABLE},
                        "a page table or directory made: a frame, zeroed"},
    [COST_TABLE_SCAN] = {"table_scan",
                         {SCAN_I386(1024), SCAN_I486(1024), SCAN_PENTIUM(1024)},
                         "a table searched for present entries, REPE SCASD"},
    /* REPE SCASD begun again 5; JE 3; MOV EAX,[EDI-4] 4; TEST AL,2 2; JZ 3; AND
     * EAX,~(R/W, A) 2; OR AH,2 2; MOV [EDI-4],EAX 2; MOV [EDI+EBX-4],EAX 3; SHR
     * EAX,12 3; INC [references+EAX*4] 6; XOR EAX,EAX 2; JMP 9. */
    [COST_FORK_PAGE] = {"fork_page", SAME(46),
                        "one entry at fork: both written, reference counted"},

    /* CALL 9; MOV EAX,ESI 2; ADD EAX,ECX 2; JC 3; CMP EAX,base 2; JA 3; ADD
     * ECX,3 2; SHR ECX,2 3; CLD 2; REP MOVSD 5; RET 12. */
    [COST_COPY_USER] = {"copy_user", SAME(45),
                        "a copy to or from a program begun, each page"},
    [COST_COPY_DWORD] = {"copy_dword", {4, 3, 1}, "4 bytes of it, REP MOVSD"},
    /* LODSB 5; STOSB 4; TEST AL,AL 2; JNZ 8. */
    [COST_COPY_BYTE] = {"copy_byte", SAME(19),
                        "a byte of a string of unknown length"},

    /* A process is a record of 1 KiB, its mappings and descriptors in it. */
    [COST_FORK] = {"fork",
                   {COPY_I386(256) + FORK_LINK, COPY_I486(256) + FORK_LINK,
                    COPY_PENTIUM(256) + FORK_LINK},
                   "the record of a new process"},
    /* Half of the record is cleared. */
    [COST_EXEC] = {"exec",
                   {ZERO_I386(128) + EXEC_FIXED, ZERO_I486(128) + EXEC_FIXED,
                    ZERO_PENTIUM(128) + EXEC_FIXED},
                   "the record of a new program"},
    /* 32 descriptors: CMP [EBX],0 5; JE 10; ADD EBX,8 2; LOOP 14. Unlinked and
     * its parent woken: MOV r,[m] 4 four times, MOV [m],r 2 twice. */
    [COST_EXIT] = {"exit", SAME(32 * 31 + 20),
                   "the record of a process given up"},
    /* The queue: three MOV r,[m] 12, three MOV [m],r 6. PUSH of 4 registers 8,
     * of FS, GS 4; MOV [EDX+esp],ESP 2; MOV ESP,[EAX+esp] 4; MOV EDX,[EAX+esp0]
     * 4; MOV [tss+4],EDX 2; three descriptors: 6 of MOV r,[m] 4, MOV [m],r 2;
     * POP GS, FS 42, of 4 registers 16; RET 12. The FPU's state is not
     * counted. */
    [COST_SWITCH] = {"switch",
                     SAME(18 + 12 + 2 + 4 + 4 + 2 + 36 + 42 + 16 + 12),
                     "another process chosen and switched to"},
};

const struct cost_row *cost_row_of(enum cost cost)
{
    return &rows[cost];
}

enum cost cost_named(const char *name)
{
    for (int cost = 0; cost < COSTS; cost++)
        if (strcmp(rows[cost].name, name) == 0)
            return (enum cost)cost;
    return COSTS;
}

void costs_choose(uint32_t clocks[COSTS], enum mmu_generation_id generation,
                  const uint32_t *chosen)
{
    for (int cost = 0; cost < COSTS; cost++)
        clocks[cost] = chosen != NULL && chosen[cost] != COST_DEFAULT
                           ? chosen[cost]
                           : rows[cost].clocks[generation];
}
