/* SPDX-License-Identifier: GPL-2.0 */
/* Ahead: the ring as replay reads it, ahead of the parsing.  Private to the journal. */
#ifndef _PAXOS_AHEAD_H
#define _PAXOS_AHEAD_H

#include <linux/completion.h>

#include "device.h"

/* Bytes that one read asks for: enough to stream. */
#define PAXOS_AHEAD_READ	SZ_128K
/* Of the ring in memory: the window that the parser looks at, and as much ahead of it. */
#define PAXOS_AHEAD_BYTES	(2 * PAXOS_REPLAY_WINDOW)
#define PAXOS_AHEAD_READS	(PAXOS_AHEAD_BYTES / PAXOS_AHEAD_READ)

struct paxos_ahead_read {
	struct bio bio;
	struct bio_vec vecs[PAXOS_AHEAD_READ / PAXOS_BLOCK_SIZE];
	struct completion ended;
	u32 bytes;
};

struct paxos_ahead {
	struct paxos_device *device;
	const struct paxos_ring *ring;
	void *memory;			/* PAXOS_AHEAD_BYTES */
	u8 *twice;			/* the same, mapped two times in a row */

	/* Counted in bytes from where replay began; in memory, modulo its size. */
	u64 window;			/* begins here */
	u64 here;			/* read through here */
	u64 asked;			/* and under way through here */

	u64 offset;			/* of the window's first byte, on the device */
	u64 next;			/* of the first byte not asked for, on the device */
	int err;			/* of a read, and of whatever comes after it */

	u32 oldest;			/* read that is under way */
	u32 flying;			/* reads that are */
	struct paxos_ahead_read *read[PAXOS_AHEAD_READS];
};

int paxos_ahead_open(struct paxos_ahead *ahead, struct paxos_device *device,
		     const struct paxos_ring *ring, u64 from);
void paxos_ahead_close(struct paxos_ahead *ahead);
int paxos_ahead_window(struct paxos_ahead *ahead, u64 offset, const u8 **at);

u64 paxos_ahead_measure(struct paxos_device *device, const struct paxos_ring *ring,
			const struct paxos_super *super, u8 *scratch);

#endif /* _PAXOS_AHEAD_H */
