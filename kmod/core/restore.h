/* SPDX-License-Identifier: GPL-2.0 */
/* Restore: a journal that is being read back, given to a replica.  Pure. */
#ifndef _PAXOS_CORE_RESTORE_H
#define _PAXOS_CORE_RESTORE_H

#include "replica.h"
#include "superblock.h"

/* Retained slots whose place on the device is remembered, at most. */
#define PAXOS_LOG_SLOTS_MAX	(4u << 20)

/* Damage that whoever moves the bytes finds: for paxos_restore_damaged(). */
#define PAXOS_DAMAGE_MALFORMED	"a record is malformed"
#define PAXOS_DAMAGE_VALUES	"more values are lost than can be repaired"

struct paxos_restore {
	struct paxos_replica *replica;
	struct paxos_replay at;		/* where replay stands; at.damage: what was found */
	struct paxos_vow vow;		/* as all that was read has it */
	u64 table_sequence;		/* of the batch that the superblock names; 0: none */
	u64 base, highest;		/* slot: trimmed; with an entry, ever */
};

void paxos_restore_settings(const struct paxos_super *super, struct paxos_settings *settings);
bool paxos_restore_begin(struct paxos_restore *restore, struct paxos_replica *replica,
			 const struct paxos_ring *ring, const struct paxos_super *super);
bool paxos_restore_table(struct paxos_restore *restore, const struct paxos_super *super,
			 const struct paxos_batch_view *view, struct paxos_table *room);
bool paxos_restore_batch(struct paxos_restore *restore, const struct paxos_batch_view *view);
bool paxos_restore_record(struct paxos_restore *restore, const struct paxos_record *record);
bool paxos_restore_end(struct paxos_restore *restore);
bool paxos_restore_superseded(const struct paxos_batch_view *view, u32 index);
bool paxos_restore_damaged(struct paxos_restore *restore, const char *what);

u64 paxos_ring_slots(const struct paxos_ring *ring);

#endif /* _PAXOS_CORE_RESTORE_H */
