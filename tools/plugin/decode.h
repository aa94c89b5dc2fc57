#ifndef PLUGIN_DECODE_H
#define PLUGIN_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instructions that cost more than others on real machines. */
enum special {
    SPECIAL_NONE,
    SPECIAL_CONTROL, /* mov to cr; msr TTBR0/1, TCR, SCTLR, CPACR */
    SPECIAL_TLB,     /* invlpg, invpcid; tlbi */
    SPECIAL_BARRIER, /* mfence lfence sfence; dmb dsb isb */
    SPECIAL_MSR,     /* rdmsr wrmsr swapgs rd/wr{fs,gs}base; every other msr and mrs of EL1 */
    SPECIAL_COUNT
};

/* What the guest says to the plugin: an instruction that does nothing, with a number in it. */
enum mark_kind { MARK_NONE, MARK_BEGIN, MARK_END, MARK_POINT };

struct instruction {
    enum special special;
    enum mark_kind mark;
    unsigned int id; /* of the mark: 0..4095 */
};

/* x86_64: Intel SDM volume 2. A mark is `nopl 0x534bKIII(%rax)`: 0f 1f 80 and four bytes. */
struct instruction decode_x86_64(const uint8_t *code, size_t bytes);
/* aarch64: Arm ARM C4.1. A mark is `movz xzr, #0xKIII, lsl #48`. */
struct instruction decode_aarch64(const uint8_t *code, size_t bytes);

#endif
