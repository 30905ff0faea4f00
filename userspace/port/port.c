// SPDX-License-Identifier: GPL-2.0
/*
 * The port of the core to userspace: buffers that are counted, and crc32c by
 * table, or by the processor's instruction where there is one.
 */
#include "port.h"

struct buf_account buf_account;

struct paxos_buf *buf_new(u32 length)
{
	struct paxos_buf *buf = malloc(sizeof(*buf) + length);

	if (!buf)
		abort();
	buf->refs = 1;
	buf->length = length;
	buf_account.count++;
	buf_account.bytes += length;
	buf_account.peak_bytes = port_max(buf_account.peak_bytes, buf_account.bytes);
	return buf;
}

void paxos_buf_get(struct paxos_buf *buf)
{
	if (buf)
		buf->refs++;
}

void paxos_buf_put(struct paxos_buf *buf)
{
	if (!buf)
		return;
	assert(buf->refs);
	if (--buf->refs)
		return;
	buf_account.count--;
	buf_account.bytes -= buf->length;
	free(buf);
}

#define POLYNOMIAL	0x82f63b78u	/* Castagnoli, reflected */

static u32 table[8][256];

static void make_table(void)
{
	u32 crc, i, k;

	for (i = 0; i < 256; i++) {
		for (crc = i, k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
		table[0][i] = crc;
	}
	for (i = 0; i < 256; i++)
		for (k = 1; k < 8; k++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
}

static u32 crc_by_table(u32 crc, const u8 *data, size_t length)
{
	u64 word;

	if (!table[0][1])
		make_table();
	for (; length >= 8; length -= 8, data += 8) {
		memcpy(&word, data, 8);
		word = le64toh(word) ^ crc;
		crc = table[7][word & 0xff] ^ table[6][word >> 8 & 0xff] ^
		      table[5][word >> 16 & 0xff] ^ table[4][word >> 24 & 0xff] ^
		      table[3][word >> 32 & 0xff] ^ table[2][word >> 40 & 0xff] ^
		      table[1][word >> 48 & 0xff] ^ table[0][word >> 56];
	}
	while (length--)
		crc = crc >> 8 ^ table[0][(crc ^ *data++) & 0xff];
	return crc;
}

#ifdef __x86_64__
/*
 * The instruction takes three cycles, and one can begin in each: so three parts
 * of the data at once, joined by what STREAM bytes of zero do to a crc.
 */
#define STREAM	168u		/* bytes of a part: a sector's 508 are three, and a rest */

static u32 shift[4][256];

static void make_shift(void)
{
	static const u8 zero[STREAM];
	u32 i, k;

	for (i = 0; i < 256; i++)
		for (k = 0; k < 4; k++)
			shift[k][i] = crc_by_table(i << 8 * k, zero, STREAM);
}

static u32 shifted(u32 crc)
{
	return shift[0][crc & 0xff] ^ shift[1][crc >> 8 & 0xff] ^ shift[2][crc >> 16 & 0xff] ^
	       shift[3][crc >> 24];
}

static u64 word_at(const u8 *data)
{
	u64 word;

	memcpy(&word, data, 8);
	return word;
}

__attribute__((target("sse4.2")))
static u32 crc_by_instruction(u32 crc, const u8 *data, size_t length)
{
	u64 a = crc, b, c;
	u32 i;

	if (!shift[0][1])
		make_shift();
	for (; length >= 3 * STREAM; length -= 3 * STREAM, data += 3 * STREAM) {
		for (b = c = i = 0; i < STREAM; i += 8) {
			a = __builtin_ia32_crc32di(a, word_at(data + i));
			b = __builtin_ia32_crc32di(b, word_at(data + i + STREAM));
			c = __builtin_ia32_crc32di(c, word_at(data + i + 2 * STREAM));
		}
		a = shifted(shifted(a) ^ b) ^ c;
	}
	for (; length >= 8; length -= 8, data += 8)
		a = __builtin_ia32_crc32di(a, word_at(data));
	for (crc = a; length; length--)
		crc = __builtin_ia32_crc32qi(crc, *data++);
	return crc;
}
#endif

u32 port_crc32c(u32 crc, const void *data, size_t length)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return crc_by_instruction(crc, data, length);
#endif
	return crc_by_table(crc, data, length);
}
