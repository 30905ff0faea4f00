/* SPDX-License-Identifier: GPL-2.0 */
/* World: one node with its disk, as the fuzzer's script lets it live. */
#ifndef _FUZZ_WORLD_H
#define _FUZZ_WORLD_H

#include "script.h"

#include "../../kmod/core/state.h"

#define RING		(4u << 20)	/* bytes */
#define SELF		1u
#define MEMBERS		3u		/* 1 to 3 at first */
#define NODES		6u		/* 4 to 6 are strangers */

struct world {
	struct script script;
	struct paxos_ring ring;
	struct paxos_replica *replica;
	struct paxos_batch *batch;
	struct paxos_effects *fx;
	u8 *device, *blank, *scratch;
	struct paxos_table *shadow;	/* what was delivered makes of the first table */

	/* The script's, before the first start. */
	u8 mode, learn;
	bool fresh, join;

	u64 offset, last_offset, highest;	/* of the next batch, the last one, any */
	u64 sequence, incarnation, nonce, now_us, delivered;
	u32 crc;
	struct paxos_message said[PAXOS_MESSAGE_TYPES];	/* the last of each, without items */
	u64 accept_first, accept_count;	/* slots of the last ACCEPT */

	bool over;			/* it will say no more, or there is no room */
	bool rotten;			/* the disk is not what it was */
};

struct world *world_make(void);
void world_blank(struct world *w);
void world_start(struct world *w);
void world_stop(struct world *w);
void world_offer(struct world *w, struct paxos_event event);
u32 world_write_begin(struct world *w);
void world_write(struct world *w);
void world_disk(u16 node, u8 *disk);

#endif /* _FUZZ_WORLD_H */
