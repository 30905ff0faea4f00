/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_LAYOUT_H
#define PAXOSCTL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "output.h"
#include "paxos/disk.h"

#define LAYOUT_VOTERS_MAX 7

/* What format writes. */
struct layout {
	uint64_t device_size;	/* bytes */
	uint64_t ring_size;	/* bytes, a multiple of PAXOS_BLOCK_SIZE */
	uint8_t cluster[16];
	uint8_t disk[16];
	uint16_t node;
	bool join;		/* a new node of a running group: no voter, and no voters known */
	unsigned int voters;
	uint16_t voter[LAYOUT_VOTERS_MAX];	/* ascending */
};

/* Bytes of the largest ring on a device of @device_size bytes; 0: too small. */
uint64_t layout_ring_size(uint64_t device_size);

/* These write to @fd at block-aligned offsets and sync; 0 or a negative errno. */
int super_wipe(int fd, const struct layout *layout);
int super_write(int fd, const struct layout *layout);
int stamp_ring(int fd, const struct layout *layout, struct progress *progress);

/* The whole of it, in the order that leaves no mixture behind if it is cut off. */
int layout_write(int fd, const struct layout *layout, struct progress *progress);

void super_build(struct paxos_super *super, const struct layout *layout, unsigned int copy);
/* Writes all of @bytes; 0 or a negative errno. */
int write_at(int fd, const void *bytes, size_t length, uint64_t offset);

#endif
