"""Every command that reads a scenario prints, on stderr, what may not be meant; stdout stays as it is."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.errors import InfeasibleError, InputError, Problem
from tests.support.scenario_helpers import THREE_AROUND

SCENARIO = """
[radio]
carrier_hz = 3.6e9
bandwidth_hz = 10e6
samples = 64
pulse = "half_sine"

[transmitter]
position_llh = [48.13720, 11.57560, 560.0]
antennas = 4
power_dbm = 40.0

[receivers]
file = "sites.csv"

[target]
position_llh = [48.13900, 11.57700, 600.0]
rcs_m2 = 0.1

[channel]
path_loss_exponent = 2.0
reference_loss_db = "free_space"
echo_law = "product"
direct = "los"
noise_figure_db = 7.0
"""
SITES = (
    "id,latitude_deg,longitude_deg,height_m\nalpha,48.1381,11.5739,\nbeta,48.1365,11.5790,548.5\n"
    "gamma,48.1390,11.5740,549\ndelta,48.1400,11.5790,550\n"
)
NOTE = (
    "note: no height is given for alpha (sites.csv line 2): an ellipsoidal height of 0 m is assumed, 550 m below the "
    "other positions (548.5 to 600 m), which changes distances, angles and signal levels\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.toml").write_text(SCENARIO)
    (tmp_path / "sites.csv").write_text(SITES)
    return tmp_path


def run(*arguments: object):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_check_has_the_note_on_stderr_and_in_its_json(folder):
    shown = run("check", folder / "net.toml")
    assert (shown.exit_code, shown.stderr) == (0, NOTE)
    assert "no height" not in shown.stdout
    document = run("check", folder / "net.toml", "--json")
    assert document.stderr == NOTE
    assert f"note: {json.loads(document.stdout)['notes'][0]}\n" == NOTE
    assert run("check", folder / "net.toml", "--resolved").stderr == NOTE


def test_design_and_compare_have_the_note(folder):
    designed = run("design", folder / "net.toml", "--quiet", "--json", "--set", "receivers.clock_offset_std_s=100")
    assert NOTE in designed.stderr
    assert "note: clock_offset_std_s of alpha, beta, gamma and delta exceeds 10 ms" in designed.stderr
    json.loads(designed.stdout)
    assert run("compare", folder / "net.toml", "--quiet", "--selector", "all").stderr.startswith(NOTE)


def test_a_study_has_the_note_once(folder):
    (folder / "study.toml").write_text(
        'scenario = "net.toml"\ntrials = 2\nmetrics = ["surrogate"]\n[sweep]\ntransmitter.power_dbm = [30, 40]\n'
        '[[compare]]\nselector = "all"\n'
    )
    assert (
        run("study", folder / "study.toml", "--workers", 1, "--quiet", "--store", folder / "s.sqlite").stderr.count(
            NOTE
        )
        == 1
    )


def test_a_clean_scenario_has_none(folder):
    (folder / "sites.csv").write_text(SITES.replace("11.5739,\n", "11.5739,545\n"))
    assert run("check", folder / "net.toml").stderr == ""


HEADER = "receiver_id,time_s,delay_s,delay_std_s,doppler_hz,doppler_std_hz\n"
ECHOES = {"a": (4.494506679450329, -132.4), "b": (4.541217240482022, -230.9), "c": (6.672814546311332, -423.9)}


def table(folder: Path, *, unit: str = "e-6", deviation: str = "1e-9", times: tuple[str, ...] = ("0",)) -> Path:
    rows = [f"{name},{time},{tau}{unit},{deviation},{f},0.5" for time in times for name, (tau, f) in ECHOES.items()]
    (folder / "triangle.toml").write_text(THREE_AROUND)
    (folder / "measurements.csv").write_text(HEADER + "\n".join(rows) + "\n")
    return folder / "measurements.csv"


def test_microseconds_are_not_blamed_on_the_geometry(tmp_path):
    result = run("localize", table(tmp_path, unit="", deviation="1e-3"), "--scenario", tmp_path / "triangle.toml", "-q")
    assert isinstance(result.exception, InfeasibleError)
    said = str(result.exception)
    assert "Check the unit of the delay: 4.49 to 6.67 s is a path of 1350000 to 2000000 km" in said
    assert "In microseconds, the path would be 1350 to 2000 m." in said
    assert "span fewer than" not in said
    assert "note: Check the unit of the delay: " in result.stderr
    assert "note: Check the unit of delay_std_s: 0.001 s is 2e+04 slots" in result.stderr


def test_unix_times_can_be_told_apart(tmp_path):
    times = ("1760000000.5", "1760000000.6", "1760000000.7")
    result = run("localize", table(tmp_path, times=times), "--scenario", tmp_path / "triangle.toml", "-q")
    assert (result.exit_code, result.stderr) == (0, "")
    for time in times:
        assert result.stdout.count(time) == 1
    path = table(tmp_path, times=times, unit="")
    lost = run("localize", path, "--scenario", tmp_path / "triangle.toml", "-q")
    assert "unobservable at 1760000000.5 s, 1760000000.6 s, 1760000000.7 s:" in str(lost.exception)
    assert "at 1760000000.5, 1760000000.6, 1760000000.7 s: Check" in " ".join(lost.stdout.split())
    close = run("localize", path, "--scenario", tmp_path / "triangle.toml", "-q", "--same-time", "0.15")
    assert isinstance(close.exception, InputError)
    assert "'a' at 1760000000.5 s and 1760000000.6 s make one fix" in str(close.exception)


@pytest.mark.parametrize("option", ["--false-flag-rate", "--outliers", "--same-time"])
@pytest.mark.parametrize("value", ["1_0e-3", "٣", "0x1", "nan"])
def test_options_are_decimal_numbers(tmp_path, option, value):
    path = table(tmp_path)
    result = run("localize", path, "--scenario", tmp_path / "triangle.toml", "-q", option, value)
    assert isinstance(result.exception, InputError)
    assert f"{option}: received {value}" in str(result.exception)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("design", "paper"), "--gap"),
        (("design", "paper"), "--time-limit"),
        (("estimate", "nothing"), "--speed-limit"),
        (("simulate", "nothing"), "--oversampling"),
        (("simulate", "nothing"), "--clock-offset-std"),
        (("compare", "paper"), "--time-limit"),
        (("simulate", "nothing"), "--trials"),
        (("study", "nothing.toml"), "--workers"),
    ],
)
def test_numbers_of_other_options_are_decimal_too(command, option):
    with pytest.raises(InputError) as refused:
        CliRunner().invoke(app, [*command, option, "1_0e-3"], catch_exceptions=False)
    hint = "underscores are not allowed in numbers"
    assert refused.value.problems == (Problem(option, "'1_0e-3'", "a number", hint),)
