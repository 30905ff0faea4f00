/* SPDX-License-Identifier: GPL-2.0 */
/* Superblock: checked, chosen among its copies, and encoded.  Pure. */
#ifndef _PAXOS_CORE_SUPERBLOCK_H
#define _PAXOS_CORE_SUPERBLOCK_H

#include "record.h"

enum paxos_super_result {
	PAXOS_SUPER_GOOD,
	PAXOS_SUPER_NONE,		/* no copy bears our magic: not ours */
	PAXOS_SUPER_VERSION,		/* a version we do not know */
	PAXOS_SUPER_DAMAGED,		/* two or more copies invalid */
	PAXOS_SUPER_SHRUNK,		/* the device is smaller than at format */
	PAXOS_SUPER_GROWN,		/* the device is larger than at format */
	PAXOS_SUPER_SENSELESS,		/* valid, but its fields make no sense */
};

/* The copies as read, one block each; good: index of the one that counts. */
enum paxos_super_result paxos_super_choose(const struct paxos_super copy[PAXOS_SUPER_COPIES],
					   u64 device_size, unsigned int *good,
					   u32 *invalid_mask);

bool paxos_super_valid(const struct paxos_super *super, u64 address);

/* Make @super the block to write as copy @copy: its address and crc. */
void paxos_super_seal(struct paxos_super *super, unsigned int copy, u64 device_size);

void paxos_super_ring(const struct paxos_super *super, struct paxos_ring *ring);

bool paxos_super_joins(const struct paxos_super *super);
void paxos_super_note(struct paxos_super *super, const struct paxos_record *record);
void paxos_super_take(struct paxos_super *super, const struct paxos_super *noted);
void paxos_super_begin(struct paxos_super *super, u64 nonce);
void paxos_super_trim(struct paxos_super *super, u64 trim, u64 table, u64 start_offset,
		      u64 start_sequence);

#endif /* _PAXOS_CORE_SUPERBLOCK_H */
