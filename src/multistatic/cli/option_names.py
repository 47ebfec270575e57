"""Problems of settings as problems of the options that set them: `speed_limit_m_s` is `--speed-limit`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from multistatic.errors import InputError

_UNIT = re.compile(r"_(m_s|hz|m|s)$")


@contextmanager
def options_named(source: str, options: Mapping[str, str] | None = None) -> Iterator[None]:
    """Inside, the path of a problem that is the name of one field becomes that of its option.

    An option is called like its field, without the unit; `options` holds those that are not. Other paths, of files and
    of keys in them, stay, and so do errors of another `source`.
    """
    try:
        yield
    except InputError as error:
        if error.source != source:
            raise
        renamed = [replace(each, path=_option(each.path, options or {})) for each in error.problems]
        raise type(error)(renamed, source=source) from None


def _option(path: str, options: Mapping[str, str]) -> str:
    if path in options:
        return options[path]
    return f"--{_UNIT.sub('', path).replace('_', '-')}" if re.fullmatch(r"[a-z][a-z_0-9]*", path) else path
