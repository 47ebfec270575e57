"""Between the array tables of a file and antenna arrays in metres, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from multistatic.scenario.arrays import ALONG_Y, AntennaArray, linear_array, planar_array
from multistatic.scenario.schema import ElementsTable, LinearTable, PlanarTable
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
        return AntennaArray(
            elements_m=[scale * three(row) for row in table.elements_m or table.elements_wavelengths or []]
        )
    wavelengths = DEFAULT_SPACING_WAVELENGTHS if table.spacing_wavelengths is None else table.spacing_wavelengths
    spacing_m = wavelengths * wavelength_m if table.spacing_m is None else table.spacing_m
    if isinstance(table, PlanarTable):
        first, second = (three(axis) for axis in table.axes)
        return planar_array((table.shape[0], table.shape[1]), spacing_m, axes=(first, second))
    count = table.antennas or antennas
    if count is None:
        raise ValueError(f"{table.antennas=} and {antennas=}: the array has no size")
    return linear_array(count, spacing_m, axis=three(table.axis))


def array_keys(array: AntennaArray, wavelength_m: float) -> dict[str, object]:
    """The keys of a node's table, `antennas` or `array`, that give this very array, bit for bit.

    Tries the short forms from the plainest on and keeps the first whose elements are the same bits; explicit
    elements otherwise.
    """
    for table in _candidates(array, wavelength_m):
        if np.array_equal(array_from_table(table, None, wavelength_m).elements_m, array.elements_m):
            written: dict[str, object] = table.model_dump(exclude_none=True)
            plain = isinstance(table, LinearTable) and table.spacing_wavelengths == DEFAULT_SPACING_WAVELENGTHS
            if plain and written["axis"] == [*ALONG_Y]:
                return {"antennas": array.size}
            return {"array": written}
    return {"array": {"kind": "elements", "elements_m": array.elements_m.tolist()}}


def _candidates(array: AntennaArray, wavelength_m: float) -> Iterator[LinearTable | PlanarTable]:
    elements = array.elements_m
    if array.size == 1:
        yield LinearTable(kind="ula", antennas=1, spacing_wavelengths=DEFAULT_SPACING_WAVELENGTHS)
        return
    for spacing in _spacings(elements[1], wavelength_m):
        for axis in _axes(elements[1]):
            yield LinearTable(kind="ula", antennas=array.size, axis=axis, **spacing)
    for columns in (count for count in range(2, array.size) if array.size % count == 0):
        for spacing in _spacings(elements[1], wavelength_m):
            for first in _axes(elements[1]):
                for second in _axes(elements[columns]):
                    shape = [columns, array.size // columns]
                    yield PlanarTable.model_construct(kind="upa", shape=shape, axes=[first, second], **spacing)


def _spacings(step_m: F, wavelength_m: float) -> list[dict[str, float]]:
    length = float(np.linalg.norm(step_m))
    in_wavelengths = length / wavelength_m
    candidates = [round(in_wavelengths, 3), round(in_wavelengths, 12), in_wavelengths]
    return [{"spacing_wavelengths": value} for value in candidates if value > 0] + [{"spacing_m": length}]


def _axes(step_m: F) -> list[list[float]]:
    """Directions of a step between elements, the roundest first."""
    unit = step_m / np.max(np.abs(step_m), initial=np.finfo(float).tiny)
    return [(np.round(unit, digits) + 0.0).tolist() for digits in (3, 12)] + [step_m.tolist()]


def three(vector: Sequence[float]) -> F:
    """Three coordinates of two or three: z = 0 where there is none."""
    return np.array([*vector, 0.0][:3], dtype=float)
