// SPDX-License-Identifier: GPL-2.0
/*
 * Superblock: four copies, of which the newest valid one counts, even if it
 * alone bears its sequence (STORAGE.md).  One invalid copy is repaired by
 * whoever writes; two or more are damage that nobody may guess about.  Pure.
 */
#include "message.h"
#include "superblock.h"

static u32 super_crc(const struct paxos_super *super)
{
	static const __le32 zero;
	u32 crc;

	crc = port_crc32c(~0u, super, offsetof(struct paxos_super, crc));
	crc = port_crc32c(crc, &zero, sizeof(zero));
	crc = port_crc32c(crc, &super->address,
			  sizeof(*super) - offsetof(struct paxos_super, address));
	return ~crc;
}

void paxos_super_seal(struct paxos_super *super, unsigned int copy, u64 device_size)
{
	super->address = cpu_to_le64(paxos_super_offset(copy, device_size));
	super->crc = cpu_to_le32(super_crc(super));
}

/* Is this a whole copy, of any version, that belongs at @address? */
bool paxos_super_valid(const struct paxos_super *super, u64 address)
{
	return le64_to_cpu(super->magic) == PAXOS_SUPER_MAGIC &&
	       le32_to_cpu(super->crc) == super_crc(super) &&
	       le64_to_cpu(super->address) == address;
}

/*
 * The members are the voters of the first configuration, this node among them and
 * each once; or this node alone, no voter, which is to join (rule 10).
 */
static bool members_sensible(const struct paxos_super *super)
{
	unsigned int voters = 0, i, k;
	bool self = false;

	if (!super->members || super->members > PAXOS_DISK_MEMBERS_MAX)
		return false;
	for (i = 0; i < super->members; i++) {
		if (!super->member[i].node || super->member[i].voter > 1 ||
		    super->member[i].known > 1)
			return false;
		for (k = 0; k < i; k++)
			if (super->member[i].node == super->member[k].node)
				return false;
		self |= super->member[i].node == super->node;
		voters += super->member[i].voter;
	}
	return self && voters <= PAXOS_VOTERS_MAX && (voters || super->members == 1);
}

/* Could a batch stand at @offset? */
static bool place_sensible(const struct paxos_super *super, u64 offset)
{
	u64 ring = le64_to_cpu(super->ring_offset);

	return offset >= ring && !(offset % PAXOS_BLOCK_SIZE) &&
	       offset - ring <= le64_to_cpu(super->ring_size) - PAXOS_BATCH_MAX;
}

/* Where replay begins; with the trim point, a table that holds what was before. */
static bool start_sensible(const struct paxos_super *super)
{
	u64 trim = le64_to_cpu(super->trim);
	u64 table = le64_to_cpu(super->session_offset);

	if (!place_sensible(super, le64_to_cpu(super->start_offset)) ||
	    trim >= PAXOS_SLOT_LIMIT)
		return false;
	if (!trim)
		return !table && super->start_offset == super->ring_offset &&
		       le64_to_cpu(super->start_sequence) == 1;
	return place_sensible(super, table) && super->start_sequence;
}

static bool super_sensible(const struct paxos_super *super)
{
	u64 offset = le64_to_cpu(super->ring_offset);
	u64 size = le64_to_cpu(super->ring_size);
	u64 device = le64_to_cpu(super->device_size);

	return super->node && super->state >= PAXOS_SUPER_FRESH &&
	       super->state <= PAXOS_SUPER_FORGOTTEN && members_sensible(super) &&
	       offset == PAXOS_RING_OFFSET && size >= PAXOS_RING_MIN &&
	       !(size % PAXOS_BLOCK_SIZE) && size <= device &&
	       offset + size + PAXOS_RING_TAIL <= device && start_sensible(super);
}

/*
 * Is the device of another size than at format?  The copies at its end are looked
 * for where it ends now: there are none then, or those of an earlier format, which
 * must not be taken for this one's.  So only those at the start are asked.
 */
static enum paxos_super_result check_size(const struct paxos_super copy[PAXOS_SUPER_COPIES],
					  u64 device_size, u32 invalid_mask)
{
	u64 size, end = paxos_super_offset(2, device_size);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		size = le64_to_cpu(copy[i].device_size);
		if (invalid_mask & (1u << i))
			continue;
		if (size > device_size)
			return PAXOS_SUPER_SHRUNK;
		if (paxos_super_offset(2, size) < end)
			return PAXOS_SUPER_GROWN;
	}
	return PAXOS_SUPER_GOOD;
}

/*
 * Say which of the four @copy counts.  On PAXOS_SUPER_GOOD *@good is its index;
 * *@invalid_mask has a bit for each copy that is invalid or older than it and
 * must be written again before anything else.
 */
enum paxos_super_result paxos_super_choose(const struct paxos_super copy[PAXOS_SUPER_COPIES],
					   u64 device_size, unsigned int *good, u32 *invalid_mask)
{
	unsigned int invalid = 0, ours = 0, i;
	enum paxos_super_result size;
	int best = -1;

	*invalid_mask = 0;
	for (i = 0; i < PAXOS_SUPER_COPIES; i++) {
		ours += le64_to_cpu(copy[i].magic) == PAXOS_SUPER_MAGIC;
		if (!paxos_super_valid(&copy[i], paxos_super_offset(i, device_size))) {
			*invalid_mask |= 1u << i;
			invalid++;
			continue;
		}
		if (best < 0 || le64_to_cpu(copy[i].sequence) > le64_to_cpu(copy[best].sequence))
			best = i;
	}
	size = check_size(copy, device_size, *invalid_mask);
	if (size != PAXOS_SUPER_GOOD)
		return size;
	if (!ours)
		return PAXOS_SUPER_NONE;
	if (invalid >= 2)
		return PAXOS_SUPER_DAMAGED;
	if (le32_to_cpu(copy[best].version) != PAXOS_DISK_VERSION)
		return PAXOS_SUPER_VERSION;
	if (!super_sensible(&copy[best]))
		return PAXOS_SUPER_SENSELESS;
	for (i = 0; i < PAXOS_SUPER_COPIES; i++)
		if (copy[i].sequence != copy[best].sequence)
			*invalid_mask |= 1u << i;
	*good = best;
	return PAXOS_SUPER_GOOD;
}

void paxos_super_ring(const struct paxos_super *super, struct paxos_ring *ring)
{
	__le32 tag;

	memcpy(&tag, super->disk, sizeof(tag));
	memcpy(ring->cluster, super->cluster, sizeof(ring->cluster));
	ring->node = le16_to_cpu(super->node);
	ring->disk_tag = le32_to_cpu(tag);
	ring->offset = le64_to_cpu(super->ring_offset);
	ring->size = le64_to_cpu(super->ring_size);
}

/* Is this node one that was formatted to join a group that it does not know? */
bool paxos_super_joins(const struct paxos_super *super)
{
	return super->members == 1 && !super->member[0].voter;
}

/*
 * Keep what a record says of disks, for the time when the record is no longer in
 * the ring: which ones are confirmed, and that all are (rule 10).
 */
void paxos_super_note(struct paxos_super *super, const struct paxos_record *record)
{
	struct paxos_super_member *member;
	unsigned int i;

	if (record->type == PAXOS_RECORD_CONFIRMED && super->state == PAXOS_SUPER_FRESH)
		super->state = PAXOS_SUPER_OK;
	for (i = 0; record->type == PAXOS_RECORD_PEER && i < super->members; i++) {
		member = &super->member[i];
		if (le16_to_cpu(member->node) != record->slot)
			continue;
		member->known = 1;
		member->incarnation = cpu_to_le64(port_max(le64_to_cpu(member->incarnation),
							   record->entry.id.incarnation));
		memcpy(member->disk, record->disk, sizeof(member->disk));
	}
}

/*
 * Take over what @noted knows of disks.  A node that has forgotten stays so, for
 * ever (rule 7).
 */
void paxos_super_take(struct paxos_super *super, const struct paxos_super *noted)
{
	memcpy(super->member, noted->member, sizeof(super->member));
	if (super->state == PAXOS_SUPER_FRESH)
		super->state = noted->state;
}

/* The next start, whose session is @nonce: no other ever bears its number. */
void paxos_super_begin(struct paxos_super *super, u64 nonce)
{
	u64 incarnation = le64_to_cpu(super->incarnation) + 1;

	super->incarnation = cpu_to_le64(incarnation);
	super->life[incarnation % PAXOS_LIVES] = cpu_to_le32(paxos_life(nonce));
}

/* Slots through @trim are only in the table now, which is in the batch at @table. */
void paxos_super_trim(struct paxos_super *super, u64 trim, u64 table, u64 start_offset,
		      u64 start_sequence)
{
	super->trim = cpu_to_le64(trim);
	super->session_offset = cpu_to_le64(table);
	super->start_offset = cpu_to_le64(start_offset);
	super->start_sequence = cpu_to_le64(start_sequence);
}
