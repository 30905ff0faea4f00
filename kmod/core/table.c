// SPDX-License-Identifier: GPL-2.0
/*
 * Table: what the log says of members and of what was delivered, slot by slot.
 */
#include "table.h"

/* The table of an empty log, whose first configuration is @config. */
void paxos_table_first(struct paxos_table *t, const struct paxos_config *config)
{
	unsigned int i;

	memset(t, 0, sizeof(*t));
	t->newest = *config;
	t->older = *config;
	t->sessions = config->members;
	for (i = 0; i < config->members; i++)
		t->session[i].node = config->member[i].node;
}

const struct paxos_config *paxos_table_config(const struct paxos_table *t, u64 slot)
{
	return !t->newest.slot || slot >= t->newest.slot + PAXOS_WINDOW ? &t->newest : &t->older;
}

bool paxos_table_removed(const struct paxos_table *t, u16 node)
{
	unsigned int i;

	for (i = 0; i < t->removeds; i++)
		if (t->removed[i] == node)
			return true;
	return false;
}

/* ---- clients ---- */

static struct paxos_client *find_client(const struct paxos_table *t, u64 client)
{
	unsigned int i;

	for (i = 0; i < t->clients; i++)
		if (t->client[i].client == client)
			return (struct paxos_client *)&t->client[i];
	return NULL;
}

/* The bits of the filter that stand for @client: three of them, well mixed. */
static u32 evicted_bit(u64 client, unsigned int which)
{
	u64 z = client + 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	z ^= z >> 31;
	return z >> (16 * which) & (PAXOS_EVICTED_BITS - 1);
}

static bool maybe_evicted(const struct paxos_table *t, u64 client)
{
	unsigned int i;
	u32 bit;

	for (i = 0; i < 3; i++) {
		bit = evicted_bit(client, i);
		if (!(t->evicted[bit / 64] >> (bit % 64) & 1))
			return false;
	}
	return true;
}

/* Room for one more client: the one that was unused for the longest goes. */
static struct paxos_client *evict(struct paxos_table *t)
{
	struct paxos_client *oldest = &t->client[0];
	unsigned int i;
	u32 bit;

	for (i = 1; i < t->clients; i++)
		if (t->client[i].used < oldest->used)
			oldest = &t->client[i];
	for (i = 0; i < 3; i++) {
		bit = evicted_bit(oldest->client, i);
		t->evicted[bit / 64] |= 1ull << (bit % 64);
	}
	return oldest;
}

static bool client_delivered(const struct paxos_table *t, const struct paxos_proposal_id *id,
			     u64 *first)
{
	const struct paxos_client *c = find_client(t, id->incarnation);

	if (!c)
		return maybe_evicted(t, id->incarnation);
	if (id->sequence > c->newest)
		return false;
	if (id->sequence + PAXOS_CLIENT_WINDOW <= c->newest)
		return true;
	*first = c->slot[id->sequence % PAXOS_CLIENT_WINDOW];
	return *first != 0;
}

static void client_deliver(struct paxos_table *t, const struct paxos_proposal_id *id)
{
	struct paxos_client *c = find_client(t, id->incarnation);

	if (!c) {
		c = t->clients < PAXOS_CLIENTS_MAX ? &t->client[t->clients++] : evict(t);
		*c = (struct paxos_client) { .client = id->incarnation };
	}
	if (id->sequence > c->newest + PAXOS_CLIENT_WINDOW)
		c->newest = id->sequence - PAXOS_CLIENT_WINDOW;
	while (c->newest < id->sequence)
		c->slot[++c->newest % PAXOS_CLIENT_WINDOW] = 0;
	c->slot[id->sequence % PAXOS_CLIENT_WINDOW] = t->slot;
	c->used = t->slot;
}

/* ---- origins ---- */

static struct paxos_session *find_session(const struct paxos_table *t, u16 node)
{
	unsigned int i;

	for (i = 0; i < t->sessions; i++)
		if (t->session[i].node == node)
			return (struct paxos_session *)&t->session[i];
	return NULL;
}

bool paxos_table_delivered(const struct paxos_table *t, const struct paxos_proposal_id *id,
			   u64 *first)
{
	const struct paxos_session *session;

	*first = 0;
	if (id->client)
		return client_delivered(t, id, first);
	session = find_session(t, id->origin);
	/* Of no member: nothing of it is delivered. */
	return !session || paxos_session_delivered(session, id);
}

/* ---- members ---- */

static bool has_disk(const struct paxos_config_member *member)
{
	static const u8 none[16];

	return memcmp(member->disk, none, sizeof(none)) != 0;
}

/* May the id mean what @member says?  It means one disk, once and for all. */
static bool same_node(const struct paxos_config_member *known,
		      const struct paxos_config_member *member)
{
	return !has_disk(known) || !memcmp(known->disk, member->disk, sizeof(known->disk));
}

/* A disk stands for one id: its promises are one node's. */
static bool disks_differ(const struct paxos_config *config)
{
	unsigned int i, k;

	for (i = 0; i < config->members; i++)
		for (k = 0; k < i && has_disk(&config->member[i]); k++)
			if (!memcmp(config->member[i].disk, config->member[k].disk,
				    sizeof(config->member[i].disk)))
				return false;
	return true;
}

/* Who comes anew comes with its disk, and under an id that was nobody's before. */
static bool may_join(const struct paxos_table *t, const struct paxos_config_member *member)
{
	return has_disk(member) && !paxos_table_removed(t, member->node);
}

static bool follows(const struct paxos_table *t, const struct paxos_config *config, u64 base)
{
	unsigned int new = 0, gone = 0, i;
	int at;

	/* Another one came first, or is not in force yet. */
	if (base != t->newest.slot ||
	    (t->newest.slot && t->slot < t->newest.slot + PAXOS_WINDOW) ||
	    !disks_differ(config))
		return false;
	for (i = 0; i < config->members; i++) {
		at = paxos_config_find(&t->newest, config->member[i].node);
		if (at >= 0 ? !same_node(&t->newest.member[at], &config->member[i]) :
			      !may_join(t, &config->member[i]))
			return false;
		new += at < 0;
	}
	/* Both are known by index, while both are in force. */
	if (t->newest.members + new > PAXOS_NODES_MAX)
		return false;
	for (i = 0; i < t->newest.members; i++)
		gone += paxos_config_find(config, t->newest.member[i].node) < 0;
	return t->removeds + gone <= PAXOS_REMOVED_MAX;
}

/* The last of the sessions goes to its place: they are in the order of ids. */
static void sort_last(struct paxos_table *t)
{
	struct paxos_session last;
	unsigned int i;

	for (i = t->sessions - 1; i && t->session[i - 1].node > t->session[i].node; i--) {
		last = t->session[i];
		t->session[i] = t->session[i - 1];
		t->session[i - 1] = last;
	}
}

/* Origins that stay keep their session; the others begin, and end, with membership. */
static void move_sessions(struct paxos_table *t)
{
	unsigned int i, k = 0;

	for (i = 0; i < t->sessions; i++)
		if (paxos_config_find(&t->newest, t->session[i].node) >= 0)
			t->session[k++] = t->session[i];
	t->sessions = k;
	for (i = 0; i < t->newest.members; i++) {
		if (find_session(t, t->newest.member[i].node))
			continue;
		t->session[t->sessions++] = (struct paxos_session) {
			.node = t->newest.member[i].node,
		};
		sort_last(t);
	}
}

static bool apply_config(struct paxos_table *t, const struct paxos_entry *entry)
{
	struct paxos_config *config = &t->draft;
	unsigned int i;
	u64 base;

	if (!paxos_config_decode(config, &base, entry->value.data, entry->value.length) ||
	    !follows(t, config, base))
		return false;
	for (i = 0; i < t->newest.members; i++)
		if (paxos_config_find(config, t->newest.member[i].node) < 0)
			t->removed[t->removeds++] = t->newest.member[i].node;
	t->older = t->newest;
	t->newest = *config;
	t->newest.slot = t->slot;
	move_sessions(t);
	return true;
}

u8 paxos_table_apply(struct paxos_table *t, const struct paxos_entry *entry, u64 *first)
{
	t->slot++;
	*first = 0;
	if (entry->type == PAXOS_ENTRY_NOOP ||
	    paxos_table_delivered(t, &entry->id, first))
		return PAXOS_ENTRY_NOOP;
	if (entry->id.client)
		client_deliver(t, &entry->id);
	else
		paxos_session_deliver(find_session(t, entry->id.origin), &entry->id);
	*first = t->slot;
	if (entry->type == PAXOS_ENTRY_CONFIG && !apply_config(t, entry))
		return PAXOS_ENTRY_NOOP;
	return entry->type;
}

/* ---- as bytes: no more than is in use, little-endian ---- */

static u8 *put_bytes(u8 *at, const void *data, u32 length)
{
	memcpy(at, data, length);
	return at + length;
}

static u8 *put64(u8 *at, u64 value)
{
	__le64 wire = cpu_to_le64(value);

	return put_bytes(at, &wire, sizeof(wire));
}

static u8 *put16(u8 *at, u16 value)
{
	__le16 wire = cpu_to_le16(value);

	return put_bytes(at, &wire, sizeof(wire));
}

static u8 *put_config(u8 *at, const struct paxos_config *config)
{
	u32 length;

	/* In a table, the base says which slot it is of. */
	length = paxos_config_encode(config, config->slot, at + 2);
	put16(at, length);
	return at + 2 + length;
}

#define SESSION_BYTES	(2 + 3 * 8 + PAXOS_SESSION_WINDOW / 8)
#define CLIENT_BYTES	(3 * 8 + PAXOS_CLIENT_WINDOW * 8)

static_assert(8 + 2 * (2 + PAXOS_CONFIG_SIZE_MAX) + 2 + 2 * PAXOS_REMOVED_MAX +
	      2 + PAXOS_NODES_MAX * SESSION_BYTES + 2 + PAXOS_CLIENTS_MAX * CLIENT_BYTES +
	      PAXOS_EVICTED_BITS / 8 <= PAXOS_TABLE_SIZE_MAX, "any table fits");

/* Returns the length; @out has room for PAXOS_TABLE_SIZE_MAX bytes. */
u32 paxos_table_encode(const struct paxos_table *t, u8 *out)
{
	unsigned int i, k;
	u8 *at = out;

	at = put64(at, t->slot);
	at = put_config(at, &t->older);
	at = put_config(at, &t->newest);
	at = put16(at, t->removeds);
	for (i = 0; i < t->removeds; i++)
		at = put16(at, t->removed[i]);
	at = put16(at, t->sessions);
	for (i = 0; i < t->sessions; i++) {
		at = put16(at, t->session[i].node);
		at = put64(at, t->session[i].incarnation);
		at = put64(at, t->session[i].nonce);
		at = put64(at, t->session[i].newest);
		for (k = 0; k < PAXOS_SESSION_WINDOW / 64; k++)
			at = put64(at, t->session[i].delivered[k]);
	}
	at = put16(at, t->clients);
	for (i = 0; i < t->clients; i++) {
		at = put64(at, t->client[i].client);
		at = put64(at, t->client[i].used);
		at = put64(at, t->client[i].newest);
		for (k = 0; k < PAXOS_CLIENT_WINDOW; k++)
			at = put64(at, t->client[i].slot[k]);
	}
	for (i = 0; i < PAXOS_EVICTED_BITS / 64; i++)
		at = put64(at, t->evicted[i]);
	return at - out;
}

struct reader {
	const u8 *at;
	u32 left;
	bool short_of;			/* it ended too early: what was read is 0 */
};

static void get_bytes(struct reader *r, void *to, u32 length)
{
	r->short_of |= length > r->left;
	if (r->short_of) {
		memset(to, 0, length);
		return;
	}
	memcpy(to, r->at, length);
	r->at += length;
	r->left -= length;
}

static u64 get64(struct reader *r)
{
	__le64 wire;

	get_bytes(r, &wire, sizeof(wire));
	return le64_to_cpu(wire);
}

static u16 get16(struct reader *r)
{
	__le16 wire;

	get_bytes(r, &wire, sizeof(wire));
	return le16_to_cpu(wire);
}

static bool get_config(struct reader *r, struct paxos_config *config)
{
	u32 length = get16(r);
	u64 slot = 0;

	if (r->short_of || length > r->left ||
	    !paxos_config_decode(config, &slot, r->at, length))
		return false;
	config->slot = slot;
	r->at += length;
	r->left -= length;
	return true;
}

/* ---- can a table be so?  It may be a peer's, or what is left on a disk. ---- */

static bool removed_sound(const struct paxos_table *t)
{
	unsigned int i, k;

	for (i = 0; i < t->removeds; i++) {
		if (!t->removed[i] || paxos_config_find(&t->newest, t->removed[i]) >= 0)
			return false;
		for (k = 0; k < i; k++)
			if (t->removed[k] == t->removed[i])
				return false;
	}
	return true;
}

/* The newest configuration follows from the older one. */
static bool configs_sound(const struct paxos_table *t)
{
	unsigned int all = t->newest.members, i;
	const struct paxos_config_member *member;
	int at;

	if (t->newest.slot > t->slot || t->older.slot > t->newest.slot ||
	    !disks_differ(&t->newest))
		return false;
	if (t->older.slot && t->newest.slot < t->older.slot + PAXOS_WINDOW)
		return false;
	for (i = 0; i < t->older.members; i++) {
		member = &t->older.member[i];
		at = paxos_config_find(&t->newest, member->node);
		if (at < 0 ? !paxos_table_removed(t, member->node) :
			     !same_node(member, &t->newest.member[at]))
			return false;
		all += at < 0;
	}
	/* As in follows(): both are known by index. */
	if (all > PAXOS_NODES_MAX)
		return false;
	return t->newest.slot || t->older.members == t->newest.members;
}

static bool session_sound(const struct paxos_session *session)
{
	const struct paxos_proposal_id newest = {
		.incarnation = session->incarnation,
		.nonce = session->nonce,
		.sequence = session->newest,
	};

	return session->newest <= PAXOS_SLOT_LIMIT &&
	       (!session->newest || paxos_session_delivered(session, &newest));
}

static bool sessions_sound(const struct paxos_table *t)
{
	unsigned int i;

	for (i = 0; i < t->sessions; i++)
		if (t->session[i].node != t->newest.member[i].node ||
		    !session_sound(&t->session[i]))
			return false;
	return t->sessions == t->newest.members;
}

static bool client_sound(const struct paxos_table *t, const struct paxos_client *client)
{
	unsigned int i;

	for (i = 0; i < PAXOS_CLIENT_WINDOW; i++)
		if (client->slot[i] > client->used)
			return false;
	return client->client && client->used && client->used <= t->slot && client->newest &&
	       client->newest <= PAXOS_SLOT_LIMIT &&
	       client->slot[client->newest % PAXOS_CLIENT_WINDOW];
}

/* Each is there once; and no slot is of two of them, so that the oldest is one. */
static bool clients_sound(const struct paxos_table *t)
{
	unsigned int i, k;

	for (i = 0; i < t->clients; i++) {
		if (!client_sound(t, &t->client[i]))
			return false;
		for (k = 0; k < i; k++)
			if (t->client[k].client == t->client[i].client ||
			    t->client[k].used == t->client[i].used)
				return false;
	}
	/* Nobody goes before there is no room. */
	for (i = 0; i < PAXOS_EVICTED_BITS / 64 && t->clients < PAXOS_CLIENTS_MAX; i++)
		if (t->evicted[i])
			return false;
	return true;
}

static bool sound(const struct paxos_table *t)
{
	return t->slot <= PAXOS_SLOT_LIMIT && removed_sound(t) && configs_sound(t) &&
	       sessions_sound(t) && clients_sound(t);
}

/* False if it is malformed; @table is garbage then. */
bool paxos_table_decode(struct paxos_table *t, const u8 *data, u32 length)
{
	struct reader r = { .at = data, .left = length };
	unsigned int i, k;

	memset(t, 0, sizeof(*t));
	t->slot = get64(&r);
	if (!get_config(&r, &t->older) || !get_config(&r, &t->newest))
		return false;
	t->removeds = get16(&r);
	if (t->removeds > PAXOS_REMOVED_MAX)
		return false;
	for (i = 0; i < t->removeds; i++)
		t->removed[i] = get16(&r);
	k = get16(&r);
	if (k > PAXOS_NODES_MAX)
		return false;
	for (t->sessions = k, i = 0; i < t->sessions; i++) {
		t->session[i].node = get16(&r);
		t->session[i].incarnation = get64(&r);
		t->session[i].nonce = get64(&r);
		t->session[i].newest = get64(&r);
		for (k = 0; k < PAXOS_SESSION_WINDOW / 64; k++)
			t->session[i].delivered[k] = get64(&r);
	}
	t->clients = get16(&r);
	if (t->clients > PAXOS_CLIENTS_MAX)
		return false;
	for (i = 0; i < t->clients; i++) {
		t->client[i].client = get64(&r);
		t->client[i].used = get64(&r);
		t->client[i].newest = get64(&r);
		for (k = 0; k < PAXOS_CLIENT_WINDOW; k++)
			t->client[i].slot[k] = get64(&r);
	}
	for (i = 0; i < PAXOS_EVICTED_BITS / 64; i++)
		t->evicted[i] = get64(&r);
	return !r.short_of && !r.left && sound(t);
}
