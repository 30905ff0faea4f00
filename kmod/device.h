/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Device: the reserved block device, opened exclusively by a user, and synchronous
 * transfers to and from it.  Private to the journal.
 */
#ifndef _PAXOS_DEVICE_H
#define _PAXOS_DEVICE_H

#include <linux/bio.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sizes.h>

#include "core/superblock.h"

struct block_device;
struct file;
struct netlink_ext_ack;

/* Bytes that one synchronous bio moves at most: enough to stream. */
#define PAXOS_DEVICE_CHUNK	SZ_1M

struct paxos_device {
	struct list_head node;		/* of all devices that groups have */
	struct file *file;
	struct block_device *bdev;
	u64 size;			/* bytes */
	struct mutex lock;		/* of what follows: one transfer at a time */
	struct bio bio;
	struct bio_vec vecs[PAXOS_DEVICE_CHUNK / PAXOS_BLOCK_SIZE];
};

int paxos_device_open(struct paxos_device *device, int fd, struct netlink_ext_ack *extack);
void paxos_device_close(struct paxos_device *device);

size_t paxos_device_map(struct bio *bio, void *data, size_t bytes);
int paxos_device_read(struct paxos_device *device, u64 offset, void *data, size_t bytes);
int paxos_device_write(struct paxos_device *device, u64 offset, void *data, size_t bytes,
		       blk_opf_t flags);
int paxos_device_flush(struct paxos_device *device);

#endif /* _PAXOS_DEVICE_H */
