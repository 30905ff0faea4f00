/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that the core takes from the world it is built in.
 *
 * The core is compiled into paxos.ko, into KUnit suites and into userspace
 * programs.  It includes nothing but this header and its own: fixed-width
 * types, little-endian access, memcpy, crc32c and core_check().
 */
#ifndef _PAXOS_CORE_PORT_H
#define _PAXOS_CORE_PORT_H

#ifdef __KERNEL__

#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/crc32c.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#include <asm/byteorder.h>

static inline unsigned int port_popcount(u32 mask)
{
	return hweight32(mask);
}

/* Our own mistake: warn once; the caller stops the one group. */
#define port_violated(text)	WARN_ONCE(1, "paxos: %s\n", text)

static inline u32 port_crc32c(u32 crc, const void *data, size_t length)
{
	return crc32c(crc, data, length);
}

#else /* userspace */

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#define cpu_to_le16(x)	htole16(x)
#define cpu_to_le32(x)	htole32(x)
#define cpu_to_le64(x)	htole64(x)
#define le16_to_cpu(x)	le16toh(x)
#define le32_to_cpu(x)	le32toh(x)
#define le64_to_cpu(x)	le64toh(x)

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static inline unsigned int port_popcount(u32 mask)
{
	return __builtin_popcount(mask);
}

static inline bool port_violated(const char *text)
{
	fprintf(stderr, "core_check failed: %s\n", text);
	abort();
	return true;
}

/* Castagnoli, raw: no inversion before or after; given by the program. */
u32 port_crc32c(u32 crc, const void *data, size_t length);

#endif

static inline u64 port_min(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64 port_max(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* crc32c as the disk format has it. */
static inline u32 port_crc(const void *data, size_t length)
{
	return ~port_crc32c(~0u, data, length);
}

/*
 * A reference-counted buffer: memory that the shell owns and that values point
 * into.  NULL is allowed and means that somebody else keeps the memory alive.
 */
struct paxos_buf;

void paxos_buf_get(struct paxos_buf *buf);
void paxos_buf_put(struct paxos_buf *buf);

#endif /* _PAXOS_CORE_PORT_H */
