/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that differs between the kernels this module builds for, and nothing
 * else knows.  What is there is found by probing headers (macros here, Kbuild
 * for what is no macro), never by version: distributions backport.
 */
#ifndef _PAXOS_COMPAT_H
#define _PAXOS_COMPAT_H

#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <net/genetlink.h>

/* The parsed attributes of the dump that @cb belongs to. */
static inline struct nlattr **paxos_dump_attrs(struct netlink_callback *cb)
{
#ifdef PAXOS_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/*
 * Close a block device that filp_open() opened exclusively; the claim is gone
 * on return.  A plain fput() of a kernel thread is delayed; __fput_sync() is for
 * kernel threads only, and a user's task has given up the claim when it returns
 * from its system call.
 */
static inline void paxos_compat_close_bdev_file(struct file *file)
{
#ifdef PAXOS_HAVE_BDEV_FPUT
	bdev_fput(file);
#else
	if (current->flags & PF_KTHREAD)
		__fput_sync(file);
	else
		fput(file);
#endif
}

#endif /* _PAXOS_COMPAT_H */
