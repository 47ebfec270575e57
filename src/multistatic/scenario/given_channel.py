"""Channels that do not come from a formula: a ray tracer's, a measurement's, those of another program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from multistatic.errors import Problem, ScenarioError
from multistatic.notebook import NotebookView, Overview
from multistatic.units import C, F, ratio_to_db, read_only

CARRIER_TOLERANCE = 1e-6
"""Largest relative difference between the carrier of a scenario and that of its channels."""
_LARGEST_GAIN = 1e100  # its square is still a number
_LARGEST_STEERING = 1e10  # beyond it, and below its inverse, first-order conditions leave the range of numbers
_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class GivenChannel(NotebookView):
    """Channels that a file or a program gives; the scenario's geometry supplies everything that is None here.

    direct [K, N_r, N_t]: direct channels H_bk; |entry|² is the power at the receive antenna for unit power at the
        transmit antenna. Rows beyond the antennas of a receiver are zero.
    receiver_ids: names of the K receivers, in the order of the first axis; None: the receivers of the scenario.
    carrier_hz: carrier frequency of the channels in Hz; None: not known, and not compared with the scenario's.
    echo_gain [M, K]: power gain η_k β_k of the echo at M = 1 point, instead of path loss and reflection.
    steering_tx [M, N_t]: steering vector a_b(θ) towards the point, instead of the one of the array.
    path: name of the file in messages and in `scenario.toml`.
    sha256: hash of the content of the file.

    Raises `ScenarioError` with every shape that does not fit the others, every value that is not finite, and every
    level that no radio channel has.

    >>> GivenChannel(direct=[[[3e-5 + 4e-5j]]], receiver_ids=["rx1"]).median_gain_db
    -86.02059991327963
    """

    direct: C
    receiver_ids: tuple[str, ...] | None = None
    carrier_hz: float | None = None
    echo_gain: F | None = None
    steering_tx: C | None = None
    path: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        kinds = (("direct", complex), ("steering_tx", complex), ("echo_gain", float))
        for name, kind in kinds:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _numbers(self.where(name), getattr(self, name), kind, problems))
        if self.receiver_ids is not None:
            object.__setattr__(self, "receiver_ids", tuple(map(str, self.receiver_ids)))
        problems = problems or [*_shape_problems(self)]
        problems += [*_id_problems(self), *_carrier_problems(self)]
        if not problems:
            problems += _level_problems(self)
        if problems:
            raise ScenarioError(problems, source=self.path)

    def overview(self) -> Overview:
        """Where the channels come from, their sizes, and their median gain."""
        receivers, antennas_rx, antennas_tx = self.direct.shape
        gain_db = self.median_gain_db
        held = [name for name in ("direct", "echo_gain", "steering_tx") if getattr(self, name) is not None]
        return Overview(
            title=f"{receivers} receivers of {antennas_rx} antennas, {antennas_tx} transmit antennas",
            facts=(
                ("from", self.path or "a program"),
                ("gives", ", ".join(held)),
                ("median gain", "no path" if gain_db is None else f"{gain_db:.1f} dB"),
            ),
        )

    def where(self, name: str) -> str:
        """What a message calls one of its arrays."""
        return f"{self.path or 'channel'}:{name}"

    @property
    def gains(self) -> F:
        """|entry|² of all pairs of antennas with a path between them [n]; empty where there is none."""
        power: F = np.abs(self.direct) ** 2
        return power[power > 0.0]

    @property
    def median_gain_db(self) -> float | None:
        """Median of |entry|² over the pairs of antennas with a path between them, in dB; None where there is none."""
        gains = self.gains
        return ratio_to_db(float(np.median(gains))) if gains.size else None

    def rows_of(self, ids: Sequence[str]) -> list[int]:
        """Where the receivers `ids` stand on the first axis."""
        if self.receiver_ids is None:
            return list(range(len(ids)))
        places = {name: row for row, name in enumerate(self.receiver_ids)}
        return [places[name] for name in ids]

    def direct_of(self, antennas: Mapping[str, int]) -> C:
        """H_bk [K, N_r, N_t] of the receivers `antennas` (id → number of antennas), N_r that of the largest."""
        found = self.direct[self.rows_of(list(antennas))]
        size = max(antennas.values())
        padded: C = np.zeros((len(found), size, found.shape[2]), np.complex128)
        kept = min(size, found.shape[1])
        padded[:, :kept] = found[:, :kept]
        return padded

    def echo_gain_of(self, ids: Sequence[str]) -> F | None:
        """η_k β_k [M, K] of the receivers `ids`; None where it is not given."""
        return None if self.echo_gain is None else np.asarray(self.echo_gain[:, self.rows_of(ids)])


def misfits(
    given: GivenChannel, antennas: Mapping[str, int], transmit_antennas: int, carrier_hz: float
) -> Iterator[Problem]:
    """Everything in which channels do not fit a scenario; `antennas`: id → number of antennas of its receivers."""
    ids = list(antennas)
    if given.receiver_ids is None and len(given.direct) != len(ids):
        hint = "the first axis has one entry for each receiver; the array receiver_ids names them"
        received = f"{len(given.direct)} receivers (shape {list(given.direct.shape)})"
        yield Problem(given.where("direct"), received, f"the {len(ids)} receivers of the scenario", hint)
        return
    missing = [name for name in ids if name not in (given.receiver_ids or ids)]
    if missing:
        has = f"only {quoted(given.receiver_ids or ())}"
        yield Problem(
            given.where("receiver_ids"), has, f"also {quoted(missing)}", "or exclude these receivers: receivers.exclude"
        )
    if given.direct.shape[2] != transmit_antennas:
        expected = f"{transmit_antennas} on the last axis, the number in transmitter.antennas"
        yield Problem(given.where("direct"), f"{given.direct.shape[2]} transmit antennas", expected, _axes_hint(given))
    if not missing:
        yield from _antenna_problems(given, antennas)
    if given.carrier_hz is not None and abs(given.carrier_hz - carrier_hz) > CARRIER_TOLERANCE * carrier_hz:
        expected = f"{carrier_hz!r} Hz, the scenario's radio.carrier_hz"
        yield Problem(given.where("carrier_hz"), f"{given.carrier_hz!r} Hz", expected)


def quoted(ids: Sequence[str]) -> str:
    """A few names in words: 'a', 'b' and 3 more."""
    shown = ", ".join(map(repr, ids[:_NAMES_SHOWN]))
    return shown if len(ids) <= _NAMES_SHOWN else f"{shown} and {len(ids) - _NAMES_SHOWN} more"


def _antenna_problems(given: GivenChannel, antennas: Mapping[str, int]) -> Iterator[Problem]:
    """Receivers with more antennas in the file than in the scenario, or fewer."""
    rows = given.direct.shape[1]
    used = np.any(given.direct != 0, axis=2)  # [K, N_r]
    for (name, size), row in zip(antennas.items(), given.rows_of(list(antennas)), strict=True):
        count = int(np.max(np.flatnonzero(used[row]), initial=-1)) + 1
        if count > size or rows < size:
            received = f"{count if count > size else rows} receive antennas at {name!r}"
            hint = "the rows of antennas that a receiver does not have are zero" if count > size else ""
            yield Problem(given.where("direct"), received, f"{size}, the number in the scenario", hint)


def _axes_hint(given: GivenChannel) -> str:
    shape = list(given.direct.shape)
    return f"[receivers, receive antennas, transmit antennas], here {shape}; channel.direct = 'rician' draws channels"


def _numbers(where: str, values: object, kind: type, problems: list[Problem]) -> np.ndarray:
    """A read-only array of numbers; what is none is noted."""
    try:
        array = np.asarray(values)
        if array.dtype.kind not in ("ciuf" if kind is complex else "iuf"):
            raise TypeError
        with np.errstate(over="ignore"):  # of a longer type: infinity, which is refused below
            return read_only(array, np.complex128 if kind is complex else np.float64)
    except (TypeError, ValueError):
        found = getattr(np.asarray(values, object), "dtype", None) if not hasattr(values, "dtype") else values.dtype
        numbers = "complex or real numbers" if kind is complex else "real numbers"
        problems.append(Problem(where, f"values of type {found}", numbers))
        return read_only(np.zeros(0), np.float64)


def _shape_problems(given: GivenChannel) -> Iterator[Problem]:
    """Arrays whose shapes do not fit each other, or whose values are not finite or not possible."""
    direct = given.direct
    if direct.ndim != 3 or not direct.size:
        expected = "complex [K, N_r, N_t]: receivers, receive antennas, transmit antennas"
        yield Problem(given.where("direct"), f"shape {list(direct.shape)}", expected)
        return
    if given.receiver_ids is not None and len(given.receiver_ids) != len(direct):
        received, expected = f"{len(given.receiver_ids)} names", f"{len(direct)}, one for each receiver of direct"
        yield Problem(given.where("receiver_ids"), received, expected)
    for name, size, axis in (("echo_gain", len(direct), "K"), ("steering_tx", direct.shape[2], "N_t")):
        array = getattr(given, name)
        if array is None:
            continue
        if array.shape != (1, size):
            received, expected = f"shape {list(array.shape)}", f"[M, {axis}] = [1, {size}], M the points of the target"
            yield Problem(given.where(name), received, expected)
        elif not np.isfinite(array).all():
            yield Problem(given.where(name), "NaN or infinity", "finite values")
        else:
            yield from _echo_problems(given, name, array)
    if not np.isfinite(direct).all():
        bad = np.flatnonzero(~np.isfinite(direct).all(axis=(1, 2)))
        names = given.receiver_ids if given.receiver_ids is not None and len(given.receiver_ids) == len(direct) else ()
        places = quoted([names[k] if names else f"row {k}" for k in bad])
        yield Problem(given.where("direct"), f"NaN or infinity at {places}", "finite values")


def _echo_problems(given: GivenChannel, name: str, array: np.ndarray) -> Iterator[Problem]:
    """Levels of the echo that no radio channel has; `array` is finite."""
    size = np.abs(array)
    if name == "echo_gain" and np.any(array < 0):
        yield Problem(given.where(name), f"{float(array.min()):.3g}", "power gains, 0 or more")
    elif name == "echo_gain":
        odd = size[(size > _LARGEST_GAIN) | ((size > 0.0) & (size < 1.0 / _LARGEST_GAIN))]
        if odd.size:
            expected = f"power gains, 0 or from {1.0 / _LARGEST_GAIN:g} to {_LARGEST_GAIN:g}"
            yield Problem(given.where(name), f"{float(odd[0]):.3g}", expected)
    elif not np.any(array):
        yield Problem(given.where(name), "only zeros", "amplitudes that are not all zero")
    elif not 1.0 / _LARGEST_STEERING <= float(size.max()) <= _LARGEST_STEERING:
        hint = "isotropic antennas have amplitudes of 1"
        expected = f"a largest amplitude from {1.0 / _LARGEST_STEERING:g} to {_LARGEST_STEERING:g}"
        yield Problem(given.where(name), f"a largest amplitude of {float(size.max()):.3g}", expected, hint)


def _id_problems(given: GivenChannel) -> Iterator[Problem]:
    ids = given.receiver_ids or ()
    if given.receiver_ids == ():
        yield Problem(given.where("receiver_ids"), "no names", "one name for each receiver")
    twice = sorted({name for name in ids if ids.count(name) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        yield Problem(given.where("receiver_ids"), f"{quoted(twice)} more than once", "unique names")


def _carrier_problems(given: GivenChannel) -> Iterator[Problem]:
    carrier = given.carrier_hz
    if carrier is None:
        return
    number = carrier if isinstance(carrier, int | float) and not isinstance(carrier, bool) else float("nan")
    if not 1e3 <= number <= 1e15:
        yield Problem(given.where("carrier_hz"), repr(carrier)[:40], "a frequency from 1e3 to 1e15 Hz")


def _level_problems(given: GivenChannel) -> Iterator[Problem]:
    """Levels that no channel has: numbers without a square, gains in dB."""
    largest = float(np.abs(given.direct).max())
    if largest > _LARGEST_GAIN:
        expected = "amplitudes; their squares are the receive power for unit transmit power between two antennas"
        yield Problem(given.where("direct"), f"an amplitude of {largest:.3g}", expected)
    elif not np.any(given.direct.imag) and np.all(given.direct.real <= 0) and largest > 10.0:
        received = f"real values from {given.direct.real.min():.4g} to {given.direct.real.max():.4g}"
        hint = "if these are levels in dB: an amplitude is 10^(dB/20), with the phase of the path"
        yield Problem(given.where("direct"), received, "complex amplitudes", hint)
