/* SPDX-License-Identifier: GPL-2.0 */
/* As much of KUnit as the suites use, for userspace. */
#ifndef _USER_KUNIT_TEST_H
#define _USER_KUNIT_TEST_H

#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

struct kunit {
	void *priv;
	const char *name;
	bool failed;
	jmp_buf abort;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char name[256];
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
	struct kunit_suite *next;
};

#define KUNIT_CASE(function)	{ .run_case = function, .name = #function }

void kunit_register(struct kunit_suite *suite);

#define kunit_test_suite(suite)						\
	static __attribute__((constructor)) void register_##suite(void)	\
	{								\
		kunit_register(&(suite));				\
	}

void kunit_fail(struct kunit *test, const char *file, int line, const char *what, long long left,
		long long right, const char *format, ...);

#define KUNIT_CHECK_(test, left, op, right, fatal, ...)			\
do {									\
	struct kunit *test_ = (test);					\
	typeof((left) + 0) left_ = (left);				\
	typeof((right) + 0) right_ = (right);				\
									\
	if (!(left_ op right_)) {					\
		kunit_fail(test_, __FILE__, __LINE__, #left " " #op " " #right, \
			   (long long)left_, (long long)right_, " " __VA_ARGS__); \
		if (fatal)						\
			longjmp(test_->abort, 1);			\
	}								\
} while (0)

#define KUNIT_CHECK_TRUE_(test, condition, fatal, ...)			\
	KUNIT_CHECK_(test, !!(condition), ==, true, fatal, __VA_ARGS__)
#define KUNIT_CHECK_STRING_(test, left, right, ...)			\
	KUNIT_CHECK_(test, strcmp(left, right), ==, 0, false, __VA_ARGS__)

#define KUNIT_EXPECT_EQ(t, l, r)	KUNIT_CHECK_(t, l, ==, r, false)
#define KUNIT_EXPECT_NE(t, l, r)	KUNIT_CHECK_(t, l, !=, r, false)
#define KUNIT_EXPECT_LT(t, l, r)	KUNIT_CHECK_(t, l, <, r, false)
#define KUNIT_EXPECT_LE(t, l, r)	KUNIT_CHECK_(t, l, <=, r, false)
#define KUNIT_EXPECT_GT(t, l, r)	KUNIT_CHECK_(t, l, >, r, false)
#define KUNIT_EXPECT_GE(t, l, r)	KUNIT_CHECK_(t, l, >=, r, false)
#define KUNIT_EXPECT_TRUE(t, c)		KUNIT_CHECK_TRUE_(t, c, false)
#define KUNIT_EXPECT_FALSE(t, c)	KUNIT_CHECK_TRUE_(t, !(c), false)
#define KUNIT_EXPECT_NULL(t, p)		KUNIT_CHECK_TRUE_(t, !(p), false)
#define KUNIT_EXPECT_NOT_NULL(t, p)	KUNIT_CHECK_TRUE_(t, p, false)
#define KUNIT_EXPECT_STREQ(t, l, r)	KUNIT_CHECK_STRING_(t, l, r)

#define KUNIT_EXPECT_EQ_MSG(t, l, r, ...)	KUNIT_CHECK_(t, l, ==, r, false, __VA_ARGS__)
#define KUNIT_EXPECT_TRUE_MSG(t, c, ...)	KUNIT_CHECK_TRUE_(t, c, false, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(t, c, ...)	KUNIT_CHECK_TRUE_(t, !(c), false, __VA_ARGS__)
#define KUNIT_EXPECT_STREQ_MSG(t, l, r, ...)	KUNIT_CHECK_STRING_(t, l, r, __VA_ARGS__)

#define KUNIT_ASSERT_EQ(t, l, r)		KUNIT_CHECK_(t, l, ==, r, true)
#define KUNIT_ASSERT_NE(t, l, r)		KUNIT_CHECK_(t, l, !=, r, true)
#define KUNIT_ASSERT_LT(t, l, r)		KUNIT_CHECK_(t, l, <, r, true)
#define KUNIT_ASSERT_TRUE(t, c)			KUNIT_CHECK_TRUE_(t, c, true)
#define KUNIT_ASSERT_FALSE(t, c)		KUNIT_CHECK_TRUE_(t, !(c), true)
#define KUNIT_ASSERT_NOT_NULL(t, p)		KUNIT_CHECK_TRUE_(t, p, true)
#define KUNIT_ASSERT_TRUE_MSG(t, c, ...)	KUNIT_CHECK_TRUE_(t, c, true, __VA_ARGS__)

#endif /* _USER_KUNIT_TEST_H */
