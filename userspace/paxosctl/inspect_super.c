// SPDX-License-Identifier: GPL-2.0
/*
 * The four superblock copies of a device that is inspected: which are whole, which
 * one counts, and whether a start would take it.
 */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "inspect.h"

#define COPY_BYTES PAXOS_BLOCK_SIZE

static void read_copies(struct inspection *seen)
{
	void *block = image_buffer(COPY_BYTES);

	for (unsigned int i = 0; i < PAXOS_SUPER_COPIES; i++) {
		uint64_t offset = paxos_super_offset(i, seen->image.size);
		int error = image_read(&seen->image, offset, block, COPY_BYTES);

		if (error)
			inspect_damage(seen, offset, COPY_BYTES, 0,
				       "superblock copy %u cannot be read: %s", i,
				       strerror(-error));
		else
			memcpy(&seen->copy[i], block, sizeof(seen->copy[i]));
	}
	free(block);
}

/* Do two copies say the same?  Each has its own address and checksum. */
static bool same_contents(const struct paxos_super *a, struct paxos_super b)
{
	b.address = a->address;
	b.crc = a->crc;
	return !memcmp(a, &b, sizeof(b));
}

static enum copy_status compare(const struct inspection *seen, unsigned int i)
{
	const struct paxos_super *copy = &seen->copy[i];

	if (!paxos_super_valid(copy, paxos_super_offset(i, seen->image.size)))
		return COPY_INVALID;
	if (copy == seen->super)
		return COPY_COUNTS;
	if (copy->sequence != seen->super->sequence)
		return COPY_OLDER;
	return same_contents(seen->super, *copy) ? COPY_SAME : COPY_DIFFERS;
}

/* The newest whole copy, whether or not a start would take it. */
static const struct paxos_super *newest(const struct inspection *seen)
{
	const struct paxos_super *best = NULL;

	for (unsigned int i = 0; i < PAXOS_SUPER_COPIES; i++) {
		const struct paxos_super *copy = &seen->copy[i];

		if (paxos_super_valid(copy, paxos_super_offset(i, seen->image.size)) &&
		    (!best || le64toh(copy->sequence) > le64toh(best->sequence)))
			best = copy;
	}
	return best;
}

static void note_copies(struct inspection *seen)
{
	for (unsigned int i = 0; i < PAXOS_SUPER_COPIES; i++) {
		uint64_t offset = paxos_super_offset(i, seen->image.size);

		seen->status[i] = compare(seen, i);
		if (seen->status[i] == COPY_INVALID)
			inspect_damage(seen, offset, COPY_BYTES, 0,
				       "superblock copy %u is not whole", i);
		else if (seen->status[i] == COPY_DIFFERS)
			inspect_damage(seen, offset, COPY_BYTES, 0,
				       "superblock copy %u contradicts the one that counts", i);
	}
}

static void refuse_damaged(struct inspection *seen, uint32_t invalid)
{
	char copies[2 * PAXOS_SUPER_COPIES + 1] = "";

	for (unsigned int i = 0, at = 0; i < PAXOS_SUPER_COPIES; i++)
		if (invalid & 1u << i)
			at += snprintf(copies + at, sizeof(copies) - at, "%s%u", at ? "," : "", i);
	inspect_outcome(seen, OUTCOME_REFUSED, "superblock copies %s are damaged", copies);
}

/* A copy that counts may still be of a device that had more room. */
static void check_room(struct inspection *seen)
{
	paxos_super_ring(seen->super, &seen->ring);
	if (seen->ring.offset + seen->ring.size + PAXOS_RING_TAIL > seen->image.size)
		inspect_outcome(seen, OUTCOME_REFUSED,
				"the ring does not fit the device: give it its size back");
	else if (seen->ring.size >= PAXOS_RING_LIMIT)
		inspect_outcome(seen, OUTCOME_REFUSED,
				"ring is over 16 TiB: paxosctl format with a lower --size");
	else
		seen->good = true;
}

static int judge(struct inspection *seen, enum paxos_super_result result, uint32_t invalid)
{
	switch (result) {
	case PAXOS_SUPER_GOOD:
		check_room(seen);
		break;
	case PAXOS_SUPER_NONE:
		return fail(EXIT_MISSING, "no paxos superblock on %s: run paxosctl format",
			    seen->image.path);
	case PAXOS_SUPER_VERSION:
		return fail(EXIT_REFUSED,
			    "disk format of %s is of version %u, not %u: use the paxosctl that wrote it",
			    seen->image.path, le32toh(seen->super->version), PAXOS_DISK_VERSION);
	case PAXOS_SUPER_DAMAGED:
		refuse_damaged(seen, invalid);
		break;
	case PAXOS_SUPER_SHRUNK:
		inspect_outcome(seen, OUTCOME_REFUSED,
				"device is smaller than at format: give it its size back");
		break;
	case PAXOS_SUPER_GROWN:
		inspect_outcome(seen, OUTCOME_REFUSED,
				"device is larger than at format: give it its size back");
		break;
	case PAXOS_SUPER_SENSELESS:
		inspect_outcome(seen, OUTCOME_REFUSED, "superblock is whole but makes no sense");
		break;
	}
	return EXIT_DONE;
}

int inspect_super(struct inspection *seen)
{
	enum paxos_super_result result;
	unsigned int good;
	uint32_t invalid;

	if (seen->image.size < PAXOS_SUPER_COPIES * COPY_BYTES)
		return fail(EXIT_MISSING,
			    "no paxos superblock on %s: it is %" PRIu64 " bytes, too short for one",
			    seen->image.path, seen->image.size);
	read_copies(seen);
	result = paxos_super_choose(seen->copy, seen->image.size, &good, &invalid);
	seen->super = result == PAXOS_SUPER_GOOD ? &seen->copy[good] : newest(seen);
	if (seen->super)
		seen->now = *seen->super;
	if (result != PAXOS_SUPER_NONE)
		note_copies(seen);
	return judge(seen, result, invalid);
}
