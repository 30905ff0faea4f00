// SPDX-License-Identifier: GPL-2.0
/*
 * Who may do what over netlink.
 *
 * CAP_NET_ADMIN in the user namespace that owns the network namespace is enough for
 * all, by netlink's own rules, and all that changes anything wants it: netlink asks
 * for it itself, by the flags of the family's table.  A group may have been made for a
 * group of users: its members may use it too, that is propose, ask for barriers, read
 * the log, and the status that says why nothing is chosen.
 *
 * A socket can be inherited and passed on.  So both must be members, who opened it and
 * who sends by it: neither can lend the other what it lacks.  The right to a dump is
 * that of who began it.
 *
 * All of it runs in the sender's context.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/net.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "extack.h"
#include "group.h"
#include "netlink.h"

static bool administrates(const struct sk_buff *request)
{
	return netlink_ns_capable(request, sock_net(request->sk)->user_ns, CAP_NET_ADMIN);
}

static bool is_member(const struct cred *cred, kgid_t gid)
{
	const struct cred *mine = override_creds(cred);
	bool member = in_egroup_p(gid);

	revert_creds(mine);
	return member;
}

/* 0, or -EPERM: who sent @request may not use @group. */
static int may_use(const struct paxos_group *group, const struct sk_buff *request,
		   const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const struct file *socket = NETLINK_CB(request).sk->sk_socket->file;
	gid_t gid;

	if (administrates(request))
		return 0;
	if (!gid_valid(group->gid)) {
		NL_SET_ERR_MSG(extack, "not permitted: needs CAP_NET_ADMIN here (run as root)");
		return -EPERM;
	}
	gid = from_kgid_munged(current_user_ns(), group->gid);
	if (!in_egroup_p(group->gid)) {
		paxos_extack(extack, attr,
			     "not permitted: needs CAP_NET_ADMIN here, or group id %u", gid);
		return -EPERM;
	}
	if (socket && is_member(socket->f_cred, group->gid))
		return 0;
	paxos_extack(extack, attr, "not permitted: who opened this socket is not in group id %u",
		     gid);
	return -EPERM;
}

/* As paxos_nl_group(), for what its users may do; @request names it by @attr. */
struct paxos_group *paxos_nl_group_to_use(const struct sk_buff *request, const struct nlattr *attr,
					  struct netlink_ext_ack *extack)
{
	struct paxos_group *group = paxos_nl_group(sock_net(request->sk), attr, extack);
	int err;

	if (IS_ERR(group))
		return group;
	err = may_use(group, request, attr, extack);
	if (!err)
		return group;
	paxos_group_drop(group);
	return ERR_PTR(err);
}

/* Of a command that only in this form wants more than its users have. */
int paxos_nl_may_administrate(const struct sk_buff *request, struct netlink_ext_ack *extack)
{
	if (administrates(request))
		return 0;
	NL_SET_ERR_MSG(extack, "not permitted: needs CAP_NET_ADMIN here; or name a group");
	return -EPERM;
}
