/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink: the generic netlink family, see include/uapi/linux/paxos.h. */
#ifndef _PAXOS_NETLINK_H
#define _PAXOS_NETLINK_H

#include <linux/types.h>
#include <net/genetlink.h>

struct net;
struct netlink_callback;
struct paxos_address;
struct paxos_group;
struct paxos_news;
struct paxos_view;

/* Multicast groups, as the family lists them. */
enum paxos_multicast {
	PAXOS_MULTICAST_LEARNED,
	PAXOS_MULTICAST_EVENTS,
};

extern struct genl_family paxos_family;

/* netlink.c */
int paxos_nl_register(void);
void paxos_nl_unregister(void);
int paxos_nl_name(char *name, const struct nlattr *attr, struct netlink_ext_ack *extack);
struct paxos_group *paxos_nl_group(struct net *net, const struct nlattr *attr,
				   struct netlink_ext_ack *extack);
int paxos_nl_node(struct genl_info *info, int type, u16 *node);
int paxos_nl_peer_address(const struct paxos_group *group, struct genl_info *info,
			  struct paxos_address *address);
int paxos_nl_timeout(const struct nlattr *attr, u64 *deadline_us, struct netlink_ext_ack *extack);
int paxos_nl_put_address(struct sk_buff *skb, int type, const struct paxos_address *address);
int paxos_nl_acknowledge(struct sk_buff *skb, struct genl_info *info);
void paxos_nl_announce(struct net *net, const char *name, u64 slot);

/* nl_rights.c */
struct paxos_group *paxos_nl_group_to_use(const struct sk_buff *request, const struct nlattr *attr,
					  struct netlink_ext_ack *extack);
int paxos_nl_may_administrate(const struct sk_buff *request, struct netlink_ext_ack *extack);

/* nl_group.c */
int paxos_nl_group_add(struct sk_buff *skb, struct genl_info *info);
int paxos_nl_group_del(struct sk_buff *skb, struct genl_info *info);
int paxos_nl_peer_add(struct sk_buff *skb, struct genl_info *info);
int paxos_nl_peer_del(struct sk_buff *skb, struct genl_info *info);

/* nl_status.c */
int paxos_nl_status(struct sk_buff *skb, struct genl_info *info);
int paxos_nl_status_start(struct netlink_callback *cb, struct netlink_ext_ack *extack);
int paxos_nl_status_dump(struct sk_buff *skb, struct netlink_callback *cb);
int paxos_nl_group_get_dump(struct sk_buff *skb, struct netlink_callback *cb);
int paxos_nl_peer_get_start(struct netlink_callback *cb, struct netlink_ext_ack *extack);
int paxos_nl_peer_get_dump(struct sk_buff *skb, struct netlink_callback *cb);
int paxos_nl_member_get_start(struct netlink_callback *cb, struct netlink_ext_ack *extack);
int paxos_nl_member_get_dump(struct sk_buff *skb, struct netlink_callback *cb);
int paxos_nl_group_dump_done(struct netlink_callback *cb);
/* Puts one group's message, by help of some memory; -EMSGSIZE: no room. */
typedef int (*paxos_put_group_fn)(struct sk_buff *skb, struct paxos_group *group, void *memory);
/* What was put, by help of that memory, has not reached the one who asked. */
typedef void (*paxos_unsent_fn)(struct paxos_group *group, const void *memory);
int paxos_nl_answer_group(struct paxos_group *group, struct genl_info *info, u8 cmd, size_t room,
			  paxos_put_group_fn put, size_t size, paxos_unsent_fn unsent);
int paxos_nl_dump_groups(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
			 paxos_put_group_fn put, size_t size);

/* nl_stats.c */
int paxos_nl_stats(struct sk_buff *skb, struct genl_info *info);
int paxos_nl_stats_start(struct netlink_callback *cb, struct netlink_ext_ack *extack);
int paxos_nl_stats_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* nl_events.c */
void paxos_nl_event(struct net *net, const char *name, u64 sequence,
		    const struct paxos_news *news);

/* nl_learn.c */
int paxos_nl_learn_start(struct netlink_callback *cb, struct netlink_ext_ack *extack);
int paxos_nl_learn_dump(struct sk_buff *skb, struct netlink_callback *cb);
int paxos_nl_learn_done(struct netlink_callback *cb);

/* nl_propose.c */
int paxos_nl_propose(struct sk_buff *skb, struct genl_info *info);

/* nl_command.c */
int paxos_nl_barrier(struct sk_buff *skb, struct genl_info *info);
int paxos_nl_leader_transfer(struct sk_buff *skb, struct genl_info *info);
int paxos_nl_member_change(struct sk_buff *skb, struct genl_info *info);
int paxos_nl_trim(struct sk_buff *skb, struct genl_info *info);
int paxos_nl_snapshot_installed(struct sk_buff *skb, struct genl_info *info);

/* asker.c */
int paxos_nl_results(struct sk_buff *skb, struct genl_info *info);
int paxos_askers_begin(void);
void paxos_askers_end(void);
void paxos_askers_forget(struct net *net);

#endif /* _PAXOS_NETLINK_H */
