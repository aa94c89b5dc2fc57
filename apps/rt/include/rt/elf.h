/* elf.h: takes an ELF64 program file apart: ours for the spawner, Linux' for the personality.
 *
 * Context: any; nothing is allocated. The file is untrusted: every number is checked, and what
 * comes out keeps these promises: segments lie inside the file, ascend without overlap by the page,
 * do not wrap, have file bytes <= memory bytes, and file offset and address agree modulo the page.
 * Little endian only. E_FORMAT: not ELF64, truncated or in contradiction with itself; E_TYPE: for
 * another machine; E_UNSUPPORTED: not a program, or too many segments.
 *
 * Source: System V ABI, chapters 4 "Object Files" and 5 "Program Loading"; machine numbers from its
 * e_machine table. */
#ifndef RT_ELF_H
#define RT_ELF_H

#include <skerry/base.h>
#include <skerry/status.h>

enum { ELF_SEGMENTS_MAX = 16, ELF_PAGE_BYTES = 4096 };
enum { ELF_MACHINE_X86_64 = 62, ELF_MACHINE_AARCH64 = 183 };
enum { ELF_EXECUTE = 1, ELF_WRITE = 2, ELF_READ = 4 }; /* segment flags */

struct elf_segment {
    uint64_t address; /* virtual, relative to the load bias */
    uint64_t memory_bytes;
    uint64_t offset; /* in the file */
    uint64_t file_bytes;
    uint32_t flags;
};

struct elf_image {
    bool movable; /* ET_DYN: may be put anywhere by the page */
    uint64_t entry;
    uint64_t low, high;      /* what all segments cover, whole pages */
    uint64_t header_address; /* where the program headers lie in memory; 0 if in no segment */
    uint16_t header_count;
    uint16_t header_bytes; /* of one */
    uint16_t segment_count;
    bool stack_execute;          /* PT_GNU_STACK asks for it */
    uint64_t interpreter_offset; /* of the path's text in the file */
    uint64_t interpreter_bytes;  /* its NUL not counted; 0: none */
    struct elf_segment tls;      /* memory_bytes 0: none */
    struct elf_segment segment[ELF_SEGMENTS_MAX];
};

/* Reads the program in file[0..bytes). */
NODISCARD enum status elf_read(const void *file, size_t bytes, unsigned machine,
                               struct elf_image *out);

#endif
