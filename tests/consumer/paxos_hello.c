// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/paxos.h>

/* Proposes in group kv of insmod's network namespace. */
static int __init hello_init(void)
{
	struct paxos_group *group = paxos_group_get(current->nsproxy->net_ns, "kv");
	u64 slot;
	int err;

	if (!group)
		return -ENOENT;
	err = paxos_propose(group, "hello", 5, 10 * HZ, &slot);
	paxos_group_put(group);
	if (!err)
		pr_info("paxos_hello: slot %llu\n", slot);
	return err;
}
module_init(hello_init);

static void __exit hello_exit(void)
{
}
module_exit(hello_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Proposes one value: the example of README.md");
