/* For libfdt.h in freestanding builds: GCC's own limits.h would go on to a C library's. */
#ifndef LIBFDT_LIMITS_H
#define LIBFDT_LIMITS_H

#define INT_MAX __INT_MAX__

#endif
