"""Writing files while things go wrong: a full disk, no permission, Ctrl-C; nothing half-written stays."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from multistatic.errors import InputError
from multistatic.files import atomic
from multistatic.files.atomic import write_bytes_atomically, write_files_atomically, write_text_atomically


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# What a write does


def test_writes_and_replaces(tmp_path: Path) -> None:
    write_text_atomically(tmp_path / "a.txt", "η = 0.6\n")
    write_bytes_atomically(str(tmp_path / "a.txt"), b"\x00\xff")
    assert content(tmp_path) == {"a.txt": b"\x00\xff"}


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_bytes_atomically(tmp_path / "a", b"")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "far" / "real")
    write_bytes_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path / "far") == {"real": b"new"}


def test_a_reader_with_the_file_open_keeps_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with (tmp_path / "a").open("rb") as reader:
        write_bytes_atomically(tmp_path / "a", b"newer")
        assert reader.read() == b"old"


def test_a_set_creates_its_folder_and_removes_what_is_stale(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "paper"
    write_files_atomically(folder, {"map.svg": b"1", "design.json": b"2"})
    write_files_atomically(folder, {"design.json": b"3"}, stale=("map.svg", "rates.svg", "design.json"))
    assert content(folder) == {"design.json": b"3"}


def test_the_last_file_of_a_set_is_absent_while_the_others_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files_atomically(tmp_path, {"a": b"1", "b": b"1", "done": b"1"})
    seen: list[bool] = []
    replace = os.replace

    def watched(source: Path, target: Path) -> None:
        seen.append((tmp_path / "done").exists())
        replace(source, target)

    monkeypatch.setattr(atomic.os, "replace", watched)
    write_files_atomically(tmp_path, {"a": b"2", "b": b"2", "done": b"2"})
    assert seen == [False, False, False]
    assert content(tmp_path) == {"a": b"2", "b": b"2", "done": b"2"}


# What goes wrong


class BrokenStream:
    """A file that takes `room` bytes and then says that the disk is full."""

    def __init__(self, handle: int, room: int) -> None:
        self.handle, self.room = handle, room

    def __enter__(self) -> BrokenStream:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self.handle)

    def write(self, data: bytes) -> None:
        os.write(self.handle, data[: self.room])
        if len(data) > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def flush(self) -> None: ...

    def fileno(self) -> int:
        return self.handle


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic.os, "fdopen", lambda handle, mode: BrokenStream(handle, 3))


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(InputError, match=r"a: received No space left"):
        write_bytes_atomically(tmp_path / "a", b"longer")
    assert content(tmp_path) == {"a": b"old"}


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_old_set_and_no_new_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "done").write_bytes(b"old")
    with pytest.raises(InputError, match="No space left"):
        write_files_atomically(tmp_path, {"a": b"new", "done": b"longer"}, stale=("a",))
    assert content(tmp_path) == {"a": b"old", "done": b"old"}
    with pytest.raises(InputError, match="No space left"):
        write_files_atomically(tmp_path / "x" / "y", {"done": b"longer"})
    assert not (tmp_path / "x").exists()


def test_ctrl_c_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files_atomically(tmp_path / "new", {"a": b"1", "b": b"2"})
    with pytest.raises(KeyboardInterrupt):
        write_bytes_atomically(tmp_path / "c", b"3")
    assert content(tmp_path) == {}


def test_a_failing_rename_leaves_no_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(source))

    monkeypatch.setattr(atomic.os, "replace", refuse)
    with pytest.raises(InputError, match=r"/a: received a path without the needed permission"):
        write_bytes_atomically(tmp_path / "a", b"1")
    assert content(tmp_path) == {}


@pytest.mark.parametrize(
    ("place", "received"),
    [
        pytest.param("folder", "a folder", id="folder"),
        pytest.param("missing/a", "no file or folder of this name", id="missing folder"),
        pytest.param("file/a", "something that is not a folder", id="file as folder"),
        pytest.param("x" * 300, "File name too long", id="long name"),
    ],
)
def test_places_that_cannot_be_written(tmp_path: Path, place: str, received: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(InputError, match=received) as caught:
        write_bytes_atomically(tmp_path / place, b"new")
    assert str(tmp_path) in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_device_is_not_replaced() -> None:
    with pytest.raises(InputError, match="a device or pipe"):
        write_bytes_atomically(os.devnull, b"new")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="a path without the needed permission"):
            write_bytes_atomically(tmp_path / "a", b"new")
    finally:
        tmp_path.chmod(0o700)


def test_a_set_refuses_a_folder_in_a_file_s_place_before_it_changes_anything(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match="a folder"):
        write_files_atomically(tmp_path, {"a": b"new", "b": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_set_refuses_a_file_in_its_folder_s_place(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"old")
    with pytest.raises(InputError, match=r"a path that is taken|something that is not a folder|no file or folder"):
        write_files_atomically(tmp_path / "out", {"a": b"new"})


@pytest.mark.parametrize("name", ["../a", "sub/a", "", ".", ".."])
def test_names_of_a_set_are_plain(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="plain name"):
        write_files_atomically(tmp_path, {name: b""})
