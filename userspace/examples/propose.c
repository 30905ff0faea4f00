// SPDX-License-Identifier: GPL-2.0
/* gcc propose.c $(pkg-config --cflags --libs libnl-genl-3.0); ./a.out kv hello */
#include <linux/paxos.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>

struct outcome {
	int error;
	unsigned long long slot;
	int known;
};

static int take_answer(struct nl_msg *message, void *arg)
{
	struct nlattr *attr[PAXOS_A_MAX + 1], *result[PAXOS_RESULT_A_MAX + 1];
	struct outcome *outcome = arg;

	if (genlmsg_parse(nlmsg_hdr(message), 0, attr, PAXOS_A_MAX, NULL) < 0 ||
	    !attr[PAXOS_A_RESULT] ||
	    nla_parse_nested(result, PAXOS_RESULT_A_MAX, attr[PAXOS_A_RESULT], NULL) < 0)
		return NL_SKIP;
	outcome->error = nla_get_u32(result[PAXOS_RESULT_A_ERROR]);
	if (!outcome->error)
		outcome->slot = nla_get_u64(result[PAXOS_RESULT_A_SLOT]);
	outcome->known = 1;
	return NL_OK;
}

int main(int argc, char **argv)
{
	struct nl_sock *socket = nl_socket_alloc();
	struct nl_msg *message = nlmsg_alloc_size(PAXOS_VALUE_MAX + 1024);
	struct outcome outcome = { 0 };
	struct nlattr *proposal;
	int error, family;

	if (argc != 3 || !socket || !message || genl_connect(socket))
		return 1;
	family = genl_ctrl_resolve(socket, PAXOS_GENL_NAME);	/* loads the module */
	if (family < 0)
		return 1;
	nl_socket_disable_seq_check(socket);	/* the answer comes after the acknowledgment */
	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, take_answer, &outcome);
	genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0, PAXOS_CMD_PROPOSE,
		    PAXOS_GENL_VERSION);
	nla_put_string(message, PAXOS_A_GROUP, argv[1]);
	proposal = nla_nest_start(message, PAXOS_A_PROPOSAL | NLA_F_NESTED);
	if (!proposal || nla_put(message, PAXOS_PROPOSAL_A_VALUE, strlen(argv[2]), argv[2]))
		return 1;
	nla_nest_end(message, proposal);
	error = nl_send_auto(socket, message);
	while (error >= 0 && !outcome.known)
		error = nl_recvmsgs_default(socket);
	if (error < 0)
		fprintf(stderr, "refused: %s\n", nl_geterror(error));
	else if (outcome.error)
		fprintf(stderr, "not chosen: %s\n", strerror(outcome.error));
	else
		printf("slot %llu\n", outcome.slot);
	return error < 0 || outcome.error;
}
