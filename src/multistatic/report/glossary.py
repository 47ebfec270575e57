"""The terms of tables, messages and pages, each explained in one sentence; the same stand in docs/conventions.md.

A page explains only the terms that it uses: `terms_in` finds them in its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term and what it means.

    name: str, as it stands in the glossary. meaning: str, one sentence. unit: str, empty for what has none.
    spellings: other words for it by which `terms_in` recognises it, in lower case.

    >>> Term(name="block SNR", meaning="An energy over a noise level.", unit="dB").anchor
    'term-block-snr'
    """

    name: str
    meaning: str
    unit: str = ""
    spellings: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """The id of its entry on a page."""
        return "term-" + re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    def is_in(self, text: str) -> bool:
        """True where `text`, in lower case, uses the term, its plural or another spelling of it as whole words."""
        return re.search(rf"(?<!\w)(?:{self._pattern()})(?!\w)", text) is not None

    def is_named(self, text: str) -> bool:
        """True where `text`, in lower case, is nothing but the term, its plural or another spelling of it."""
        return re.fullmatch(self._pattern(), text) is not None

    def _pattern(self) -> str:
        return "|".join(f"{re.escape(each)}s?" for each in (self.name.lower(), *self.spellings))


GLOSSARY: tuple[Term, ...] = (
    Term(
        name="Cramér-Rao bound",
        meaning="The lowest variance that an unbiased estimate can have, computed from the signal model without "
        "running an estimator.",
        spellings=("crb", "cramér-rao bounds"),
    ),
    Term(
        name="Fisher information",
        meaning="How much information a measurement has about the quantities to be estimated; its inverse is the "
        "Cramér-Rao bound.",
    ),
    Term(
        name="position error",
        meaning="The standard deviation that no unbiased estimate of the target's position can fall below "
        "(position error bound, PEB): the root of the sum of the variances of all coordinates.",
        unit="m",
        spellings=("peb", "position error bound"),
    ),
    Term(
        name="velocity error",
        meaning="The standard deviation that no unbiased estimate of the target's velocity can fall below "
        "(velocity error bound, VEB): the root of the sum of the variances of all components.",
        unit="m/s",
        spellings=("veb", "velocity error bound"),
    ),
    Term(
        name="horizontal and vertical error",
        meaning="The parts of the position error in the horizontal plane and along the height; the sum of their "
        "squares is the square of the position error.",
        unit="m",
        spellings=("horizontal", "vertical"),
    ),
    Term(
        name="angle of arrival",
        meaning="The direction from which a receiver's antennas receive the echo; a position error with angles "
        "of arrival uses it besides delay and Doppler shift.",
        unit="rad",
        spellings=("angles of arrival",),
    ),
    Term(
        name="unobservable",
        meaning="The measurements do not determine the quantity, so that no finite error can be stated.",
    ),
    Term(
        name="delay",
        meaning="The time that the echo takes from the transmitter to the target and on to the receiver.",
        unit="s",
    ),
    Term(
        name="Doppler shift",
        meaning="The change of the echo's carrier frequency that is caused by the target's motion.",
        unit="Hz",
        spellings=("doppler",),
    ),
    Term(
        name="range",
        meaning="The length of the path from the transmitter to the target and on to the receiver (bistatic "
        "range); the ± value is the standard deviation with which one receiver alone measures it, "
        "offsets of the clocks included.",
        unit="m",
    ),
    Term(
        name="range rate",
        meaning="The change of the range in one second, measured through the Doppler shift; the ± value is the "
        "standard deviation at one receiver alone, frequency offsets included.",
        unit="m/s",
    ),
    Term(
        name="block",
        meaning="The samples that are received in one go and processed together.",
    ),
    Term(
        name="block SNR",
        meaning="The ratio of the echo's energy to the noise at one receiver, after integration over one block "
        "and all receive antennas.",
        unit="dB",
    ),
    Term(
        name="illumination",
        meaning="The power that all beams together send in the direction of the target, which is the EIRP in "
        "that direction.",
        unit="W",
        spellings=("power towards target",),
    ),
    Term(
        name="EIRP",
        meaning="Equivalent isotropically radiated power: the power that an antenna without directivity would "
        "have to radiate to produce the same level in that direction.",
        unit="dBm",
    ),
    Term(
        name="rate",
        meaning="The data rate that a receiver gets for each hertz of bandwidth.",
        unit="bit/s/Hz",
        spellings=("required rate",),
    ),
    Term(
        name="cooperating receiver",
        meaning="A receiver of the selected group: besides receiving its data it measures the echo, and it knows "
        "the sensing beam and cancels it.",
        spellings=("cooperating", "cooperate", "cooperates"),
    ),
    Term(
        name="cooperation cost",
        meaning="What a group of receivers costs, in metres of distance: for each member a weighted sum of its "
        "distance to the target and its mean distance to the other members, added up.",
        unit="m",
        spellings=("of cost",),
    ),
    Term(
        name="sensing beam",
        meaning="The transmit beam that carries no data for any receiver and serves only to illuminate the target.",
    ),
    Term(
        name="multi-static scheme",
        meaning="A group of receivers measures the echo and locates the target together.",
        spellings=("multi-static",),
    ),
    Term(
        name="bi-static scheme",
        meaning="Only the best single receiver measures the echo.",
        spellings=("bi-static",),
    ),
    Term(
        name="mono-static scheme",
        meaning="Only the transmitter measures the echo of the signal that it transmits; the receivers receive data.",
        spellings=("mono-static",),
    ),
    Term(
        name="criterion",
        meaning="The figure of merit by which groups of receivers are compared; a lower value is better.",
        spellings=(
            "criterion minimised",
            "criteria",
        ),
    ),
    Term(
        name="surrogate U",
        meaning="A criterion that stands for the position error: the trace of the inverse of the sum of the "
        "cooperating receivers' Fisher information about delay and Doppler shift, in normalised units.",
        spellings=("surrogate",),
    ),
    Term(
        name="selector",
        meaning="The algorithm that chooses the cooperating receivers.",
        spellings=("group selected by",),
    ),
    Term(
        name="beamformer",
        meaning="The algorithm that chooses the transmit beams.",
        spellings=("beams designed by",),
    ),
    Term(
        name="joint design",
        meaning="Receivers and beams are chosen together: groups are compared each with beams that are optimised "
        "for it.",
        spellings=("joint",),
    ),
    Term(
        name="proven optimal",
        meaning="A proof shows that no other choice under the same assumptions has a better criterion.",
        spellings=("optimal",),
    ),
    Term(
        name="gap",
        meaning="How far a design can at most be from the best possible one, as a proven fraction of the "
        "criterion; 0 means proven optimal.",
        spellings=("proven gap", "proven within", "above the best", "below what is possible", "of the optimum"),
    ),
    Term(
        name="feasible",
        meaning="The design keeps every requirement: rates, power and cooperation cost.",
    ),
    Term(
        name="infeasible",
        meaning="No design was found that keeps every requirement; the message names the one that cannot be kept.",
    ),
    Term(
        name="stationarity residual",
        meaning="How far the beams are from the first-order conditions of a local optimum: 0 where these hold, 1 "
        "at worst.",
        spellings=("stationarity",),
    ),
    Term(
        name="verification",
        meaning="A second computation of the design's numbers from its beams, independent of the algorithms that "
        "found them.",
        spellings=("verified",),
    ),
    Term(
        name="clock offset",
        meaning="The error of a clock's time against the common time of the network; the offset of its "
        "oscillator is the same for the frequency.",
        unit="s",
        spellings=("clock",),
    ),
    Term(
        name="echo law",
        meaning="How the power of the echo falls with distance: by the path loss over the whole path from the "
        "transmitter to the target and on to the receiver (sum), or by the path losses of the two legs "
        "multiplied (product), as in the radar equation.",
        spellings=("path loss over the whole path", "path losses of both legs", "radar equation"),
    ),
    Term(
        name="isotropic element",
        meaning="An antenna element that radiates and receives equally in all directions.",
        spellings=(
            "element",
            "isotropic",
        ),
    ),
    Term(
        name="radar cross-section",
        meaning="The area that describes how strongly the target reflects; the reflection factor of the scenario "
        "is this area divided by 4π.",
        unit="m²",
        spellings=("rcs", "cross-section"),
    ),
    Term(
        name="drop",
        meaning="One random draw of the receivers' places and of the channels.",
    ),
    Term(
        name="trial",
        meaning="The scenario with its own seed, on which all methods of a study are run and compared: one drop.",
    ),
)


def terms_in(texts: Iterable[str]) -> tuple[Term, ...]:
    """The terms that the texts use, and those that their explanations use, in the glossary's order.

    >>> [term.name for term in terms_in(["Each drop has new places."])]
    ['drop']
    """
    found: set[str] = set()
    fresh = " ".join(texts).lower()
    while new := [term for term in GLOSSARY if term.name not in found and term.is_in(fresh)]:
        found |= {term.name for term in new}
        fresh = " ".join(term.meaning for term in new).lower()
    return tuple(term for term in GLOSSARY if term.name in found)
