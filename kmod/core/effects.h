/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events and effects: all that goes into the core and all that comes out.
 *
 *	step(event)	takes one input in; refuses it, unchanged, without room
 *	flush()		says what is to be done; called when the input is drained,
 *			again and again until it has nothing more to say
 *
 * Both write into one struct paxos_effects that the caller owns, carries out,
 * and resets.  Memory that effects point to stays valid until the next step or
 * flush; the caller takes references to buffers that it keeps.
 */
#ifndef _PAXOS_CORE_EFFECTS_H
#define _PAXOS_CORE_EFFECTS_H

#include "message.h"
#include "record.h"

#define PAXOS_SENDS_MAX		64u	/* messages in one set of effects */
#define PAXOS_ARENA_SIZE	(192u << 10)	/* bytes of bodies in one set */
#define PAXOS_CHOSEN_MAX	128u	/* slots delivered in one set */
#define PAXOS_ANSWERS_MAX	128u	/* proposals answered in one set */
#define PAXOS_SERVES_MAX	4u	/* reads of old slots asked for in one set */
#define PAXOS_NOTICES_MAX	16u	/* in one set; more are dropped */

/*
 * Bytes of arena that one step may use besides the bodies that flush writes:
 * its own small answers.
 */
#define PAXOS_SMALL_MESSAGE	2048u

/* A message to be sent, once all records through @lsn are durable (rule 1). */
struct paxos_send {
	u64 lsn;			/* 0: at once */
	u32 to;				/* mask of member indices; 0: whom the event came from */
	u8 type;
	u8 *body;			/* in the arena */
	u32 length;
};

/*
 * A slot to be delivered: chosen, in order, without gaps; but those through
 * effects.skipped are delivered no more, for a snapshot took their place.
 *
 * If its value is lost here (rule 9) it is delivered all the same, with the length
 * of the value but without data; and again, out of order and with @repair, when the
 * value was written anew.  A @repair changes neither what the slot counts as (it may
 * have been a duplicate: @type is the entry's own then) nor how far is delivered.  In
 * a replay there is none: there the journal's newest record of the slot is whole.
 */
struct paxos_chosen {
	u64 slot;
	u64 ballot;
	u8 type;			/* NOOP also for a duplicate (rule 8) */
	bool repair;
	struct paxos_entry entry;	/* borrowed; take a reference to keep it */
};

enum paxos_outcome {
	PAXOS_OUTCOME_CHOSEN,
	PAXOS_OUTCOME_UNKNOWN,		/* it left this node: rule 11 */
	PAXOS_OUTCOME_WITHDRAWN,	/* it never did, and never will */
	PAXOS_OUTCOME_FULL,		/* never did: the journal is full */
	PAXOS_OUTCOME_STALE,		/* outlived, evicted, or overtaken: see @why */
	PAXOS_OUTCOME_REFUSED,		/* a command that makes no sense now: see @why */
};

/* Why a command was refused. */
enum paxos_why {
	PAXOS_WHY_NONE,
	PAXOS_WHY_NOT_MEMBER,
	PAXOS_WHY_IS_MEMBER,
	PAXOS_WHY_NOT_VOTER,
	PAXOS_WHY_IS_VOTER,
	PAXOS_WHY_USED_ID,		/* the id was a member's before (rule 7) */
	PAXOS_WHY_BEHIND,		/* the learner has not caught up */
	PAXOS_WHY_NO_ANSWER,		/* the node to be added does not answer */
	PAXOS_WHY_MAJORITY,		/* a working majority would be lost */
	PAXOS_WHY_BUSY,			/* another change is under way */
	PAXOS_WHY_OVERTAKEN,		/* another change came first */
	PAXOS_WHY_TOO_MANY,		/* nodes, voters, or removed ids */
	PAXOS_WHY_LAST_VOTER,
	PAXOS_WHY_NOT_CHOSEN,		/* the slot is not chosen and durable here */
	PAXOS_WHY_TRIMMED,		/* @slot is the oldest that anybody serves */
	PAXOS_WHY_NO_PEER,		/* nobody in contact can serve it */
	PAXOS_WHY_NO_LEADER,
	PAXOS_WHY_MODE,			/* there is no leader in mode basic */
	PAXOS_WHY_TOO_LITTLE,		/* trim: it frees less than it takes; @slot would do */
	PAXOS_WHY_OUTLIVED,		/* client: sequence below its window, or evicted */
};

struct paxos_answer {
	u64 cookie;
	enum paxos_outcome outcome;
	u8 why;				/* enum paxos_why */
	u64 slot;
	u64 ballot;
};

/*
 * Peer @to lacks chosen slots that are no longer in memory: read and send them as
 * LEARNT.  Or, if @table, it wants the table at slot @from: build it as below, and
 * send it with paxos_table_body(), once for each of its pieces.
 *
 * How the table at slot T is built, for this and for an event TRIM:
 *
 *	copy = *paxos_replica_base(replica), between steps
 *	if T < copy.slot: it cannot be; to a peer send paxos_table_refusal()
 *	while copy.slot < T:
 *		read the entry that was chosen in slot copy.slot + 1
 *		paxos_table_apply(&copy, &entry, &first)
 *
 * The entry is as it was chosen (its own type and id, as in the journal's record),
 * not as it was delivered; of values nothing but the length is looked at, so that
 * they need not be read; of a CONFIG all is.  T is at most what was delivered.
 */
struct paxos_serve {
	u32 to;				/* member index */
	bool table;
	u64 from;
	u64 count;			/* slots to be read; of a table perhaps none */
};

/* Something that people want to know of: for the log, and for events. */
enum paxos_notice_type {
	PAXOS_NOTICE_REFUSED = 1,	/* somebody with @node's id was refused; @why */
	PAXOS_NOTICE_REFUSED_US,	/* @node refused us; @why */
	PAXOS_NOTICE_CONFIRMED,		/* first start: all voters agree */
	PAXOS_NOTICE_CONFIG,		/* a new configuration is chosen, in @slot */
	PAXOS_NOTICE_COMPLETE,		/* and complete: old nodes may go */
	PAXOS_NOTICE_REMOVED,		/* this node is no member any more */
	PAXOS_NOTICE_FORGOTTEN,		/* rule 7; @why */
	PAXOS_NOTICE_SNAPSHOT_NEEDED,	/* @slot: the first that peers still have */
	PAXOS_NOTICE_REPAIRED,		/* @slot was damaged, and is whole again */
	PAXOS_NOTICE_TWO_VALUES,	/* @slot: one ballot, two values: a liar (rule 3) */
};

struct paxos_notice {
	u8 type;			/* enum paxos_notice_type */
	u8 why;				/* PAXOS_REFUSED_... */
	u16 node;
	u64 slot;
};

struct paxos_effects {
	u32 sends, chosens, answers, serves, notices;
	u32 arena_used;
	struct paxos_send send[PAXOS_SENDS_MAX];
	struct paxos_chosen chosen[PAXOS_CHOSEN_MAX];
	struct paxos_answer answer[PAXOS_ANSWERS_MAX];
	struct paxos_serve serve[PAXOS_SERVES_MAX];
	struct paxos_notice notice[PAXOS_NOTICES_MAX];
	/* Rule 7: to the superblock, before all else; what waits for a write never leaves. */
	bool forget;
	/*
	 * Members, their indices or their endpoints changed.  Look at all of them again
	 * (paxos_replica_peer()), use the endpoints of those that have no other
	 * address, and say REACHABLE again for each that has one: an index that is new
	 * knows of none.
	 */
	bool config;
	/*
	 * The table at slot @trimmed is durable in the journal, where the superblock is
	 * to name it; then all slots through it may go.  0: none.  It may be told right
	 * after the start, of a table that was read back.
	 */
	u64 trimmed;
	u64 skipped;			/* slots through it are a snapshot's; 0: none */
	u8 *arena;			/* PAXOS_ARENA_SIZE bytes, the caller's */
	struct paxos_batch *batch;	/* where records are appended, the caller's */
	/* Told by the caller, of room in the journal: paxos_ring_filling() and the like. */
	u16 journal_used;		/* of 1000 parts */
	bool journal_filling;		/* soon none for new values: propose no more */
	bool journal_full;		/* none for new values */
	bool journal_low;		/* but for a table, that makes room */
};

static inline void paxos_effects_reset(struct paxos_effects *fx)
{
	fx->sends = 0;
	fx->chosens = 0;
	fx->answers = 0;
	fx->serves = 0;
	fx->notices = 0;
	fx->forget = false;
	fx->config = false;
	fx->trimmed = 0;
	fx->skipped = 0;
	fx->arena_used = 0;
}

enum paxos_event_type {
	PAXOS_EVENT_TICK,		/* time has passed */
	PAXOS_EVENT_MESSAGE,		/* a whole body came: head, message */
	PAXOS_EVENT_PROPOSE,		/* entry value, cookie (not 0) */
	PAXOS_EVENT_GIVE_UP,		/* the caller of cookie waits no longer */
	PAXOS_EVENT_WRITTEN,		/* all records through lsn are durable */
	PAXOS_EVENT_FAILED,		/* the journal failed: fail-stop */
	PAXOS_EVENT_BARRIER,		/* cookie: answered with a slot */
	PAXOS_EVENT_TRANSFER,		/* node is to lead; cookie */
	PAXOS_EVENT_MEMBER,		/* change; cookie */
	PAXOS_EVENT_TRIM,		/* table at the new trim point; cookie */
	PAXOS_EVENT_INSTALLED,		/* slot: a snapshot of all through it; cookie */
	PAXOS_EVENT_REPAIR,		/* slot: its value was found to be lost */
	PAXOS_EVENT_REACHABLE,		/* node has an address now */
	PAXOS_EVENT_UNREACHABLE,	/* node has none any more */
};

/* A change of the configuration that somebody wants. */
struct paxos_change {
	u8 op;				/* enum paxos_member_op */
	bool force;
	u16 node;
	u16 other;			/* REPLACE: the learner that takes its place */
	struct paxos_endpoint endpoint;	/* ADD */
	/*
	 * Room for the new configuration, a value like any other from then on: the core
	 * writes it there, once, and takes references to @room as long as it needs them.
	 */
	struct paxos_buf *room;
	u8 *data;			/* in @room: PAXOS_CONFIG_SIZE_MAX bytes */
};

struct paxos_event {
	enum paxos_event_type type;
	u64 now_us;			/* of a clock that never goes back */
	union {
		struct {
			const struct paxos_head *head;
			const struct paxos_message *message;
		};
		struct {
			u64 cookie;
			union {
				struct {
					struct paxos_value value;
					u64 client;	/* 0: none */
					u64 sequence;
				};
				struct paxos_change change;
				const struct paxos_table *table;
				u64 slot;
				u16 node;
			};
		};
		u64 lsn;
	};
};

#endif /* _PAXOS_CORE_EFFECTS_H */
