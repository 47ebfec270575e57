"""Reads a page as a browser would, and complains where a browser would have to guess."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "img", "br"}
# What may stand directly in what; anything else may stand anywhere.
PARENTS = {
    "li": {"ul", "ol"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "tr": {"thead", "tbody"},
    "th": {"tr"},
    "td": {"tr"},
    "thead": {"table"},
    "tbody": {"table"},
    "caption": {"table"},
    "figcaption": {"figure"},
    "summary": {"details"},
    "main": {"body"},
    "header": {"body"},
    "footer": {"body"},
}
NOT_IN_A_PARAGRAPH = {"p", "div", "table", "dl", "pre", "section", "figure", "h1", "h2", "details"}
ATTRIBUTES = {
    "html": {"lang"},
    "meta": {"charset", "http-equiv", "content", "name"},
    "img": {"alt", "src"},
    "a": {"href"},
    "th": {"scope", "class"},
    "div": {"class", "id", "tabindex"},
    "span": {"class", "role", "aria-label"},
    "tr": {"class"},
    "td": {"class", "data-column"},
    "p": {"class"},
    "dl": {"class"},
    "dd": {"class"},
}


class PageReader(HTMLParser):
    """Tags, headings, tables, definitions, images and text of a page; an `AssertionError` where it is not sound.

    tags: names in order. text: everything between them, entities resolved. tables: of each, the cells of its rows.
    defined: terms, each with the definitions that follow it.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.headings: list[tuple[str, str]] = []
        self.tables: list[list[list[str]]] = []
        self.defined: list[tuple[str, list[str]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self._into: list[list[str]] = []
        self.feed(content.decode())
        self.close()
        self._check_whole()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), "an attribute twice"
        assert given.keys() <= ATTRIBUTES.get(tag, set()), (tag, attrs)
        parent = self.open[-1] if self.open else ""
        assert parent in PARENTS.get(tag, {parent}), f"<{tag}> in <{parent}>"
        assert not ({"p", "dt", "h1", "h2"} & set(self.open) and tag in NOT_IN_A_PARAGRAPH), f"<{tag}> in a paragraph"
        self.tags.append(tag)
        if tag == "img":
            self.images.append(given)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if "id" in given:
            self.ids.append(str(given["id"]))
        if "href" in given:
            self.links.append(str(given["href"]))
        if tag not in VOID:
            self.open.append(tag)
            self._into.append([])

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag
        words = re.sub(r"\s+", " ", "".join(self._into.pop())).strip()
        if self._into:
            self._into[-1].append(words + " " if tag in NOT_IN_A_PARAGRAPH else words)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append((tag, words))
        if tag in ("th", "td"):
            self.tables[-1][-1].append(words)
        if tag == "dt":
            self.defined.append((words, []))
        if tag == "dd":
            self.defined[-1][1].append(words)

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._into:
            self._into[-1].append(data)

    def _check_whole(self) -> None:
        assert self.open == []
        assert len(self.ids) == len(set(self.ids)), "an id twice"
        assert {link.removeprefix("#") for link in self.links} <= set(self.ids), "a link that leads nowhere"
        assert all(link.startswith("#") for link in self.links)
        levels = [int(tag[1]) for tag, _ in self.headings]
        assert levels[:1] == [1]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), "a level left out"
        assert all(words for _, words in self.headings)
        assert all(each["alt"] for each in self.images)
        assert all(str(each["src"]).startswith("data:image/svg+xml;base64,") for each in self.images)
        assert all(len({len(row) for row in rows}) == 1 for rows in self.tables), "rows of different lengths"


def normal(text: str) -> str:
    """A text with ordinary blanks between its words."""
    return re.sub(r"\s+", " ", text)
