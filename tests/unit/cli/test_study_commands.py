"""The commands `study`, `show` and `export`, as they are typed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from multistatic.cli import study_progress
from multistatic.cli.app import app
from multistatic.errors import InputError, MultistaticError
from multistatic.files.study_file import load_study, run_into
from multistatic.files.study_reader import read_results
from multistatic.paper.figure_study import figure_names, load_figure
from multistatic.report import axis_labels
from multistatic.report.study_plots import study_pictures
from multistatic.report.study_table import results_document, results_table
from multistatic.study import trial as trial_module
from multistatic.study.metrics import METRICS
from multistatic.study.schedule import Schedule
from multistatic.study.workers import DaskCluster, ThisProcess
from tests.support.close import close_to
from tests.support.studies import QUICK, invented, quick
from tests.unit.files.test_study_file import WRONG

SMALL = QUICK.replace("trials = 5", "trials = 2").replace("[100.0, 1000.0]", "[1000.0]")


def invoke(*arguments: str | Path) -> Result:
    """Run a command; an error that was not deliberate fails the test."""
    result = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit | MultistaticError):
        raise result.exception
    return result


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    return tmp_path / "small.toml"


@pytest.mark.slow
def test_study_show_and_export(file: Path) -> None:
    done = invoke("study", file, "--workers", 1)
    assert done.exit_code == 0, done.output
    assert "small.sqlite" in done.output
    assert "complete" in done.output
    again = invoke("study", file, "--workers", 1, "--json")
    document = json.loads(again.stdout)
    assert document["complete"]
    point = document["points"][1]
    assert point["settings"] == {"transmitter.power_dbm": 30, "requirements.cooperation_cost_m": 1000.0}
    assert point["methods"]["greedy"]["trials"] == 2
    assert point["methods"]["greedy"]["feasible"]["value"] == 1.0
    shown = invoke("show", "small.sqlite", "--metric", "peb_m", "--out", "pictures")
    assert shown.exit_code == 0
    assert "peb" in shown.output
    assert "surrogate" not in shown.output
    assert sorted(path.name for path in Path("pictures").iterdir()) == ["captions.txt", "peb_m.png", "peb_m.svg"]
    assert json.loads(invoke("show", "small.sqlite", "--json").stdout)["digest"] == document["digest"]
    for kind in ("nc", "csv", "mat"):
        assert invoke("export", "small.sqlite", "--format", kind).exit_code == 0
        assert Path(f"small.{kind}").stat().st_size > 300
    assert invoke("export", "small.sqlite", "--out", "other.csv").exit_code == 0
    assert Path("other.csv").read_bytes() == Path("small.csv").read_bytes()


def test_a_file_with_errors_names_all_of_them_and_writes_nothing(file: Path) -> None:
    (file.parent / "wrong.toml").write_text(WRONG, encoding="utf-8")
    result = invoke("study", "wrong.toml")
    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 2
    assert len(result.exception.problems) == 18
    assert not Path("wrong.sqlite").exists()


def test_dry_run_says_what_it_will_cost_and_writes_nothing(file: Path) -> None:
    text = invoke("study", file, "--dry-run", "--workers", 2).output
    trials = "2 points, 3 methods, 2 trials at each point: 4 trials in all"
    for words in (trials, "one receiver", "on 2 workers", "Memory", "store"):
        assert words in text
    plan = json.loads(invoke("study", file, "--dry-run", "--json").stdout)
    assert plan["trials"] == [4, 4]
    assert all(seconds > 0 for seconds in plan["seconds_per_trial"].values())
    assert plan["memory_bytes"] > 10_000_000
    assert plan["failures"] == {}
    assert list(file.parent.iterdir()) == [file]
    rule = 'trials={minimum=5, maximum=50, metric="peb_m", relative_half_width=0.1}'
    text = invoke("study", file, "--dry-run", "--set", rule).output
    rule = "until the median of peb_m is known to within 10 % (95 % confidence)"
    assert f"5 to 50 trials at each point, {rule}: 10 to 100" in text


@pytest.mark.slow
def test_an_estimated_store_is_about_as_large_as_the_real_one(tmp_path: Path) -> None:
    study = quick(tmp_path, "trials=2000")
    run_into(tmp_path / "a.sqlite", study, lambda: ThisProcess(invented))
    from multistatic.study.cost import measured_cost

    real = (tmp_path / "a.sqlite").stat().st_size
    assert 0.7 * real < measured_cost(study).store_bytes[1] < 1.4 * real


@pytest.mark.slow
def test_restart_drops_a_store_and_nothing_else(file: Path) -> None:
    assert invoke("study", file, "--workers", 1).exit_code == 0
    refused = invoke("study", file, "--workers", 1, "--set", "seed=9")
    assert isinstance(refused.exception, InputError)
    assert "--restart" in str(refused.exception)
    assert invoke("study", file, "--workers", 1, "--set", "seed=9", "--restart").exit_code == 0
    assert read_results(Path("small.sqlite")).document["seed"] == 9
    assert len(read_results(Path("small.sqlite")).sessions) == 1
    kept = invoke("study", file, "--store", file, "--restart")
    assert isinstance(kept.exception, InputError)
    assert file.read_text(encoding="utf-8") == SMALL


def test_restart_leaves_a_damaged_store_to_its_owner(file: Path) -> None:
    assert invoke("study", file, "--workers", 1).exit_code == 0
    store = Path("small.sqlite")
    store.write_bytes(store.read_bytes()[:5000])
    refused = invoke("study", file, "--workers", 1, "--restart")
    assert isinstance(refused.exception, InputError)
    assert "delete it by hand" in str(refused.exception)
    assert store.stat().st_size == 5000


def test_failed_trials_are_shown_and_the_exit_code_says_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no design today")

    with monkeypatch.context() as patched:
        patched.setattr(trial_module, "design_network", broken)
        result = invoke("study", file, "--workers", 1, "--retries", 1)
    assert isinstance(result.exception, MultistaticError)
    assert result.exception.exit_code == 1
    assert "4 trials failed" in str(result.exception)
    assert "no design today" in result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert "failed" in lines[1]
    assert [line[5] for line in lines if line[2:4] == ["one", "receiver"]] == ["2", "2"]
    assert invoke("study", file, "--workers", 1, "--retry-failed").exit_code == 0
    assert "no design today" in invoke("show", "small.sqlite").output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "missing.sqlite"), "no file or folder of this name"),
        (("show", "small.toml"), "not a database"),
        (("export", "small.toml", "--format", "xls"), "one of nc, csv, mat"),
        (("export", "small.toml", "--format", "nc"), "not a database"),
        (("study", "missing.toml"), "missing.toml"),
        (("study", "small.toml", "--dask", "tcp://127.0.0.1:1"), "scheduler"),
        (("study", "small.toml", "--dask", "nonsense"), "missing port number"),
        (("study", "small.toml", "--dask", "gopher://host:1"), "unknown address scheme"),
        (("study", "small.toml", "--store", "no/folder/a.sqlite"), "unable to open"),
    ],
)
def test_bad_usage(file: Path, arguments: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DaskCluster, "connect_s", 0.5)
    result = invoke(*arguments)
    assert isinstance(result.exception, InputError), result.output
    assert words in str(result.exception)
    assert result.exception.exit_code == 2


def test_metrics_are_listed(file: Path) -> None:
    lines = invoke("study", "--list").output.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(METRICS)
    assert "peb_m: position error bound, in m" in lines
    listed = json.loads(invoke("study", "--list", "--json").stdout)
    assert [each["name"] for each in listed] == list(METRICS)
    assert listed[list(METRICS).index("peb_m")]["unit"] == "m"


def test_the_schema_of_study_files(file: Path) -> None:
    assert json.loads(invoke("schema", "--study").stdout)["title"] == "StudyTable"


@pytest.mark.slow
def test_a_partial_study_in_a_table_and_in_pictures(tmp_path: Path) -> None:
    """Half of the trials, one of them failed, one value that does not exist."""
    store = tmp_path / "a.sqlite"
    study = quick(tmp_path, "trials=40")
    calls = []

    def until_enough(task):
        calls.extend(task.trials)
        if len(calls) > 80:
            raise KeyboardInterrupt
        return invented(task)

    with pytest.raises(KeyboardInterrupt):
        run_into(store, study, lambda: ThisProcess(until_enough))
    results = read_results(store)
    assert not results.complete
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(results_table(results))
    text = console.export_text()
    assert "not complete" in text
    assert "[" in text
    assert results_document(results)["points"][3]["methods"]["all"]["surrogate"]["value"] is None
    pictures = study_pictures(results)
    expected = [f"{m.name}.{kind}" for m in results.metrics for kind in ("svg", "png")]
    assert sorted(pictures) == sorted([*expected, "captions.txt"])
    assert b"one receiver" in pictures["surrogate.svg"]
    assert study_pictures(results) == pictures, "the same results give the same bytes"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        'scenario = "paper"\ntrials = 12\n',
        'scenario = "paper"\ntrials = 12\n[sweep]\nradio.pulse = ["cosine", "sinc"]\n',
        'scenario = "paper"\ntrials = 12\n[sweep]\nradio.samples = [64, 128, 65536]\ntransmitter.antennas = [4, 8]\n',
    ],
)
def test_pictures_of_every_kind_of_sweep(tmp_path: Path, text: str) -> None:
    run_into(tmp_path / "a.sqlite", quick(tmp_path, text=text), lambda: ThisProcess(invented))
    pictures = study_pictures(read_results(tmp_path / "a.sqlite"))
    assert len(pictures) == 5
    drawn = pictures["surrogate.svg"].decode()
    assert "surrogate U, exact" in drawn
    for key, label in (("radio.pulse", ">pulse<"), ("radio.samples", ">samples in a block<")):
        assert (label in drawn) == (key in text)
    assert ("transmit antennas 8" in drawn) == ("antennas" in text)


def test_every_metric_and_swept_key_of_the_figures_has_a_label() -> None:
    assert set(axis_labels.METRICS) == set(METRICS)
    keys = {axis.key for name in figure_names() for axis in load_figure(name).axes}
    assert keys <= set(axis_labels.KEYS)
    assert all("_" not in label for label in (*axis_labels.KEYS.values(), *axis_labels.METRICS.values()))
    assert axis_labels.key_label("transmitter.power_dbm") == "transmit power (dBm)"
    assert axis_labels.key_label("other.thing_m") == "thing of the other (m)"
    assert axis_labels.setting_label("requirements.rate_bps_hz", 4.0) == "required rate 4 bit/s/Hz"
    assert axis_labels.metric_label("my_metric_m") == "my metric"


def test_progress_shows_points_estimates_rate_and_time_left(tmp_path: Path) -> None:
    now = [0.0]
    rule = 'trials={minimum=20, maximum=60, metric="surrogate", relative_half_width=0.001}'
    study = quick(tmp_path, rule)
    schedule, meter = Schedule(study), study_progress.Meter(clock=lambda: now[0])
    schedule.note(0, 0, [1.0, 2.0, 3.0])
    assert meter.due(schedule)
    for trial in range(1, 11):
        now[0] += 1.0
        schedule.note(0, trial, [1.0 + trial, None, 3.0])
    assert meter.due(schedule)
    assert not meter.due(schedule), "shown a moment ago"
    assert meter.rate == close_to(1.0)
    assert meter.left_s(schedule) == close_to(4 * 20 - 11)
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(study_progress.progress_table(study, schedule, meter))
    text = console.export_text()
    for words in ("11/20", "6 ± ", "0 of 4 points", "11 of 80 trials", "1 trials/s", "0:01:09 left", "greedy"):
        assert words in text


def test_a_study_from_standard_input(file: Path) -> None:
    result = CliRunner().invoke(app, ["study", "-", "--store", "stdin.sqlite", "--workers", "1"], input=SMALL)
    assert result.exit_code == 0, result.output
    assert read_results(Path("stdin.sqlite")).fingerprint == load_study(file).fingerprint


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00:00"), (59.6, "0:01:00"), (3599.0, "0:59:59"), (36610.0, "10:10:10")]
)
def test_what_is_left_is_told_in_hours_minutes_and_seconds(seconds: float, text: str) -> None:
    assert study_progress._clock_text(seconds) == text
