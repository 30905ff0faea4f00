/* SPDX-License-Identifier: GPL-2.0 */
/* Script: the fuzzer's bytes, taken one decision after the other. */
#ifndef _FUZZ_SCRIPT_H
#define _FUZZ_SCRIPT_H

#include "../../userspace/port/port.h"

struct script {
	const u8 *at;
	size_t left;
};

/* At its end a script says nothing but zeros. */
static inline u64 script_take(struct script *script, u32 bytes)
{
	u64 value = 0;

	for (; bytes && script->left; bytes--, script->left--)
		value = value << 8 | *script->at++;
	return value;
}

static inline u8 script_u8(struct script *script)
{
	return script_take(script, 1);
}

static inline u32 script_below(struct script *script, u32 limit)
{
	return script_take(script, limit > 256 ? 4 : 1) % limit;
}

/* What must hold, whatever comes in; the fuzzer takes the abort for a find. */
#define must(condition)							\
	((condition) ? (void)0 :					\
	 (fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #condition), abort()))

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* _FUZZ_SCRIPT_H */
