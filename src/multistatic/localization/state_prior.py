"""What is known of position and velocity before the measurements: a Gaussian, as rows of the least-squares problem.

With C = LLᵀ its covariance, W = L⁻¹ whitens: |W(x - x₀)|² = (x - x₀)ᵀC⁻¹(x - x₀), and WᵀW = C⁻¹ = J₀ is the information
that the prior adds. The columns of a triangular system give W; no matrix is inverted as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve_triangular

from multistatic.errors import InputError, Problem
from multistatic.localization.observations import Observations
from multistatic.scenario.model import Scenario
from multistatic.units import F, read_only

# Rounding of a covariance that is read from a file moves no eigenvalue of its correlations by more than that.
_LEAST_EIGENVALUE, _ASYMMETRY = 1e-12, 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StatePrior:
    """Gaussian prior of position and velocity, from a tracker or from a scenario's `[target.prior]`.

    d is the number of unknown coordinates, 2 or 3.

    mean [2d]: expected (position in m, velocity in m/s).
    covariance [2d, 2d]: covariance of (position, velocity), with any correlation between them; or [d, d] of the
        position alone, where nothing is known of the velocity.

    Raises `InputError` for shapes that do not fit, values that are not finite, and a covariance that is not symmetric
    and positive definite. Source: model.md §9.

    >>> StatePrior(mean=[20, 40, 3, 0], covariance=[[25, 0], [0, 100]]).rows.tolist()
    [[0.2, 0.0, 0.0, 0.0], [0.0, 0.1, 0.0, 0.0]]
    """

    mean: F
    covariance: F

    def __post_init__(self) -> None:
        for name in ("mean", "covariance"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        if problems := _problems(self):
            raise InputError(problems, source="prior")

    @property
    def dimensions(self) -> int:
        """Number d of coordinates of the position."""
        return len(self.mean) // 2

    @property
    def knows_velocity(self) -> bool:
        """Whether the covariance is that of position and velocity."""
        return len(self.covariance) == len(self.mean)

    @property
    def rows(self) -> F:
        """W [r, 2d] with WᵀW the information of the prior about (position, velocity), r the size of the covariance."""
        scale = np.sqrt(np.diagonal(self.covariance))
        factor = np.linalg.cholesky(self.covariance / np.outer(scale, scale))
        rows = np.zeros((len(scale), len(self.mean)))
        rows[:, : len(scale)] = solve_triangular(factor, np.diag(1.0 / scale), lower=True)
        return rows


def state_prior(scenario: Scenario) -> StatePrior:
    """Take the prior of position and velocity from the target of a scenario.

    scenario: the network; exactly one of its targets has a prior. The mean is this target's position and velocity.

    Raises `InputError` where no target has a prior, or several have one.

    >>> from multistatic import load_preset
    >>> known = load_preset("paper", ["target.prior.position_std_m=[3, 4]"])
    >>> state_prior(known).covariance.tolist()
    [[9.0, 0.0], [0.0, 16.0]]
    """
    known = [one for one in scenario.targets if one.prior is not None]
    if len(known) != 1:
        names = ", ".join(repr(one.id) for one in known)
        received = f"priors of {len(known)} targets: {names}" if known else "no prior"
        hint = (
            "Use a scenario with the prior of the target that was measured."
            if known
            else "Without a prior, the measurements are used alone (--no-prior)."
        )
        raise InputError([Problem("target.prior", received, "the prior of one target", hint)], source="localize")
    (target,), d = known, scenario.dimensions
    assert target.prior is not None
    place, speed = target.prior.position_covariance_m2, target.prior.velocity_covariance_m2_s2
    covariance = place[:d, :d]
    if speed is not None:
        nothing = np.zeros((d, d))
        covariance = np.block([[covariance, nothing], [nothing, speed[:d, :d]]])
    mean = np.concatenate([target.position_m[:d], target.velocity_m_s[:d]])
    try:
        return StatePrior(mean=mean, covariance=covariance)
    except InputError as error:
        found = [replace(one, path=f"target.prior ({one.path} in {d}-D)") for one in error.problems]
        raise InputError(found, source="localize") from None


def with_priors(seen: Observations, priors: StatePrior | Sequence[StatePrior] | None, dimensions: int) -> Observations:
    """`seen` with one prior for all of its fixes, or one for each. `InputError` where their number or size is wrong."""
    if priors is None or not len(seen):
        return seen
    each = [priors] * len(seen) if isinstance(priors, StatePrior) else list(priors)
    problems = []
    if len(each) != len(seen):
        problems.append(Problem("prior", f"{len(each)} priors", f"one, or {len(seen)}: one for each fix"))
    sizes = {(one.dimensions, len(one.covariance)) for one in each}
    if strange := sorted({d for d, _ in sizes} - {dimensions}):
        problems.append(Problem("prior", f"{strange[0]} coordinates", f"{dimensions}, as the network has"))
    if len({rows for _, rows in sizes}) > 1:
        problems.append(Problem("prior", "priors with and without a velocity", "the same for every fix"))
    if problems:
        raise InputError(problems, source="prior")
    return replace(seen, expected=np.array([one.mean for one in each]), prior_rows=np.array([one.rows for one in each]))


def _problems(prior: StatePrior) -> list[Problem]:
    """Every value of the prior that has a wrong shape or range."""
    mean, covariance = prior.mean, prior.covariance
    if mean.shape not in ((4,), (6,)):
        return [Problem("mean", f"shape {mean.shape}", "2d values (position, velocity), d = 2 or 3")]
    d = len(mean) // 2
    problems = [] if np.isfinite(mean).all() else [Problem("mean", "NaN or infinity", "finite values")]
    if covariance.shape not in ((d, d), (2 * d, 2 * d)):
        expected = f"shape {(2 * d, 2 * d)}, or {(d, d)} of the position alone"
        return [*problems, Problem("covariance", f"shape {covariance.shape}", expected)]
    expected = "a symmetric, positive definite matrix of finite values"
    if not np.isfinite(covariance).all():
        return [*problems, Problem("covariance", "NaN or infinity", expected)]
    variances = np.diagonal(covariance)
    if np.any(variances <= 0):
        return [*problems, Problem("covariance", f"the variance {variances.min():g}", expected)]
    scale = np.sqrt(variances)
    correlation = covariance / np.outer(scale, scale)
    if np.abs(correlation - correlation.T).max() > _ASYMMETRY:
        return [*problems, Problem("covariance", "a matrix that is not symmetric", expected)]
    least = float(np.linalg.eigvalsh(correlation)[0])
    if least < _LEAST_EIGENVALUE:
        received = f"correlations with the least eigenvalue {least:.2g}"
        return [*problems, Problem("covariance", received, expected)]
    return problems
