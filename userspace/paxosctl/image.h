/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_IMAGE_H
#define PAXOSCTL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A device, or a file that holds one, to be read only. */
struct image {
	const char *path;
	int fd;
	uint64_t size;		/* bytes */
	bool in_use;		/* somebody has the device: what it holds may be changing */
};

/* An exit status. */
int image_open(const char *path, struct image *image);
void image_close(struct image *image);
/*
 * Reads all of @length bytes at @offset; 0 or a negative errno.  All three are
 * multiples of PAXOS_BLOCK_SIZE, @to as an address.
 */
int image_read(const struct image *image, uint64_t offset, void *to, size_t length);
/* Memory to read to, @length bytes; never NULL. */
void *image_buffer(size_t length);

#endif
