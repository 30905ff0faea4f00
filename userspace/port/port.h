/* SPDX-License-Identifier: GPL-2.0 */
/* What the core takes from a program in userspace, and what the program may ask of it. */
#ifndef _USERSPACE_PORT_H
#define _USERSPACE_PORT_H

#include "../../kmod/core/port.h"

struct paxos_buf {
	u32 refs;
	u32 length;			/* bytes of @data */
	u8 data[] __attribute__((aligned(8)));
};

/* Buffers that are alive: the leak check, and the bound on memory. */
struct buf_account {
	u64 count, bytes, peak_bytes;
};

extern struct buf_account buf_account;

struct paxos_buf *buf_new(u32 length);

#endif /* _USERSPACE_PORT_H */
