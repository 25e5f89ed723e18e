/* SPDX-License-Identifier: MIT */
/*
 * The interval ends cut the ports into cells. Each interval, first rule first, takes the cells that
 * are still free; `next` leads from a taken cell to the next free one, so that no cell is walked
 * over twice and 10,000 overlapping rules cost no more than sorting them.
 */
#include "policy/sweep.h"

#include <stdlib.h>

struct cells {
    uint32_t *cuts; /* cell i: the ports from cuts[i] to before cuts[i + 1] */
    uint32_t *owner;
    size_t *next;
    size_t count;
};

static int compare_cuts(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static struct cells make_cells(struct arena *arena, const struct policy_segment *intervals,
                               size_t count)
{
    struct cells cells = {.cuts = arena_alloc(arena, 2 * count * sizeof *cells.cuts)};
    for (size_t i = 0; i < count; i++) {
        cells.cuts[2 * i] = intervals[i].lo;
        cells.cuts[2 * i + 1] = intervals[i].hi + 1u;
    }
    qsort(cells.cuts, 2 * count, sizeof *cells.cuts, compare_cuts);
    for (size_t i = 0; i < 2 * count; i++)
        if (cells.count == 0 || cells.cuts[cells.count - 1] != cells.cuts[i])
            cells.cuts[cells.count++] = cells.cuts[i];
    cells.owner = arena_alloc(arena, cells.count * sizeof *cells.owner);
    cells.next = arena_alloc(arena, (cells.count + 1) * sizeof *cells.next);
    for (size_t i = 0; i < cells.count; i++) {
        cells.owner[i] = POLICY_NO_RULE;
        cells.next[i] = i;
    }
    cells.next[cells.count] = cells.count;
    return cells;
}

static size_t cell_at(const struct cells *cells, uint32_t cut)
{
    const uint32_t *found =
        bsearch(&cut, cells->cuts, cells->count, sizeof *cells->cuts, compare_cuts);
    return found == NULL ? cells->count : (size_t)(found - cells->cuts);
}

/* The first free cell from `cell` on; halves the path on the way. */
static size_t next_free(const struct cells *cells, size_t cell)
{
    while (cells->next[cell] != cell) {
        cells->next[cell] = cells->next[cells->next[cell]];
        cell = cells->next[cell];
    }
    return cell;
}

size_t sweep_ports(struct arena *arena, const struct policy_segment *intervals, size_t count,
                   struct policy_segment **segments)
{
    struct cells cells = make_cells(arena, intervals, count);
    struct policy_segment *out = arena_alloc(arena, cells.count * sizeof *out);
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t end = cell_at(&cells, intervals[i].hi + 1u);
        for (size_t cell = next_free(&cells, cell_at(&cells, intervals[i].lo)); cell < end;
             cell = next_free(&cells, cell)) {
            cells.owner[cell] = intervals[i].rule;
            cells.next[cell] = cell + 1;
        }
    }
    for (size_t cell = 0; cell + 1 < cells.count; cell++) {
        const uint32_t owner = cells.owner[cell], lo = cells.cuts[cell];
        if (owner == POLICY_NO_RULE)
            continue;
        if (made > 0 && out[made - 1].rule == owner && out[made - 1].hi + 1u == lo)
            out[made - 1].hi = (uint16_t)(cells.cuts[cell + 1] - 1);
        else
            out[made++] = (struct policy_segment){
                .lo = (uint16_t)lo, .hi = (uint16_t)(cells.cuts[cell + 1] - 1), .rule = owner};
    }
    *segments = out;
    return made;
}
