"""The worst place between the points of an uncertain target, searched for (docs/algorithms.md §3.2).

Only the direction from the transmitter decides about the illumination p, which is a trigonometric polynomial of it: as
smooth as the aperture is small, with nulls that can be narrow where hardly any light is needed. A grid can miss them.
The search begins where p is least among its neighbours on the finer grid and on the outline, and at random places
beside the darkest ones. It moves the place to where p is least, looks at all distances there, and then moves the worst
places, and the worst of their neighbours on the outline, to where the criterion itself is worst. Places move in steps
that are halved where no step helps; a step out of the area ends at the nearest place in it, so that the search follows
outlines and thin strips. It is a search, no proof: what it does not find may be worse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from multistatic.channel.echo_of_points import channel_to_points
from multistatic.design.criterion_at_places import places_of
from multistatic.design.result import Design
from multistatic.scenario.beam_width import direction_grid
from multistatic.scenario.model import Scenario
from multistatic.scenario.nearest_in_area import nearest_places, outline_places
from multistatic.scenario.point_layout import within_reach
from multistatic.scenario.target_points import TargetPoints
from multistatic.units import F

_FINER = 4.0  # how many times finer the grid is that the search begins on
_NEIGHBOURS = 1.6  # steps of that grid between places that are compared
_DARKEST = 600  # local minima of the illumination that are followed at most
_DOUBTFUL = 0.3  # of the stated value: where the darkest place of a direction is better, no distance is worse
_DISTANCES = 16
_WORST = 32  # places that the criterion itself is followed from, at most
_HALVINGS = 7  # of steps; each divides what is left of a null by four
_HALVINGS_OF_LIGHT = 14
_MOST_ROUNDS = 60
_STILL = 1e-4  # relative: what a step must gain
_RANDOM = 100  # places beside the darkest ones that the search begins at, too
_SEED = 14
_FAR = 0.3  # of the distance: the largest step along it

# Steps across, upwards and along the ground, as parts of the length of a step: single ones and pairs.
_MOVES = np.array([each for each in product((-1.0, 0.0, 1.0), repeat=3) if 0 < np.count_nonzero(each) < 3])

Height = Callable[[F, np.ndarray], F]
"""What the search makes large, at places [n, 3] of targets of the numbers [n]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundPlaces:
    """Places `position_m` [n, 3] of the targets of the numbers `target` [n], and the criterion `values` [n] there."""

    position_m: F
    target: np.ndarray
    values: F


class PlaceSearch:
    """The search for one design, whose channel gives noise and clutter."""

    def __init__(self, design: Design) -> None:
        assert design.beamforming is not None
        assert design.beamforming.beams is not None
        self._design, self._channel, self._scenario = design, design.channel, design.scenario
        self._beams = design.beamforming.beams
        self._grid = direction_grid(design.scenario.transmitter.array, design.scenario.radio.wavelength_m)

    def found(self, finer: TargetPoints, values: F, stated: float) -> FoundPlaces:
        """The places of the search from the finer grid, which has the criterion `values` [M]: those where it ends, and
        those that it looked at on the way, as far as the criterion was computed there.

        stated: the value that the design states; what is far better is not followed.
        """
        uncertain = np.array([not target.exact for target in self._scenario.targets])
        rows = np.flatnonzero(uncertain[finer.target])
        position, target = finer.position_m[rows], finer.target[rows]
        edge, of_edge, edge_values, peaks = self._on_outlines()
        begun, own, light = self._dark_starts(np.concatenate([position, edge]), np.concatenate([target, of_edge]))
        moved = self._moved_up(lambda *places: -self._light(*places), begun, own, -light, _HALVINGS_OF_LIGHT)
        dark_values = self.values(moved, own)
        doubtful = np.flatnonzero(~(dark_values < _DOUBTFUL * stated))
        along, of_along = self._other_distances(moved[doubtful], own[doubtful], finer.position_m)
        worst = np.argsort(-values[rows], kind="stable")[: 4 * _WORST]
        places = np.concatenate([moved, along, position[worst], edge[peaks]])
        owners = np.concatenate([own, of_along, target[worst], of_edge[peaks]])
        reached = np.concatenate([dark_values, self.values(along, of_along), values[rows][worst], edge_values[peaks]])
        kept = self._apart(places, owners, reached)
        kept = kept[~(reached[kept] < _DOUBTFUL * stated)]
        end = self._moved_up(self.values, places[kept], owners[kept], reached[kept])
        return FoundPlaces(
            position_m=np.concatenate([end, places]),
            target=np.concatenate([owners[kept], owners]),
            values=np.concatenate([self.values(end, owners[kept]), reached]),
        )

    def values(self, position_m: F, target: np.ndarray) -> F:
        """The criterion of the design at places [n, 3]; infinity where the target is unobservable."""
        found = np.zeros(len(target))
        if not len(target):
            return found
        points = places_of_targets(self._scenario, position_m, target)
        channel = channel_to_points(self._scenario, self._channel, points)
        light = self._beams.illumination_w(channel.steering_tx)
        for rows, places in places_of(self._scenario, channel, points, self._beams.covariance_w):
            found[rows] = places.values(self._design.selected, light[rows])
        return found

    def _light(self, position_m: F, target: np.ndarray) -> F:
        """p [n] in W, whatever the target."""
        array, wavelength_m = self._scenario.transmitter.array, self._scenario.radio.wavelength_m
        return self._beams.illumination_w(array.steering_vector(self._directions(position_m), wavelength_m))

    def _directions(self, position_m: F) -> F:
        path = position_m - self._scenario.transmitter.position_m
        return np.asarray(path / np.linalg.norm(path, axis=1, keepdims=True))

    def _in_steps(self, position_m: F, target: np.ndarray) -> F:
        """Directions in steps of the finer grid, those of several targets far from each other [n, 4]."""
        cosines = self._directions(position_m) @ self._grid.axes.T
        return np.column_stack([cosines / self._grid.step * _FINER, 1e6 * target])

    def _on_outlines(self) -> tuple[F, np.ndarray, F, np.ndarray]:
        """Places on the outlines of all areas, their targets, the criterion there, and where it is a local maximum."""
        places, owners, peaks, count = [np.zeros((0, 3))], [np.zeros(0, int)], [np.zeros(0, int)], 0
        values = [np.zeros(0)]
        for number, target in enumerate(self._scenario.targets):
            if target.area is None:
                continue
            for ring in outline_places(self._scenario, target, float(self._grid.step.min()) / _FINER):
                ring_m = ring[within_reach(self._scenario, ring, np.full(len(ring), number))]
                if not len(ring_m):
                    continue
                own = np.full(len(ring_m), number)
                found = self.values(ring_m, own)
                highest = np.flatnonzero((found >= np.roll(found, 1)) & (found >= np.roll(found, -1)))
                places.append(ring_m)
                owners.append(own)
                values.append(found)
                peaks.append(count + highest)
                count += len(ring_m)
        return np.concatenate(places), np.concatenate(owners), np.concatenate(values), np.concatenate(peaks)

    def _dark_starts(self, position_m: F, target: np.ndarray) -> tuple[F, np.ndarray, F]:
        """Where the search for little light begins: the local minima, and random places beside the darkest ones."""
        light = self._light(position_m, target)
        dark = self._minima(position_m, target, light)
        darkest = np.argsort(light, kind="stable")[: 8 * _RANDOM]
        rng = np.random.default_rng(_SEED)
        drawn = darkest[rng.integers(0, len(darkest), _RANDOM)]
        apart_m = np.linalg.norm(position_m[drawn] - self._scenario.transmitter.position_m, axis=1, keepdims=True)
        beside = position_m[drawn] + apart_m * float(self._grid.step.min()) * rng.uniform(-1.0, 1.0, (_RANDOM, 3))
        beside = nearest_places(self._scenario, beside, target[drawn])
        kept = within_reach(self._scenario, beside, target[drawn])
        begun = np.concatenate([position_m[dark], beside[kept]])
        own = np.concatenate([target[dark], target[drawn][kept]])
        return begun, own, np.concatenate([light[dark], self._light(beside[kept], own[len(dark) :])])

    def _minima(self, position_m: F, target: np.ndarray, light: F) -> np.ndarray:
        """The places whose illumination is the least among those in neighbouring directions, the darkest first."""
        from scipy.spatial import cKDTree

        order, steps = np.argsort(light, kind="stable"), self._in_steps(position_m, target)
        _, first = np.unique(np.rint(steps[order]), axis=0, return_index=True)
        darkest = order[np.sort(first)]
        pairs = cKDTree(steps[darkest]).query_pairs(_NEIGHBOURS, output_type="ndarray")
        least = np.ones(len(darkest), bool)
        least[pairs.max(axis=1)] = False
        return np.asarray(darkest[least][:_DARKEST])

    def _other_distances(self, position_m: F, target: np.ndarray, all_m: F) -> tuple[F, np.ndarray]:
        """Places in the same directions at other distances within those of `all_m`, where the targets may be."""
        site = self._scenario.transmitter.position_m
        distance = np.linalg.norm(all_m - site, axis=1)
        each = np.linspace(distance.min(), distance.max(), _DISTANCES)
        places = (site + self._directions(position_m)[:, None] * each[:, None]).reshape(-1, 3)
        owners = np.repeat(target, _DISTANCES)
        inside = within_reach(self._scenario, places, owners)
        return places[inside], owners[inside]

    def _apart(self, position_m: F, target: np.ndarray, values: F) -> np.ndarray:
        """The worst places, one of those within a few steps of direction and distance of each other."""
        distance = np.linalg.norm(position_m - self._scenario.transmitter.position_m, axis=1)
        cells = np.rint(np.column_stack([self._in_steps(position_m, target) / 2.0, np.log(distance) / 0.2]))
        order = np.argsort(-values, kind="stable")
        _, first = np.unique(cells[order], axis=0, return_index=True)
        return np.asarray(order[np.sort(first)][:_WORST])

    def _moved_up(self, height: Height, position_m: F, target: np.ndarray, before: F, most: int = _HALVINGS) -> F:
        """The places moved to where `height`, which is `before` [n] there, is largest nearby, in steps that are halved
        `most` times.
        """
        position, best = position_m.copy(), before.copy()
        step = np.full(len(target), float(self._grid.step.min()) / _FINER)
        halvings = np.zeros(len(target), int)
        for _ in range(_MOST_ROUNDS):
            rows = np.flatnonzero(halvings < most)
            if not len(rows):
                break
            tried = self._steps_from(position[rows], step[rows])
            owners = np.repeat(target[rows], len(_MOVES))
            flat = nearest_places(self._scenario, tried.reshape(-1, 3), owners)
            heights = np.full(len(flat), -np.inf)
            inside = within_reach(self._scenario, flat, owners)
            heights[inside] = height(flat[inside], owners[inside])
            of_moves = heights.reshape(len(rows), len(_MOVES))
            towards = np.argmax(of_moves, axis=1)
            reached = of_moves[np.arange(len(rows)), towards]
            better = reached > best[rows] + _STILL * np.abs(best[rows])
            position[rows[better]] = flat.reshape(tried.shape)[better, towards[better]]
            best[rows[better]] = reached[better]
            step[rows[~better]] /= 2.0
            halvings[rows[~better]] += 1
        return position

    def _steps_from(self, position: F, step: F) -> F:
        """Places [n, moves, 3] that lie a step [n] of direction beside each of the places [n, 3]."""
        path = position - self._scenario.transmitter.position_m
        level, height = np.hypot(path[:, 0], path[:, 1]), np.abs(path[:, 2])
        distance = np.hypot(level, height)
        outward = np.where(level[:, None] > 0.0, path[:, :2] / np.where(level > 0.0, level, 1.0)[:, None], [1.0, 0.0])
        nothing = np.zeros(len(path))
        across = np.column_stack([-outward[:, 1], outward[:, 0], nothing]) * (distance * step)[:, None]
        upward = np.column_stack([nothing, nothing, distance * step])
        turned = distance**2 * step / np.maximum(height, 1e-9 * distance + 1e-12)
        longest = _FAR * distance * step / (float(self._grid.step.min()) / _FINER)
        along = np.column_stack([outward, nothing]) * np.minimum(turned, longest)[:, None]
        return np.asarray(position[:, None] + np.einsum("ma,anc->nmc", _MOVES, np.stack([across, upward, along])))


def places_of_targets(scenario: Scenario, position_m: F, target: np.ndarray) -> TargetPoints:
    """Places [n, 3] as points of the targets of the numbers `target` [n], with equal weights."""
    velocity_m_s = np.array([each.velocity_m_s for each in scenario.targets])[target]
    return TargetPoints(position_m=position_m, velocity_m_s=velocity_m_s, target=target)
