// SPDX-License-Identifier: GPL-2.0
/*
 * Claims: what is known of a peer's lives outlives our own (rule 10).
 *
 * Were it kept in memory alone, all would have to do no more than start again at
 * once for an image of one of their disks to be taken for it.  So the journal says of
 * each peer which life of it was the last that is known, and what it had promised and
 * known by then.  A record is written when a new life is met, and with each table,
 * behind which replay may begin.  Nobody waits for it: a claim that is lost refuses
 * nobody.
 */
#include "state.h"

/* The record that confirms @member's disk, with what is known of it. */
void paxos_claims_record(struct paxos_replica *r, struct paxos_effects *fx, u8 member)
{
	struct paxos_peer *peer = &r->peer[member];
	const struct paxos_claim *claim = &peer->claim;
	struct paxos_record record = {
		.type = PAXOS_RECORD_PEER,
		.slot = r->member[member].node,
		.ballot = claim->promised,
		.entry.id = {
			.incarnation = claim->incarnation,
			.nonce = claim->life,
			.sequence = claim->durable,
		},
	};

	memcpy(record.disk, r->member[member].disk, sizeof(record.disk));
	paxos_batch_append(fx->batch, &record);
	peer->noted = claim->incarnation;
	peer->noted_life = claim->life;
}

static bool is_kept(const struct paxos_replica *r, u8 member)
{
	return member != r->self && r->member[member].known &&
	       (r->newest.members | r->older.members) & paxos_bit(member);
}

/* @member was met, in a life that the journal does not know yet. */
void paxos_claims_met(struct paxos_replica *r, struct paxos_effects *fx, u8 member)
{
	const struct paxos_peer *peer = &r->peer[member];

	if (!is_kept(r, member) || peer->forgotten || fx->journal_full ||
	    (peer->noted == peer->claim.incarnation && peer->noted_life == peer->claim.life))
		return;
	/* Replay finds the id in the configuration by then. */
	paxos_record_commit(r, fx);
	paxos_claims_record(r, fx, member);
	fx->batch->urgent = true;
}

/* A table is written: what stands before it may go. */
void paxos_claims_keep(struct paxos_replica *r, struct paxos_effects *fx)
{
	unsigned int i;

	for (i = 0; i < r->members; i++)
		if (is_kept(r, i))
			paxos_claims_record(r, fx, i);
}

/* What the journal says of @member is as good as if it were said now. */
void paxos_claims_restore(struct paxos_replica *r, const struct paxos_record *record, u8 member)
{
	const struct paxos_proposal_id *life = &record->entry.id;
	struct paxos_peer *peer = &r->peer[member];
	struct paxos_claim said = {
		.incarnation = life->incarnation,
		.life = life->nonce,
		.promised = record->ballot,
		.durable = life->sequence,
	};

	paxos_claim_more(peer, &said);
	peer->noted = peer->claim.incarnation;
	peer->noted_life = peer->claim.life;
}
