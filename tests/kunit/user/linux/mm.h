/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's allocations, for userspace. */
#ifndef _USER_LINUX_MM_H
#define _USER_LINUX_MM_H

#include <stdlib.h>

#define GFP_KERNEL		0
#define kvzalloc(size, gfp)	calloc(1, size)
#define kvmalloc(size, gfp)	malloc(size)
#define kvfree(memory)		free((void *)(memory))

#endif /* _USER_LINUX_MM_H */
