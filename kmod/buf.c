// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers: see buf.h.  References may be taken anywhere and are given back in
 * process context only, since large buffers may be vmalloc'ed.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "buf.h"
#include "core/port.h"

struct paxos_buf *paxos_buf_alloc(size_t length, gfp_t gfp)
{
	struct paxos_buf *buf;

	if (gfpflags_allow_blocking(gfp))
		buf = kvmalloc(struct_size(buf, data, length), gfp);
	else
		buf = kmalloc(struct_size(buf, data, length), gfp | __GFP_NOWARN);
	if (!buf)
		return NULL;
	refcount_set(&buf->refs, 1);
	buf->length = length;
	return buf;
}

void paxos_buf_get(struct paxos_buf *buf)
{
	if (buf)
		refcount_inc(&buf->refs);
}

void paxos_buf_put(struct paxos_buf *buf)
{
	if (buf && refcount_dec_and_test(&buf->refs))
		kvfree(buf);
}
