"""Why a file cannot be read or written, in words that complete "received …"."""

from __future__ import annotations

_WORDS: dict[type[OSError], str] = {
    FileNotFoundError: "no file or folder of this name",
    IsADirectoryError: "a folder",
    NotADirectoryError: "a path through something that is not a folder",
    PermissionError: "a path without the needed permission",
    FileExistsError: "a path that is taken",
}


def reason_of(error: Exception) -> str:
    """The reason of an error of the file system; of any other error its own text.

    >>> reason_of(FileNotFoundError(2, "No such file or directory"))
    'no file or folder of this name'
    """
    words = next((words for kind, words in _WORDS.items() if isinstance(error, kind)), None)
    return words or getattr(error, "strerror", None) or str(error)
