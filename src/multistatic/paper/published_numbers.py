"""Every number the paper states that does not depend on unpublished choices, beside ours and beside the exact bound.

The paper's figures show U as published: η counted twice, β = 1, noise σ_c² + σ_z², all power on the target (model of
`bounds.published`). Numbers that need receiver positions or a target velocity, which the paper does not give, are left
out; ratios in which they cancel are in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from multistatic.bounds.delay_doppler import exact_information
from multistatic.bounds.known_amplitude import known_amplitude_information
from multistatic.bounds.published import published_information_per_snr
from multistatic.bounds.sensing import SensingNetwork, mono_static_network, sensing_network
from multistatic.bounds.surrogate import published_surrogate, surrogate_value
from multistatic.channel.realise import channel_rng, realise
from multistatic.scenario.arrays import linear_array
from multistatic.scenario.model import PulseSpec, Scenario
from multistatic.signal.moments import PulseMoments
from multistatic.signal.pulses import pulse_moments, pulse_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperNumber:
    """One number of the paper: where it stands, what it reads, what its model gives here, what the exact bound says.

    `paper` is None where the paper states a formula or a claim without its value; `exact` is None where there is no
    counterpart. `note` is a remark for the reader.
    """

    where: str
    quantity: str
    unit: str
    paper: float | None
    ours: float
    exact: float | None
    note: str = ""

    @property
    def relative_difference(self) -> float | None:
        """(ours - paper)/paper."""
        return None if self.paper is None else self.ours / self.paper - 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Levels:
    """U of a group with all power on the target: as published, and with the exact information."""

    published: float
    exact: float

    def over(self, other: _Levels) -> _Levels:
        return _Levels(published=self.published / other.published, exact=self.exact / other.exact)


LEFT_OUT = (
    "Not in the table, because they need receiver positions that the paper does not give: U of 0.74e-3 (bi-static), "
    "0.52e-3 (two receivers) and 0.36e-3 (five receivers), the rates of 7.4 bit/s/Hz, and every curve of Figs. 5 to 7."
)


def paper_numbers(scenario: Scenario) -> tuple[PaperNumber, ...]:
    """The table for `scenario`, the preset `paper`; its receivers serve the ratios only, where their places cancel."""
    slot = PaperNumber(
        where="§VI-A", quantity="Δt = 1/(2B)", unit="s", paper=0.5e-8, ours=scenario.radio.slot_s, exact=None
    )
    levels, ratios = _mono_static_levels(scenario), _scalings(scenario)
    return (slot, *levels, *ratios, *_pulses(scenario), *_constants(scenario.radio.samples))


def _constants(samples: int) -> Iterator[PaperNumber]:
    sinc = pulse_of(PulseSpec(kind="sinc"))
    yield PaperNumber(
        where="§VI-A",
        quantity="A = ∫₀^π sin²t/t² dt of g2",
        unit="",
        paper=None,
        ours=float(np.pi / np.real(sinc(0.0)) ** 2),
        exact=None,
        note="A follows from the unit energy of the pulse g2: g2(0)² = π/A.",
    )
    for kind, name in (("cosine", "g1"), ("sinc", "g2")):
        yield from _pulse_constants(kind, name, samples)


def _pulse_constants(kind: str, name: str, samples: int) -> Iterator[PaperNumber]:
    """The three integrals of Prop. 3.1, made free of units, with what stands in their place in the exact bound."""
    moments = pulse_moments(PulseSpec(kind=kind))
    spread = (samples**2 - 1) / 12.0 + moments.mean_square_time - moments.mean_time**2
    for quantity, ours, exact, note in (
        (
            "F_g Δt",
            moments.mean_square_bandwidth,
            moments.mean_square_bandwidth - abs(moments.mean_frequency) ** 2,
            "Exact: F̄ - |q|², the mean square frequency less the square of the mean frequency, without the jumps of "
            "the pulse at its ends; with the jumps the bandwidth is infinite.",
        ),
        ("F_tg/Δt³", moments.mean_square_time, spread, "Exact: the variance of time over the whole block."),
        (
            "F_tġ/Δt",
            moments.time_frequency.real,
            _coupling(moments),
            "Exact: with a real pulse the errors of delay and Doppler shift are not coupled.",
        ),
    ):
        yield PaperNumber(
            where="Prop. 3.1", quantity=f"{quantity} of {name}", unit="", paper=None, ours=ours, exact=exact, note=note
        )


def _coupling(moments: PulseMoments) -> float:
    return (moments.time_frequency - moments.mean_frequency * moments.mean_time).imag


def _mono_static_levels(scenario: Scenario) -> Iterator[PaperNumber]:
    for where, antennas, receive_antennas, paper in (
        ("Fig. 2-4", 10, 2, 1.4e-3),
        ("Fig. 3", 20, 2, 0.72e-3),
        ("Fig. 4", 10, 12, 0.24e-3),
    ):
        levels = _levels(_with_antennas(scenario, antennas, receive_antennas), 0)
        yield PaperNumber(
            where=where,
            quantity=f"mono-static U, N_t = {antennas}, N_r = {receive_antennas}",
            unit="",
            paper=paper,
            ours=levels.published,
            exact=levels.exact,
            note="Exact: delay and Doppler shift are both normalised, the path loss η is counted once, and the "
            "reflection factor β is 0.6.",
        )


def _scalings(scenario: Scenario) -> Iterator[PaperNumber]:
    names = ("mono-static", "bi-static", "two receivers")
    for where, what, more, papers in (
        ("Fig. 3", "N_t 10 → 20", (20, 2), ((1.4, 0.72), (0.74, 0.37), (0.52, 0.26))),
        ("Fig. 4", "N_r 2 → 12", (10, 12), ((1.4, 0.24), (0.74, 0.12), (0.52, 0.087))),
    ):
        readings = ", ".join(f"{name} {old:g} and {new:g}" for name, (old, new) in zip(names, papers, strict=True))
        for size, (name, (before, after)) in enumerate(zip(names, papers, strict=True)):
            ratio = _levels(_with_antennas(scenario, *more), size).over(_levels(_with_antennas(scenario, 10, 2), size))
            yield PaperNumber(
                where=where,
                quantity=f"{name}: U ratio, {what}",
                unit="",
                paper=after / before,
                ours=ratio.published,
                exact=ratio.exact,
                note=f"The paper's values of U, in units of 1e-3: {readings}. The exact U is proportional to "
                "1/(N_t N_r).",
            )


def _pulses(scenario: Scenario) -> Iterator[PaperNumber]:
    cosine, sinc = (_with_pulse(scenario, kind) for kind in ("cosine", "sinc"))
    ratio = _levels(sinc, 0).over(_levels(cosine, 0))
    known = [np.trace(np.linalg.solve(_known(one), np.eye(2))) for one in (sinc, cosine)]
    yield PaperNumber(
        where="Fig. 6",
        quantity="U ratio, sinc/cosine",
        unit="",
        paper=None,
        ours=ratio.published,
        exact=ratio.exact,
        note='The paper says that the cosine pulse "always outperforms" the sinc pulse. With a known amplitude the '
        f"exact ratio is {known[0] / known[1]:.4f}.",
    )
    per_snr = published_information_per_snr(
        _network(cosine, 0).pulse, scenario.radio.samples, scenario.radio.bandwidth_hz
    )
    yield PaperNumber(
        where="Prop. 3.1",
        quantity="correlation ς/sqrt(ιχ), cosine",
        unit="",
        paper=None,
        ours=float(per_snr[0, 1] / np.sqrt(per_snr[0, 0] * per_snr[1, 1])),
        exact=0.0,
        note="The exact correlation is 0: in the paper the term that couples delay and Doppler shift lost a factor j.",
    )


def _known(scenario: Scenario) -> np.ndarray:
    information: np.ndarray = known_amplitude_information(_network(scenario, 0), 1.0)[0]
    return information


def _levels(scenario: Scenario, size: int) -> _Levels:
    """U of the mono-static scheme (`size` 0) or of the `size` receivers nearest to the target, at p_t = N_t P_T."""
    network = _network(scenario, size)
    chosen = np.zeros(len(network.receiver_ids), bool)
    chosen[np.argsort(network.geometry.target_receiver_m)[: max(size, 1)]] = True
    illumination_w = scenario.transmitter.array.size * scenario.transmitter.power_w
    published = published_surrogate(network, chosen, illumination_w)
    exact = surrogate_value(exact_information(network, illumination_w), chosen)
    assert published is not None
    assert exact is not None
    return _Levels(published=published, exact=exact)


def _network(scenario: Scenario, size: int) -> SensingNetwork:
    channel = realise(scenario, channel_rng(scenario.seed))
    return sensing_network(scenario, channel) if size else mono_static_network(scenario, channel)


def _with_antennas(scenario: Scenario, transmit: int, receive: int) -> Scenario:
    spacing_m = scenario.radio.wavelength_m / 2.0
    array = linear_array(receive, spacing_m)
    return replace(
        scenario,
        transmitter=replace(scenario.transmitter, array=linear_array(transmit, spacing_m), receive_array=array),
        receivers=tuple(replace(receiver, array=array) for receiver in scenario.receivers),
    )


def _with_pulse(scenario: Scenario, kind: str) -> Scenario:
    return replace(scenario, radio=replace(scenario.radio, pulse=PulseSpec(kind=kind)))
