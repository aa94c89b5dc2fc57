/* personality.h: the state of one Linux program, and what the files of this directory offer each
 * other.
 *
 * Conventions: functions that serve calls return a result >= 0 or -errno (long). "User memory" is
 * memory of the program: it is reached only through user_ready, user_copy_in, user_copy_out and
 * user_text. */
#ifndef LINUX_PERSONALITY_H
#define LINUX_PERSONALITY_H

#include "abi.h"
#include "region.h"
#include "text.h"
#include <linux/process.h>
#include <rt/archive.h>

enum {
    PAGE = 4096,
    PATH_BYTES = 512,      /* longest path, NUL included */
    NODE_PATH_BYTES = 256, /* longest path of a scratch file */
    NODE_MAX = 96,
    OPEN_MAX = 64,
    DESCRIPTOR_MAX = 256,
    CALL_NUMBER_MAX = 512,
    STACK_BYTES = 8 << 20,
};

static const uint64_t FILE_BYTES_MAX =
    1ull << 30; /* a scratch file, and its stride in the address space */

/* Offsets into the window; see linux/process.h. */
static const uint64_t WINDOW_STACK = 64ull << 30, WINDOW_FILES = 8ull << 40,
                      WINDOW_PRESENCE = 12ull << 40, WINDOW_END = 16ull << 40;

/* Which pages are present: one leaf for each 2 MiB that was ever touched, sorted by key, in memory
 * of its own. */
struct presence_leaf {
    uint64_t key; /* address >> 21 */
    uint64_t bits[8];
};

struct presence {
    struct presence_leaf *leaf;
    uint64_t count, capacity;
    uint64_t last; /* index of the leaf that was asked for last */
};

/* What is known of one page. word NULL: nothing of its 2 MiB was ever touched; otherwise `bit` in it
 * is the page's. Valid until a leaf is made. */
struct presence_look {
    uint64_t *word, bit;
    bool present;
    unsigned below, above; /* pages present next to it, each way */
};

enum node_kind { NODE_FREE, NODE_FILE, NODE_DIRECTORY, NODE_LINK, NODE_GONE, NODE_ALIAS };

/* A file, directory or link that the program made, or the mark of one of the archive's that it
 * removed (NODE_GONE), or a name for a file of the archive (NODE_ALIAS: `bytes` is its nid; whoever
 * writes to it gets a copy that takes its place). Its bytes lie at node_data(), present up to `capacity`. Unlinked nodes live
 * on, nameless, while they are open. */
struct node {
    uint8_t kind;
    bool unlinked;
    uint16_t open_count;
    uint32_t mode;
    uint64_t bytes, capacity;
    uint64_t modified_ns; /* since 1970 */
    char path[NODE_PATH_BYTES];
};

enum special_kind {
    SPECIAL_NONE,
    SPECIAL_NULL,
    SPECIAL_ZERO,
    SPECIAL_RANDOM,
    SPECIAL_LOG,       /* standard output and error that are not redirected */
    SPECIAL_PROGRAM,   /* /proc/self/exe: a link */
    SPECIAL_DIRECTORY, /* /dev and /proc, where the archive has none */
};

/* What a path leads to. */
enum place_kind { PLACE_ABSENT, PLACE_ARCHIVE, PLACE_NODE, PLACE_SPECIAL };

struct place {
    enum place_kind kind;
    unsigned node;
    enum special_kind special;
    struct archive_node archive;
    char path[PATH_BYTES]; /* absolute, no links, no dots */
};

/* An open file description; descriptors refer to it. */
struct open_file {
    uint16_t descriptor_count;
    uint8_t kind; /* enum place_kind; never PLACE_ABSENT */
    uint8_t special;
    uint8_t stream; /* SPECIAL_LOG: 1 or 2 */
    uint32_t node;
    uint32_t flags;
    uint64_t offset;
    uint64_t entry; /* directories: how many entries of the scratch files were given */
    struct archive_node archive;
    char path[NODE_PATH_BYTES];
};

struct descriptor {
    uint8_t open; /* index + 1; 0: closed */
    bool close_on_exec;
};

struct linux_process {
    struct linux_host *host;
    struct linux_config config;
    struct archive archive;
    struct region_list regions;
    struct presence presence;
    struct linux_usage usage;
    uint64_t page_count;    /* pages of its own now present */
    uint64_t archive_count; /* pages of the archive, which all jobs of a node share */
    uint64_t heap_start, heap_end;
    struct open_file open[OPEN_MAX];
    struct descriptor descriptor[DESCRIPTOR_MAX];
    unsigned node_limit; /* nodes from here on were never used */
    struct node node[NODE_MAX];
    char directory[NODE_PATH_BYTES];
    char program[PATH_BYTES];
    char random_state[16];
    uint32_t mask; /* umask */
    uint64_t signal_mask;
    uint64_t start_ns;
    struct linux_sigaction action[LINUX_SIGNAL_COUNT];
    uint64_t alternate_stack[3];
    uint32_t calls[CALL_NUMBER_MAX + 1]; /* last: every number beyond */
};

/* presence.c */
bool presence_reserve(struct linux_process *p, uint64_t start, uint64_t end);
void presence_set(struct linux_process *p, uint64_t start, uint64_t end, bool value);
bool presence_has(struct linux_process *p, uint64_t address);
struct presence_look presence_look(struct linux_process *p, uint64_t address);
bool presence_run(struct linux_process *p, uint64_t *start, uint64_t end, bool value,
                  uint64_t *run_end);

/* vm.c */
uint64_t window_at(const struct linux_process *p, uint64_t offset);
long vm_populate(struct linux_process *p, uint64_t start, uint64_t end);
long vm_add(struct linux_process *p, const struct region *r);
long vm_drop(struct linux_process *p, uint64_t start, uint64_t end);
long vm_protect(struct linux_process *p, uint64_t start, uint64_t end, unsigned prot);
void vm_discard(struct linux_process *p, uint64_t start, uint64_t end);
NORETURN void vm_exhausted(struct linux_process *p);

/* user.c: addresses from the program; -EFAULT if it could not do the access itself. */
long user_ready(struct linux_process *p, uint64_t address, uint64_t bytes, unsigned access);
long user_copy_in(struct linux_process *p, void *to, uint64_t address, size_t bytes);
long user_copy_out(struct linux_process *p, uint64_t address, const void *from, size_t bytes);
long user_text(struct linux_process *p, uint64_t address, char *to, size_t size);

/* path.c */
long path_find(struct linux_process *p, const char *start, const char *path, bool follow,
               struct place *out);
long path_find_user(struct linux_process *p, long directory, uint64_t path, bool follow,
                    struct place *out);
long place_status(enum status s);
bool place_is_directory(const struct linux_process *p, const struct place *at);

/* node.c */
int node_find(const struct linux_process *p, const char *path);
long node_create(struct linux_process *p, const char *path, enum node_kind kind, uint32_t mode);
void node_forget(struct linux_process *p, unsigned node);
void node_closed(struct linux_process *p, unsigned node);
unsigned char *node_data(const struct linux_process *p, unsigned node);
long node_resize(struct linux_process *p, unsigned node, uint64_t bytes);
long node_write(struct linux_process *p, unsigned node, uint64_t offset, const void *from,
                uint64_t bytes);
long node_copy_up(struct linux_process *p, const struct place *from, bool with_bytes);
void node_touch(struct linux_process *p, unsigned node);
long node_alias(struct linux_process *p, const char *path, uint64_t nid);

/* start.c */
long stream_open(struct linux_process *p, unsigned stream);
long directory_make(struct linux_process *p, const char *path);

/* open.c */
struct open_file *descriptor_file(struct linux_process *p, long descriptor);
long descriptor_take(struct linux_process *p, unsigned open, long least, bool close_on_exec);
long open_place(struct linux_process *p, const struct place *at, unsigned flags);
void open_release(struct linux_process *p, struct open_file *f);
long file_write(struct linux_process *p, struct open_file *f, uint64_t offset, const void *from,
                uint64_t bytes);

/* stat.c */
struct stat_info {
    uint64_t number, bytes, modified_ns;
    uint32_t mode, link_count;
};
void stat_place(const struct linux_process *p, const struct place *at, struct stat_info *out);

/* clock.c */
uint64_t clock_epoch_ns(const struct linux_process *p);

/* end.c */
NORETURN void linux_fault_end(struct linux_process *p, int signal, uint64_t address);
NORETURN void process_end(struct linux_process *p, enum linux_end end, int code,
                          const char *reason);

/* Every call of call.def has a function of this form, named call_ and the call's name. */
#define CALL(name, x86, arm) long call_##name(struct linux_process *p, const long a[6]);
#define CALL_OLD(name, x86) long call_##name(struct linux_process *p, const long a[6]);
#include "call.def"
#undef CALL
#undef CALL_OLD

#endif
