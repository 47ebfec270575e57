"""Between the array tables of a file and antenna arrays in metres, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from pydantic import ValidationError

from multistatic.scenario.array_schema import ElementsTable, LinearTable, PlanarTable
from multistatic.scenario.arrays import ALONG_Y, AntennaArray, linear_array, planar_array
from multistatic.units import F

DEFAULT_SPACING_WAVELENGTHS = 0.5


def half_wavelength_array(antennas: int, wavelength_m: float) -> AntennaArray:
    """What a bare number of antennas means: the published half-wavelength ULA along y."""
    return linear_array(antennas, DEFAULT_SPACING_WAVELENGTHS * wavelength_m)


def array_from_table(
    table: LinearTable | PlanarTable | ElementsTable, antennas: int | None, wavelength_m: float
) -> AntennaArray:
    """The array that a table describes; `antennas` is the node's own number, for a ULA that does not say its size."""
    if isinstance(table, ElementsTable):
        scale = 1.0 if table.elements_m is not None else wavelength_m
        rows = table.elements_m or table.elements_wavelengths or []
        return AntennaArray(elements_m=np.array([scale * padded_to_three(row) for row in rows]))
    wavelengths = DEFAULT_SPACING_WAVELENGTHS if table.spacing_wavelengths is None else table.spacing_wavelengths
    spacing_m = wavelengths * wavelength_m if table.spacing_m is None else table.spacing_m
    if isinstance(table, PlanarTable):
        first, second = (padded_to_three(axis).tolist() for axis in table.axes)
        return planar_array((table.shape[0], table.shape[1]), spacing_m, axes=(first, second))
    count = table.antennas or antennas
    if count is None:
        raise ValueError(f"{table.antennas=} and {antennas=}: the array has no size")
    return linear_array(count, spacing_m, axis=padded_to_three(table.axis).tolist())


def array_keys(array: AntennaArray, wavelength_m: float) -> dict[str, object]:
    """The keys of a node's table, `antennas` or `array`, that give this very array, bit for bit.

    Tries the short forms from the plainest on and keeps the first whose elements are the same bits; explicit
    elements otherwise.
    """
    for written in _candidates(array, wavelength_m):
        try:
            table = (LinearTable if written["kind"] == "ula" else PlanarTable).model_validate(written)
        except ValidationError:  # a guess that is no array, such as an axis of length zero
            continue
        if np.array_equal(array_from_table(table, None, wavelength_m).elements_m, array.elements_m):
            plain = written == {**_HALF_WAVELENGTH_ALONG_Y, "antennas": array.size}
            return {"antennas": array.size} if plain else {"array": written}
    return {"array": {"kind": "elements", "elements_m": array.elements_m.tolist()}}


_HALF_WAVELENGTH_ALONG_Y = {"kind": "ula", "spacing_wavelengths": DEFAULT_SPACING_WAVELENGTHS, "axis": [*ALONG_Y]}


def _candidates(array: AntennaArray, wavelength_m: float) -> Iterator[dict[str, object]]:
    """Array tables that this array may have been made from, the plainest first."""
    if array.size == 1:
        yield {**_HALF_WAVELENGTH_ALONG_Y, "antennas": 1}
        return
    step = array.elements_m[1] - array.elements_m[0]
    spacings, firsts = _spacings(step, wavelength_m), _axes(step)
    for spacing, axis in product(spacings, firsts):
        yield {"kind": "ula", "antennas": array.size, **spacing, "axis": axis}
    for columns in (count for count in range(2, array.size) if array.size % count == 0):
        shape = [columns, array.size // columns]
        for spacing, first, second in product(spacings, firsts, _axes(array.elements_m[columns])):
            yield {"kind": "upa", "shape": shape, **spacing, "axes": [first, second]}


def _spacings(step_m: F, wavelength_m: float) -> list[dict[str, float]]:
    length = float(np.linalg.norm(step_m))
    values = {"spacing_wavelengths": length / wavelength_m, "spacing_m": length}
    rounded = [{key: round(value, digits)} for digits in (3, 6, 12) for key, value in values.items()]
    return rounded + [{key: value} for key, value in values.items()]


def _axes(step_m: F) -> list[list[float]]:
    """Directions of a step between elements, the roundest first."""
    unit = step_m / np.max(np.abs(step_m), initial=np.finfo(float).tiny)
    return [(np.round(unit, digits) + 0.0).tolist() for digits in (3, 12)] + [step_m.tolist()]


def padded_to_three(vector: Sequence[float]) -> F:
    """Three coordinates of two or three: z = 0 where there is none."""
    return np.array([*vector, 0.0][:3], dtype=float)
