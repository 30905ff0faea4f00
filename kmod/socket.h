/* SPDX-License-Identifier: GPL-2.0 */
/* Socket: the UDP socket of one group. */
#ifndef _PAXOS_SOCKET_H
#define _PAXOS_SOCKET_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <linux/uio.h>

#include "core/table.h"

struct net;
struct netlink_ext_ack;
struct nlattr;
struct sock;
struct socket;

/* IPv4 or IPv6 address and port; family 0: none. */
struct paxos_address {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
};

struct paxos_socket {
	struct socket *socket;		/* NULL: closed */
	void (*ready)(void *data);
	void *data;
	void (*saved_data_ready)(struct sock *sk);
};

static inline size_t paxos_address_length(const struct paxos_address *address)
{
	return address->sa.sa_family == AF_INET6 ? sizeof(address->in6) : sizeof(address->in);
}

int paxos_address_parse(struct paxos_address *address, const struct nlattr *attr, bool local,
			struct netlink_ext_ack *extack);
bool paxos_address_endpoint(const struct paxos_address *address, struct paxos_endpoint *endpoint);
void paxos_address_of_endpoint(struct paxos_address *address,
			       const struct paxos_endpoint *endpoint, sa_family_t family);

int paxos_socket_open(struct paxos_socket *s, struct net *net, const struct paxos_address *listen,
		      const struct nlattr *attr, struct netlink_ext_ack *extack);
void paxos_socket_attach(struct paxos_socket *s, void (*ready)(void *), void *data);
void paxos_socket_close(struct paxos_socket *s);
int paxos_socket_receive(struct paxos_socket *s, void *data, size_t room,
			 struct paxos_address *source);
int paxos_socket_send(struct paxos_socket *s, const struct paxos_address *to, struct kvec *parts,
		      size_t count, size_t length);

#endif /* _PAXOS_SOCKET_H */
