// SPDX-License-Identifier: GPL-2.0
/*
 * A module that proposes through include/linux/paxos.h and checks the answers.
 *
 *	insmod paxos_consumer.ko group=kv count=100
 *
 * proposes @count values from process context, one after the other, then @count
 * from a timer (softirq), under a spinlock, as many at a time as it may; checks
 * that each was answered exactly once, that each got a slot, and no two the
 * same one; then that barriers lie beyond them, that a client's proposal made twice
 * gets one slot, that a learner is handed all slots in order, and that trims are
 * refused beyond what is there; and says in the kernel log
 *
 *	paxos_consumer: N passed, N failed
 *
 * It works in a thread of its own, so that insmod returns at once.  Unloading
 * waits until all is proposed and answered, or, once something has failed, for
 * the answers that are still due.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/paxos.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>
#include <net/net_namespace.h>

#define COUNT_MAX	100000u
#define BURST		32u	/* proposals of one run of the timer */
#define VALUE_MAX	64u	/* bytes of our values */

static char *group = "kv";
module_param(group, charp, 0444);
MODULE_PARM_DESC(group, "name of the group, in the namespace of insmod");

static unsigned int count = 100;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "values proposed from process context, and again from a timer");

static unsigned int timeout_ms = 30000;
module_param(timeout_ms, uint, 0444);
MODULE_PARM_DESC(timeout_ms, "of each proposal");

/* One proposal from atomic context. */
struct asynchronous {
	unsigned int answers;
	int err;
	u64 slot;
};

static struct paxos_group *paxos;
static struct task_struct *worker;
static struct timer_list timer;
static u64 *slots;			/* all that were answered */
static unsigned int slots_used;
static unsigned int passed, failed;

static DEFINE_SPINLOCK(lock);		/* of what follows */
static struct asynchronous *asynchronous;
static unsigned int submitted;		/* the timer's proposals so far */
static unsigned int outstanding;	/* of them unanswered; and 1 for the timer */
static DECLARE_COMPLETION(all_answered);

static void check(bool good, const char *what, int err)
{
	if (good) {
		passed++;
	} else {
		failed++;
		pr_notice("%s: error %d\n", what, err);
	}
}

/* With the lock held. */
static void one_less(void)
{
	if (!--outstanding)
		complete(&all_answered);
}

static void done(void *ctx, int err, u64 slot)
{
	struct asynchronous *a = ctx;

	might_sleep();
	spin_lock_bh(&lock);
	a->answers++;
	a->err = err;
	a->slot = slot;
	one_less();
	spin_unlock_bh(&lock);
}

/* Softirq: propose a burst; again in a jiffy until all are under way. */
static void propose_burst(struct timer_list *unused)
{
	char value[VALUE_MAX];
	struct paxos_proposal proposal = {
		.value = value,
		.timeout = msecs_to_jiffies(timeout_ms),
		.owner = THIS_MODULE,
	};
	unsigned int i;
	int err;

	spin_lock(&lock);
	for (i = 0; i < BURST && submitted < count; i++) {
		proposal.length = scnprintf(value, sizeof(value), "atomic %u", submitted);
		/* Counted first: the answer may come before the call returns. */
		outstanding++;
		err = paxos_propose_async(paxos, &proposal, GFP_ATOMIC, done,
					  &asynchronous[submitted]);
		if (err) {
			one_less();
			/* Too many at once: the rest comes later. */
			if (err == -ENOBUFS || err == -ENOMEM)
				break;
			asynchronous[submitted].answers++;
			asynchronous[submitted].err = err;
		}
		submitted++;
	}
	if (submitted < count)
		mod_timer(&timer, jiffies + 1);
	else
		one_less();
	spin_unlock(&lock);
}

static void from_process_context(void)
{
	char value[VALUE_MAX];
	unsigned int i, length;
	u64 slot;
	int err;

	for (i = 0; i < count && !(failed && kthread_should_stop()); i++) {
		length = scnprintf(value, sizeof(value), "process %u", i);
		slot = 0;
		err = paxos_propose(paxos, value, length, msecs_to_jiffies(timeout_ms), &slot);
		check(!err && slot, "paxos_propose", err);
		if (!err)
			slots[slots_used++] = slot;
	}
}

static void from_atomic_context(void)
{
	unsigned int i;

	spin_lock_bh(&lock);
	outstanding = 1;
	spin_unlock_bh(&lock);
	mod_timer(&timer, jiffies + 1);
	wait_for_completion(&all_answered);
	for (i = 0; i < submitted; i++) {
		struct asynchronous *a = &asynchronous[i];

		check(a->answers == 1 && !a->err && a->slot, "paxos_propose_async", a->err);
		if (!a->err)
			slots[slots_used++] = a->slot;
	}
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void no_slot_twice(void)
{
	unsigned int i, twice = 0;

	sort(slots, slots_used, sizeof(*slots), compare, NULL);
	for (i = 1; i < slots_used; i++)
		twice += slots[i] == slots[i - 1];
	check(!twice, "a slot was answered twice", -(int)twice);
}

static void errors_are_told(void)
{
	struct paxos_proposal proposal = { .value = "x" };
	int err;

	err = paxos_propose_async(paxos, &proposal, GFP_KERNEL, done, NULL);
	check(err == -EINVAL, "an empty value was not refused", err);
	proposal.length = 32769;
	err = paxos_propose_async(paxos, &proposal, GFP_KERNEL, done, NULL);
	check(err == -EMSGSIZE, "a value that is too long was not refused", err);
}

/* Slots are sorted. */
static void barriers_lie_beyond(void)
{
	u64 slot = 0;
	int err;

	err = paxos_barrier(paxos, msecs_to_jiffies(timeout_ms), &slot);
	check(!err && slots_used && slot >= slots[slots_used - 1], "paxos_barrier", err);
}

struct answered {
	struct completion done;
	int err;
	u64 slot;
};

static void answer(void *ctx, int err, u64 slot)
{
	struct answered *answered = ctx;

	answered->err = err;
	answered->slot = slot;
	complete(&answered->done);
}

/* Propose as a client and wait. */
static u64 propose_as(u64 client, u64 sequence)
{
	struct paxos_proposal proposal = {
		.value = "client",
		.length = 6,
		.timeout = msecs_to_jiffies(timeout_ms),
		.client = client,
		.sequence = sequence,
		.owner = THIS_MODULE,
	};
	struct answered answered = {};
	int err;

	init_completion(&answered.done);
	err = paxos_propose_async(paxos, &proposal, GFP_KERNEL, answer, &answered);
	if (!err) {
		wait_for_completion(&answered.done);
		err = answered.err;
	}
	check(!err, "a client's proposal", err);
	return answered.slot;
}

static void retries_are_safe(void)
{
	u64 client = ktime_get_ns(), first = propose_as(client, 1);

	check(propose_as(client, 1) == first, "a client's retry got another slot", 0);
	check(propose_as(client, 2) != first, "a client's next proposal got the same slot", 0);
}

/* What our learner was handed. */
static struct {
	u64 next, last;
	bool refused, disordered;
	struct completion done;
} learnt;

static int learn_value(void *ctx, const struct paxos_learned *learned)
{
	might_sleep();
	/* Each tenth slot is taken at the second try. */
	if (learned->slot % 10 == 0 && !learnt.refused) {
		learnt.refused = true;
		return -EAGAIN;
	}
	learnt.refused = false;
	learnt.disordered |= learned->slot != learnt.next++;
	if (learned->slot == learnt.last)
		complete(&learnt.done);
	return 0;
}

static int learn_trimmed(void *ctx, u64 first)
{
	learnt.next = first;
	return 0;
}

static void learn_stopped(void *ctx, int err)
{
	check(false, "the learner ended", err);
	complete(&learnt.done);
}

static void all_is_learnt(void)
{
	static const struct paxos_learner_ops ops = {
		.value = learn_value,
		.trimmed = learn_trimmed,
		.stopped = learn_stopped,
	};
	static struct paxos_learner learner = { .ops = &ops };
	struct paxos_status status;
	int err;

	err = paxos_group_status(paxos, &status);
	check(!err && status.state == PAXOS_STATE_OK, "paxos_group_status", err);
	/* The last hundred. */
	learnt.last = slots[slots_used - 1];
	learnt.next = learnt.last > 100 ? learnt.last - 100 : 1;
	init_completion(&learnt.done);
	err = paxos_learn_start(paxos, learnt.next, &learner);
	check(!err, "paxos_learn_start", err);
	if (err)
		return;
	wait_for_completion(&learnt.done);
	paxos_learn_stop(&learner);
	check(!learnt.disordered, "slots were not learnt in order", 0);
}

static void trims_are_checked(void)
{
	int err;

	err = paxos_trim(paxos, ~0ull >> 2);
	check(err == -ERANGE, "a trim of what is not chosen", err);
	err = paxos_trim(paxos, 0);
	check(!err, "a trim of nothing", err);
	err = paxos_snapshot_installed(paxos, 0);
	check(err == -EINVAL, "a snapshot of nothing", err);
}

static int work(void *unused)
{
	errors_are_told();
	from_process_context();
	from_atomic_context();
	no_slot_twice();
	if (!failed) {
		barriers_lie_beyond();
		retries_are_safe();
		all_is_learnt();
		trims_are_checked();
	}
	pr_info("%u passed, %u failed\n", passed, failed);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return 0;
}

static int __init consumer_begin(void)
{
	int err = -ENOMEM;

	if (!count || count > COUNT_MAX)
		return -EINVAL;
	paxos = paxos_group_get(current->nsproxy->net_ns, group);
	if (!paxos) {
		pr_err("no group %s in this namespace\n", group);
		return -ENOENT;
	}
	slots = vzalloc(array3_size(2, count, sizeof(*slots)));
	asynchronous = vzalloc(array_size(count, sizeof(*asynchronous)));
	if (!slots || !asynchronous)
		goto free;
	timer_setup(&timer, propose_burst, 0);
	worker = kthread_run(work, NULL, "paxos_consumer");
	if (IS_ERR(worker)) {
		err = PTR_ERR(worker);
		goto free;
	}
	return 0;
free:
	vfree(asynchronous);
	vfree(slots);
	paxos_group_put(paxos);
	return err;
}

static void __exit consumer_end(void)
{
	/*
	 * The thread ends when all is answered: no callback is left then, but
	 * perhaps at its last unlock.
	 */
	kthread_stop(worker);
	spin_lock_bh(&lock);
	spin_unlock_bh(&lock);
	vfree(asynchronous);
	vfree(slots);
	paxos_group_put(paxos);
}

module_init(consumer_begin);
module_exit(consumer_end);
MODULE_DESCRIPTION("Test of the kernel API of paxos.ko");
MODULE_LICENSE("GPL");
