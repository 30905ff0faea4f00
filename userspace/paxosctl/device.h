/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_DEVICE_H
#define PAXOSCTL_DEVICE_H

#include <stdint.h>

/* Opens @path, a block device that nobody uses, for us alone.  An exit status. */
int device_open(const char *path, int *fd, uint64_t *size);
/* Refuses a device that holds anything known, a paxos node included. */
int device_check_empty(const char *path, int fd, uint64_t size);
/* Takes the signatures of what else was there away. */
int device_wipe_signatures(const char *path, int fd);

#endif
