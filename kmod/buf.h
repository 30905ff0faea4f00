/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Buffers: reference-counted memory that values point into.  A value is copied
 * once, into one of these; journal, datagrams and readers share it.
 */
#ifndef _PAXOS_BUF_H
#define _PAXOS_BUF_H

#include <linux/gfp.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct paxos_buf {
	refcount_t refs;
	u32 length;			/* bytes of @data */
	u8 data[] __aligned(8);
};

/* NULL without memory.  Any context that @gfp allows. */
struct paxos_buf *paxos_buf_alloc(size_t length, gfp_t gfp);

/* paxos_buf_get() and paxos_buf_put() (process context): core/port.h */

#endif /* _PAXOS_BUF_H */
