/* call_name.c: names of Linux system calls by the architecture's numbers, for reports. Stands alone:
 * the farm links it without the personality. */
#include "abi.h"
#include <linux/process.h>

enum { NAMES_MAX = 512 };

#define CALL(name, x86, arm) [LINUX_NUMBER(x86, arm)] = #name,
#define CALL_OLD(name, x86) LINUX_OLD_CALL([x86] = #name, )
#define MISSING(name, x86, arm) CALL(name, x86, arm)
#define MISSING_OLD(name, x86) CALL_OLD(name, x86)
static const char *const names[NAMES_MAX] = {
#include "call.def"
#include "missing.def"
};

const char *linux_call_name(unsigned number)
{
    return number < NAMES_MAX ? names[number] : NULL;
}
