/* heap.h: things in order of a key, by nodes that are part of the things:
 * nothing is allocated, and so nothing fails. A pairing heap (Fredman,
 * Sedgewick, Sleator and Tarjan, 1986): the first is at hand, and to put and to
 * remove one takes time that grows with the logarithm of how many there are. */
#ifndef MMU386_HEAP_H
#define MMU386_HEAP_H

#include <stdbool.h>
#include <stdint.h>

struct heap_node {
    uint64_t key;
    struct heap *heap;       /* that it is in, or NULL */
    struct heap_node *child; /* the first of those that come later */
    struct heap_node *sibling;
    struct heap_node *before; /* the sibling before it, or the parent of a first
                                 child */
};

/* All zeros is an empty one; so is a node that is in none. */
struct heap {
    struct heap_node *first; /* with the least key; NULL: it is empty */
};

/* Puts the node, which is removed from where it was. */
void heap_put(struct heap *heap, struct heap_node *node, uint64_t key);

/* Removes the node from the heap it is in, if any. */
void heap_remove(struct heap_node *node);

#endif
