"""Files that cannot be read or written: the reason in words, on the command line too."""

from __future__ import annotations

from pathlib import Path

import pytest

from multistatic import load_scenario
from multistatic.errors import InputError
from multistatic.files.file_errors import reason_of


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "no file or folder of this name"), "no file or folder of this name"),
        (IsADirectoryError(21, "Is a directory"), "a folder"),
        (PermissionError(13, "Permission denied"), "a path without the needed permission"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (ValueError("embedded null byte"), "embedded null byte"),
    ],
)
def test_the_reason_completes_what_was_received(error: Exception, words: str) -> None:
    assert reason_of(error) == words


def test_a_scenario_that_does_not_exist_and_one_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.toml: received no file or folder of this name, expected"):
        load_scenario(tmp_path / "nothing.toml")
    with pytest.raises(InputError, match="received a folder, expected"):
        load_scenario(tmp_path)
