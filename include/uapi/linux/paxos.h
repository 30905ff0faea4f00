/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Generic netlink family "paxos": how user processes reach paxos.ko.  All that a
 * client has to know stands here; include/netlink/paxos.yaml has the same for
 * programs that generate theirs.
 *
 * Requests.  The family's id is asked of the controller by PAXOS_GENL_NAME (as for
 * every such family); asking loads the module.  The message of every command is a
 * struct nlmsghdr, a struct genlmsghdr (version PAXOS_GENL_VERSION, reserved 0, no
 * user header) and attributes of enum paxos_attr.  Every request that names a group
 * does so by PAXOS_A_GROUP, and means the group of that name in the network
 * namespace of the socket.  Requests are checked strictly: an attribute that the
 * command does not take (those that take none ignore all), or of another length than
 * its type, is refused, and nests bear NLA_F_NESTED.
 *
 * Answers.  A request with NLM_F_ACK is acknowledged by an NLMSG_ERROR of 0.  What a
 * command answers with is a message of that command, with the sequence number of the
 * request: before the acknowledgment for those that answer at once, after it for
 * those that are queued (PROPOSE, BARRIER, LEADER_TRANSFER, MEMBER_CHANGE, TRIM,
 * SNAPSHOT_INSTALLED, GROUP_DEL).  Queued requests die with their socket; what was
 * proposed may be chosen all the same.  Dumps (NLM_F_DUMP) are many messages, the
 * last an NLMSG_DONE; a receive buffer of 64 KiB takes each datagram of every dump.
 * Later versions may add attributes, and values of enums: skip what is not known.
 *
 * Rights: every command, dumps included, needs CAP_NET_ADMIN in the user
 * namespace that owns the network namespace.  Of a group that was created with GID,
 * members of that group of users may use PROPOSE, BARRIER, LEARN and STATUS (not its
 * dump) as well, if both are members, who opened the socket and who sends by it; by
 * effective or supplementary group.  RESULTS needs no right.  The multicast group
 * PAXOS_MCGRP_LEARNED_NAME is open to everybody in the network namespace,
 * PAXOS_MCGRP_EVENTS_NAME needs CAP_NET_ADMIN too (EPERM when it is joined).
 *
 * Errors come as an NLMSG_ERROR with an extack message of at most
 * PAXOS_MESSAGE_TEXT_MAX bytes that says what to do, and the attribute at fault; of a
 * dump that has begun, as an NLMSG_DONE, with the error alone.  Common to all: EPERM
 * (no right), ENOENT (no such group, or it is just going away), EINVAL (an attribute is
 * missing or malformed), ENOMEM.  Those that are queued: ENOBUFS (over
 * PAXOS_INFLIGHT_MAX of this socket are unanswered; nothing was queued).  What becomes
 * of a queued one is told by its RESULT; enum paxos_result_attr has the errors common
 * to all of these.
 *
 * Sizes are in bytes, times in the unit their name ends with, numbers in host
 * byte order unless said otherwise.  Strings may end with a NUL, or not.  u64
 * attributes may lie at an address that is no multiple of 8; where the kernel
 * aligns them, an attribute named PAD stands before.
 */
#ifndef _UAPI_LINUX_PAXOS_H
#define _UAPI_LINUX_PAXOS_H

#include <linux/types.h>

#define PAXOS_GENL_NAME			"paxos"
#define PAXOS_GENL_VERSION		1

/* Limits that a user can meet. */
#define PAXOS_VALUE_MAX			32768	/* bytes in a value, at least 1 */
#define PAXOS_NAME_MAX			31	/* bytes in a group name */
#define PAXOS_DEVICE_PATH_MAX		255	/* bytes in a device path */
#define PAXOS_GROUPS_MAX		64	/* groups in one network namespace */
#define PAXOS_NODES_MAX			31	/* nodes of a group */
#define PAXOS_VOTERS_MAX		7	/* voters of a group */
#define PAXOS_NODE_ID_MAX		65535	/* node ids are 1..this */
#define PAXOS_INFLIGHT_MAX		256	/* unanswered proposals and commands of a socket */
#define PAXOS_TIMEOUT_MAX_MS		3600000	/* of one proposal or command */
#define PAXOS_HEARTBEAT_MIN_MS		10	/* of HEARTBEAT_MS */
#define PAXOS_HEARTBEAT_MAX_MS		10000	/* of HEARTBEAT_MS */
#define PAXOS_ELECTION_MAX_MS		120000	/* of ELECTION_MS */
#define PAXOS_MESSAGE_TEXT_MAX		79	/* bytes of an extack message */
#define PAXOS_REASON_MAX		159	/* bytes of REASON, in STATUS and EVENT */

#define PAXOS_CLIENTS_MAX		512	/* client sessions; then the oldest is evicted */
#define PAXOS_CLIENT_WINDOW		8	/* newest sequences remembered of a client */
#define PAXOS_REMOVED_MAX		1024	/* nodes removed in the life of a cluster */
#define PAXOS_HISTOGRAM_BUCKETS		28	/* of each latency in STATS */

#define PAXOS_HEARTBEAT_DEFAULT_MS	100	/* without HEARTBEAT_MS */
#define PAXOS_ELECTION_DEFAULT_MS	1000	/* without ELECTION_MS, or 10 heartbeats */
#define PAXOS_TIMEOUT_DEFAULT_MS	10000	/* without TIMEOUT_MS */

/* Multicast groups. */
#define PAXOS_MCGRP_LEARNED_NAME	"learned"
#define PAXOS_MCGRP_EVENTS_NAME		"events"

/**
 * enum paxos_cmd - commands of the family
 * @PAXOS_CMD_GROUP_ADD: Create a group in this namespace and start it.
 *	Needs GROUP, DEVICE, DEVICE_FD, LISTEN and (until the group can encrypt) INSECURE;
 *	takes HEARTBEAT_MS, ELECTION_MS, MODE, LEARN, ROLE, NODE (a device of
 *	another node is refused) and GID.  Answers with one GROUP_ADD message:
 *	GROUP, NODE, CLUSTER.  The journal is replayed afterwards, in state
 *	"starting".  EEXIST: the name is taken, or another group here is this node of
 *	this cluster; EBUSY: the device or the address is in use; EMEDIUMTYPE: the
 *	device holds something else, is another node's, or larger than at format;
 *	EPROTONOSUPPORT: it has another version of the disk format; EUCLEAN: its
 *	superblocks are damaged; ENOSPC: too many groups, or too small a device, or
 *	smaller than at format; EFBIG: too large a ring; EBADF: DEVICE_FD is not open;
 *	EACCES: not open for reading and writing; EROFS: the device is read-only;
 *	ENOTBLK: not a block device; EADDRNOTAVAIL: LISTEN is no address of this host;
 *	EAFNOSUPPORT: it is neither IPv4 nor IPv6; EIO and the like: the device cannot
 *	be read.
 * @PAXOS_CMD_GROUP_DEL: Stop and remove GROUP.  Acknowledged at once; answered
 *	with a GROUP_DEL message (GROUP) when the device is free again.  What is
 *	pending in the group is answered with ESHUTDOWN before.
 * @PAXOS_CMD_GROUP_GET: Dump: one message per group: GROUP, NODE, CLUSTER,
 *	DEVICE, LISTEN.
 * @PAXOS_CMD_PEER_ADD: Tell GROUP that node NODE is reached at ADDRESS; a known
 *	peer gets the new address.  Answers with PEER_ADD: GROUP, NODE, ADDRESS.
 *	EINVAL: NODE is this node itself, or not in the configuration, or ADDRESS has
 *	no port or is no one host's; EAFNOSUPPORT: the group listens on the other family;
 *	ENOSPC: too many nodes have addresses.
 * @PAXOS_CMD_PEER_DEL: Forget the address of peer NODE of GROUP.  Answers with
 *	PEER_DEL: GROUP, NODE.  ENOENT: none was given.
 * @PAXOS_CMD_PEER_GET: Dump: the peers of GROUP, one message each: GROUP, and
 *	one PEER.
 * @PAXOS_CMD_PROPOSE: Propose the values of each PROPOSAL (repeated) in GROUP.
 *	Acknowledged when all are queued (ENOBUFS: none was, over
 *	PAXOS_INFLIGHT_MAX; EMSGSIZE: a value is longer than PAXOS_VALUE_MAX;
 *	EINVAL: empty).  Each is answered exactly once, in a later PROPOSE
 *	message with the sequence number of the request: GROUP and RESULTs
 *	(repeated).  Answers that the receive buffer refused are kept and sent
 *	again on PAXOS_CMD_RESULTS.
 * @PAXOS_CMD_RESULTS: Send what answers are kept for this socket.
 * @PAXOS_CMD_LEARN: Dump of the chosen values of GROUP from slot SLOT (default:
 *	the first there is), at most COUNT (default: all that are chosen now).
 *	The first message holds GROUP, FIRST (first retained slot), CHOSEN
 *	(commit index) and GENERATION; then come messages with an ENTRY each.
 *	ESTALE: SLOT is trimmed (the message names the first there is), or was while
 *	it was read; EAGAIN: the group is starting, or the value of a slot is damaged
 *	and being fetched from peers; ESHUTDOWN: the group went away; EIO and the like:
 *	the disk cannot be read.  After any of these go on from the slot after the last.
 * @PAXOS_CMD_LEARNED: Multicast to "learned" when new slots were delivered:
 *	GROUP, SLOT (the highest).  Several slots may share one message, and one
 *	may be lost: read with LEARN from where you are.
 * @PAXOS_CMD_STATUS: Answers with STATUS of GROUP; as a dump, of each group.
 * @PAXOS_CMD_BARRIER: Ask for a slot S such that every value answered before this
 *	request is at or below S; takes TIMEOUT_MS.  Queued, and answered by a BARRIER
 *	message with the request's sequence number: GROUP and one RESULT whose SLOT is
 *	S.  RESULT errors: EHOSTUNREACH: no majority confirmed it in time.
 * @PAXOS_CMD_LEADER_TRANSFER: Have NODE, a caught-up voter, lead GROUP; takes
 *	TIMEOUT_MS.  Queued, and answered by a LEADER_TRANSFER message with a RESULT.
 *	RESULT errors: EINVAL: not a voter; EAGAIN: it has not caught up; ETIMEDOUT:
 *	another node leads; EHOSTUNREACH: no leader.
 * @PAXOS_CMD_MEMBER_CHANGE: Change the configuration of GROUP: MEMBER_OP, NODE, and
 *	for ADD the ADDRESS, for REPLACE the OTHER node that takes NODE's place; takes
 *	FORCE and TIMEOUT_MS.  Queued, and answered by a MEMBER_CHANGE message with a
 *	RESULT when the change is complete; its SLOT is that of the new configuration.
 *	RESULT errors: EINVAL, EEXIST, ENOENT (NODE is no member), EKEYREJECTED (the id
 *	was used before), EAGAIN (it has not caught up), EPERM (a working majority
 *	would be lost: FORCE), EBUSY (another change is under way), ESTALE (another
 *	change came first), ETIMEDOUT (unknown), EHOSTUNREACH (NODE does not answer, or
 *	no quorum: nothing was changed).
 * @PAXOS_CMD_MEMBER_GET: Dump: the members of GROUP's configuration, one message
 *	each: GROUP, SLOT (of the configuration; 0: the first), and one PEER.  EAGAIN:
 *	the group does not run (yet).
 * @PAXOS_CMD_TRIM: Forget slots of GROUP through SLOT on this node, and free their
 *	room.  Queued, and answered by a TRIM message with a RESULT whose SLOT is the
 *	trim point then.  RESULT errors: ERANGE: SLOT is not chosen and durable here yet;
 *	ENOSPC: the journal is so full that a trim must free more than this one would.
 * @PAXOS_CMD_SNAPSHOT_INSTALLED: The application has installed a snapshot of all
 *	through SLOT: learn on from there.  Queued, and answered like TRIM.  RESULT
 *	errors: ERANGE: nobody in contact knows so far; ESTALE: below every peer's trim
 *	point, RESULT SLOT is the oldest that serves; EHOSTUNREACH: no peer answers.
 * @PAXOS_CMD_EVENT: Multicast to "events" when something happened to a group: GROUP,
 *	EVENT.  Events of a group are counted; who finds a gap, or gets ENOBUFS from its
 *	socket, has missed some: STATUS says how things stand.
 * @PAXOS_CMD_STATS: Answers with what GROUP has counted: GROUP, NODE, STATS; with RESET
 *	it is counted from 0 again, for everybody who asks, from just what was answered
 *	(what could not be sent was not reset; a client that dies before it reads has).
 *	As a dump, of each group; that takes no RESET.
 */
enum paxos_cmd {
	PAXOS_CMD_UNSPEC,
	PAXOS_CMD_GROUP_ADD,
	PAXOS_CMD_GROUP_DEL,
	PAXOS_CMD_GROUP_GET,
	PAXOS_CMD_PEER_ADD,
	PAXOS_CMD_PEER_DEL,
	PAXOS_CMD_PEER_GET,
	PAXOS_CMD_PROPOSE,
	PAXOS_CMD_RESULTS,
	PAXOS_CMD_LEARN,
	PAXOS_CMD_LEARNED,
	PAXOS_CMD_STATUS,
	PAXOS_CMD_BARRIER,
	PAXOS_CMD_LEADER_TRANSFER,
	PAXOS_CMD_MEMBER_CHANGE,
	PAXOS_CMD_MEMBER_GET,
	PAXOS_CMD_TRIM,
	PAXOS_CMD_SNAPSHOT_INSTALLED,
	PAXOS_CMD_EVENT,
	PAXOS_CMD_STATS,

	__PAXOS_CMD_MAX,
	PAXOS_CMD_MAX = __PAXOS_CMD_MAX - 1
};

/**
 * enum paxos_attr - top-level attributes
 * @PAXOS_A_GROUP: string, 1..PAXOS_NAME_MAX bytes of [A-Za-z0-9_.-]
 * @PAXOS_A_DEVICE: string, what status calls the block device: the path that the
 *	caller opened
 * @PAXOS_A_DEVICE_FD: s32, the caller's descriptor of the block device, opened with
 *	O_RDWR | O_EXCL; the group is created on the open file, and the caller may
 *	close it when it has its answer.  Who keeps it open keeps the device in use
 *	after the group is gone
 * @PAXOS_A_LISTEN: struct sockaddr_in or sockaddr_in6: address to bind
 * @PAXOS_A_INSECURE: flag: the caller accepts that datagrams are neither
 *	encrypted nor authenticated
 * @PAXOS_A_HEARTBEAT_MS: u32, interval of the leader's heartbeats
 * @PAXOS_A_ELECTION_MS: u32, election timeout, at least 3 heartbeats
 * @PAXOS_A_NODE: u16, node id, 1..PAXOS_NODE_ID_MAX
 * @PAXOS_A_ADDRESS: struct sockaddr_in or sockaddr_in6
 * @PAXOS_A_CLUSTER: 16 bytes, cluster UUID
 * @PAXOS_A_PROPOSAL: nest of enum paxos_proposal_attr, repeated
 * @PAXOS_A_RESULT: nest of enum paxos_result_attr, repeated
 * @PAXOS_A_SLOT: u64, a slot
 * @PAXOS_A_COUNT: u64, number of slots
 * @PAXOS_A_FIRST: u64, first slot that is retained
 * @PAXOS_A_CHOSEN: u64, commit index: all slots up to it are chosen
 * @PAXOS_A_GENERATION: u64, changes whenever the group was created anew
 * @PAXOS_A_ENTRY: nest of enum paxos_entry_attr
 * @PAXOS_A_STATUS: nest of enum paxos_status_attr
 * @PAXOS_A_PEER: nest of enum paxos_peer_attr, repeated
 * @PAXOS_A_PAD: padding of u64 attributes
 * @PAXOS_A_MODE: u8, enum paxos_mode; the same on every node
 * @PAXOS_A_LEARN: u8, enum paxos_learn; the same on every node
 * @PAXOS_A_ROLE: u8, PAXOS_ROLE_FOLLOWER (a voter) or PAXOS_ROLE_LEARNER: what the
 *	caller takes this node for; EINVAL if its configuration says otherwise
 * @PAXOS_A_TIMEOUT_MS: u32, of a queued command, default PAXOS_TIMEOUT_DEFAULT_MS
 * @PAXOS_A_MEMBER_OP: u8, enum paxos_member_op
 * @PAXOS_A_OTHER: u16, the second node of a REPLACE
 * @PAXOS_A_FORCE: flag
 * @PAXOS_A_EVENT: nest of enum paxos_event_attr
 * @PAXOS_A_STATS: nest of enum paxos_stats_attr
 * @PAXOS_A_RESET: flag
 * @PAXOS_A_GID: u32, group id, of the caller's user namespace, whose members may use
 *	the group: see Rights
 */
enum paxos_attr {
	PAXOS_A_UNSPEC,
	PAXOS_A_GROUP,
	PAXOS_A_DEVICE,
	PAXOS_A_DEVICE_FD,
	PAXOS_A_LISTEN,
	PAXOS_A_INSECURE,
	PAXOS_A_HEARTBEAT_MS,
	PAXOS_A_ELECTION_MS,
	PAXOS_A_NODE,
	PAXOS_A_ADDRESS,
	PAXOS_A_CLUSTER,
	PAXOS_A_PROPOSAL,
	PAXOS_A_RESULT,
	PAXOS_A_SLOT,
	PAXOS_A_COUNT,
	PAXOS_A_FIRST,
	PAXOS_A_CHOSEN,
	PAXOS_A_GENERATION,
	PAXOS_A_ENTRY,
	PAXOS_A_STATUS,
	PAXOS_A_PEER,
	PAXOS_A_PAD,
	PAXOS_A_MODE,
	PAXOS_A_LEARN,
	PAXOS_A_ROLE,
	PAXOS_A_TIMEOUT_MS,
	PAXOS_A_MEMBER_OP,
	PAXOS_A_OTHER,
	PAXOS_A_FORCE,
	PAXOS_A_EVENT,
	PAXOS_A_STATS,
	PAXOS_A_RESET,
	PAXOS_A_GID,

	__PAXOS_A_MAX,
	PAXOS_A_MAX = __PAXOS_A_MAX - 1
};

/**
 * enum paxos_mode - who proposes
 * @PAXOS_MODE_MULTI: one elected leader
 * @PAXOS_MODE_BASIC: every node runs both phases for each value of its own
 */
enum paxos_mode {
	PAXOS_MODE_MULTI = 1,
	PAXOS_MODE_BASIC = 2,
};

/**
 * enum paxos_learn - how nodes learn what is chosen
 * @PAXOS_LEARN_LEADER: the commit index rides on the leader's messages
 * @PAXOS_LEARN_BROADCAST: acceptors tell every node: a message delay less
 */
enum paxos_learn {
	PAXOS_LEARN_LEADER = 1,
	PAXOS_LEARN_BROADCAST = 2,
};

/**
 * enum paxos_member_op - a change of the configuration
 * @PAXOS_MEMBER_ADD: NODE, which is up with --join, becomes a learner
 * @PAXOS_MEMBER_PROMOTE: the caught-up learner NODE becomes a voter
 * @PAXOS_MEMBER_REMOVE: NODE is no member any more, and its id never is again
 * @PAXOS_MEMBER_REPLACE: the learner OTHER becomes a voter in place of NODE
 */
enum paxos_member_op {
	PAXOS_MEMBER_ADD = 1,
	PAXOS_MEMBER_PROMOTE = 2,
	PAXOS_MEMBER_REMOVE = 3,
	PAXOS_MEMBER_REPLACE = 4,
};

/**
 * enum paxos_proposal_attr - one proposal
 * @PAXOS_PROPOSAL_A_VALUE: binary, 1..PAXOS_VALUE_MAX bytes
 * @PAXOS_PROPOSAL_A_COOKIE: u64, echoed in the result
 * @PAXOS_PROPOSAL_A_TIMEOUT_MS: u32, default PAXOS_TIMEOUT_DEFAULT_MS
 * @PAXOS_PROPOSAL_A_PAD: padding
 * @PAXOS_PROPOSAL_A_CLIENT: u64, not 0: this is proposal SEQUENCE of that client: it
 *	is chosen once, however often and through whatever node it is proposed, and
 *	each time answers with the slot it got
 * @PAXOS_PROPOSAL_A_SEQUENCE: u64, from 1; with CLIENT.  No more than
 *	PAXOS_CLIENT_WINDOW - 1 below the newest that was chosen, else ESTALE
 */
enum paxos_proposal_attr {
	PAXOS_PROPOSAL_A_UNSPEC,
	PAXOS_PROPOSAL_A_VALUE,
	PAXOS_PROPOSAL_A_COOKIE,
	PAXOS_PROPOSAL_A_TIMEOUT_MS,
	PAXOS_PROPOSAL_A_PAD,
	PAXOS_PROPOSAL_A_CLIENT,
	PAXOS_PROPOSAL_A_SEQUENCE,

	__PAXOS_PROPOSAL_A_MAX,
	PAXOS_PROPOSAL_A_MAX = __PAXOS_PROPOSAL_A_MAX - 1
};

/**
 * enum paxos_result_attr - what became of one proposal
 * @PAXOS_RESULT_A_COOKIE: u64, of the proposal
 * @PAXOS_RESULT_A_ERROR: u32, 0 or a positive errno: ETIMEDOUT: it left this
 *	node, or was accepted by it, and its outcome is unknown; EHOSTUNREACH:
 *	no quorum: it never left this node and is withdrawn; ENOSPC: the journal
 *	is full; ESHUTDOWN: the group went away (outcome unknown); EIO: this node is
 *	suspended (outcome unknown); ESTALE: SEQUENCE is outlived, or CLIENT was evicted
 *	(outcome unknown)
 * @PAXOS_RESULT_A_SLOT: u64, the slot it was chosen in; with ERROR 0 only
 * @PAXOS_RESULT_A_BALLOT: u64, ballot at which this node holds it: round in the
 *	high 48 bits, node in the low 16
 * @PAXOS_RESULT_A_PAD: padding
 * @PAXOS_RESULT_A_MESSAGE: string, what is wrong and what to do; with some ERRORs
 */
enum paxos_result_attr {
	PAXOS_RESULT_A_UNSPEC,
	PAXOS_RESULT_A_COOKIE,
	PAXOS_RESULT_A_ERROR,
	PAXOS_RESULT_A_SLOT,
	PAXOS_RESULT_A_BALLOT,
	PAXOS_RESULT_A_PAD,
	PAXOS_RESULT_A_MESSAGE,

	__PAXOS_RESULT_A_MAX,
	PAXOS_RESULT_A_MAX = __PAXOS_RESULT_A_MAX - 1
};

/**
 * enum paxos_entry_type - what a slot holds
 * @PAXOS_ENTRY_NOOP: nothing: a leader's filler, or a duplicate that was
 *	delivered before
 * @PAXOS_ENTRY_VALUE: a value
 * @PAXOS_ENTRY_CONFIG: a new configuration of the group, without VALUE
 */
enum paxos_entry_type {
	PAXOS_ENTRY_NOOP = 1,
	PAXOS_ENTRY_VALUE = 2,
	PAXOS_ENTRY_CONFIG = 3,
};

/**
 * enum paxos_entry_attr - one chosen slot
 * @PAXOS_ENTRY_A_SLOT: u64
 * @PAXOS_ENTRY_A_BALLOT: u64, ballot at which this node holds it (nodes may
 *	differ in it, never in the value)
 * @PAXOS_ENTRY_A_ORIGIN: u16, node that proposed it
 * @PAXOS_ENTRY_A_TYPE: u8, enum paxos_entry_type
 * @PAXOS_ENTRY_A_VALUE: binary; with type VALUE only
 * @PAXOS_ENTRY_A_PAD: padding
 */
enum paxos_entry_attr {
	PAXOS_ENTRY_A_UNSPEC,
	PAXOS_ENTRY_A_SLOT,
	PAXOS_ENTRY_A_BALLOT,
	PAXOS_ENTRY_A_ORIGIN,
	PAXOS_ENTRY_A_TYPE,
	PAXOS_ENTRY_A_VALUE,
	PAXOS_ENTRY_A_PAD,

	__PAXOS_ENTRY_A_MAX,
	PAXOS_ENTRY_A_MAX = __PAXOS_ENTRY_A_MAX - 1
};

/**
 * enum paxos_role - PAXOS_STATUS_A_ROLE, PAXOS_A_ROLE: what this node does
 * @PAXOS_ROLE_FOLLOWER: votes, and leaves proposing to the leader
 * @PAXOS_ROLE_CANDIDATE: votes, and wants to lead
 * @PAXOS_ROLE_LEADER: votes, and proposes for all
 * @PAXOS_ROLE_LEARNER: does not vote
 */
enum paxos_role {
	PAXOS_ROLE_FOLLOWER = 1,
	PAXOS_ROLE_CANDIDATE = 2,
	PAXOS_ROLE_LEADER = 3,
	PAXOS_ROLE_LEARNER = 4,
};

/**
 * enum paxos_state - PAXOS_STATUS_A_STATE: may this node take part?
 * @PAXOS_STATE_STARTING: its journal is being replayed
 * @PAXOS_STATE_UNCONFIRMED: a fresh voter that waits until every voter named
 *	at format has confirmed one disk for each node id
 * @PAXOS_STATE_OK: takes part
 * @PAXOS_STATE_FORGOTTEN: lost something that it had promised; replace it
 * @PAXOS_STATE_SUSPENDED: its disk failed; it neither votes nor proposes
 * @PAXOS_STATE_NO_QUORUM: takes part, but hears no majority
 * @PAXOS_STATE_REMOVED: is no member any more; it may be deleted
 * @PAXOS_STATE_SNAPSHOT_NEEDED: every peer has trimmed what this node lacks: install
 *	a snapshot of the application, then say SNAPSHOT_INSTALLED
 * @PAXOS_STATE_JOINING: formatted to join; not yet added to the group
 */
enum paxos_state {
	PAXOS_STATE_STARTING = 1,
	PAXOS_STATE_UNCONFIRMED = 2,
	PAXOS_STATE_OK = 3,
	PAXOS_STATE_FORGOTTEN = 4,
	PAXOS_STATE_SUSPENDED = 5,
	PAXOS_STATE_NO_QUORUM = 6,
	PAXOS_STATE_REMOVED = 7,
	PAXOS_STATE_SNAPSHOT_NEEDED = 8,
	PAXOS_STATE_JOINING = 9,
};

/**
 * enum paxos_health - PAXOS_PEER_A_HEALTH
 * @PAXOS_HEALTH_OK: heard of within an election timeout
 * @PAXOS_HEALTH_CATCH_UP: heard of, but more than a window behind
 * @PAXOS_HEALTH_UNREACHABLE: not heard of, or without an address
 * @PAXOS_HEALTH_REFUSED: a host that claims this id has another disk than the
 *	one confirmed for it, or an older state of it: a restored image
 * @PAXOS_HEALTH_FORGOTTEN: lost something that it had promised; it does not vote
 */
enum paxos_health {
	PAXOS_HEALTH_OK = 1,
	PAXOS_HEALTH_CATCH_UP = 2,
	PAXOS_HEALTH_UNREACHABLE = 3,
	PAXOS_HEALTH_REFUSED = 4,
	PAXOS_HEALTH_FORGOTTEN = 5,
};

/**
 * enum paxos_status_attr - state of one group on this node
 * @PAXOS_STATUS_A_NODE: u16, this node
 * @PAXOS_STATUS_A_CLUSTER: 16 bytes, cluster UUID
 * @PAXOS_STATUS_A_INCARNATION: u64, how often this node was started
 * @PAXOS_STATUS_A_ROLE: u8, enum paxos_role
 * @PAXOS_STATUS_A_STATE: u8, enum paxos_state
 * @PAXOS_STATUS_A_REASON: string, why nothing is chosen, or why this node does
 *	not take part; absent when all is well
 * @PAXOS_STATUS_A_LEADER: u16, the leader; absent when none is known
 * @PAXOS_STATUS_A_BALLOT: u64, highest ballot promised, or heard of the leader
 * @PAXOS_STATUS_A_VOTERS: u8, number of voters
 * @PAXOS_STATUS_A_VOTERS_UP: u8, voters heard of within an election timeout,
 *	this one included
 * @PAXOS_STATUS_A_CHOSEN: u64, commit index
 * @PAXOS_STATUS_A_DURABLE: u64, all slots up to it are chosen and on this disk
 * @PAXOS_STATUS_A_DELIVERED: u64, all slots up to it can be learned here
 * @PAXOS_STATUS_A_FIRST: u64, first retained slot
 * @PAXOS_STATUS_A_DEVICE: string
 * @PAXOS_STATUS_A_DISK_SIZE: u64, bytes of the journal ring
 * @PAXOS_STATUS_A_DISK_USED: u64, bytes of it in use
 * @PAXOS_STATUS_A_PROGRESS: u8, percent of the replay done; in state starting
 * @PAXOS_STATUS_A_LISTEN: struct sockaddr_in or sockaddr_in6
 * @PAXOS_STATUS_A_PEER: nest of enum paxos_peer_attr, repeated, one per other
 *	node of the configuration
 * @PAXOS_STATUS_A_PAD: padding
 * @PAXOS_STATUS_A_MODE: u8, enum paxos_mode
 * @PAXOS_STATUS_A_LEARN: u8, enum paxos_learn
 * @PAXOS_STATUS_A_VOTER: u8, 1 if this node votes
 * @PAXOS_STATUS_A_DAMAGED: u64, slots whose value rotted here and is being fetched
 *	from peers; absent: none
 * @PAXOS_STATUS_A_REPLAY: nest of enum paxos_replay_attr, what the start found on the
 *	disk; absent while it is being replayed
 * @PAXOS_STATUS_A_STATE_MS: u64, how long STATE has been what it is
 * @PAXOS_STATUS_A_ROOM: u8, enum paxos_room: room in the journal; absent until this node
 *	runs
 * @PAXOS_STATUS_A_DISK_ERROR: u32, a positive errno: the write to the disk that failed, and
 *	suspended this node; absent: none did
 * @PAXOS_STATUS_A_SNAPSHOT: u64, in state snapshot-needed: install one of all through this
 *	slot, or a later one; absent: none is needed
 * @PAXOS_STATUS_A_STRAY: nest of enum paxos_stray_attr, repeated, one for each kind of which
 *	there were any: datagrams that came and were not for this group
 * @PAXOS_STATUS_A_GID: u32, group id, in the reader's user namespace, whose members may
 *	use the group; absent: none
 * @PAXOS_STATUS_A_PENDING: u32, requests of this node's callers, netlink's and the
 *	kernel's, that have no answer yet
 */
enum paxos_status_attr {
	PAXOS_STATUS_A_UNSPEC,
	PAXOS_STATUS_A_NODE,
	PAXOS_STATUS_A_CLUSTER,
	PAXOS_STATUS_A_INCARNATION,
	PAXOS_STATUS_A_ROLE,
	PAXOS_STATUS_A_STATE,
	PAXOS_STATUS_A_REASON,
	PAXOS_STATUS_A_LEADER,
	PAXOS_STATUS_A_BALLOT,
	PAXOS_STATUS_A_VOTERS,
	PAXOS_STATUS_A_VOTERS_UP,
	PAXOS_STATUS_A_CHOSEN,
	PAXOS_STATUS_A_DURABLE,
	PAXOS_STATUS_A_DELIVERED,
	PAXOS_STATUS_A_FIRST,
	PAXOS_STATUS_A_DEVICE,
	PAXOS_STATUS_A_DISK_SIZE,
	PAXOS_STATUS_A_DISK_USED,
	PAXOS_STATUS_A_PROGRESS,
	PAXOS_STATUS_A_LISTEN,
	PAXOS_STATUS_A_PEER,
	PAXOS_STATUS_A_PAD,
	PAXOS_STATUS_A_MODE,
	PAXOS_STATUS_A_LEARN,
	PAXOS_STATUS_A_VOTER,
	PAXOS_STATUS_A_DAMAGED,
	PAXOS_STATUS_A_REPLAY,
	PAXOS_STATUS_A_STATE_MS,
	PAXOS_STATUS_A_ROOM,
	PAXOS_STATUS_A_DISK_ERROR,
	PAXOS_STATUS_A_SNAPSHOT,
	PAXOS_STATUS_A_STRAY,
	PAXOS_STATUS_A_GID,
	PAXOS_STATUS_A_PENDING,

	__PAXOS_STATUS_A_MAX,
	PAXOS_STATUS_A_MAX = __PAXOS_STATUS_A_MAX - 1
};

/**
 * enum paxos_stray_kind - PAXOS_STRAY_A_KIND: why a datagram was dropped
 * @PAXOS_STRAY_CLUSTER: it is of another cluster
 * @PAXOS_STRAY_NODE: it is for another node, NODE: its sender has a wrong address
 * @PAXOS_STRAY_REFUSED: its sender says it is NODE and is refused: REFUSAL, WHY
 * @PAXOS_STRAY_MALFORMED: it is none of this module's, or of another version's
 */
enum paxos_stray_kind {
	PAXOS_STRAY_CLUSTER = 1,
	PAXOS_STRAY_NODE = 2,
	PAXOS_STRAY_REFUSED = 3,
	PAXOS_STRAY_MALFORMED = 4,
};

/**
 * enum paxos_refusal - PAXOS_STRAY_A_REFUSAL: why a node was refused
 * @PAXOS_REFUSAL_DISK: its id is another disk's
 * @PAXOS_REFUSAL_UNKNOWN: its id is not in the configuration; it may be about to join
 * @PAXOS_REFUSAL_STALE: it once said more than its disk holds: a restored image
 * @PAXOS_REFUSAL_REMOVED: its id was removed
 */
enum paxos_refusal {
	PAXOS_REFUSAL_DISK = 1,
	PAXOS_REFUSAL_UNKNOWN = 2,
	PAXOS_REFUSAL_STALE = 3,
	PAXOS_REFUSAL_REMOVED = 4,
};

/**
 * enum paxos_stray_attr - dropped datagrams of one kind, and the last of them
 * @PAXOS_STRAY_A_KIND: u8, enum paxos_stray_kind
 * @PAXOS_STRAY_A_COUNT: u64, how many came since the group was created here
 * @PAXOS_STRAY_A_AGO_MS: u64, how long ago the last came
 * @PAXOS_STRAY_A_ADDRESS: struct sockaddr_in or sockaddr_in6: where it came from
 * @PAXOS_STRAY_A_NODE: u16, see enum paxos_stray_kind; absent: none
 * @PAXOS_STRAY_A_WHY: string, REFUSAL in words; absent: none
 * @PAXOS_STRAY_A_PAD: padding
 * @PAXOS_STRAY_A_REFUSAL: u8, enum paxos_refusal; absent: none
 */
enum paxos_stray_attr {
	PAXOS_STRAY_A_UNSPEC,
	PAXOS_STRAY_A_KIND,
	PAXOS_STRAY_A_COUNT,
	PAXOS_STRAY_A_AGO_MS,
	PAXOS_STRAY_A_ADDRESS,
	PAXOS_STRAY_A_NODE,
	PAXOS_STRAY_A_WHY,
	PAXOS_STRAY_A_PAD,
	PAXOS_STRAY_A_REFUSAL,

	__PAXOS_STRAY_A_MAX,
	PAXOS_STRAY_A_MAX = __PAXOS_STRAY_A_MAX - 1
};

/**
 * enum paxos_replay_attr - what the start of a group found on its disk
 * @PAXOS_REPLAY_A_BATCHES: u64, writes that were read back
 * @PAXOS_REPLAY_A_RECORDS: u64, records in them
 * @PAXOS_REPLAY_A_SLOTS: u64, slots above the trim point, through the highest that has
 *	a record
 * @PAXOS_REPLAY_A_BYTES: u64, of the ring that were read back
 * @PAXOS_REPLAY_A_TIME_US: u64, how long the start took
 * @PAXOS_REPLAY_A_TORN: u64, sequence of a torn last write that was dropped: nobody had
 *	been told of it; absent: none
 * @PAXOS_REPLAY_A_DAMAGED: u64, slots whose value had rotted; absent: none
 * @PAXOS_REPLAY_A_FIRST_DAMAGED: u64, the first of them
 * @PAXOS_REPLAY_A_LOST: string, what shows that this node has forgotten; absent if it
 *	has not
 * @PAXOS_REPLAY_A_ERROR: u32, a positive errno: why the start failed; absent: it did not
 * @PAXOS_REPLAY_A_PAD: padding
 */
enum paxos_replay_attr {
	PAXOS_REPLAY_A_UNSPEC,
	PAXOS_REPLAY_A_BATCHES,
	PAXOS_REPLAY_A_RECORDS,
	PAXOS_REPLAY_A_SLOTS,
	PAXOS_REPLAY_A_BYTES,
	PAXOS_REPLAY_A_TIME_US,
	PAXOS_REPLAY_A_TORN,
	PAXOS_REPLAY_A_DAMAGED,
	PAXOS_REPLAY_A_FIRST_DAMAGED,
	PAXOS_REPLAY_A_LOST,
	PAXOS_REPLAY_A_ERROR,
	PAXOS_REPLAY_A_PAD,

	__PAXOS_REPLAY_A_MAX,
	PAXOS_REPLAY_A_MAX = __PAXOS_REPLAY_A_MAX - 1
};

/**
 * enum paxos_peer_attr - another node, as this one sees it
 * @PAXOS_PEER_A_NODE: u16, its id
 * @PAXOS_PEER_A_ADDRESS: struct sockaddr_in or sockaddr_in6; absent until
 *	PEER_ADD gave one
 * @PAXOS_PEER_A_VOTER: u8, 1 if it votes
 * @PAXOS_PEER_A_HEALTH: u8, enum paxos_health
 * @PAXOS_PEER_A_RTT_US: u32, last measured round trip; 0 = none yet
 * @PAXOS_PEER_A_CHOSEN: u64, the commit index it last told
 * @PAXOS_PEER_A_HEARD_MS: u64, time since it was last heard of; absent: never
 * @PAXOS_PEER_A_PAD: padding
 * @PAXOS_PEER_A_DISK: 16 bytes, disk UUID; absent: none confirmed yet
 * @PAXOS_PEER_A_MEMBER: u8, 0: an address was given, but it is no member (yet)
 * @PAXOS_PEER_A_USED: u16, how much of its journal is used, of 1000 parts, as it last told;
 *	absent: it never did
 * @PAXOS_PEER_A_FULL: u8, 1: it takes no new values until it is trimmed, as it last told
 */
enum paxos_peer_attr {
	PAXOS_PEER_A_UNSPEC,
	PAXOS_PEER_A_NODE,
	PAXOS_PEER_A_ADDRESS,
	PAXOS_PEER_A_VOTER,
	PAXOS_PEER_A_HEALTH,
	PAXOS_PEER_A_RTT_US,
	PAXOS_PEER_A_CHOSEN,
	PAXOS_PEER_A_HEARD_MS,
	PAXOS_PEER_A_PAD,
	PAXOS_PEER_A_DISK,
	PAXOS_PEER_A_MEMBER,
	PAXOS_PEER_A_USED,
	PAXOS_PEER_A_FULL,

	__PAXOS_PEER_A_MAX,
	PAXOS_PEER_A_MAX = __PAXOS_PEER_A_MAX - 1
};

/**
 * enum paxos_room - room in the journal of a node
 * @PAXOS_ROOM_OK: there is
 * @PAXOS_ROOM_FULL: little: no new values while no majority has more, and soon none here
 * @PAXOS_ROOM_LOW: for nothing but a trim: this node does not vote until then
 */
enum paxos_room {
	PAXOS_ROOM_OK = 1,
	PAXOS_ROOM_FULL = 2,
	PAXOS_ROOM_LOW = 3,
};

/**
 * enum paxos_happened - PAXOS_EVENT_A_TYPE: what happened, and what else is told of it
 * @PAXOS_HAPPENED_GROUP_ADDED: the group was created here, as NODE; in state starting.
 *	Its events are counted from this one on
 * @PAXOS_HAPPENED_GROUP_GONE: it was deleted here, and its device is free
 * @PAXOS_HAPPENED_STATE: the state of this node is STATE now, and was STATE_WAS; REASON
 *	as in STATUS, if there is one
 * @PAXOS_HAPPENED_ROLE: the role of this node is ROLE now, and was ROLE_WAS (absent:
 *	it had none yet)
 * @PAXOS_HAPPENED_LEADER: NODE leads, with BALLOT; NODE absent: no leader is known
 * @PAXOS_HAPPENED_PEER: the health of peer NODE is HEALTH now, and was HEALTH_WAS.  That
 *	a peer lags and has caught up is told once in an election timeout at most
 * @PAXOS_HAPPENED_MEMBER: NODE is a member (MEMBER 1) or is not (0), and votes (VOTER 1)
 *	or does not, by the configuration of SLOT (0: the first), the newest
 * @PAXOS_HAPPENED_COMPLETE: the configuration of SLOT is complete: nodes that it left
 *	out may go
 * @PAXOS_HAPPENED_CONFIRMED: first start: all voters have confirmed each other's disks
 * @PAXOS_HAPPENED_REFUSED: a host that claims to be NODE was refused: WHY
 * @PAXOS_HAPPENED_REFUSED_US: NODE refused this node: WHY
 * @PAXOS_HAPPENED_TRIMMED: slots through SLOT are trimmed here
 * @PAXOS_HAPPENED_ROOM: the room in this node's journal is ROOM now
 * @PAXOS_HAPPENED_DAMAGED: the values of COUNT slots are damaged here now, and fetched
 *	from peers; COUNT 0: none is any more
 * @PAXOS_HAPPENED_REPAIRED: slot SLOT was damaged and is whole again
 * @PAXOS_HAPPENED_TWO_VALUES: two values for SLOT at one ballot, of NODE if that is
 *	known: a node lies, or was run twice
 */
enum paxos_happened {
	PAXOS_HAPPENED_GROUP_ADDED = 1,
	PAXOS_HAPPENED_GROUP_GONE = 2,
	PAXOS_HAPPENED_STATE = 3,
	PAXOS_HAPPENED_ROLE = 4,
	PAXOS_HAPPENED_LEADER = 5,
	PAXOS_HAPPENED_PEER = 6,
	PAXOS_HAPPENED_MEMBER = 7,
	PAXOS_HAPPENED_COMPLETE = 8,
	PAXOS_HAPPENED_CONFIRMED = 9,
	PAXOS_HAPPENED_REFUSED = 10,
	PAXOS_HAPPENED_REFUSED_US = 11,
	PAXOS_HAPPENED_TRIMMED = 12,
	PAXOS_HAPPENED_ROOM = 13,
	PAXOS_HAPPENED_DAMAGED = 14,
	PAXOS_HAPPENED_REPAIRED = 15,
	PAXOS_HAPPENED_TWO_VALUES = 16,
};

/**
 * enum paxos_event_attr - one event of a group; enum paxos_happened says what is in it
 *	besides TYPE, SEQUENCE and TIME_NS
 * @PAXOS_EVENT_A_TYPE: u8, enum paxos_happened
 * @PAXOS_EVENT_A_SEQUENCE: u64, counts the group's events from 1; a gap: some were lost
 * @PAXOS_EVENT_A_TIME_NS: u64, when it happened: nanoseconds since 1970, by this
 *	node's clock
 * @PAXOS_EVENT_A_NODE: u16, the node that it is about
 * @PAXOS_EVENT_A_STATE: u8, enum paxos_state
 * @PAXOS_EVENT_A_STATE_WAS: u8, enum paxos_state
 * @PAXOS_EVENT_A_ROLE: u8, enum paxos_role
 * @PAXOS_EVENT_A_ROLE_WAS: u8, enum paxos_role
 * @PAXOS_EVENT_A_HEALTH: u8, enum paxos_health
 * @PAXOS_EVENT_A_HEALTH_WAS: u8, enum paxos_health
 * @PAXOS_EVENT_A_MEMBER: u8, 0 or 1
 * @PAXOS_EVENT_A_VOTER: u8, 0 or 1
 * @PAXOS_EVENT_A_SLOT: u64
 * @PAXOS_EVENT_A_BALLOT: u64
 * @PAXOS_EVENT_A_ROOM: u8, enum paxos_room
 * @PAXOS_EVENT_A_COUNT: u64
 * @PAXOS_EVENT_A_REASON: string, at most PAXOS_REASON_MAX bytes
 * @PAXOS_EVENT_A_WHY: string
 * @PAXOS_EVENT_A_PAD: padding
 */
enum paxos_event_attr {
	PAXOS_EVENT_A_UNSPEC,
	PAXOS_EVENT_A_TYPE,
	PAXOS_EVENT_A_SEQUENCE,
	PAXOS_EVENT_A_TIME_NS,
	PAXOS_EVENT_A_NODE,
	PAXOS_EVENT_A_STATE,
	PAXOS_EVENT_A_STATE_WAS,
	PAXOS_EVENT_A_ROLE,
	PAXOS_EVENT_A_ROLE_WAS,
	PAXOS_EVENT_A_HEALTH,
	PAXOS_EVENT_A_HEALTH_WAS,
	PAXOS_EVENT_A_MEMBER,
	PAXOS_EVENT_A_VOTER,
	PAXOS_EVENT_A_SLOT,
	PAXOS_EVENT_A_BALLOT,
	PAXOS_EVENT_A_ROOM,
	PAXOS_EVENT_A_COUNT,
	PAXOS_EVENT_A_REASON,
	PAXOS_EVENT_A_WHY,
	PAXOS_EVENT_A_PAD,

	__PAXOS_EVENT_A_MAX,
	PAXOS_EVENT_A_MAX = __PAXOS_EVENT_A_MAX - 1
};

/**
 * enum paxos_stats_attr - what a group has counted on this node, since it was created
 *	here or RESET
 * @PAXOS_STATS_A_SINCE_MS: u64, how long ago that was
 * @PAXOS_STATS_A_CHOSEN: u64, proposals of this node's callers that were chosen
 * @PAXOS_STATS_A_UNKNOWN: u64, whose outcome is unknown (ETIMEDOUT, EIO)
 * @PAXOS_STATS_A_WITHDRAWN: u64, withdrawn for want of a quorum (EHOSTUNREACH)
 * @PAXOS_STATS_A_FULL: u64, refused for want of room in the journal (ENOSPC)
 * @PAXOS_STATS_A_STALE: u64, of clients, outlived or evicted (ESTALE)
 * @PAXOS_STATS_A_BARRIERS: u64, barriers that were granted
 * @PAXOS_STATS_A_VALUES: u64, slots delivered here that hold a value
 * @PAXOS_STATS_A_NOOPS: u64, that hold nothing
 * @PAXOS_STATS_A_CONFIGS: u64, that hold a configuration
 * @PAXOS_STATS_A_VALUE_BYTES: u64, of the values delivered
 * @PAXOS_STATS_A_LEADERS: u64, how often another node was seen to lead
 * @PAXOS_STATS_A_RECEIVED: u64, datagrams that came
 * @PAXOS_STATS_A_MALFORMED: u64, of them, dropped as malformed
 * @PAXOS_STATS_A_FOREIGN: u64, as another cluster's, or another node's
 * @PAXOS_STATS_A_NO_MEMORY: u64, for want of memory
 * @PAXOS_STATS_A_SENT: u64, datagrams sent
 * @PAXOS_STATS_A_UNSENT: u64, that the network stack did not take
 * @PAXOS_STATS_A_WRITES: u64, writes to the journal that ended well
 * @PAXOS_STATS_A_WRITTEN_BYTES: u64, of them
 * @PAXOS_STATS_A_PAD: padding
 * @PAXOS_STATS_A_COMMIT: nest of enum paxos_histogram_attr, of the CHOSEN: from the
 *	moment the proposal was queued until it was delivered here
 * @PAXOS_STATS_A_WRITE: nest of enum paxos_histogram_attr, of the WRITES: from the
 *	moment one left for the device until it was durable
 */
enum paxos_stats_attr {
	PAXOS_STATS_A_UNSPEC,
	PAXOS_STATS_A_SINCE_MS,
	PAXOS_STATS_A_CHOSEN,
	PAXOS_STATS_A_UNKNOWN,
	PAXOS_STATS_A_WITHDRAWN,
	PAXOS_STATS_A_FULL,
	PAXOS_STATS_A_STALE,
	PAXOS_STATS_A_BARRIERS,
	PAXOS_STATS_A_VALUES,
	PAXOS_STATS_A_NOOPS,
	PAXOS_STATS_A_CONFIGS,
	PAXOS_STATS_A_VALUE_BYTES,
	PAXOS_STATS_A_LEADERS,
	PAXOS_STATS_A_RECEIVED,
	PAXOS_STATS_A_MALFORMED,
	PAXOS_STATS_A_FOREIGN,
	PAXOS_STATS_A_NO_MEMORY,
	PAXOS_STATS_A_SENT,
	PAXOS_STATS_A_UNSENT,
	PAXOS_STATS_A_WRITES,
	PAXOS_STATS_A_WRITTEN_BYTES,
	PAXOS_STATS_A_PAD,
	PAXOS_STATS_A_COMMIT,
	PAXOS_STATS_A_WRITE,

	__PAXOS_STATS_A_MAX,
	PAXOS_STATS_A_MAX = __PAXOS_STATS_A_MAX - 1
};

/**
 * enum paxos_histogram_attr - how long something took
 * @PAXOS_HISTOGRAM_A_SUM_US: u64, all together
 * @PAXOS_HISTOGRAM_A_BUCKET: u64, repeated PAXOS_HISTOGRAM_BUCKETS times: number i, from
 *	0, tells how many took at most 2^i us and more than the bucket before allows;
 *	the last, all that took longer
 * @PAXOS_HISTOGRAM_A_PAD: padding
 */
enum paxos_histogram_attr {
	PAXOS_HISTOGRAM_A_UNSPEC,
	PAXOS_HISTOGRAM_A_SUM_US,
	PAXOS_HISTOGRAM_A_BUCKET,
	PAXOS_HISTOGRAM_A_PAD,

	__PAXOS_HISTOGRAM_A_MAX,
	PAXOS_HISTOGRAM_A_MAX = __PAXOS_HISTOGRAM_A_MAX - 1
};

#endif /* _UAPI_LINUX_PAXOS_H */
