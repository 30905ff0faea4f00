// SPDX-License-Identifier: GPL-2.0
/*
 * The UDP socket of a group, IPv4 or IPv6.
 *
 * A kernel socket holds no reference to its network namespace: it is closed in
 * the namespace's exit hook at the latest (group.c).  It is bound in the doit
 * of group add, so that an address in use is that caller's error.  Sending and
 * receiving happen in process context, under the engine lock, and never block;
 * the data-ready callback, in any context, only wakes the engine.
 */
#include <linux/net.h>
#include <net/ipv6.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "extack.h"
#include "socket.h"

/* Room for a window of large values, counted in skbs' true sizes. */
#define RECEIVE_BUFFER	(8 << 20)	/* bytes */
#define SEND_BUFFER	(4 << 20)	/* bytes */

static bool address_usable(const struct paxos_address *address, bool local)
{
	__be32 v4 = address->in.sin_addr.s_addr;
	int type;

	if (address->sa.sa_family == AF_INET)
		return !ipv4_is_multicast(v4) && !ipv4_is_lbcast(v4) &&
		       (local || !ipv4_is_zeronet(v4));
	type = ipv6_addr_type(&address->in6.sin6_addr);
	return !(type & (IPV6_ADDR_MULTICAST | IPV6_ADDR_MAPPED)) &&
	       (local || type != IPV6_ADDR_ANY);
}

/* Read an address a user gave; @local: to bind to, so the wildcard is fine. */
int paxos_address_parse(struct paxos_address *address, const struct nlattr *attr, bool local,
			struct netlink_ext_ack *extack)
{
	size_t length = nla_len(attr);

	memset(address, 0, sizeof(*address));
	if (length < sizeof(sa_family_t) || length > sizeof(*address))
		goto bad_length;
	memcpy(address, nla_data(attr), length);
	switch (address->sa.sa_family) {
	case AF_INET:
		if (length != sizeof(address->in))
			goto bad_length;
		memset(address->in.sin_zero, 0, sizeof(address->in.sin_zero));
		break;
	case AF_INET6:
		if (length != sizeof(address->in6))
			goto bad_length;
		address->in6.sin6_flowinfo = 0;
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, attr, "address is neither IPv4 nor IPv6");
		return -EAFNOSUPPORT;
	}
	/* The port stands at the same place in both. */
	if (!address->in.sin_port) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "address has no port");
		return -EINVAL;
	}
	if (!address_usable(address, local)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "address is not one host's unicast address");
		return -EINVAL;
	}
	return 0;
bad_length:
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "address must be a struct sockaddr_in or sockaddr_in6");
	return -EINVAL;
}

/* As the configuration has it; false if others cannot use it: link-local. */
bool paxos_address_endpoint(const struct paxos_address *address, struct paxos_endpoint *endpoint)
{
	*endpoint = (struct paxos_endpoint) { .port = ntohs(address->in.sin_port) };
	if (address->sa.sa_family == AF_INET) {
		endpoint->family = 4;
		memcpy(endpoint->address, &address->in.sin_addr, sizeof(address->in.sin_addr));
		return true;
	}
	endpoint->family = 6;
	memcpy(endpoint->address, &address->in6.sin6_addr, sizeof(address->in6.sin6_addr));
	return !(ipv6_addr_type(&address->in6.sin6_addr) & IPV6_ADDR_LINKLOCAL);
}

/* Family 0 if a socket of @family cannot reach it, or nobody can. */
void paxos_address_of_endpoint(struct paxos_address *address,
			       const struct paxos_endpoint *endpoint, sa_family_t family)
{
	memset(address, 0, sizeof(*address));
	if (endpoint->family == 4) {
		address->sa.sa_family = AF_INET;
		memcpy(&address->in.sin_addr, endpoint->address, sizeof(address->in.sin_addr));
	} else if (endpoint->family == 6) {
		address->sa.sa_family = AF_INET6;
		memcpy(&address->in6.sin6_addr, endpoint->address,
		       sizeof(address->in6.sin6_addr));
	}
	address->in.sin_port = htons(endpoint->port);
	if (address->sa.sa_family != family || !endpoint->port || !address_usable(address, false))
		memset(address, 0, sizeof(*address));
}

static void set_buffers(struct sock *sk)
{
	lock_sock(sk);
	sk->sk_userlocks |= SOCK_RCVBUF_LOCK | SOCK_SNDBUF_LOCK;
	WRITE_ONCE(sk->sk_rcvbuf, RECEIVE_BUFFER);
	WRITE_ONCE(sk->sk_sndbuf, SEND_BUFFER);
	/* Storage may stand on this group: never wait for storage here. */
	sk->sk_allocation = GFP_NOIO;
	release_sock(sk);
}

/* Make @s a socket bound to @listen, named by @attr. */
int paxos_socket_open(struct paxos_socket *s, struct net *net, const struct paxos_address *listen,
		      const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct paxos_address address = *listen;
	struct socket *socket;
	int err;

	err = sock_create_kern(net, listen->sa.sa_family, SOCK_DGRAM, IPPROTO_UDP, &socket);
	/* So it calls what is a lack of memory, too. */
	if (err == -ENFILE || err == -ENOBUFS)
		err = -ENOMEM;
	if (err == -ENOMEM)
		return err;
	if (err) {
		paxos_extack(extack, attr, "cannot make a UDP socket: error %d", -err);
		return err;
	}
	if (listen->sa.sa_family == AF_INET6)
		ip6_sock_set_v6only(socket->sk);
	set_buffers(socket->sk);
	/* void *: later kernels have another pointer type here. */
	err = kernel_bind(socket, (void *)&address, paxos_address_length(&address));
	if (err)
		goto release;
	s->socket = socket;
	return 0;
release:
	sock_release(socket);
	switch (err) {
	case -EADDRINUSE:
		NL_SET_ERR_MSG_ATTR(extack, attr, "address is in use: choose another port");
		return -EBUSY;
	case -EADDRNOTAVAIL:
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "address is not this host's: listen on one of its own");
		return err;
	default:
		paxos_extack(extack, attr, "cannot bind to the address: error %d", -err);
		return err;
	}
}

static void data_ready(struct sock *sk)
{
	struct paxos_socket *s;

	read_lock_bh(&sk->sk_callback_lock);
	s = sk->sk_user_data;
	if (s)
		s->ready(s->data);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* From now on call @ready, in any context, when something has come. */
void paxos_socket_attach(struct paxos_socket *s, void (*ready)(void *), void *data)
{
	struct sock *sk = s->socket->sk;

	s->ready = ready;
	s->data = data;
	write_lock_bh(&sk->sk_callback_lock);
	s->saved_data_ready = sk->sk_data_ready;
	sk->sk_user_data = s;
	sk->sk_data_ready = data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* Twice does no harm. */
void paxos_socket_close(struct paxos_socket *s)
{
	struct sock *sk;

	if (!s->socket)
		return;
	sk = s->socket->sk;
	write_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_user_data) {
		sk->sk_data_ready = s->saved_data_ready;
		sk->sk_user_data = NULL;
	}
	write_unlock_bh(&sk->sk_callback_lock);
	sock_release(s->socket);
	s->socket = NULL;
}

/* One datagram, at most @room bytes of it: its length, or -errno (-EAGAIN: none). */
int paxos_socket_receive(struct paxos_socket *s, void *data, size_t room,
			 struct paxos_address *source)
{
	struct kvec part = { .iov_base = data, .iov_len = room };
	struct msghdr message = {
		.msg_name = source,
		.msg_namelen = sizeof(*source),
	};

	if (!s->socket)
		return -EAGAIN;
	return kernel_recvmsg(s->socket, &message, &part, 1, room, MSG_DONTWAIT);
}

/* Send one datagram of @count parts, @length bytes.  An error is like a loss. */
int paxos_socket_send(struct paxos_socket *s, const struct paxos_address *to, struct kvec *parts,
		      size_t count, size_t length)
{
	struct paxos_address address = *to;
	struct msghdr message = {
		.msg_name = &address,
		.msg_namelen = paxos_address_length(to),
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
	};

	if (!s->socket)
		return -ENOTCONN;
	return kernel_sendmsg(s->socket, &message, parts, count, length);
}
