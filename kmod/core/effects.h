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

/* A slot to be delivered: chosen, in order, without gaps. */
struct paxos_chosen {
	u64 slot;
	u64 ballot;
	u8 type;			/* NOOP also for a duplicate (rule 8) */
	struct paxos_entry entry;	/* borrowed; take a reference to keep it */
};

enum paxos_outcome {
	PAXOS_OUTCOME_CHOSEN,
	PAXOS_OUTCOME_UNKNOWN,		/* it left this node: rule 11 */
	PAXOS_OUTCOME_WITHDRAWN,	/* it never did, and never will */
	PAXOS_OUTCOME_FULL,		/* never did: the journal is full */
};

struct paxos_answer {
	u64 cookie;
	enum paxos_outcome outcome;
	u64 slot;
	u64 ballot;
};

/* Peer @to lacks chosen slots that are no longer in memory: read and send. */
struct paxos_serve {
	u32 to;				/* member index */
	u64 from;
	u64 count;
};

struct paxos_effects {
	u32 sends, chosens, answers, serves;
	u32 arena_used;
	struct paxos_send send[PAXOS_SENDS_MAX];
	struct paxos_chosen chosen[PAXOS_CHOSEN_MAX];
	struct paxos_answer answer[PAXOS_ANSWERS_MAX];
	struct paxos_serve serve[PAXOS_SERVES_MAX];
	u8 *arena;			/* PAXOS_ARENA_SIZE bytes, the caller's */
	struct paxos_batch *batch;	/* where records are appended, the caller's */
	bool journal_full;		/* told by the caller: room for promises only */
};

static inline void paxos_effects_reset(struct paxos_effects *fx)
{
	fx->sends = 0;
	fx->chosens = 0;
	fx->answers = 0;
	fx->serves = 0;
	fx->arena_used = 0;
}

enum paxos_event_type {
	PAXOS_EVENT_TICK,		/* time has passed */
	PAXOS_EVENT_MESSAGE,		/* a whole body came: head, message */
	PAXOS_EVENT_PROPOSE,		/* entry value, cookie (not 0) */
	PAXOS_EVENT_GIVE_UP,		/* the caller of cookie waits no longer */
	PAXOS_EVENT_WRITTEN,		/* all records through lsn are durable */
	PAXOS_EVENT_FAILED,		/* the journal failed: fail-stop */
	PAXOS_EVENT_REACHABLE,		/* node has an address now */
	PAXOS_EVENT_UNREACHABLE,	/* node has none any more */
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
			struct paxos_value value;
			u64 cookie;
		};
		u64 lsn;
		u16 node;
	};
};

#endif /* _PAXOS_CORE_EFFECTS_H */
