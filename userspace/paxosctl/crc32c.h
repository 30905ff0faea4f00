/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAXOSCTL_CRC32C_H
#define PAXOSCTL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * Castagnoli, as paxos/disk.h wants it.  A running crc is begun with
 * CRC32C_SEED, continued with crc32c_update() and ended by inverting it.
 */
#define CRC32C_SEED 0xffffffffu

uint32_t crc32c_update(uint32_t crc, const void *bytes, size_t length);
uint32_t crc32c(const void *bytes, size_t length);

#endif
