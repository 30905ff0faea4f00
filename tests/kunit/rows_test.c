// SPDX-License-Identifier: GPL-2.0
/*
 * Rows: the table of PROTOCOL.md, "The cases every implementation gets wrong",
 * each as the schedule it names and the outcome it must have (script.h says how
 * to read them).  P1 and P2 are hosts here, as all are acceptors too; slot 1 is
 * a leader's first no-op where it got that far.
 *
 * Rows that need more than letters, power and time are elsewhere, by the same
 * numbers: 13 in record_test.c, 21 in ballot_test.c and message_test.c, 22 and 29
 * in contact_test.c, 26 in scenario_test.c, 31 in trim_test.c and proposer_test.c,
 * 33 in superblock_test.c, 36 and 38 in membership_test.c, 37 in barrier_test.c; 23
 * is the shell's (tests/selftests/teardown).
 */
#include "script.h"

#define ROW(number, name)						\
	static void row_##number##_##name(struct kunit *test)		\
	{								\
		script_run(test, text_##number##_##name);		\
	}

/* P1 is A, P2 is C. */
static const char text_1_a_promise_that_was_said_is_kept[] =
	"campaign A; give A>B prepare; write B; campaign C; give C>B prepare\n"
	"letters B>C promise 0; power-cut B; boot B\n"
	"prepare C>B C 1; write B; letters B>C promise 1; power-cut B; boot B\n"
	"accept A>B A 1 x; write B; letters B>A accepted 0; letters B>A nack 1\n"
	"accept C>B C 1 y; write B; letters B>C accepted 1; holds B 1 y";
ROW(1, a_promise_that_was_said_is_kept)

static const char text_2_an_accepted_value_outlives_a_power_cut[] =
	"lead A; settle; propose A x; write A; give A>B accept; drop A; write B; drop B>A\n"
	"power-cut B; boot B; away A; lead C; settle; log C 2 x; log B 2 x\n"
	"heal; once A x; agree";
ROW(2, an_accepted_value_outlives_a_power_cut)

static const char text_3_old_promises_do_not_help_a_new_life[] =
	"campaign A; give A>C prepare; write C; keep C>A promise; again; leader A; settle\n"
	"power-cut A; boot A; campaign A; again; again-now; candidate A";
ROW(3, old_promises_do_not_help_a_new_life)

static const char text_4_a_blank_disk_under_an_old_id_is_refused[] =
	"lead A; settle; propose A x; write A; give A>B accept; drop A; write B; drop B>A\n"
	"power-cut A; blank B; boot B; live 4000; nobody-leads; refused C B; never C x\n"
	"boot A; heal; once A x; once C x; refused A B; never B x; agree";
ROW(4, a_blank_disk_under_an_old_id_is_refused)

/* A has x and is away; C, which never saw a promise reporting x, wins with y. */
static const char text_5_a_minority_value_may_lose[] =
	"lead A; settle; propose A x; write A; drop A; away A\n"
	"lead C; propose C y; settle; never C x; once C y\n"
	"heal; once A x; once A y; agree";
ROW(5, a_minority_value_may_lose)

static const char text_6_a_late_accept_is_refused[] =
	"prepare A>C 1.A 1; write C; accept B>C 2.B 1 y; write C; holds C 1 y\n"
	"accept A>C 1.A 1 x; write C; holds C 1 y; letters C>A nack 1; letters C>A accepted 0";
ROW(6, a_late_accept_is_refused)

static const char text_7_the_value_of_the_highest_ballot_is_proposed[] =
	"nodes 5; accept D>A 1.D 1 x; write A; accept E>B 2.E 1 y; write B\n"
	"power-cut D; power-cut E; lead C; settle; log C 1 y; log A 1 y";
ROW(7, the_value_of_the_highest_ballot_is_proposed)

static const char text_9_a_vote_that_comes_twice_is_one[] =
	"nodes 5; lead A; settle; propose A x; write A; give A>B accept; drop A; write B\n"
	"keep B>A accepted; again; again; log A 2 -\n"
	"accepted C>A A 2; log A 2 x";
ROW(9, a_vote_that_comes_twice_is_one)

static const char text_10_a_promise_of_another_round_is_ignored[] =
	"nodes 5; campaign A; give A>B prepare; write B; keep B>A promise; drop A\n"
	"campaign A; again; give A>C prepare; write C; give C>A promise; candidate A";
ROW(10, a_promise_of_another_round_is_ignored)

static const char text_11_two_hosts_with_one_id[] =
	"lead A; settle; blank B; boot B; live 1000; refused A B; refused C B; leader A";
ROW(11, two_hosts_with_one_id)

static const char text_14_a_failed_flush_is_final[] =
	"lead A; settle; propose A x; settle; fail B; state B suspended\n"
	"write B; accept A>B A 3 y; prepare C>B 9.C 3; letters B>A accepted 0\n"
	"letters B>C promise 0; state B suspended; propose A z; settle; once A z; once C z";
ROW(14, a_failed_flush_is_final)

static const char text_16_a_retry_is_delivered_once[] =
	"lead A; settle; heartbeat A>B A 0; propose B x; give B>A forward; write A; drop A>B\n"
	"give A>C accept; write C; give C>A accepted; once A x\n"
	"away A; drop A; lead C; settle; heal\n"
	"once A x; once B x; once C x; answered B 1; agree";
ROW(16, a_retry_is_delivered_once)

static const char text_18_a_hole_at_failover_is_filled[] =
	"lead A; settle; propose A x; write A; drop A; propose A w; write A; give A>B accept\n"
	"write B; holds B 2 -; holds B 3 w; away A; lead B; settle; log B 2 noop; log B 3 w\n"
	"heal; once C w; once C x; agree";
ROW(18, a_hole_at_failover_is_filled)

/* 1 is A and accepted (2,orange); 2 and 3 promised 2; its proposer, B, died. */
static const char text_24_orange_is_chosen[] =
	"accept B>A 2.B 1 orange; prepare A>B 1.A 1; prepare B>A 2.B 1; write A; write B\n"
	"prepare B>C 2.B 1; write C; prepare A>C 1.A 1; letters C>A nack 1\n"
	"power-cut B; lead C; settle; log C 1 orange; log A 1 orange";
ROW(24, orange_is_chosen)

static const char text_25_banana_is_proposed[] =
	"nodes 5; accept D>A 1.D 1 apple; write A; accept E>B 2.E 1 banana; write B\n"
	"power-cut D; power-cut E; lead C; settle; log A 1 banana; log B 1 banana; log C 1 banana";
ROW(25, banana_is_proposed)

/* p2 is B and proposes b to B,C; p1 is A and prepares a larger number. */
static const char text_27_a_larger_prepare_learns_the_value[] =
	"campaign B; give B>C prepare; drop B>A; write C; give C>B promise; propose B b; write B\n"
	"give B>C accept; give B>C accept; drop B>A; write C; drop C>B; propose A a\n"
	"drop A; lead A; heal; log A 2 b; once C a; agree";
ROW(27, a_larger_prepare_learns_the_value)

static const char text_28_the_larger_of_two_numbers_wins[] =
	"nodes 5; accept D>A 1.D 1 i1; accept E>A 2.E 1 i2; write A; accept D>B 1.D 1 i1; write B\n"
	"power-cut D; power-cut E; lead C; settle; log C 1 i2; log B 1 i2";
ROW(28, the_larger_of_two_numbers_wins)

/* 7 is slot 2 here. */
static const char text_30_a_deposed_leaders_word_is_not_enough[] =
	"nodes 5; lead A; settle; propose A v'; write A; give A>D accept; write D; holds D 2 v'\n"
	"away A; away D; settle; power-cut D; power-cut A; lead B; propose B w; settle\n"
	"once E w; log E 2 noop; boot D; heartbeat A>D A 2; log D 2 -; holds D 2 v'\n"
	"boot A; heal; log D 2 noop; log A 2 noop; once D w; agree";
ROW(30, a_deposed_leaders_word_is_not_enough)

static const char text_8_a_damaged_value_is_not_an_empty_slot[] =
	"accept B>C 1.B 1 y; write C; accept C>A 2.C 1 x; accept C>B 2.C 1 x; write A; write B\n"
	"rot B 1; boot B; away A; lead C; settle; live 2000; log C 1 -; log B 1 -; holds C 1 y\n"
	"heal; log A 1 x; log B 1 x; log C 1 x; agree";
ROW(8, a_damaged_value_is_not_an_empty_slot)

/* What is still in memory is served even below the trim point, so A and B start anew. */
static const char text_12_who_is_behind_the_trim_point_needs_a_snapshot[] =
	"away C; lead A; propose A x; propose A y; live 3000; trim A 3; trim B 3; live 1000\n"
	"said A chosen 3; said B chosen 3; boot A; boot B; live 2000\n"
	"prepare C>A 9.C 2; settle; letters A>C promise 0; back C; live 2000; log C 2 -\n"
	"state C snapshot-needed; installed C 3; live 2000; propose A z; live 2000\n"
	"state C ok; once C z; once A z; once B z; log C 2 -; agree";
ROW(12, who_is_behind_the_trim_point_needs_a_snapshot)

static const char text_15_a_restored_image_is_refused[] =
	"lead A; settle; propose A x; settle; save B; propose A y; settle; live 2000\n"
	"restore B; boot B; live 3000; state B forgotten; health A B forgotten; health C B forgotten\n"
	"propose A z; live 1000; once A z; once C z; agree";
ROW(15, a_restored_image_is_refused)

/* The image is of B's last life: it lacks nothing but a vote, which nothing else tells of. */
static const char text_15_an_image_that_lacks_a_vote_is_refused[] =
	"lead A; settle; propose A x; settle; live 2000; away C; save B; propose A y; write A\n"
	"give A>B accept; write B; give B>A accepted; once A y; restore B; boot B; live 1000\n"
	"state B forgotten";
ROW(15, an_image_that_lacks_a_vote_is_refused)

/* Nobody remembers, but the journals do: which life of B was the last. */
static const char text_15_an_image_is_refused_though_all_restart[] =
	"lead A; settle; propose A x; settle; live 2000; save B; boot B; live 1000\n"
	"power-cut A; power-cut B; power-cut C; boot A; boot C; live 1000\n"
	"restore B; boot B; live 3000; state B forgotten; health A B forgotten\n"
	"health C B forgotten; propose A z; live 2000; once A z; once C z; agree";
ROW(15, an_image_is_refused_though_all_restart)

/* What stood before a table is not read again. */
static const char text_15_an_image_is_refused_though_all_trim_and_restart[] =
	"lead A; settle; propose A x; settle; live 2000; save B; boot B; live 1000\n"
	"propose A y; live 1000; trim A 2; trim C 2; live 1000; boot A; live 1000; boot C\n"
	"live 1000; trim A 3; trim C 3; live 1000\n"
	"power-cut A; power-cut B; power-cut C; boot A; boot C; live 1000\n"
	"restore B; boot B; live 3000; state B forgotten; health A B forgotten";
ROW(15, an_image_is_refused_though_all_trim_and_restart)

/* A is paused; its callers' barrier is answered only by who leads now. */
static const char text_17_no_stale_barrier_after_a_pause[] =
	"lead A; settle; away A; barrier A; answered A 0; lead B; propose B x; settle; once C x\n"
	"answered A 0; heal; said A chosen 3; agree";
ROW(17, no_stale_barrier_after_a_pause)

static const char text_19_a_chain_has_one_stable_leader[] =
	"lead A; settle; cut A>C; cut C>A; propose C x; live 8000; leader A; same-ballot A\n"
	"once A x; once B x; once C x; answered C 1; agree";
ROW(19, a_chain_has_one_stable_leader)

static const char text_20_duelling_proposers_decide[] =
	"nodes 5; basic; propose A a; propose B b; propose C c; propose D d; propose E e; heal\n"
	"once A a; once B b; once C c; once D d; once E e; once A e; once E a; agree";
ROW(20, duelling_proposers_decide)

static const char text_32_the_acknowledged_last_batch_rots[] =
	"lead A; settle; propose A x; write A; give A>B accept; drop A; write B\n"
	"give B>A accepted; once A x; drop A; rot B 2; power-cut A; boot B; lead C; settle\n"
	"live 2000; log B 2 -\n"
	"boot A; heal; once B x; once C x; agree";
ROW(32, the_acknowledged_last_batch_rots)

static const char text_34_a_slot_that_one_damaged_copy_has_is_free[] =
	"accept C>A 1.C 1 x; torn A 0x0; accept C>B 1.C 1 x; write B; rot B 1\n"
	"boot A; boot B; lead C; settle; log C 1 noop; log A 1 noop; heal; log B 1 noop; agree";
ROW(34, a_slot_that_one_damaged_copy_has_is_free)

static const char text_35_a_barrier_counts_what_promises_report[] =
	"accept B>A 1.B 400 z; write A; power-cut B; lead C; barrier C; settle; live 1000\n"
	"said C chosen 400; agree";
ROW(35, a_barrier_counts_what_promises_report)

static struct kunit_case cases[] = {
	KUNIT_CASE(row_1_a_promise_that_was_said_is_kept),
	KUNIT_CASE(row_2_an_accepted_value_outlives_a_power_cut),
	KUNIT_CASE(row_3_old_promises_do_not_help_a_new_life),
	KUNIT_CASE(row_4_a_blank_disk_under_an_old_id_is_refused),
	KUNIT_CASE(row_5_a_minority_value_may_lose),
	KUNIT_CASE(row_6_a_late_accept_is_refused),
	KUNIT_CASE(row_7_the_value_of_the_highest_ballot_is_proposed),
	KUNIT_CASE(row_9_a_vote_that_comes_twice_is_one),
	KUNIT_CASE(row_10_a_promise_of_another_round_is_ignored),
	KUNIT_CASE(row_11_two_hosts_with_one_id),
	KUNIT_CASE(row_14_a_failed_flush_is_final),
	KUNIT_CASE(row_16_a_retry_is_delivered_once),
	KUNIT_CASE(row_18_a_hole_at_failover_is_filled),
	KUNIT_CASE(row_24_orange_is_chosen),
	KUNIT_CASE(row_25_banana_is_proposed),
	KUNIT_CASE(row_27_a_larger_prepare_learns_the_value),
	KUNIT_CASE(row_28_the_larger_of_two_numbers_wins),
	KUNIT_CASE(row_30_a_deposed_leaders_word_is_not_enough),
	KUNIT_CASE(row_8_a_damaged_value_is_not_an_empty_slot),
	KUNIT_CASE(row_12_who_is_behind_the_trim_point_needs_a_snapshot),
	KUNIT_CASE(row_15_a_restored_image_is_refused),
	KUNIT_CASE(row_15_an_image_that_lacks_a_vote_is_refused),
	KUNIT_CASE(row_15_an_image_is_refused_though_all_restart),
	KUNIT_CASE(row_15_an_image_is_refused_though_all_trim_and_restart),
	KUNIT_CASE(row_17_no_stale_barrier_after_a_pause),
	KUNIT_CASE(row_19_a_chain_has_one_stable_leader),
	KUNIT_CASE(row_20_duelling_proposers_decide),
	KUNIT_CASE(row_32_the_acknowledged_last_batch_rots),
	KUNIT_CASE(row_34_a_slot_that_one_damaged_copy_has_is_free),
	KUNIT_CASE(row_35_a_barrier_counts_what_promises_report),
	{}
};

LAB_SUITE(rows, cases);
