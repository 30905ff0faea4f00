// SPDX-License-Identifier: GPL-2.0
/*
 * Super: the four copies of the superblock, read and rewritten.
 *
 * core/superblock.c decides which copy counts.  Here they are moved: an update
 * is drafted, then written to one copy after the other, each with
 * PREFLUSH | FUA, and counts only when all four hold it (STORAGE.md).  Copies
 * that were invalid or old when the device was opened are brought to the one
 * that counts before anything new is written: else one torn write more could
 * leave two invalid ones.
 *
 * Owned by the one thread that starts the group; everything here sleeps.
 */
#include <linux/blk_types.h>
#include <linux/netlink.h>
#include <linux/vmalloc.h>

#include "extack.h"
#include "super.h"

static int explain_damage(u32 invalid, struct netlink_ext_ack *extack)
{
	char copies[2 * PAXOS_SUPER_COPIES + 1] = "";
	unsigned int i, at = 0;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++)
		if (invalid & (1u << i))
			at += scnprintf(copies + at, sizeof(copies) - at, "%s%u", at ? "," : "", i);
	paxos_extack(extack, NULL, "superblock copies %s are damaged: see paxosctl inspect",
		     copies);
	return -EUCLEAN;
}

static int explain_choice(enum paxos_super_result result, u32 invalid,
			  struct netlink_ext_ack *extack)
{
	switch (result) {
	case PAXOS_SUPER_GOOD:
		return 0;
	case PAXOS_SUPER_NONE:
		NL_SET_ERR_MSG(extack, "no paxos superblock on the device: run paxosctl format");
		return -EMEDIUMTYPE;
	case PAXOS_SUPER_VERSION:
		NL_SET_ERR_MSG(extack,
			       "disk format is of another version: use the module that wrote it");
		return -EPROTONOSUPPORT;
	case PAXOS_SUPER_DAMAGED:
		return explain_damage(invalid, extack);
	case PAXOS_SUPER_SHRUNK:
		NL_SET_ERR_MSG(extack, "device is smaller than at format: give it its size back");
		return -ENOSPC;
	case PAXOS_SUPER_GROWN:
		NL_SET_ERR_MSG(extack, "device is larger than at format: give it its size back");
		return -EMEDIUMTYPE;
	case PAXOS_SUPER_SENSELESS:
		break;
	}
	NL_SET_ERR_MSG(extack, "superblock is whole but makes no sense: see paxosctl inspect");
	return -EUCLEAN;
}

static int read_copies(struct paxos_device *device, struct paxos_super *copies)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < PAXOS_SUPER_COPIES && !err; i++)
		err = paxos_device_read(device, paxos_super_offset(i, device->size), &copies[i],
					sizeof(copies[i]));
	return err;
}

/**
 * paxos_supers_open() - read the copies and choose the one that counts
 * @supers: to be filled in, zeroed
 * @device: open
 * @extack: says why not, and what to do
 *
 * Nothing is written.
 *
 * Return: 0, or a negative error; then there is nothing to close.
 */
int paxos_supers_open(struct paxos_supers *supers, struct paxos_device *device,
		      struct netlink_ext_ack *extack)
{
	struct paxos_super *copies = vmalloc(PAXOS_SUPER_COPIES * sizeof(*copies));
	enum paxos_super_result result;
	unsigned int good;
	int err = -ENOMEM;

	supers->device = device;
	supers->block = vmalloc(sizeof(*supers->block));
	if (!copies || !supers->block)
		goto free;
	err = read_copies(device, copies);
	if (err) {
		NL_SET_ERR_MSG(extack, "cannot read the superblocks: see the kernel log");
		goto free;
	}
	result = paxos_super_choose(copies, device->size, &good, &supers->stale);
	err = explain_choice(result, supers->stale, extack);
	if (err)
		goto free;
	supers->now = copies[good];
	vfree(copies);
	return 0;

free:
	vfree(supers->block);
	supers->block = NULL;
	vfree(copies);
	return err;
}

void paxos_supers_close(struct paxos_supers *supers)
{
	vfree(supers->block);
}

/* Write @super to each copy that is in @mask, one at a time. */
static int write_copies(struct paxos_supers *supers, const struct paxos_super *super, u32 mask)
{
	struct paxos_device *device = supers->device;
	unsigned int i;
	int err = 0;

	for (i = 0; i < PAXOS_SUPER_COPIES && !err; i++) {
		if (!(mask & (1u << i)))
			continue;
		*supers->block = *super;
		paxos_super_seal(supers->block, i, device->size);
		err = paxos_device_write(device, paxos_super_offset(i, device->size),
					 supers->block, sizeof(*supers->block),
					 REQ_PREFLUSH | REQ_FUA);
	}
	return err;
}

/**
 * paxos_supers_draft() - begin an update
 * @supers: open
 *
 * Return: a copy of the superblock that counts, to be changed and committed.
 */
struct paxos_super *paxos_supers_draft(struct paxos_supers *supers)
{
	supers->draft = supers->now;
	return &supers->draft;
}

/**
 * paxos_supers_commit() - write the draft
 * @supers: with a draft
 *
 * Return: 0 when all four copies hold it, durably: now it counts.  Else a
 * negative error, and it must not be acted upon; then no further update is
 * possible, since some copies may hold this one.
 */
int paxos_supers_commit(struct paxos_supers *supers)
{
	if (supers->error)
		return supers->error;

	supers->draft.sequence = cpu_to_le64(le64_to_cpu(supers->now.sequence) + 1);
	supers->error = write_copies(supers, &supers->now, supers->stale);
	if (!supers->error) {
		supers->stale = 0;
		supers->error = write_copies(supers, &supers->draft, ~0u);
	}
	if (!supers->error)
		supers->now = supers->draft;
	return supers->error;
}
