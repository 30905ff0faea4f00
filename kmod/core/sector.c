// SPDX-License-Identifier: GPL-2.0
/*
 * Sector: the stamp that each sector of the ring bears, from format on.  It says
 * which batch wrote the sector, where, and on which disk, and vouches for the data
 * beside it.  Pure.
 */
#include "record.h"

/* Make the data in @sector that of batch @sequence; 0: nobody's. */
void paxos_sector_stamp(struct paxos_sector *sector, const struct paxos_ring *ring, u64 sequence,
			u64 address)
{
	sector->sequence = cpu_to_le64(sequence);
	sector->address = cpu_to_le64(address);
	sector->disk_tag = cpu_to_le32(ring->disk_tag);
	sector->crc = cpu_to_le32(port_crc(sector, offsetof(struct paxos_sector, crc)));
}

enum paxos_stamp paxos_sector_check(const struct paxos_sector *sector,
				    const struct paxos_ring *ring, u64 sequence, u64 address)
{
	u64 stamped = le64_to_cpu(sector->sequence);

	if (le32_to_cpu(sector->disk_tag) != ring->disk_tag ||
	    le32_to_cpu(sector->crc) != port_crc(sector, offsetof(struct paxos_sector, crc)))
		return PAXOS_STAMP_INVALID;
	if (le64_to_cpu(sector->address) != address)
		return PAXOS_STAMP_ELSEWHERE;
	if (stamped == sequence)
		return PAXOS_STAMP_OURS;
	return stamped < sequence ? PAXOS_STAMP_OLDER : PAXOS_STAMP_LATER;
}
