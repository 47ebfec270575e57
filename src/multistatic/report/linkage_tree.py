"""The merge tree of a linkage: which receivers were put together at which distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.report.style import CAPTION, MUTED, SELECTED, finish_axes
from multistatic.report.wording import short_name
from multistatic.selection.selection_problem import LinkageTree
from multistatic.units import B, F

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMED_AT_MOST = 60


def draw_linkage_tree(ax: Axes, tree: LinkageTree, ids: tuple[str, ...], selected: B) -> None:
    """Leaves downwards on the left, merges to the right at their height in m; the selected group in colour."""
    count = len(ids)
    order = leaf_order(tree)
    level, height = np.zeros(2 * count - 1), np.zeros(2 * count - 1)
    level[order] = np.arange(count)
    chosen = np.asarray(selected, bool)
    for node, (pair, merged_at_m) in enumerate(zip(tree.merges, tree.heights_m, strict=True), start=count):
        children = np.asarray(pair, int)
        level[node], height[node] = level[children].mean(), merged_at_m
        inside = bool(np.all(chosen[tree.members[node]]))
        style: dict[str, Any] = {"color": SELECTED if inside else MUTED, "linewidth": 1.5 if inside else 0.9}
        ax.plot(_bracket(height[children], height[node]), np.repeat(level[children], 2), **style)
        if np.array_equal(tree.members[node], chosen):
            ax.scatter(height[node], level[node], s=30, color=SELECTED, zorder=4)
    ax.set_ylim(count - 0.4, -0.6)
    ax.set_xlim(left=0.0)
    ax.set_yticks(np.arange(count) if count <= NAMED_AT_MOST else [])
    if count <= NAMED_AT_MOST:
        for tick, leaf in zip(ax.set_yticklabels([short_name(ids[leaf]) for leaf in order]), order, strict=True):
            tick.set(color=SELECTED if chosen[leaf] else CAPTION)
            tick.set_fontweight("bold" if chosen[leaf] else "normal")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("linkage distance (m)")
    ax.set_title("Linkage tree", size="small", weight="normal", pad=4.0)
    finish_axes(ax, grid_axis="x")


def tree_height_in(tree: LinkageTree) -> float:
    """How high the axes of a tree must be, in inches, for its names to stand apart."""
    count = tree.members.shape[1]
    return 0.14 * (count if count <= NAMED_AT_MOST else 0.25 * count)


def leaf_order(tree: LinkageTree) -> list[int]:
    """Leaves from top to bottom, such that no two branches cross."""
    count = tree.members.shape[1]
    waiting, order = [len(tree.members) - 1], []
    while waiting:
        node = waiting.pop()
        if node < count:
            order.append(node)
        else:
            waiting += [int(child) for child in reversed(tree.merges[node - count])]
    return order


def _bracket(children_m: F, height_m: float) -> list[float]:
    return [children_m[0], height_m, height_m, children_m[1]]
