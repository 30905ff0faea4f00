// SPDX-License-Identifier: GPL-2.0
/*
 * crc32c in software, eight bytes a step ("slicing by 8").  The tables are
 * made at first use: 8 KiB that only format needs.
 */
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "crc32c.h"

#define POLYNOMIAL 0x82f63b78u	/* Castagnoli, bits reversed */

static uint32_t table[8][256];
static bool table_made;

static void make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		table[0][i] = crc;
	}
	for (int slice = 1; slice < 8; slice++)
		for (int i = 0; i < 256; i++)
			table[slice][i] = table[slice - 1][i] >> 8 ^
					  table[0][table[slice - 1][i] & 0xff];
	table_made = true;
}

uint32_t crc32c_update(uint32_t crc, const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;

	if (!table_made)
		make_table();
	for (; length >= 8; byte += 8, length -= 8) {
		uint64_t word;

		memcpy(&word, byte, sizeof(word));
		word = le64toh(word) ^ crc;
		crc = 0;
		for (int slice = 7; slice >= 0; slice--, word >>= 8)
			crc ^= table[slice][word & 0xff];
	}
	for (; length; byte++, length--)
		crc = crc >> 8 ^ table[0][(crc ^ *byte) & 0xff];
	return crc;
}

uint32_t crc32c(const void *bytes, size_t length)
{
	return ~crc32c_update(CRC32C_SEED, bytes, length);
}
