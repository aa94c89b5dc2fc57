/* The one enumeration of answers, for kernel and user code alike. OK is 0. */
#ifndef SKERRY_STATUS_H
#define SKERRY_STATUS_H

enum status {
#define S(name, text) name,
#include <skerry/status.def>
#undef S
    STATUS_COUNT
};

/* Name and explanation of a status, for logs; any value is accepted. */
static inline const char *status_name(unsigned status)
{
    static const char *const names[STATUS_COUNT] = {
#define S(name, text) [name] = #name,
#include <skerry/status.def>
#undef S
    };
    return status < STATUS_COUNT ? names[status] : "E_?";
}

static inline const char *status_text(unsigned status)
{
    static const char *const texts[STATUS_COUNT] = {
#define S(name, text) [name] = text,
#include <skerry/status.def>
#undef S
    };
    return status < STATUS_COUNT ? texts[status] : "an unknown status";
}

#endif
