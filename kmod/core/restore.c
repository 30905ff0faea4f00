// SPDX-License-Identifier: GPL-2.0
/*
 * Restore: what is read from a journal goes to a replica, in this order: the
 * superblock, the table at the trim point, each batch's header and its records.
 *
 * record.c says what is a batch, and what is damage to the journal itself; here is
 * what does not follow from what came before, so that something is missing.  The
 * same for whoever starts a node and for whoever only wants to know what a start
 * would come to.  Who does it reads the bytes, and keeps what the replica delivers.
 * Pure.
 */
#include "restore.h"

/* Bytes of ring for each slot that it may hold: about the smallest record. */
#define BYTES_PER_SLOT	128u

/*
 * Something is wrong: what, in words for people, is in restore->at.damage, and the
 * node has forgotten (rule 7).  Always false.
 */
bool paxos_restore_damaged(struct paxos_restore *restore, const char *what)
{
	restore->at.damage = what;
	return false;
}

/* Slots above the trim point that can be retained in @ring; a power of two. */
u64 paxos_ring_slots(const struct paxos_ring *ring)
{
	u64 slots = 1;

	while (slots < PAXOS_LOG_SLOTS_MAX && slots < ring->size / BYTES_PER_SLOT)
		slots *= 2;
	return slots;
}

/* Who the replica is: all of its settings that the superblock knows. */
void paxos_restore_settings(const struct paxos_super *super, struct paxos_settings *settings)
{
	const struct paxos_super_member *member = super->member;
	struct paxos_member_settings *to = settings->member;
	unsigned int i;

	memcpy(settings->cluster, super->cluster, sizeof(settings->cluster));
	memcpy(settings->disk, super->disk, sizeof(settings->disk));
	settings->node = le16_to_cpu(super->node);
	settings->fresh = super->state == PAXOS_SUPER_FRESH;
	settings->join = paxos_super_joins(super);
	settings->members = settings->join ? 0 : super->members;
	settings->incarnation = le64_to_cpu(super->incarnation) + 1;
	for (i = 0; i < PAXOS_LIVES; i++)
		settings->life[i] = le32_to_cpu(super->life[i]);
	for (i = 0; i < settings->members; i++, member++, to++) {
		to->node = le16_to_cpu(member->node);
		to->voter = member->voter;
		to->known = member->known;
		memcpy(to->disk, member->disk, sizeof(to->disk));
	}
}

/* Begin, where the superblock says; @replica is initialised. */
bool paxos_restore_begin(struct paxos_restore *restore, struct paxos_replica *replica,
			 const struct paxos_ring *ring, const struct paxos_super *super)
{
	*restore = (struct paxos_restore) {
		.replica = replica,
		.vow = {
			.promised = le64_to_cpu(super->promised),
			.trim = le64_to_cpu(super->trim),
		},
		.base = le64_to_cpu(super->trim),
		.highest = le64_to_cpu(super->trim),
	};
	paxos_replay_start(&restore->at, ring, le64_to_cpu(super->start_offset),
			   le64_to_cpu(super->start_sequence));
	return paxos_replica_restore(replica, &restore->vow) ||
	       paxos_restore_damaged(restore, "the superblock's promise is refused");
}

/* The record of the table at @slot in a batch that was read. */
static bool find_table(const struct paxos_batch_view *view, u64 slot, struct paxos_record *record)
{
	u32 i;

	for (i = 0; i < view->records; i++)
		if (paxos_batch_record(view, i, NULL, record) &&
		    record->type == PAXOS_RECORD_TABLE && record->slot == slot)
			return true;
	return false;
}

/*
 * The table at the trim point, from @view, the batch that the superblock names;
 * NULL: it could not be read.  Replay passes that batch later on, so that it is also
 * known to be the journal's.  @room is for the table.
 */
bool paxos_restore_table(struct paxos_restore *restore, const struct paxos_super *super,
			 const struct paxos_batch_view *view, struct paxos_table *room)
{
	u64 trim = le64_to_cpu(super->trim);
	struct paxos_record record;

	if (!view || view->sequence < le64_to_cpu(super->start_sequence) ||
	    !find_table(view, trim, &record) ||
	    !paxos_table_decode(room, record.entry.value.data, record.entry.value.length) ||
	    room->slot != trim || !paxos_replica_restore_table(restore->replica, room))
		return paxos_restore_damaged(restore, "the table at the trim point is lost");
	restore->table_sequence = view->sequence;
	return true;
}

/* A batch was read: what its header says of the node. */
bool paxos_restore_batch(struct paxos_restore *restore, const struct paxos_batch_view *view)
{
	struct paxos_vow *vow = &restore->vow;

	/* The superblock's promise may be the newer one. */
	vow->promised = port_max(vow->promised, view->vow.promised);
	vow->ballot_used = port_max(vow->ballot_used, view->vow.ballot_used);
	vow->trim = port_max(vow->trim, view->vow.trim);
	vow->incarnation = view->vow.incarnation;
	return paxos_replica_restore(restore->replica, vow) ||
	       paxos_restore_damaged(restore,
				     "a batch promises less than those before it");
}

/* Could it be that @record is in this ring? */
static bool reaches(struct paxos_restore *restore, const struct paxos_record *record)
{
	if (record->type == PAXOS_RECORD_TABLE) {
		/* Of a snapshot above all that was before. */
		if (record->slot > restore->highest)
			restore->base = record->slot;
		return true;
	}
	if (record->type != PAXOS_RECORD_ACCEPTED && record->type != PAXOS_RECORD_LEARNED)
		return true;
	if (record->slot > restore->base + paxos_ring_slots(restore->at.ring))
		return false;
	restore->highest = port_max(restore->highest, record->slot);
	return true;
}

/* The records of that batch, in their order. */
bool paxos_restore_record(struct paxos_restore *restore, const struct paxos_record *record)
{
	if (!reaches(restore, record))
		return paxos_restore_damaged(restore,
					     "a record names a slot that this ring could not hold");
	return paxos_replica_restore_record(restore->replica, record) ||
	       paxos_restore_damaged(restore, "a record contradicts those before it");
}

/* The journal was read to its end. */
bool paxos_restore_end(struct paxos_restore *restore)
{
	return restore->at.sequence > restore->table_sequence ||
	       paxos_restore_damaged(restore,
				     "the journal ends before the table at the trim point");
}

/*
 * Does a later entry of a batch that was read take the place of entry @index?  Who writes
 * it again leaves the earlier one out: if the later is lost, it must not seem the newest.
 */
bool paxos_restore_superseded(const struct paxos_batch_view *view, u32 index)
{
	const struct paxos_record_tag *tag = &view->tags[index];
	u32 i;

	for (i = index + 1; i < view->records; i++)
		if (view->tags[i].slot == tag->slot && view->tags[i].entry)
			return true;
	return false;
}
