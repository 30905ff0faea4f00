/* SPDX-License-Identifier: GPL-2.0 */
/* Ahead: the ring as replay reads it, in large pieces.  Private to the journal. */
#ifndef _PAXOS_AHEAD_H
#define _PAXOS_AHEAD_H

#include "device.h"

/* Read so much at a time; a good multiple of PAXOS_REPLAY_WINDOW. */
#define PAXOS_AHEAD_BYTES	(2u << 20)

struct paxos_ahead {
	struct paxos_device *device;
	const struct paxos_ring *ring;
	u8 *window;			/* PAXOS_AHEAD_BYTES of the ring */
	u64 base;			/* device offset of its first byte */
	u32 filled;			/* bytes */
};

int paxos_ahead_open(struct paxos_ahead *ahead, struct paxos_device *device,
		     const struct paxos_ring *ring, u64 from);
void paxos_ahead_close(struct paxos_ahead *ahead);

int paxos_ahead_window(struct paxos_ahead *ahead, u64 offset, const u8 **at);
u64 paxos_ahead_measure(struct paxos_ahead *ahead, u64 from, u64 sequence);

#endif /* _PAXOS_AHEAD_H */
