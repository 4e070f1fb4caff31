/* Memory that a call takes piece by piece and gives back together. */
#ifndef TONALITY_ARENA_H
#define TONALITY_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    void *taken[64];
    size_t count;
    int failed;
} Arena;

static inline void *take(Arena *arena, size_t count, size_t size)
{
    /* A line of the cache more than asked for, so that all begin at one. */
    void *raw = arena->count < 64 && count < SIZE_MAX / 2 / (size ? size : 1)
                    ? malloc(count * size + 64) : NULL;
    if (!raw) {
        arena->failed = 1;
        return NULL;
    }
    arena->taken[arena->count++] = raw;
    return (void *)(((uintptr_t)raw + 63) & ~(uintptr_t)63);
}

static inline void *take_zeros(Arena *arena, size_t count, size_t size)
{
    void *taken = take(arena, count, size);
    return taken ? memset(taken, 0, count * size) : NULL;
}

static inline void give_back(Arena *arena, size_t count)
{
    while (arena->count > count) free(arena->taken[--arena->count]);
}

#endif
