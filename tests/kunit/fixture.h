/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fixture: a few nodes, driven by hand.
 *
 * A node is a real replica with a disk (its journal, laid out by the real
 * codec), or a puppet: a member in whose name the test speaks.  What a replica
 * sends becomes a letter, through the real codec, and lies there until the test
 * delivers, takes or drops it; one that waits for a write cannot be seen before
 * the test does that write.  Nothing happens by itself, but in lab_settle().
 */
#ifndef _KUNIT_FIXTURE_H
#define _KUNIT_FIXTURE_H

#include <kunit/test.h>
#include <linux/mm.h>

#include "../../kmod/core/state.h"

enum { A, B, C, D, E, F, NODES_MAX };

#define LETTERS_MAX	1024
#define ANSWERS_MAX	1024
#define LOG_MAX		4096u		/* slots */
#define RING_SIZE	(1024u << 10)

struct letter {
	u8 from, to;			/* nodes */
	u64 lsn;			/* waits for this write of its sender's */
	struct paxos_head head;
	struct paxos_message message;
	struct paxos_buf *buf;
};

struct delivered {
	u64 ballot;
	u8 type;			/* 0: not delivered */
	char text[14];			/* the value; "" for a no-op, "?" if it is lost */
	u8 repairs;			/* how often it came again */
};

/* Where a batch stands in the journal; sequence 0: none. */
struct batch_place {
	u64 offset, sequence;
};

struct node {
	bool real, up, voter;
	bool joins;			/* formatted to join; no founder */
	bool config_told;		/* the core told that members changed */
	u32 images;			/* disks it had: each start's session is another */
	u8 first_disk[16];		/* what the others know */
	u16 id;
	u8 disk[16];
	u64 incarnation, session;
	u32 life[PAXOS_LIVES];		/* as its superblock would keep them */

	struct paxos_replica *replica;
	struct paxos_batch *batch;
	struct paxos_effects *fx;
	u8 *arena;
	const struct paxos_head *asked;	/* head of the message being stepped */

	struct paxos_ring ring;
	u8 *device;			/* RING_SIZE */
	u64 offset;			/* of the next batch */
	u32 previous_crc;
	u64 writing, written;		/* LSNs */
	enum paxos_replay_result replayed;

	/* archive.c */
	struct paxos_item *chosen;	/* [LOG_MAX], as it was chosen */
	struct paxos_table *table;	/* room to build one */
	u8 *table_bytes;
	u8 *super_table;		/* what the superblock names */
	u32 super_length;
	struct batch_place place[LOG_MAX];	/* of each slot's first record */
	struct batch_place table_place, start;
	u64 trimmed, skipped;		/* as the core told last */

	struct delivered log[LOG_MAX];
	struct paxos_answer answer[ANSWERS_MAX];
	u32 answers, serves;
	u32 notice[PAXOS_NOTICE_TWO_VALUES + 1];	/* how many of each type */
};

struct lab {
	struct kunit *test;
	u8 nodes;
	u8 founders;			/* of them, the first: members from the beginning */
	bool fresh;
	u8 mode, learn;			/* set before the first node starts */
	bool serving;			/* shells serve old slots and tables */
	u64 now_us;
	u32 cut[NODES_MAX];		/* [from]: mask of nodes that hear nothing of it */
	struct node node[NODES_MAX];
	struct letter *letter[LETTERS_MAX];	/* oldest first */
	u32 letters;
	u8 *window, *scratch;
	struct paxos_buf *buf;		/* of the letter taken last */
	struct letter taken;
};

/* init and exit of a suite whose cases use a lab. */
int lab_init(struct kunit *test);
void lab_exit(struct kunit *test);

#define LAB_SUITE(what, cases)						\
	static struct kunit_suite what##_suite = {			\
		.name = "paxos_" #what,					\
		.init = lab_init,					\
		.exit = lab_exit,					\
		.test_cases = cases,					\
	};								\
	kunit_test_suite(what##_suite)

/* Begin: @nodes members, of which those in @real are replicas, all in contact. */
struct lab *lab_start(struct kunit *test, u8 nodes, u32 real);
struct lab *lab_start_fresh(struct kunit *test, u8 nodes, u32 real);
void lab_boot(struct lab *lab, u8 node);
void lab_meet(struct lab *lab);
u8 lab_join(struct lab *lab);

/* Life of one node. */
void lab_event(struct lab *lab, u8 node, struct paxos_event event);
void lab_tick(struct lab *lab, u8 node, u32 ms);
void lab_propose(struct lab *lab, u8 node, const char *text, u64 cookie);
void lab_member(struct lab *lab, u8 node, u8 op, u8 which, u8 other, bool force, u64 cookie);
u8 lab_node_at(struct lab *lab, u8 node, u32 index);
void lab_write(struct lab *lab, u8 node);
void lab_write_begin(struct lab *lab, u8 node);
void lab_write_end(struct lab *lab, u8 node);
void lab_power_cut(struct lab *lab, u8 node);
void lab_torn_write(struct lab *lab, u8 node, u64 sectors);
bool lab_rot(struct lab *lab, u8 node, u64 slot);
void lab_live(struct lab *lab, u32 ms);
void lab_fill_window(struct lab *lab, struct node *node, const struct paxos_replay *replay);
u64 lab_campaign(struct lab *lab, u8 node);
u64 lab_elect(struct lab *lab, u8 node);

/* The log of a node, trimming, beginning from a snapshot: archive.c. */
void lab_trim(struct lab *lab, u8 node, u64 slot, u64 cookie);
void lab_install(struct lab *lab, u8 node, u64 slot, u64 cookie);
bool lab_table(struct lab *lab, u8 node, u64 slot);
void lab_send(struct lab *lab, u8 from, u8 to, u8 type, const u8 *body, u32 length);
void archive_make(struct lab *lab, struct node *node);
void archive_free(struct node *node);
void archive_keep(struct node *node, const struct paxos_chosen *chosen);
void archive_place(struct node *node);
void archive_trimmed(struct node *node, u64 slot);
void archive_restore(struct lab *lab, struct node *node);
void archive_serve(struct lab *lab, u8 node, const struct paxos_serve *serve);

/* Letters. */
struct letter *lab_take(struct lab *lab, u8 from, u8 to, u8 type);
bool lab_deliver(struct lab *lab, u8 from, u8 to, u8 type);
u32 lab_drop(struct lab *lab, u8 from, u8 to, u8 type);
u32 lab_count(struct lab *lab, u8 from, u8 to, u8 type);
void lab_again(struct lab *lab, const struct letter *letter);
void lab_settle(struct lab *lab);

/* What puppets, and liars, say. */
void lab_say(struct lab *lab, u8 from, u8 to, const struct paxos_message *fields,
	     const struct paxos_item *items, u32 count);
void lab_hello(struct lab *lab, u8 from, u8 to, const u8 *disk, u64 session, u64 to_session,
	       u32 confirms);
void lab_claims(struct lab *lab, u8 from, u8 to, u64 session, const struct paxos_message *own,
		u8 other, const struct paxos_claim *of_other);
void say_prepare(struct lab *lab, u8 from, u8 to, u64 ballot, u64 first);
void say_promise(struct lab *lab, u8 from, u8 to, u64 ballot, const struct paxos_item *items,
		 u32 count);
void say_accept(struct lab *lab, u8 from, u8 to, u64 ballot, u64 slot, const char *text,
		u64 commit);
void say_accepted(struct lab *lab, u8 from, u8 to, u64 ballot, u64 slot, u64 count);
void say_heartbeat(struct lab *lab, u8 from, u8 to, u64 ballot, u64 commit);
void say_learnt(struct lab *lab, u8 from, u8 to, u64 ballot, u64 slot, const char *text);

/* "" is a no-op; every text has an id of its own, by its first byte. */
struct paxos_item item_of(u64 slot, u64 ballot, const char *text);
bool item_is(const struct paxos_item *item, u64 slot, u64 ballot, const char *text);
bool letter_has(const struct letter *letter, u64 slot, u64 ballot, const char *text);
u32 letter_items(const struct letter *letter);

/* What a node holds. */
const char *log_text(struct lab *lab, u8 node, u64 slot);
const char *accepted_text(struct lab *lab, u8 node, u64 slot);
u64 accepted_ballot(struct lab *lab, u8 node, u64 slot);
u32 log_find(struct lab *lab, u8 node, const char *text);

static inline void claim_of(struct paxos_claim *claim, const u8 *disk)
{
	*claim = (struct paxos_claim) { .known = true };
	memcpy(claim->disk, disk, sizeof(claim->disk));
}

static inline u64 ballot_of(u64 round, u8 node)
{
	return paxos_ballot(round, node + 1);
}

struct paxos_buf *test_buf(const void *data, size_t length);
const u8 *test_buf_data(const struct paxos_buf *buf);
long test_bufs(void);

void stamp_sector(struct paxos_sector *sector, const struct paxos_ring *ring, u64 sequence,
		  u64 address);

#endif /* _KUNIT_FIXTURE_H */
