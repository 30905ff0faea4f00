// SPDX-License-Identifier: GPL-2.0
/* Events in the order of time: a binary heap; ties go by who came first. */
#include "sim.h"

static bool before(const struct happening *a, const struct happening *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void queue_push(struct queue *queue, const struct happening *happening)
{
	struct happening new = *happening;
	u32 at = queue->count, up;

	if (queue->count == queue->room) {
		queue->room = queue->room ? 2 * queue->room : 1024;
		queue->heap = realloc(queue->heap, queue->room * sizeof(*queue->heap));
		if (!queue->heap)
			abort();
	}
	new.order = queue->order++;
	queue->count++;
	for (; at; at = up) {
		up = (at - 1) / 2;
		if (!before(&new, &queue->heap[up]))
			break;
		queue->heap[at] = queue->heap[up];
	}
	queue->heap[at] = new;
}

bool queue_pop(struct queue *queue, struct happening *happening)
{
	struct happening last;
	u32 at = 0, down;

	if (!queue->count)
		return false;
	*happening = queue->heap[0];
	last = queue->heap[--queue->count];
	for (;; at = down) {
		down = 2 * at + 1;
		if (down >= queue->count)
			break;
		if (down + 1 < queue->count &&
		    before(&queue->heap[down + 1], &queue->heap[down]))
			down++;
		if (!before(&queue->heap[down], &last))
			break;
		queue->heap[at] = queue->heap[down];
	}
	if (queue->count)
		queue->heap[at] = last;
	return true;
}
