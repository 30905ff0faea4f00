// SPDX-License-Identifier: GPL-2.0
/* paxos_kunit.ko: its suites run when it is loaded; results are in the kernel log. */
#include <linux/module.h>

MODULE_DESCRIPTION("KUnit suites of paxos.ko's core");
MODULE_LICENSE("GPL");
