/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that differs between the kernels this module builds for, and nothing
 * else knows.  Where it can, it gives an older kernel what the newest has, so
 * that the code reads as for that.  What is there is found by probing headers
 * (macros here, Kbuild for what is no macro), never by version: distributions
 * backport.
 */
#ifndef _PAXOS_COMPAT_H
#define _PAXOS_COMPAT_H

#include <linux/fs.h>
#include <linux/netlink.h>
#include <net/genetlink.h>

#ifndef PAXOS_HAVE_GENL_INFO_DUMP
/* Where the parsed attributes of the dump are that @cb belongs to. */
static inline const struct genl_dumpit_info *genl_info_dump(struct netlink_callback *cb)
{
	return genl_dumpit_info(cb);
}
#endif

/* Was it opened with O_EXCL?  @file is a block device's; the flag itself is not kept. */
static inline bool paxos_compat_bdev_file_exclusive(const struct file *file)
{
#ifdef FMODE_EXCL
	return file->f_mode & FMODE_EXCL;
#else
	/* Who holds the claim. */
	return file->private_data;
#endif
}

/* In a tracepoint's assignments, after __string() of the same two. */
#ifdef PAXOS_HAVE_ASSIGN_STR_OF_ONE
#define paxos_assign_str(field, text)	__assign_str(field)
#else
#define paxos_assign_str(field, text)	__assign_str(field, text)
#endif

#endif /* _PAXOS_COMPAT_H */
