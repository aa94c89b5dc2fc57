/* decode.c: finds marks and special instructions in translated code. The plugin is a host program:
 * it knows both instruction sets as data. */
#include "decode.h"

#define MARK_X86 0x534bu

static struct instruction mark_of(uint32_t word)
{
    uint32_t kind = word >> 12 & 15;

    if (kind < MARK_BEGIN || kind > MARK_POINT)
        return (struct instruction){0};
    return (struct instruction){.mark = (enum mark_kind)kind, .id = word & 0xfff};
}

static uint32_t word_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* 0f 01: invlpg is /7 with a memory operand, swapgs the register form f8. */
static enum special x86_group_7(uint8_t modrm)
{
    if ((modrm >> 3 & 7) == 7 && modrm >> 6 != 3)
        return SPECIAL_TLB;
    return modrm == 0xf8 ? SPECIAL_MSR : SPECIAL_NONE;
}

/* 0f ae: fences are register forms 5..7, with f3 before it rdfsbase and its kin are 0..3. */
static enum special x86_group_15(uint8_t modrm, bool repeat)
{
    unsigned int reg = modrm >> 3 & 7;

    if (modrm >> 6 != 3)
        return SPECIAL_NONE;
    if (repeat)
        return reg < 4 ? SPECIAL_MSR : SPECIAL_NONE;
    return reg >= 5 ? SPECIAL_BARRIER : SPECIAL_NONE;
}

struct instruction decode_x86_64(const uint8_t *code, size_t bytes)
{
    struct instruction found = {0};
    bool repeat = false;
    size_t i = 0;

    while (i < bytes && (code[i] == 0x66 || code[i] == 0xf2 || code[i] == 0xf3)) {
        repeat = repeat || code[i] == 0xf3;
        i++;
    }
    i += i < bytes && (code[i] & 0xf0) == 0x40; /* REX */
    if (bytes - i < 2 || code[i] != 0x0f)
        return found;
    uint8_t modrm = bytes - i > 2 ? code[i + 2] : 0;

    if (code[i + 1] == 0x1f && bytes == 7 && modrm == 0x80 && word_at(code + 3) >> 16 == MARK_X86)
        return mark_of(word_at(code + 3));
    if (code[i + 1] == 0x22)
        found.special = SPECIAL_CONTROL;
    else if (code[i + 1] == 0x30 || code[i + 1] == 0x32)
        found.special = SPECIAL_MSR;
    else if (code[i + 1] == 0x01)
        found.special = x86_group_7(modrm);
    else if (code[i + 1] == 0xae)
        found.special = x86_group_15(modrm, repeat);
    return found;
}

/* op0 op1 CRn CRm op2 of the registers that change how memory is seen or what may be used:
 * SCTLR_EL1 3,0,1,0,0; CPACR_EL1 3,0,1,0,2; TTBR0_EL1, TTBR1_EL1, TCR_EL1 3,0,2,0,0..2. */
static bool arm_is_control(uint32_t w)
{
    uint32_t name = w >> 5 & 0x7fff; /* o0:1 op1:3 CRn:4 CRm:4 op2:3 */

    return name == 0x4080 || name == 0x4082 || (name >= 0x4100 && name <= 0x4102);
}

struct instruction decode_aarch64(const uint8_t *code, size_t bytes)
{
    struct instruction found = {0};

    if (bytes != 4)
        return found;
    uint32_t w = word_at(code);

    if ((w & 0xffe0001f) == 0xd2e0001f)
        return mark_of(w >> 5 & 0xffff);
    if ((w & 0xfffff000) == 0xd5033000 && (w >> 5 & 7) >= 4) /* dsb dmb isb sb */
        found.special = SPECIAL_BARRIER;
    else if ((w & 0xfff80000) == 0xd5080000 && (w >> 12 & 15) == 8) /* sys, CRn 8 */
        found.special = SPECIAL_TLB;
    else if ((w & 0xfff00000) == 0xd5100000)
        found.special = arm_is_control(w) ? SPECIAL_CONTROL : SPECIAL_MSR;
    else if ((w & 0xfff00000) == 0xd5300000 || (w & 0xfff8f01f) == 0xd500401f) /* mrs, msr #imm */
        found.special = SPECIAL_MSR;
    return found;
}
