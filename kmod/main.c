// SPDX-License-Identifier: GPL-2.0
/*
 * Module entry and exit: parts come up in order and go down in the mirror
 * image.  Groups hold references to the module, so exit finds none alive; what
 * may still run is the very end of a group's teardown, which is flushed.
 */
#include <linux/module.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <paxos/version.h>

#include "group.h"
#include "netlink.h"

struct workqueue_struct *paxos_workqueue;
struct workqueue_struct *paxos_chores_workqueue;

static unsigned int net_id;

/* What this module keeps for a network namespace. */
struct paxos_net *paxos_net(struct net *net)
{
	return net_generic(net, net_id);
}

static int __net_init net_begin(struct net *net)
{
	struct paxos_net *pn = paxos_net(net);

	mutex_init(&pn->lock);
	INIT_LIST_HEAD(&pn->groups);
	mutex_init(&pn->sockets_lock);
	INIT_LIST_HEAD(&pn->sockets);
	return 0;
}

static void __net_exit net_end(struct net *net)
{
	paxos_group_end_all(net);
	paxos_askers_forget(net);
}

static struct pernet_operations net_operations = {
	.init = net_begin,
	.exit = net_end,
	.id = &net_id,
	.size = sizeof(struct paxos_net),
};

static int __init paxos_begin(void)
{
	int err;

	paxos_workqueue = alloc_workqueue("paxos", WQ_UNBOUND, 0);
	if (!paxos_workqueue)
		return -ENOMEM;
	err = -ENOMEM;
	paxos_chores_workqueue = alloc_workqueue("paxos_chores", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!paxos_chores_workqueue)
		goto destroy_workqueue;
	/* As a device: sockets are closed before the namespace's devices go. */
	err = register_pernet_device(&net_operations);
	if (err)
		goto destroy_chores;
	err = paxos_nl_register();
	if (err)
		goto unregister_pernet;
	return 0;

unregister_pernet:
	unregister_pernet_device(&net_operations);
destroy_chores:
	destroy_workqueue(paxos_chores_workqueue);
destroy_workqueue:
	destroy_workqueue(paxos_workqueue);
	return err;
}

static void __exit paxos_end(void)
{
	paxos_nl_unregister();
	unregister_pernet_device(&net_operations);
	/* The end of a group stops its chores: those come last. */
	destroy_workqueue(paxos_workqueue);
	destroy_workqueue(paxos_chores_workqueue);
}

module_init(paxos_begin);
module_exit(paxos_end);
MODULE_ALIAS_GENL_FAMILY(PAXOS_GENL_NAME);
MODULE_DESCRIPTION("Multi-Paxos: hosts that agree on an ordered log of values");
MODULE_LICENSE("GPL");
MODULE_VERSION(PAXOS_VERSION);
