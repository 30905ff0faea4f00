// SPDX-License-Identifier: GPL-2.0
/* Events in the order of time: a heap of four children each; ties go by who came first. */
#include "sim.h"

#define CHILDREN	4u
#define TIE_BITS	24

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
	new.order = new.at_us << TIE_BITS | (queue->order++ & ((1u << TIE_BITS) - 1));
	queue->count++;
	for (; at; at = up) {
		up = (at - 1) / CHILDREN;
		if (queue->heap[up].order <= new.order)
			break;
		queue->heap[at] = queue->heap[up];
	}
	queue->heap[at] = new;
}

bool queue_pop(struct queue *queue, struct happening *happening)
{
	struct happening *heap = queue->heap;
	u32 at = 0, child, last, first;

	if (!queue->count)
		return false;
	*happening = heap[0];
	queue->count--;
	for (;; at = first) {
		first = CHILDREN * at + 1;
		last = port_min(first + CHILDREN, queue->count);
		if (first >= last)
			break;
		for (child = first + 1; child < last; child++)
			if (heap[child].order < heap[first].order)
				first = child;
		if (heap[queue->count].order <= heap[first].order)
			break;
		heap[at] = heap[first];
	}
	heap[at] = heap[queue->count];
	return true;
}
