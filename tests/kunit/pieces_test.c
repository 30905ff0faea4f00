// SPDX-License-Identifier: GPL-2.0
/* Pieces: bodies above a datagram, gathered and sent again. */
#include "fixture.h"

#include "../../kmod/core/pieces.h"

struct place {
	struct paxos_pieces *pieces;
	u8 *memory, *body;
	u64 now_us;
	struct paxos_whole whole;
};

static int place_init(struct kunit *test)
{
	struct place *place = kvzalloc(sizeof(*place), GFP_KERNEL);
	u32 i;

	place->pieces = kvzalloc(sizeof(*place->pieces), GFP_KERNEL);
	place->memory = kvzalloc(PAXOS_PIECES_MEMORY, GFP_KERNEL);
	place->body = kvzalloc(PAXOS_MESSAGE_MAX, GFP_KERNEL);
	for (i = 0; i < PAXOS_MESSAGE_MAX; i++)
		place->body[i] = i ^ i >> 8;
	paxos_pieces_init(place->pieces, place->memory);
	place->now_us = 1000000;
	test->priv = place;
	return 0;
}

static void place_exit(struct kunit *test)
{
	struct place *place = test->priv;

	kvfree(place->pieces);
	kvfree(place->memory);
	kvfree(place->body);
	kvfree(place);
}

static struct paxos_head head_of(u64 session, u32 message, u16 piece, u32 length)
{
	return (struct paxos_head) {
		.type = PAXOS_ACCEPT,
		.from_session = session,
		.message = message,
		.piece = piece,
		.pieces = paxos_pieces_count(length),
	};
}

/* One piece of a body of @length bytes comes from member 1; does it complete it? */
static bool take(struct place *p, u32 message, u16 piece, u32 length)
{
	struct paxos_head head = head_of(77, message, piece, length);

	return paxos_pieces_take(p->pieces, 1, &head, p->body + piece * PAXOS_PIECE_MAX,
				 paxos_piece_length(length, piece), p->now_us, &p->whole);
}

static bool whole_is(const struct place *p, u32 length)
{
	return p->whole.length == length && !memcmp(p->whole.body, p->body, length);
}

static void a_body_is_whole_in_any_order_of_its_pieces(struct kunit *test)
{
	static const u32 lengths[] = {
		PAXOS_PIECE_MAX + 1, 2 * PAXOS_PIECE_MAX, 9001, PAXOS_MESSAGE_MAX - 1,
		PAXOS_MESSAGE_MAX,
	};
	struct place *p = test->priv;
	u32 i, k, pieces, first, message = 0;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		pieces = paxos_pieces_count(lengths[i]);
		for (first = 0; first < pieces; first++) {
			message++;
			for (k = 0; k < pieces; k++)
				KUNIT_EXPECT_EQ(test, take(p, message, (first + k * 5) % pieces,
							   lengths[i]), k == pieces - 1);
			KUNIT_EXPECT_TRUE(test, whole_is(p, lengths[i]));
		}
	}
}

static void a_body_is_handed_out_once(struct kunit *test)
{
	struct place *p = test->priv;

	KUNIT_EXPECT_FALSE(test, take(p, 1, 0, 3000));
	KUNIT_EXPECT_FALSE(test, take(p, 1, 0, 3000));
	KUNIT_EXPECT_FALSE(test, take(p, 1, 1, 3000));
	KUNIT_EXPECT_TRUE(test, take(p, 1, 2, 3000));
	KUNIT_EXPECT_FALSE(test, take(p, 1, 2, 3000));
	KUNIT_EXPECT_FALSE(test, take(p, 1, 0, 3000));
}

/* Of another message, session, member, or with another count or type. */
static void pieces_of_different_bodies_never_combine(struct kunit *test)
{
	struct place *p = test->priv;
	u32 which;

	for (which = 0; which < 6; which++) {
		struct paxos_head head = head_of(77, 10 + which, 1, 2000);
		u32 member = 1, length = 2000 - PAXOS_PIECE_MAX;

		KUNIT_EXPECT_FALSE(test, take(p, 10 + which, 0, 2000));
		if (which == 1)
			head.message += 100;
		if (which == 2)
			head.from_session++;
		if (which == 3)
			member = 2;
		if (which == 4)
			head.type = PAXOS_PROMISE;
		if (which == 5) {
			head.pieces = 3;
			length = PAXOS_PIECE_MAX;
		}
		KUNIT_EXPECT_EQ(test, paxos_pieces_take(p->pieces, member, &head, p->body, length,
							p->now_us, &p->whole), which == 0);
	}
}

static void hostile_pieces_are_refused(struct kunit *test)
{
	static const struct {
		u16 piece, pieces;
		u32 length, message;
	} bad[] = {
		{ 0, 1, 100, 1 },			{ 0, 0, 100, 1 },
		{ 2, 2, 100, 1 },			{ 65535, 2, 100, 1 },
		{ 0, 2, 100, 1 },			{ 0, 2, PAXOS_PIECE_MAX + 1, 1 },
		{ 1, 2, 0, 1 },				{ 1, 2, PAXOS_PIECE_MAX + 1, 1 },
		{ 0, 65535, PAXOS_PIECE_MAX, 1 },	{ 0, 32, PAXOS_PIECE_MAX, 1 },
		{ 23, 24, PAXOS_PIECE_MAX, 1 },		{ 0, 2, PAXOS_PIECE_MAX, 0 },
	};
	struct place *p = test->priv;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct paxos_head head = head_of(77, bad[i].message, bad[i].piece, 2000);

		head.pieces = bad[i].pieces;
		KUNIT_EXPECT_FALSE(test, paxos_pieces_take(p->pieces, 1, &head, p->body,
							   bad[i].length, p->now_us, &p->whole));
		KUNIT_EXPECT_EQ_MSG(test, p->pieces->order, 0, "case %u", i);
	}
}

/* After a while, for just what lacks, a bounded number of times; then given up. */
static void missing_pieces_are_asked_for(struct kunit *test)
{
	struct place *p = test->priv;
	struct paxos_ask ask = {};
	u32 asked = 0, i;

	take(p, 5, 0, 5000);
	take(p, 5, 3, 5000);
	KUNIT_EXPECT_FALSE(test, paxos_pieces_ask(p->pieces, p->now_us, &ask));
	p->now_us += PAXOS_PIECES_SOON_US;
	KUNIT_ASSERT_TRUE(test, paxos_pieces_ask(p->pieces, p->now_us, &ask));
	KUNIT_EXPECT_EQ(test, ask.member, 1);
	KUNIT_EXPECT_EQ(test, ask.message, 5);
	KUNIT_EXPECT_EQ(test, ask.wanted, 6);
	KUNIT_EXPECT_FALSE(test, paxos_pieces_ask(p->pieces, p->now_us, &ask));
	for (i = 0; i < 100; i++) {
		p->now_us += 1000000000;
		asked += paxos_pieces_ask(p->pieces, p->now_us, &ask);
	}
	KUNIT_EXPECT_EQ(test, asked, PAXOS_PIECES_ASKS - 1);
	/* Given up; from its pieces alone it begins anew. */
	KUNIT_EXPECT_FALSE(test, take(p, 5, 1, 5000));
	KUNIT_EXPECT_FALSE(test, take(p, 5, 2, 5000));
}

static void a_whole_body_is_not_asked_for(struct kunit *test)
{
	struct place *p = test->priv;
	struct paxos_ask ask;

	take(p, 5, 0, 2000);
	take(p, 5, 1, 2000);
	p->now_us += 1000000000;
	KUNIT_EXPECT_FALSE(test, paxos_pieces_ask(p->pieces, p->now_us, &ask));
}

/* Whole ones go first, then the oldest: new bodies always find a place. */
static void the_oldest_body_makes_room(struct kunit *test)
{
	struct place *p = test->priv;
	u32 i;

	take(p, 1, 0, 2000);
	take(p, 2, 0, 2000);
	take(p, 2, 1, 2000);
	for (i = 3; i <= PAXOS_ASSEMBLIES + 1; i++)
		take(p, i, 0, 2000);
	KUNIT_EXPECT_TRUE(test, take(p, 1, 1, 2000));
	take(p, 1000, 0, 2000);
	take(p, 1001, 0, 2000);
	KUNIT_EXPECT_FALSE(test, take(p, 3, 1, 2000));
	KUNIT_EXPECT_TRUE(test, take(p, 1001, 1, 2000));
}

static void a_sent_body_is_kept_for_whom_it_was_sent_to(struct kunit *test)
{
	struct place *p = test->priv;
	const struct paxos_sent *sent;
	u32 i;

	KUNIT_EXPECT_NULL(test, paxos_pieces_find(p->pieces, 0, 0));
	for (i = 1; i <= PAXOS_PIECES_SENT; i++)
		paxos_pieces_keep(p->pieces, i, PAXOS_ACCEPT, 0x5, p->body + i, 2000 + i);
	sent = paxos_pieces_find(p->pieces, 1, 2);
	KUNIT_ASSERT_NOT_NULL(test, sent);
	KUNIT_EXPECT_EQ(test, sent->length, 2001);
	KUNIT_EXPECT_EQ(test, memcmp(sent->body, p->body + 1, 2001), 0);
	KUNIT_EXPECT_NULL(test, paxos_pieces_find(p->pieces, 1, 1));
	KUNIT_EXPECT_NULL(test, paxos_pieces_find(p->pieces, 0, 0));
	paxos_pieces_keep(p->pieces, 99, PAXOS_ACCEPT, 1, p->body, 2000);
	KUNIT_EXPECT_NULL(test, paxos_pieces_find(p->pieces, 1, 2));
	KUNIT_EXPECT_NULL(test, paxos_pieces_keep(p->pieces, 100, PAXOS_ACCEPT, 1, p->body,
						  PAXOS_MESSAGE_MAX + 1));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_body_is_whole_in_any_order_of_its_pieces),
	KUNIT_CASE(a_body_is_handed_out_once),
	KUNIT_CASE(pieces_of_different_bodies_never_combine),
	KUNIT_CASE(hostile_pieces_are_refused),
	KUNIT_CASE(missing_pieces_are_asked_for),
	KUNIT_CASE(a_whole_body_is_not_asked_for),
	KUNIT_CASE(the_oldest_body_makes_room),
	KUNIT_CASE(a_sent_body_is_kept_for_whom_it_was_sent_to),
	{}
};

static struct kunit_suite pieces_suite = {
	.name = "paxos_pieces",
	.init = place_init,
	.exit = place_exit,
	.test_cases = cases,
};

kunit_test_suite(pieces_suite);
