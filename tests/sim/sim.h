/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Simulator: whole clusters around the core, in one thread and in virtual time.
 * One seed is one run; everything is drawn from it.
 *
 *	sim.c		a run: from the seed to the verdict
 *	draw.c		what a seed draws: cluster, network, disks, load, faults
 *	queue.c		events in the order of time
 *	node.c		the shell of one replica, as kmod/engine.c is
 *	start.c		a node's start: replay of its journal
 *	disk.c		its device: superblocks, ring, writes in flight, torn by a crash
 *	harm.c		what happens to disks besides: rot, misdirected writes, other disks
 *	network.c	datagrams: lost, doubled, delayed, cut off
 *	workload.c	proposals
 *	faults.c	crashes, pauses, partitions; and their end
 *	clients.c	proposals of clients that try again elsewhere
 *	admin.c		barriers, trims, snapshots, transfers, changes of the members
 *	history.c	what the log says: who governs, what is delivered
 *	model.c		what disks hold, and so what is chosen
 *	said.c		may a node say that?
 *	told.c		what callers were told
 *	inside.c	what is left inside of a replica
 *	trace.c		what happened, readable
 *	report.c	what many runs did; how a failure is told
 *	minimise.c	from a failure to a shorter one
 *	soak.c		new seeds for as long as one likes
 */
#ifndef _SIM_H
#define _SIM_H

#include <setjmp.h>

#include "../../userspace/port/port.h"
#include "../../kmod/core/ballot.h"
#include "../../kmod/core/restore.h"

#define NODES_MAX	17u		/* that ever live in one run */
#define TWIN		(NODES_MAX - 1)	/* index of a second host with the id of another */
#define HELD_MAX	1024u		/* messages that wait for the journal */
#define INBOX_MAX	256u		/* packets that a node has not taken yet */
#define WAITING_MAX	128u		/* proposals that the core had no room for */
#define OLD_MAX		64u		/* packets kept, to come back much later */
#define SECOND_US	1000000ull

struct sim;
struct node;

/* ---- chance ---- */

static inline u64 random_next(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

u64 sim_random(struct sim *sim);
u64 sim_below(struct sim *sim, u64 bound);		/* 0 .. bound - 1 */
u64 sim_between(struct sim *sim, u64 low, u64 high);	/* low .. high */
u64 sim_scaled(struct sim *sim, u64 low, u64 high);	/* the same, by orders of magnitude */
bool sim_chance(struct sim *sim, u32 ppm);

/* ---- what a seed draws, and what of it may be switched off (draw.c) ---- */

enum weather {
	WEATHER_MIXED,			/* of everything */
	WEATHER_MOVING,			/* partitions that move on, again and again */
	WEATHER_LEADER,			/* who leads suffers */
};

struct config {
	u32 members, voters;		/* at the beginning: nodes 1 .. members, which all vote */
	u32 joiners;			/* nodes that may join where nothing else changes */
	u8 mode, learn;			/* enum paxos_mode, enum paxos_learn */
	u32 drift_permille;		/* clocks run so much too fast or too slow, at most */
	u32 heartbeat_ms, election_ms;
	u64 deliveries;			/* then the faults stop */
	u64 end_us;			/* or then */

	u64 latency_us, jitter_us;	/* of the network */
	u64 late_us;
	u32 drop_ppm, double_ppm, late_ppm, old_ppm;
	u32 healed_drop_ppm;		/* after the faults */
	u32 lazy_ppm;			/* a node takes several inputs at once */

	u64 write_us;			/* of the disk: about */
	u32 stall_ppm, error_ppm;
	u32 read_error_ppm;		/* a start finds its disk unreadable, for now */
	u64 harm_us;			/* from one harm to a disk to the next; 0: none */
	u32 harms;			/* mask of enum harm: these kinds */
	u64 ring_size;
	bool small_ring;		/* it fills up */

	u64 propose_us;			/* from one burst to the next, on average */
	u32 burst;
	u32 value_max;
	u32 huge_ppm;			/* values of the greatest length */
	u64 give_up_us;

	u32 clients;			/* each with a session of its own */
	u64 think_us;			/* from a client's answer to its next proposal */
	u32 impatient_ppm;		/* it retries though it may still be answered */
	u64 barrier_us;			/* from one to the next, on average; 0: none */
	u64 trim_us;
	u64 transfer_us;
	u64 change_us;			/* of the members */
	u32 changes;			/* so many, no more */
	u64 restart_us;			/* the whole group, or one node, in good order */
	u32 restarts;			/* so many, no more */

	u8 weather;			/* enum weather: what faults there are */
	u16 twin;			/* id that a second host has; 0: none */
	bool twin_early;		/* from the first start on */
	u64 fault_us;			/* from one fault to the next; 0: none */
	u32 faults;			/* so many, no more */
};

struct part {
	const char *name;
	void (*off)(struct config *config);
	void (*on)(struct config *config);	/* NULL: it cannot be */
};

extern const struct part parts[];	/* the last has no name */
extern u64 parts_off, parts_on;		/* masks: switched so, whatever seeds draw */

void config_draw(struct sim *sim);

/* What the command line sets besides; 0: as the seed draws it. */
struct limits {
	u64 deliveries;
	u64 faults;			/* so many, less one */
	u32 voters;			/* at most */
	u64 variant;			/* the same settings with other luck */
};

extern struct limits limits;

/* ---- faults are counted by kind (report.c) ---- */

#define FAULTS(F)					\
	F(CRASH,	"crashes")			\
	F(PAUSE,	"pauses")			\
	F(SPLIT,	"partitions")			\
	F(CUT,		"cuts of one link")		\
	F(DROPPED,	"datagrams lost")		\
	F(CUT_OFF,	"cut off")			\
	F(DOUBLED,	"doubled")			\
	F(LATE,		"late")				\
	F(OLD,		"of long ago")			\
	F(FOREIGN,	"of another cluster")		\
	F(CLOCK,	"clocks set")			\
	F(CHAIN,	"chains")			\
	F(TWIN,		"second hosts of an id")	\
	F(WRAP,		"rings come round")		\
	F(TORN,		"writes torn")			\
	F(UNFLUSHED,	"lost from a cache")		\
	F(WRITE_ERROR,	"write errors")			\
	F(STALLED,	"writes stalled")		\
	F(READ_ERROR,	"read errors")			\
	F(TORN_SUPER,	"superblocks torn")		\
	F(VALUE,	"values rotten")		\
	F(HEADER,	"headers rotten once")		\
	F(HEADERS,	"headers rotten twice")		\
	F(STAMP,	"stamps rotten")		\
	F(BEYOND,	"rotten after the end")		\
	F(LOST,		"writes lost")			\
	F(MISDIRECTED,	"writes misdirected")		\
	F(SUPER,	"superblock copies rotten once") \
	F(SUPERS,	"superblock copies rotten twice") \
	F(BLANK,	"blank disks")			\
	F(RESTORED,	"images restored")		\
	F(FULL,		"rings full")			\
	F(TABLE_AGAIN,	"tables written again")

#define NAME(kind, name)	FAULT_##kind,
enum fault_kind { FAULTS(NAME) FAULT_KINDS };
#undef NAME

extern u64 fault_counts[FAULT_KINDS];

static inline void fault_did(enum fault_kind kind)
{
	fault_counts[kind]++;
}

/* ---- events in the order of time (queue.c) ---- */

enum happening_kind {
	HAPPENS_PACKET,
	HAPPENS_RUN,
	HAPPENS_WRITTEN,
	HAPPENS_SERVE,
	HAPPENS_PROPOSE,
	HAPPENS_GIVE_UP,
	HAPPENS_CLIENT,
	HAPPENS_BARRIER,
	HAPPENS_TRIM,
	HAPPENS_SNAPSHOT,
	HAPPENS_TRANSFER,
	HAPPENS_CHANGE,
	HAPPENS_RETIRE,
	HAPPENS_FAULT,
	HAPPENS_HARM,
	HAPPENS_DOOM,
	HAPPENS_TWIN,
	HAPPENS_START,
	HAPPENS_RESTART,
	HAPPENS_RESUME,
};

struct packet;

struct happening {
	u64 at_us;
	u64 order;			/* at_us, and who came first: the queue's */
	u32 kind;
	u32 node;
	union {
		struct packet *packet;
		u64 number;		/* proposal; or life of the node */
	};
};

struct queue {
	struct happening *heap;
	u32 count, room;
	u64 order;
};

void queue_push(struct queue *queue, const struct happening *happening);
bool queue_pop(struct queue *queue, struct happening *happening);

/* ---- network (network.c) ---- */

struct packet {
	struct packet *next;		/* while it is free */
	struct paxos_head head;
	struct paxos_message message;	/* points into @body */
	struct paxos_buf *body;
	u32 from, to;			/* nodes */
	u64 incarnation;		/* of who sent it */
};

struct network {
	bool cut[NODES_MAX][NODES_MAX];	/* from, to */
	bool healed;
	struct packet *old[OLD_MAX];
	u64 sent, delivered;
};

void network_send(struct sim *sim, u32 from, u32 to, const struct paxos_head *head,
		  const struct paxos_message *message);
void network_replay_old(struct sim *sim);
void network_exit(struct sim *sim);
void packet_free(struct packet *packet);

/* ---- disk (disk.c) ---- */

#define DEVICE_MAX	(64ull << 20)	/* bytes; touched only where it is used */
#define IMAGE_CHUNK	(32u << 10)	/* bytes that are stamped at once */
#define IMAGE_CHUNKS	(DEVICE_MAX / IMAGE_CHUNK)
#define IMAGE_WORDS	(IMAGE_CHUNKS / 64)

/* A batch that stands in the ring. */
struct laid {
	u64 sequence, address;
	u32 bytes;
	u32 records, payload;		/* so many, so many bytes */
	u64 highest;			/* slot it holds an entry of */
	bool holds_table;
	u64 table;			/* its slot */
	u64 peers;			/* whose claims it holds, a bit each */
	bool others;			/* more in its payload than values */
};

/* What is being written: the bytes, and what they say. */
struct flight {
	bool busy;
	u64 sequence, address;
	u32 bytes, crc;
	struct paxos_vow vow;
	struct laid laid;
	u64 commit, table;		/* recorded in it */
	u32 pins;
	u32 votes;
	struct { u64 slot, ballot, key; } vote[PAXOS_BATCH_RECORDS_MAX];
	u8 data[PAXOS_BATCH_MAX] __attribute__((aligned(8)));
};

#define ROTS_MAX	64u		/* of one disk, to be remembered */

struct disk {
	u8 *image;
	u64 rotten[ROTS_MAX];		/* near these addresses bits have flipped */
	u32 rots;			/* so far */
	u64 size;
	u64 stamped[IMAGE_WORDS];	/* chunks that bear what they should */
	struct paxos_ring ring;
	struct flight *flight;
	u8 *cached;			/* what was before the bytes that are in a volatile cache */
	u64 cached_address;
	u32 cached_bytes;		/* 0: there are none */
	u32 laids, laid_room;
	struct laid *laid;		/* from the first that is needed on */

	/* the writer's state; lost with a crash */
	struct paxos_super super;	/* the copy that counts */
	struct paxos_super noted;	/* what the journal says of disks since */
	struct paxos_super draft;
	u32 stale;			/* copies that do not hold @super */
	u64 next_sequence, address, used;
	u32 previous_crc;
	bool ended, error;		/* the write has, and nobody was told yet */
};

u8 *image_new(void);
void disk_init(struct sim *sim, struct node *node, bool joins);
void disk_exit(struct disk *disk);
void disk_format(struct sim *sim, struct disk *disk, u16 node, bool joins);
void disk_blank(struct disk *disk, u64 address);
void disk_touch(struct disk *disk, u64 address, u64 bytes);
const u8 *disk_window(struct disk *disk, u64 offset, u8 *wrapped);
enum paxos_super_result disk_read_super(struct sim *sim, struct disk *disk);
bool disk_commit(struct node *node);
bool disk_forget(struct node *node);
void disk_note(struct disk *disk, struct laid *laid, const struct paxos_record *record);
void disk_laid(struct disk *disk, const struct laid *laid);
void disk_trim(struct node *node, u64 slot);
bool disk_new_life(struct node *node);
bool disk_table_lags(const struct node *node);
void disk_begin(struct node *node, const struct paxos_vow *vow);
void disk_end(struct node *node);
void disk_crash(struct node *node);
bool disk_wipe(struct node *node, u64 address, u64 sequence);
bool disk_worth(const struct disk *disk, u64 slot);
const char *disk_state(const struct disk *disk);

/* ---- what happens to disks besides crashes (harm.c) ---- */

enum harm {
	HARM_NONE,
	HARM_VALUE,
	HARM_HEADER,
	HARM_HEADERS,
	HARM_STAMP,
	HARM_BEYOND,
	HARM_LOST,
	HARM_MISDIRECTED,
	HARM_SUPER,
	HARM_SUPERS,
	HARM_BLANK,
	HARM_RESTORED,
	HARM_KINDS
};

#define HARMS_ALL	((1u << HARM_KINDS) - 2)
/* Nodes go on after these. */
#define HARMS_MENDED	(1u << HARM_VALUE | 1u << HARM_HEADER | 1u << HARM_STAMP | \
			 1u << HARM_SUPER)

/* What a node may come to that was harmed; each includes those before. */
enum harmed {
	HARMED_NOT,			/* it is to see no loss at all */
	HARMED_VALUES,			/* it misses some, and says which (rule 9) */
	HARMED_FORGETS,			/* it knows that it has forgotten (rule 7) */
	HARMED_REFUSES,			/* it does not start at all */
};

void harm_begin(struct sim *sim);
void harm_next(struct sim *sim);
void harm_disk(struct node *node);
bool node_impaired(const struct node *node);

/* ---- node (node.c, start.c) ---- */

enum node_state { NODE_DOWN, NODE_STARTING, NODE_UP };

struct held {
	u64 lsn;
	u32 to;
	u8 type;
	struct paxos_buf *body;
	struct paxos_head asked;	/* to 0: of what it answers */
};

/* Calls that the core had no room for. */
struct waiting {
	u32 head, tail;
	u64 call[WAITING_MAX];		/* 0: withdrawn */
};

struct node {
	struct sim *sim;
	u32 index;
	u16 id;
	enum node_state state;
	u32 life;			/* starts so far */
	u64 nonce;
	bool paused;
	bool away;			/* once down it stays so, until the faults are over */
	bool low;			/* its ring is */
	bool failed;
	bool blocked;			/* the core had no room for something */
	bool joins;			/* it was formatted to join */
	bool gone;			/* it is no member any more, and never comes back */
	bool introduce;			/* the core knows addresses that the shell does not */
	u64 needs;			/* a snapshot through the slot before; 0: none */
	u64 fuse;			/* crash at the so-manieth point; 0: not */
	u64 doom;			/* crash in the so-manieth write; 0: not */
	u8 harm;			/* enum harm: before its next start */
	u8 harmed;			/* enum harmed: by all so far */
	bool dead;			/* it starts no more */
	bool mute;			/* its disk is another: nobody may listen to it */
	u64 incarnation;
	u64 met[NODES_MAX];		/* the newest incarnation that it has heard of, of each */

	struct paxos_replica *replica;
	struct paxos_batch *batch;
	struct disk disk;
	u64 durable, durable_told;	/* LSN; as the core knows */

	u64 clock_offset_us;
	u32 clock_permille;		/* its speed */
	u64 run_at_us;			/* when it is to run; ~0: no time */

	u32 held_head, held_tail;
	struct held held[HELD_MAX];
	u32 inbox_head, inbox_tail;
	struct packet *inbox[INBOX_MAX];
	struct waiting commands;	/* these go before values */
	struct waiting values;
	const struct paxos_head *incoming;	/* of the event at hand */
	u32 incoming_from;		/* index */
	u32 message;

	struct {
		u64 from, count;
		bool table;
	} serve[NODES_MAX];

	/* the model's: what it may rely on */
	u64 delivered;
	u64 trimmed;			/* slots through it are not in its journal */
	u64 installing;			/* a snapshot through it is; 0: none */
	u64 recorded;			/* commit index that is durable */
	u64 tabled;			/* a table at that slot is durable */
	u32 pinned, replayed_pins;	/* nodes whose disk it has confirmed, durably */
	bool forgotten;			/* rule 7: it knows that it lost something */
	u64 answer, answer_next;	/* the promise that it is telling, piece by piece */
	u64 *ballot;			/* of each delivered slot */
	u64 ballots;			/* room */
	u64 *lost_slot;			/* delivered without their value */
	u32 lost;
	u64 promised, ballot_used;	/* durable */
	u64 said;			/* the highest promise that anybody was told */
	u64 gathered_promise;		/* of the last batch that was begun */
	u64 replayed_ballot;		/* used, as the journal says */
};

void node_init(struct sim *sim, u32 index, bool joins);
void node_exit(struct node *node);
void node_start(struct node *node);
void node_started(struct node *node);
void node_crash(struct node *node, const char *why);
void node_pause(struct node *node);
void node_resume(struct node *node);
void node_run(struct node *node);
void node_run_at(struct node *node, u64 at_us);
void node_take_packet(struct node *node, struct packet *packet);
bool node_has_room(const struct node *node, u8 kind);
void node_take_call(struct node *node, u64 number);
void node_give_up(struct node *node, u64 number);
void node_serve(struct node *node, u32 to);
void node_write(struct node *node);
bool node_hook(struct node *node);	/* may be its last moment: false if it was */
u64 node_clock_us(const struct node *node);

bool votes_no_more(const struct node *node);

/* ---- what must hold (history.c, model.c, said.c, told.c, inside.c) ---- */

enum call_kind {
	CALL_VALUE,
	CALL_BARRIER,
	CALL_TRANSFER,
	CALL_MEMBER,
	CALL_TRIM,
	CALL_INSTALLED,
};

enum call_state {
	CALL_PENDING,
	CALL_CHOSEN,			/* a command: done */
	CALL_UNKNOWN,
	CALL_NEVER,			/* withdrawn: it must not be chosen */
	CALL_REFUSED,
};

/* What somebody asked of a node, and waits for; its number, from 1, is the cookie. */
struct call {
	u8 kind, state;
	u32 node, life;
	u64 value;			/* CALL_VALUE: number of it */
	u64 slot;			/* TRIM, INSTALLED: that; BARRIER: no answer below */
	u16 target;			/* TRANSFER */
	struct paxos_change change;	/* MEMBER */
};

/* A value, which several calls may propose if it is a client's. */
struct value {
	u32 length;
	u32 calls;			/* that may have left the node they were given to */
	u64 client, sequence;		/* 0: of no client */
	u64 slot;			/* delivered there; 0: nowhere */
};

/* All acceptances of one slot at one ballot. */
struct vote {
	u64 ballot, key;
	u32 durable;			/* mask of nodes whose journal holds it */
	u32 replayed;			/* of them, found again at this start */
};

struct slot_model {
	u32 votes, room;
	struct vote *vote;
	u64 chosen;			/* key; 0: not chosen */
	bool delivered;			/* by somebody: then these are for ever */
	u8 type;
	struct paxos_entry entry;
};

/* One ballot of a node: who promised it what. */
struct ballot_model {
	u64 ballot;
	u32 life;
	u64 first;			/* of its PREPARE */
	u64 promised[NODES_MAX];	/* complete, from this slot on; 0: not */
};

/* Rule 13: who governs slots from @slot + PAXOS_WINDOW on. */
struct config_model {
	u64 slot;
	u32 members, voters;		/* masks of nodes */
};

#define CONFIGS_MAX	64u

/* What the log says of one origin, or one client (rule 8). */
struct session_model {
	u64 incarnation, nonce, newest;
	u8 *seen;			/* by sequence */
	u64 room;
};

struct client_model {
	u64 newest, used;
	u64 seen;			/* sequences newest - 63 .. newest */
	bool live, evicted;
};

struct model {
	struct slot_model *slot;
	u64 slots;			/* room */
	u64 voted;			/* the highest slot with a vote */
	u64 prefix;			/* all through it are chosen */
	u64 top;			/* the highest slot that is delivered anywhere */
	struct call *call;
	u64 calls, calls_room;
	u64 ended;			/* so many calls, from the first on, are not pending */
	u64 settled;			/* the same of those that members can answer */
	struct value *value;
	u64 values, values_room;
	u64 pending;
	struct ballot_model *ballot[NODES_MAX];	/* by round */
	u32 ballots[NODES_MAX];
	bool tiny[8][256];		/* values too short to bear a number */
	u64 answered;			/* the highest slot of an answered value */
	bool confirmed;			/* rule 10: all voters have confirmed all disks */

	struct config_model config[CONFIGS_MAX];
	u32 configs;
	u64 removed[NODES_MAX];		/* slot of the CONFIG without it; 0: it is not removed */
	struct session_model session[NODES_MAX];
	struct client_model *client;
	u32 clients, live_clients;
	struct paxos_table *table;	/* by the core's own table.c, at some slot */
};

/* history.c */
void history_begin(struct sim *sim);
void history_exit(struct sim *sim);
u8 history_apply(struct sim *sim, u64 slot, const struct paxos_entry *entry, u8 type);
const struct config_model *history_config(struct sim *sim, u64 slot);
const struct config_model *history_newest(struct sim *sim);
bool history_majority(struct sim *sim, u64 slot, u32 nodes);
const struct paxos_table *history_table(struct sim *sim, u64 slot);
u32 history_new_client(struct sim *sim);
u64 history_client_id(u32 client);

/* model.c */
void model_exit(struct sim *sim);
struct slot_model *model_slot(struct sim *sim, u64 slot);
u64 model_key(const struct paxos_entry *entry);
struct vote *model_vote(struct sim *sim, u64 slot, u64 ballot);
struct vote *model_vote_for(struct sim *sim, u64 slot, u64 ballot, u64 key);
void model_must_be_chosen(struct sim *sim, const char *who, u64 slot, u64 key);
void model_record(struct node *node, const struct paxos_record *record);
void model_gathered(struct node *node);
void model_written(struct node *node);
void model_replay_begin(struct node *node);
void model_replayed(struct node *node, const struct paxos_record *record);
void model_replay_end(struct node *node, const struct paxos_vow *vow);
void model_started(struct node *node);

/* said.c */
void model_send(struct node *node, const struct paxos_message *m);
void model_took_prepare(struct node *node, u64 ballot, u64 promised);

/* told.c */
u64 model_new_value(struct sim *sim, u32 length);
u64 model_number(struct sim *sim, const struct paxos_value *value);
struct paxos_buf *model_value(struct sim *sim, u64 number);
u64 model_call(struct node *node, u8 kind, u64 value);
struct call *model_call_at(struct sim *sim, u64 number);
void model_end_call(struct sim *sim, u64 number, u8 state);
void model_restored(struct node *node, const struct paxos_record *record);
void model_deliver(struct node *node, const struct paxos_chosen *chosen);
void model_trimmed(struct node *node);
void model_answer(struct node *node, const struct paxos_answer *answer);
void model_crashed(struct node *node);

/* inside.c */
bool inside_lost(const struct node *node, u64 slot);
const char *inside_busy(const struct node *node);
void inside_check_table(struct node *node);

/* ---- workload.c, clients.c, admin.c, faults.c ---- */

struct client;

void clients_begin(struct sim *sim);
void clients_next(struct sim *sim, u32 index);
void clients_answered(struct sim *sim, u64 number);
bool clients_idle(struct sim *sim);
void clients_healed(struct sim *sim);
void admin_begin(struct sim *sim);
void admin_barrier(struct sim *sim);
void admin_barrier_at(struct sim *sim, struct node *node, u64 patience_us);
void admin_transfer(struct sim *sim);
void admin_restart(struct sim *sim);
void admin_trim(struct sim *sim);
void admin_make_room(struct sim *sim);
void admin_snapshot_needed(struct node *node, u64 slot);
void admin_snapshot(struct node *node);
void admin_change(struct sim *sim);
void admin_retire(struct sim *sim, struct node *node);
void admin_answered(struct node *node, u64 number, const struct paxos_answer *answer);

void workload_begin(struct sim *sim);
void workload_propose(struct sim *sim);
u64 calls_pause(const struct sim *sim, u64 us);
void workload_one(struct sim *sim, u32 node, u64 patience_us);
void faults_begin(struct sim *sim);
void faults_next(struct sim *sim);
void faults_end(struct sim *sim);
void faults_doom(struct node *node);
void faults_twin(struct sim *sim);

/* ---- the run (sim.c) ---- */

struct sim {
	u64 seed;
	u64 random;
	u64 now_us;
	struct config config;
	struct queue queue;
	struct network network;
	struct model model;
	struct client *client;
	u32 nodes;			/* so far */
	struct node *node[NODES_MAX];
	struct paxos_effects fx;	/* shared: it is empty between calls */
	bool faults;			/* not over yet */
	u32 twin_heard;			/* mask of nodes that take the twin for its id */
	bool blocked;			/* by right: too few voters are left, or no room */
	bool fragile;			/* somebody is to be refused by all others, who must stay up */
	u64 healed_us;
	u64 heard, heard_us;		/* datagrams so far; when the last was delivered */
	u64 steps;
	bool tracing, printing;
	jmp_buf failed;
	u8 uuid[16];			/* the cluster's */
};

struct verdict {
	bool passed;
	u64 deliveries, steps, simulated_us, slots;
	double recovery;		/* from the end of the faults to the end, election timeouts */
	char rule[200];
};

void sim_run(u64 seed, bool trace, bool print, struct verdict *verdict);
void sim_voters(struct sim *sim, u32 *masks);
void sim_push(struct sim *sim, u64 in_us, u32 kind, u32 node, u64 number);
__attribute__((noreturn, format(printf, 2, 3)))
void sim_fail(struct sim *sim, const char *format, ...);

/* ---- report.c, minimise.c, soak.c ---- */

/* Of many runs. */
struct tally {
	u64 seeds, failed, deliveries, steps, slots, simulated_us;
	double cpu_seconds;
	double recovery;		/* the slowest */
	u64 slowest;			/* its seed */
	u64 faults[FAULT_KINDS];
};

double cpu_seconds(void);
void tally_add(struct tally *tally, u64 seed, const struct verdict *verdict);
void tally_merge(struct tally *to, const struct tally *from);
void tally_print(const struct tally *tally);
void replay_line(const char *program, u64 seed, char *text, u32 size);
void tell_failure(const char *program, u64 seed, const struct verdict *verdict);
void death_watch(void);
void death_seed(const char *program, u64 seed, bool traced);
int minimise(const char *program, u64 seed);
int soak(const char *program, u64 first, u64 seconds, u32 jobs);

/* ---- trace.c ---- */

#define trace(sim, ...)						\
	do {							\
		if ((sim)->tracing)				\
			trace_line(sim, __VA_ARGS__);		\
	} while (0)

__attribute__((format(printf, 2, 3)))
void trace_line(struct sim *sim, const char *format, ...);
void trace_message(const struct node *node, const char *verb, u32 other,
		   const struct paxos_message *m);
void trace_state(struct sim *sim);
void trace_clear(void);
void trace_dump(void);

#endif /* _SIM_H */
