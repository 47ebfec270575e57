"""Design, certify and simulate multi-static integrated sensing and communications (ISAC) networks.

>>> from multistatic import design_network, load_preset
>>> design = design_network(load_preset("paper"))  # doctest: +SKIP

Every public name is listed once in `_MODULES` and imported when it is first used, so that importing the package is
cheap. The rooms behind them are described in docs/architecture.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multistatic.beamforming.beamforming_problem import BeamformingProblem as BeamformingProblem
    from multistatic.beamforming.beamforming_problem import BeamformingResult as BeamformingResult
    from multistatic.bounds.clock import ClockErrors as ClockErrors
    from multistatic.bounds.delay_doppler import exact_information as exact_information
    from multistatic.bounds.gain import LinearGain as LinearGain
    from multistatic.bounds.gain import MatrixGain as MatrixGain
    from multistatic.bounds.position import position_bound as position_bound
    from multistatic.bounds.sensing import SensingNetwork as SensingNetwork
    from multistatic.bounds.sensing import sensing_network as sensing_network
    from multistatic.bounds.waveform_information import waveform_information as waveform_information
    from multistatic.channel.channel import Channel as Channel
    from multistatic.channel.realise import realise as realise
    from multistatic.communication.rates import rates_bps_hz as rates_bps_hz
    from multistatic.design import Limits as Limits
    from multistatic.design import certify as certify
    from multistatic.design import design_network as design_network
    from multistatic.design.compare import Comparison as Comparison
    from multistatic.design.result import Accuracy as Accuracy
    from multistatic.design.result import Design as Design
    from multistatic.design.result import Verification as Verification
    from multistatic.design.verify import verify as verify
    from multistatic.errors import InfeasibleError as InfeasibleError
    from multistatic.errors import InputError as InputError
    from multistatic.errors import MissingDependencyError as MissingDependencyError
    from multistatic.errors import MultistaticError as MultistaticError
    from multistatic.errors import ScenarioError as ScenarioError
    from multistatic.errors import VerificationError as VerificationError
    from multistatic.estimation.estimate_settings import EstimateSettings as EstimateSettings
    from multistatic.estimation.from_recordings import estimate as estimate
    from multistatic.estimation.measurement import Measurement as Measurement
    from multistatic.files.channel_file import load_channel as load_channel
    from multistatic.files.channel_file import load_drops as load_drops
    from multistatic.files.channel_file import read_channel as read_channel
    from multistatic.files.channel_file import with_channel as with_channel
    from multistatic.files.design_files import write_design as write_design
    from multistatic.files.labelled_arrays import to_dataframe as to_dataframe
    from multistatic.files.labelled_arrays import to_xarray as to_xarray
    from multistatic.files.recordings import read_block as read_block
    from multistatic.files.scenario_file import build_scenario as build_scenario
    from multistatic.files.scenario_file import load_preset as load_preset
    from multistatic.files.scenario_file import load_scenario as load_scenario
    from multistatic.files.stored_design import read_design as read_design
    from multistatic.files.study_file import load_study as load_study
    from multistatic.files.study_file import run_study as run_study
    from multistatic.localization.closed_forms import Candidates as Candidates
    from multistatic.localization.drawn import draw_measurements as draw_measurements
    from multistatic.localization.ellipses import from_ranges as from_ranges
    from multistatic.localization.fix import Fix as Fix
    from multistatic.localization.fusion import FusionSettings as FusionSettings
    from multistatic.localization.fusion import localize as localize
    from multistatic.localization.fusion import localize_many as localize_many
    from multistatic.localization.known_sites import KnownSites as KnownSites
    from multistatic.localization.known_sites import known_sites as known_sites
    from multistatic.localization.ray import from_arrival as from_arrival
    from multistatic.localization.ray import from_departure as from_departure
    from multistatic.localization.state_prior import StatePrior as StatePrior
    from multistatic.localization.state_prior import state_prior as state_prior
    from multistatic.localization.two_dopplers import departure_from_dopplers as departure_from_dopplers
    from multistatic.localization.two_dopplers import from_two_dopplers as from_two_dopplers
    from multistatic.report.beam_pattern import draw_beam_pattern as draw_beam_pattern
    from multistatic.report.map import draw_map as draw_map
    from multistatic.report.plots import plot_beam_pattern as plot_beam_pattern
    from multistatic.report.plots import plot_comparison as plot_comparison
    from multistatic.report.plots import plot_delay_doppler as plot_delay_doppler
    from multistatic.report.plots import plot_fixes as plot_fixes
    from multistatic.report.plots import plot_map as plot_map
    from multistatic.report.plots import plot_rates as plot_rates
    from multistatic.report.plots import plot_study as plot_study
    from multistatic.report.rate_bars import draw_rates as draw_rates
    from multistatic.report.text_summary import summary as summary
    from multistatic.scenario.arrays import AntennaArray as AntennaArray
    from multistatic.scenario.arrays import linear_array as linear_array
    from multistatic.scenario.arrays import planar_array as planar_array
    from multistatic.scenario.geometry import BistaticGeometry as BistaticGeometry
    from multistatic.scenario.geometry import bistatic_geometry as bistatic_geometry
    from multistatic.scenario.given_channel import GivenChannel as GivenChannel
    from multistatic.scenario.model import Scenario as Scenario
    from multistatic.scenario.parse_scenario import parse_scenario as parse_scenario
    from multistatic.selection.selection_problem import Selection as Selection
    from multistatic.selection.selection_problem import SelectionProblem as SelectionProblem
    from multistatic.signal.beams import Beams as Beams
    from multistatic.signal.pulse import Pulse as Pulse
    from multistatic.signal.pulse import pulse_from_callable as pulse_from_callable
    from multistatic.simulation.block import SimulatedBlock as SimulatedBlock
    from multistatic.simulation.block import SimulationSettings as SimulationSettings
    from multistatic.simulation.block import simulate_block as simulate_block
    from multistatic.study import design_many as design_many
    from multistatic.study.plan import study_method as study_method
    from multistatic.study.results import StudyResults as StudyResults
    from multistatic.study.timed_comparison import compare as compare

    __version__: str

_MODULES = {
    # Scenario
    "Scenario": "multistatic.scenario.model",
    "build_scenario": "multistatic.files.scenario_file",
    "load_preset": "multistatic.files.scenario_file",
    "load_scenario": "multistatic.files.scenario_file",
    "parse_scenario": "multistatic.scenario.parse_scenario",
    "AntennaArray": "multistatic.scenario.arrays",
    "linear_array": "multistatic.scenario.arrays",
    "planar_array": "multistatic.scenario.arrays",
    "BistaticGeometry": "multistatic.scenario.geometry",
    "bistatic_geometry": "multistatic.scenario.geometry",
    # Signal, channel, rates, bounds
    "Pulse": "multistatic.signal.pulse",
    "pulse_from_callable": "multistatic.signal.pulse",
    "Channel": "multistatic.channel.channel",
    "GivenChannel": "multistatic.scenario.given_channel",
    "read_channel": "multistatic.files.channel_file",
    "with_channel": "multistatic.files.channel_file",
    "load_channel": "multistatic.files.channel_file",
    "load_drops": "multistatic.files.channel_file",
    "realise": "multistatic.channel.realise",
    "Beams": "multistatic.signal.beams",
    "rates_bps_hz": "multistatic.communication.rates",
    "SensingNetwork": "multistatic.bounds.sensing",
    "sensing_network": "multistatic.bounds.sensing",
    "exact_information": "multistatic.bounds.delay_doppler",
    "position_bound": "multistatic.bounds.position",
    # Simulated blocks
    "SimulatedBlock": "multistatic.simulation.block",
    "SimulationSettings": "multistatic.simulation.block",
    "simulate_block": "multistatic.simulation.block",
    "read_block": "multistatic.files.recordings",
    "estimate": "multistatic.estimation.from_recordings",
    "EstimateSettings": "multistatic.estimation.estimate_settings",
    "waveform_information": "multistatic.bounds.waveform_information",
    # Receiver selection and beamforming, for those who add an algorithm
    "SelectionProblem": "multistatic.selection.selection_problem",
    "Selection": "multistatic.selection.selection_problem",
    "LinearGain": "multistatic.bounds.gain",
    "MatrixGain": "multistatic.bounds.gain",
    "BeamformingProblem": "multistatic.beamforming.beamforming_problem",
    "BeamformingResult": "multistatic.beamforming.beamforming_problem",
    # Design
    "certify": "multistatic.design",
    "design_network": "multistatic.design",
    "Limits": "multistatic.design",
    "compare": "multistatic.study.timed_comparison",
    "verify": "multistatic.design.verify",
    "Design": "multistatic.design.result",
    "Accuracy": "multistatic.design.result",
    "Verification": "multistatic.design.result",
    "Comparison": "multistatic.design.compare",
    "design_many": "multistatic.study",
    "load_study": "multistatic.files.study_file",
    "study_method": "multistatic.study.plan",
    "run_study": "multistatic.files.study_file",
    "StudyResults": "multistatic.study.results",
    "read_design": "multistatic.files.stored_design",
    "write_design": "multistatic.files.design_files",
    # From measurements to positions
    "Candidates": "multistatic.localization.closed_forms",
    "ClockErrors": "multistatic.bounds.clock",
    "Fix": "multistatic.localization.fix",
    "FusionSettings": "multistatic.localization.fusion",
    "KnownSites": "multistatic.localization.known_sites",
    "Measurement": "multistatic.estimation.measurement",
    "StatePrior": "multistatic.localization.state_prior",
    "departure_from_dopplers": "multistatic.localization.two_dopplers",
    "draw_measurements": "multistatic.localization.drawn",
    "from_arrival": "multistatic.localization.ray",
    "from_departure": "multistatic.localization.ray",
    "from_ranges": "multistatic.localization.ellipses",
    "from_two_dopplers": "multistatic.localization.two_dopplers",
    "known_sites": "multistatic.localization.known_sites",
    "localize": "multistatic.localization.fusion",
    "localize_many": "multistatic.localization.fusion",
    "state_prior": "multistatic.localization.state_prior",
    # Results in a notebook
    "summary": "multistatic.report.text_summary",
    "to_dataframe": "multistatic.files.labelled_arrays",
    "to_xarray": "multistatic.files.labelled_arrays",
    "draw_beam_pattern": "multistatic.report.beam_pattern",
    "draw_map": "multistatic.report.map",
    "draw_rates": "multistatic.report.rate_bars",
    "plot_beam_pattern": "multistatic.report.plots",
    "plot_comparison": "multistatic.report.plots",
    "plot_delay_doppler": "multistatic.report.plots",
    "plot_fixes": "multistatic.report.plots",
    "plot_map": "multistatic.report.plots",
    "plot_rates": "multistatic.report.plots",
    "plot_study": "multistatic.report.plots",
    # Errors
    "MultistaticError": "multistatic.errors",
    "InputError": "multistatic.errors",
    "ScenarioError": "multistatic.errors",
    "MissingDependencyError": "multistatic.errors",
    "InfeasibleError": "multistatic.errors",
    "VerificationError": "multistatic.errors",
}

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("multistatic")
    elif name in _MODULES:
        value = getattr(import_module(_MODULES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
