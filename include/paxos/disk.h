/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Disk format: what stands on the reserved block device.
 *
 * Shared by the module (kmod/core/sector.c, record.c, superblock.c) and the tools
 * (paxosctl format, inspect).  Everything is little-endian; every structure carries its
 * own device offset and a crc32c.  See shared design STORAGE.md.
 *
 *	offset 0		superblock copy 0
 *	4096			superblock copy 1
 *	8192			journal ring: batches, each 4 KiB-aligned
 *	ring end ..		unused (format --size)
 *	last 8192 bytes		superblock copies 2 and 3
 *
 * (of the device rounded down to 4 KiB).
 *
 * The includer provides the fixed-width __le types (linux/types.h does) and
 * the conversions.  crc32c here means Castagnoli, seed ~0, final inversion:
 * the value that RFC 3720 gives for "123456789" is 0xe3069283.
 */
#ifndef _PAXOS_DISK_H
#define _PAXOS_DISK_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#else
#include <assert.h>
#endif
#include <linux/types.h>

#define PAXOS_SECTOR_SIZE	512u
#define PAXOS_BLOCK_SIZE	4096u
#define PAXOS_BLOCK_SECTORS	(PAXOS_BLOCK_SIZE / PAXOS_SECTOR_SIZE)

#define PAXOS_SUPER_MAGIC	0x5245505553585050ull	/* "PPXSUPER" */
#define PAXOS_BATCH_MAGIC	0x48435442u		/* "BTCH" */
#define PAXOS_DISK_VERSION	1u

#define PAXOS_SUPER_COPIES	4u
#define PAXOS_RING_OFFSET	8192u		/* bytes from the device's start */
#define PAXOS_RING_TAIL		8192u		/* bytes kept after the ring */
#define PAXOS_BATCH_MAX		262144u		/* bytes of one batch on disk */
#define PAXOS_BATCH_SECTORS	(PAXOS_BATCH_MAX / PAXOS_SECTOR_SIZE)
#define PAXOS_BATCH_RECORDS_MAX	1024u		/* records in one batch */
#define PAXOS_RING_MIN		(16u << 20)	/* bytes; the least useful ring */
/* Bytes that no ring reaches: its blocks are counted in 32 bits. */
#define PAXOS_RING_LIMIT	((__u64)0xffffffffu * PAXOS_BLOCK_SIZE)
#define PAXOS_DEVICE_MIN	(PAXOS_RING_MIN + PAXOS_RING_OFFSET + PAXOS_RING_TAIL)

#define PAXOS_DISK_MEMBERS_MAX	31u
#define PAXOS_LIVES		32u		/* starts that a disk remembers */

enum paxos_super_state {
	PAXOS_SUPER_FRESH = 1,		/* formatted, never confirmed by its peers */
	PAXOS_SUPER_OK = 2,
	PAXOS_SUPER_FORGOTTEN = 3,	/* lost something it had promised: rule 7 */
};

/*
 * One voter of the first configuration; or this node, no voter, formatted to join.
 * Later configurations are in the log, and in the table.
 */
struct paxos_super_member {
	__le16 node;
	__u8 voter;			/* 1: votes */
	__u8 known;			/* 1: @disk is confirmed */
	__le32 reserved;
	__u8 disk[16];			/* disk UUID */
	__le64 incarnation;		/* highest seen */
};

/*
 * Superblock: four copies, each one block.  The copy with the highest sequence
 * among the valid ones counts.  @crc is over the whole block with itself zero.
 */
struct paxos_super {
	__le64 magic;
	__le32 version;
	__le32 crc;
	__le64 address;			/* device offset of this copy, bytes */
	__le64 sequence;		/* of this update; the first is 1 */
	__u8 cluster[16];		/* cluster UUID */
	__u8 disk[16];			/* disk UUID, new at each format */
	__le16 node;			/* this node's id */
	__u8 state;			/* enum paxos_super_state */
	__u8 members;			/* number of entries in @member */
	__le32 reserved0;
	__le64 incarnation;		/* starts of this node so far; 0 after format */
	__le64 promised;		/* ballot */
	__le64 trim;			/* slots up to it are trimmed */
	__le64 device_size;		/* bytes, at format */
	__le64 ring_offset;		/* bytes */
	__le64 ring_size;		/* bytes, a multiple of PAXOS_BLOCK_SIZE */
	__le64 start_offset;		/* device offset of the first batch to replay */
	__le64 start_sequence;		/* sequence of that batch; the first is 1 */
	__le64 session_offset;		/* device offset of the session table; 0: none */
	struct paxos_super_member member[PAXOS_DISK_MEMBERS_MAX];
	__le32 life[PAXOS_LIVES];	/* of the newest starts, by number: of their sessions */
	__u8 reserved1[4096 - 144 - 32 * 31 - 4 * 32];
};

/*
 * Every 512-byte sector of the ring: 488 bytes of data and a stamp that tells
 * whose it is.  format writes all of them with sequence 0 and zero data.
 * @crc is over the 508 bytes before it.
 */
#define PAXOS_SECTOR_DATA	488u

struct paxos_sector {
	__u8 data[PAXOS_SECTOR_DATA];
	__le64 sequence;		/* of the batch; 0: never written */
	__le64 address;			/* device offset of this sector, bytes */
	__le32 disk_tag;		/* first 4 bytes of the disk UUID */
	__le32 crc;
};

enum paxos_record_type {
	PAXOS_RECORD_ACCEPTED = 1,	/* accepted @slot at @ballot; payload: entry */
	PAXOS_RECORD_LEARNED = 2,	/* learnt that @slot is chosen; payload: entry */
	PAXOS_RECORD_CHOSEN = 3,	/* all up to @slot are chosen */
	/*
	 * Disk of node @slot is confirmed; payload: its UUID.  @incarnation, @nonce: the
	 * newest start of it that is known, and struct paxos_super's @life of that; @ballot,
	 * @sequence: what it had promised, and knew to be chosen, by then.  0: not known.
	 */
	PAXOS_RECORD_PEER = 4,
	PAXOS_RECORD_CONFIRMED = 5,	/* every voter confirmed the same disks */
	PAXOS_RECORD_TABLE = 6,		/* what the log says through @slot; payload: table */
};

/*
 * One record of a batch: stands in both header copies, with all that there is to
 * know of an entry but its value.  So a value that rots is known to be missing,
 * slot by slot, and whose it was (rules 8, 9).
 */
struct paxos_record_tag {
	__le64 slot;
	__le64 ballot;
	__le64 incarnation;		/* entry: of the origin; or the client's id.  PEER */
	__le64 nonce;			/* entry: drawn by the origin at that start.  PEER */
	__le64 sequence;		/* entry.  PEER: commit index */
	__le32 offset;			/* in the batch's payload, bytes */
	__le32 length;			/* of its payload (an entry's value), bytes */
	__le32 crc;			/* of its payload */
	__le16 type;			/* enum paxos_record_type */
	__le16 origin;			/* entry: node */
	__u8 entry;			/* enum paxos_entry_type; 0: no entry */
	__u8 client;			/* 1: @incarnation is a client's id */
	__u8 reserved[6];
};

/*
 * Batch: [header sectors][payload sectors][unused][header sectors again], the
 * whole a multiple of PAXOS_BLOCK_SIZE, each part starting with a sector.  The
 * header is this structure and the tags; @crc covers both with itself zero.
 * Batches never wrap: one that might not fit (less than PAXOS_BATCH_MAX left
 * before the ring's end) starts at the ring's start.
 */
struct paxos_batch_header {
	__le32 magic;
	__le32 crc;
	__le64 sequence;		/* this is also the LSN of its records */
	__le64 address;			/* device offset of the batch, bytes */
	__le32 sectors;			/* of the whole batch */
	__le32 header_sectors;		/* of one header copy */
	__le32 payload_bytes;
	__le32 reserved;
	__le32 previous_crc;		/* header crc of the batch before; 0: first */
	__le16 records;
	__le16 node;
	__u8 cluster[16];
	__le64 promised;		/* ballot */
	__le64 ballot_used;		/* highest ballot this node campaigned with */
	__le64 trim;
	__le64 incarnation;
	struct paxos_record_tag tag[];
};

/* How an entry (value with its proposal id) is written on the wire. */
struct paxos_entry_head {
	__u8 type;			/* enum paxos_entry_type */
	__u8 client;			/* 1: @incarnation is a client's id */
	__le16 origin;			/* node */
	__le32 length;			/* of the value that follows, bytes */
	__le64 incarnation;		/* of the origin */
	__le64 nonce;			/* drawn by the origin at that start */
	__le64 sequence;
};

/* The value of a CONFIG entry: this, then one struct paxos_config_node per node. */
struct paxos_config_head {
	__le64 base;			/* slot of the configuration that this one replaces */
	__u8 members;			/* 1..PAXOS_DISK_MEMBERS_MAX, by ascending id */
	__u8 reserved[7];
};

struct paxos_config_node {
	__le16 node;
	__u8 voter;
	__u8 family;			/* of @address: 4, 6; 0: none was given */
	__le16 port;
	__le16 reserved;
	__u8 address[16];		/* in network order, the first 4 bytes for IPv4 */
	__u8 disk[16];			/* disk UUID; zero: of the first configuration */
};

static_assert(sizeof(struct paxos_super_member) == 32, "member is 32 bytes");
static_assert(sizeof(struct paxos_super) == PAXOS_BLOCK_SIZE, "superblock is a block");
static_assert(sizeof(struct paxos_sector) == PAXOS_SECTOR_SIZE, "sector is a sector");
static_assert(sizeof(struct paxos_record_tag) == 64, "tag is 64 bytes");
static_assert(sizeof(struct paxos_config_head) == 16, "config head is 16 bytes");
static_assert(sizeof(struct paxos_config_node) == 40, "config node is 40 bytes");
static_assert(sizeof(struct paxos_batch_header) == 96, "batch header is 96 bytes");
static_assert(sizeof(struct paxos_entry_head) == 32, "entry head is 32 bytes");

/* Offset of superblock copy @copy on a device of @device_size bytes. */
static inline __u64 paxos_super_offset(unsigned int copy, __u64 device_size)
{
	__u64 end = device_size & ~(__u64)(PAXOS_BLOCK_SIZE - 1);

	if (copy < 2)
		return copy * (__u64)PAXOS_BLOCK_SIZE;
	return end - (PAXOS_SUPER_COPIES - copy) * (__u64)PAXOS_BLOCK_SIZE;
}

#endif /* _PAXOS_DISK_H */
