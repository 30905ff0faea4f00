/* SPDX-License-Identifier: GPL-2.0 */
/* Super: the four superblock copies on the device.  Private to the journal. */
#ifndef _PAXOS_SUPER_H
#define _PAXOS_SUPER_H

#include "device.h"

struct paxos_supers {
	struct paxos_device *device;
	struct paxos_super now;		/* the one that counts */
	struct paxos_super draft;	/* the next one, until all copies are written */
	struct paxos_super *block;	/* page-aligned: one copy on its way */
	u32 stale;			/* mask of copies to be brought to @now first */
	int error;			/* of a write: final */
};

int paxos_supers_open(struct paxos_supers *supers, struct paxos_device *device,
		      struct netlink_ext_ack *extack);
void paxos_supers_close(struct paxos_supers *supers);

struct paxos_super *paxos_supers_draft(struct paxos_supers *supers);
int paxos_supers_commit(struct paxos_supers *supers);

#endif /* _PAXOS_SUPER_H */
