#ifndef PLUGIN_PROFILE_H
#define PLUGIN_PROFILE_H

struct qemu_plugin_tb;

/* Where the profile goes: the file of counts with `.profile` behind it. */
void profile_name(const char *counts);
/* Has each instruction of the block counted from now on. */
void profile_block(struct qemu_plugin_tb *tb);
/* A window opens; a window closes. What lies between is added up over all windows. */
void profile_begin(void);
void profile_end(void);
void profile_write(void);

#endif
