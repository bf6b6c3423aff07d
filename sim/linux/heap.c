/* heap.c: see heap.h. A tree in which no child comes before its parent. */
#include "linux/heap.h"

#include <stddef.h>

/* The later of two roots becomes the first child of the other; either may be
 * NULL. */
static struct heap_node *meld(struct heap_node *a, struct heap_node *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    if (b->key < a->key) {
        struct heap_node *other = a;
        a = b;
        b = other;
    }
    b->before = a;
    b->sibling = a->child;
    if (a->child != NULL)
        a->child->before = b;
    a->child = b;
    return a;
}

static struct heap_node *take(struct heap_node **list)
{
    struct heap_node *node = *list;
    if (node != NULL) {
        *list = node->sibling;
        node->sibling = NULL;
        node->before = NULL;
    }
    return node;
}

/* One tree of a list of them: in pairs, and the pairs from the last to the
 * first. */
static struct heap_node *meld_all(struct heap_node *list)
{
    struct heap_node *pairs = NULL;
    struct heap_node *all = NULL;
    while (list != NULL) {
        struct heap_node *a = take(&list);
        struct heap_node *pair = meld(a, take(&list));
        pair->sibling = pairs;
        pairs = pair;
    }
    while (pairs != NULL)
        all = meld(all, take(&pairs));
    return all;
}

void heap_put(struct heap *heap, struct heap_node *node, uint64_t key)
{
    heap_remove(node);
    *node = (struct heap_node){.key = key, .heap = heap};
    heap->first = meld(heap->first, node);
}

void heap_remove(struct heap_node *node)
{
    struct heap *heap = node->heap;
    if (heap == NULL)
        return;
    struct heap_node *children = meld_all(node->child);
    if (heap->first == node) {
        heap->first = children;
    } else {
        if (node->before->child == node)
            node->before->child = node->sibling;
        else
            node->before->sibling = node->sibling;
        if (node->sibling != NULL)
            node->sibling->before = node->before;
        heap->first = meld(heap->first, children);
    }
    *node = (struct heap_node){0};
}
