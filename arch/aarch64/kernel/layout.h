/* Kernel half of the address space (TTBR1, 48 bits, 4 levels; all of it under entry 511 of the
 * root), and the offsets that assembler and C share. Numbers only: assembler reads this too. */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

#define KERNEL_IMAGE_VA 0xffffff8000000000 /* the image copy, kernel.ld; at most 2 MiB */
#define KERNEL_DEVICE_VA 0xffffff8000200000
#define KERNEL_GICD_VA (KERNEL_DEVICE_VA + 0x000000)   /* 64 KiB, core 0 only */
#define KERNEL_GICR_VA (KERNEL_DEVICE_VA + 0x040000)   /* own redistributor: 2 frames of 64 KiB */
#define KERNEL_UART_VA (KERNEL_DEVICE_VA + 0x080000)   /* 4 KiB, core 0 only */
#define KERNEL_WINDOW_VA (KERNEL_DEVICE_VA + 0x100000) /* 4 KiB, any RAM page */
#define KERNEL_PEER_VA 0xffffff8000400000              /* two pages a core: 8 MiB at most */
#define KERNEL_ZONE_VA 0xffffff8040000000              /* + zone base modulo 2 MiB */

/* struct arch_context */
#define CONTEXT_SP 248
#define CONTEXT_PSTATE 264
#define CONTEXT_PARTIAL 280
#define CONTEXT_BYTES 320

/* struct kernel_frame (frame.h): where SP_EL1 points in user mode. */
#define FRAME_PAGE 320
#define FRAME_FAST 336
#define FRAME_SPILL 344
#define FRAME_FOREIGN 360
#define FRAME_FULL 384
#define FRAME_BYTES 704

#define KERNEL_STACK_BYTES 16384
#define PANIC_STACK_BYTES 4096

#define PSTATE_USER_MASK 0xf0000000 /* N Z C V; all else 0: EL0t, AArch64, nothing masked */

#endif
