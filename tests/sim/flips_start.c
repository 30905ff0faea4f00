// SPDX-License-Identifier: GPL-2.0
/*
 * Start: what a node makes of a device, by the core's code alone.
 *
 * Superblock, table, journal, replica, in the order of kmod/replay.c and with its
 * checks; but what it writes before its first word is left out.  Each record has
 * memory of its own, so that the sanitizer sees who reads beyond it.  Whatever is
 * delivered on the way is compared with what was written, damage or not.
 */
#include "flips.h"

struct replaying {
	struct image *image;
	struct start *start;
	struct paxos_super super;
	struct paxos_ring ring;
	struct paxos_restore restore;
};

static u8 wrapped[PAXOS_REPLAY_WINDOW] __attribute__((aligned(8)));
static u8 scratch[PAXOS_BATCH_MAX] __attribute__((aligned(8)));

static const u8 *window(const struct replaying *replaying)
{
	const struct paxos_ring *ring = &replaying->ring;
	const u8 *from = replaying->image->bytes + replaying->restore.at.offset;
	u64 part = port_min((u64)PAXOS_REPLAY_WINDOW,
			    ring->offset + ring->size - replaying->restore.at.offset);

	if (part == PAXOS_REPLAY_WINDOW)
		return from;
	memcpy(wrapped, from, part);
	memcpy(wrapped + part, replaying->image->bytes + ring->offset,
	       PAXOS_REPLAY_WINDOW - part);
	return wrapped;
}

/* Only what was written in that slot may be delivered there, and in order. */
static const char *judge(const struct image *image, const struct start *start,
			 const struct paxos_chosen *chosen)
{
	const struct holding *at;

	if (chosen->slot != start->delivered + 1 || chosen->slot > image->delivered)
		return "a slot out of order";
	at = &image->slot[chosen->slot];
	if (chosen->repair || chosen->type != at->delivered_as)
		return "a slot as something else";
	if (!paxos_entry_equal(&chosen->entry, &at->entry))
		return "what was never written";
	return NULL;
}

static bool deliver(struct replaying *replaying)
{
	static struct paxos_effects fx;
	struct start *start = replaying->start;
	bool forgotten = false, more;
	u32 i;

	fx.batch = NULL;
	do {
		more = paxos_replica_flush(start->replica, 0, &fx);
		forgotten |= fx.forget;
		if (fx.skipped)
			start->delivered = fx.skipped;
		for (i = 0; i < fx.chosens && !start->wrong; i++) {
			const struct paxos_chosen *chosen = &fx.chosen[i];

			start->wrong = judge(replaying->image, start, chosen);
			start->delivered = chosen->slot;
			start->lost[chosen->slot] = chosen->entry.value.length &&
						    !chosen->entry.value.data;
		}
		paxos_effects_reset(&fx);
	} while (more && !start->wrong);
	return !forgotten;
}

static void own_value(struct paxos_record *record)
{
	struct paxos_value *value = &record->entry.value;

	if (!value->data)
		return;
	value->buf = buf_new(value->length);
	memcpy(value->buf->data, value->data, value->length);
	value->data = value->buf->data;
}

static bool restore_record(struct replaying *replaying, struct paxos_record *record)
{
	bool good;

	own_value(record);
	good = paxos_restore_record(&replaying->restore, record);
	paxos_buf_put(record->entry.value.buf);
	return good && (deliver(replaying) ||
			paxos_restore_damaged(&replaying->restore, PAXOS_DAMAGE_VALUES));
}

static bool restore_batch(struct replaying *replaying, const struct paxos_batch_view *view)
{
	struct paxos_record record;
	u32 i;

	if (!paxos_restore_batch(&replaying->restore, view))
		return false;
	for (i = 0; i < view->records; i++) {
		if (!paxos_batch_record(view, i, NULL, &record))
			return paxos_restore_damaged(&replaying->restore, PAXOS_DAMAGE_MALFORMED);
		if (!restore_record(replaying, &record))
			return false;
	}
	replaying->start->batches++;
	return true;
}

static bool restore_table(struct replaying *replaying)
{
	static struct paxos_table table;
	u64 address = le64_to_cpu(replaying->super.session_offset);
	struct paxos_batch_view view;
	bool whole = paxos_batch_parse(&replaying->ring, replaying->image->bytes + address,
				       PAXOS_BATCH_MAX, address, scratch, &view);

	return paxos_restore_table(&replaying->restore, &replaying->super, whole ? &view : NULL,
				   &table) &&
	       deliver(replaying);
}

static bool scan(struct replaying *replaying)
{
	enum paxos_replay_result result;
	struct paxos_batch_view view;

	for (;;) {
		result = paxos_replay_next(&replaying->restore.at, window(replaying), scratch, &view);
		if (result != PAXOS_REPLAY_BATCH)
			break;
		if (!restore_batch(replaying, &view))
			return false;
	}
	replaying->start->torn = result == PAXOS_REPLAY_TORN;
	if (result == PAXOS_REPLAY_DAMAGED)
		return false;
	return paxos_restore_end(&replaying->restore);
}

static struct paxos_replica *new_replica(const struct paxos_super *super)
{
	static struct paxos_replica *replica;
	struct paxos_settings settings = {
		.nonce = 77,
		.seed = 1,
		.heartbeat_ms = 100,
		.election_ms = 1000,
	};

	paxos_restore_settings(super, &settings);
	if (!replica)
		replica = malloc(paxos_replica_size());
	memset(replica, 0, paxos_replica_size());
	paxos_replica_init(replica, &settings);
	return replica;
}

static void refuse(struct start *start, const char *why)
{
	start->outcome = OUTCOME_REFUSED;
	snprintf(start->why, sizeof(start->why), "%s", why);
}

/* The shell says the same in more words: kmod/super.c. */
static const char *explain(enum paxos_super_result result, u32 stale)
{
	static char text[60];

	switch (result) {
	case PAXOS_SUPER_NONE:
		return "no superblock";
	case PAXOS_SUPER_VERSION:
		return "superblock of another version";
	case PAXOS_SUPER_SHRUNK:
		return "the device shrank";
	case PAXOS_SUPER_GROWN:
		return "the device grew";
	case PAXOS_SUPER_SENSELESS:
		return "the superblock makes no sense";
	default:
		snprintf(text, sizeof(text), "superblock copies %#x are damaged", stale);
		return stale ? text : "";
	}
}

static void forget(struct replaying *replaying)
{
	struct start *start = replaying->start;

	start->outcome = OUTCOME_FORGOTTEN;
	if (replaying->restore.at.damage)
		snprintf(start->why, sizeof(start->why), "%s", replaying->restore.at.damage);
}

static enum paxos_super_result read_super(struct replaying *replaying)
{
	static struct paxos_super copies[PAXOS_SUPER_COPIES];
	enum paxos_super_result result;
	unsigned int good, i;

	for (i = 0; i < PAXOS_SUPER_COPIES; i++)
		memcpy(&copies[i], replaying->image->bytes + paxos_super_offset(i, FLIPS_DEVICE),
		       sizeof(copies[i]));
	result = paxos_super_choose(copies, FLIPS_DEVICE, &good, &replaying->start->stale);
	if (result == PAXOS_SUPER_GOOD)
		replaying->super = copies[good];
	return result;
}

/* What comes of it is in @start; the replica is there to be looked at if it starts. */
void start_on(struct image *image, struct start *start)
{
	struct replaying replaying = { .image = image, .start = start };
	const struct paxos_super *super = &replaying.super;
	enum paxos_super_result result;

	memset(start, 0, sizeof(*start));
	result = read_super(&replaying);
	if (result != PAXOS_SUPER_GOOD) {
		refuse(start, explain(result, start->stale));
		return;
	}
	start->replica = new_replica(super);
	start->delivered = le64_to_cpu(super->trim);
	paxos_super_ring(super, &replaying.ring);
	if (!paxos_restore_begin(&replaying.restore, start->replica, &replaying.ring, super) ||
	    !restore_table(&replaying) || !scan(&replaying))
		forget(&replaying);
	else if (!paxos_replica_start(start->replica, 1))
		refuse(start, "the journal makes no sense");
}

void start_end(struct start *start)
{
	if (start->replica)
		paxos_replica_exit(start->replica);
	start->replica = NULL;
}
