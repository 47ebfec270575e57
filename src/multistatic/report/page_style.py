"""The style sheet of pages: colours for light and dark screens and for paper, wide and narrow windows.

Text has a contrast of at least 4.5 to 1 with whatever is behind it, and lines that carry meaning at least 3 to 1; a
test computes both from `LIGHT` and `DARK`. Pictures have a white ground and keep it on a dark page.
"""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "ground": "#ffffff",
    "panel": "#f3f5f7",
    "ink": "#1f2933",
    "quiet": "#4a5661",
    "link": "#00568a",
    "line": "#c3ccd4",
    "edge": "#6b7783",
    "good": "#14532d",
    "good-ground": "#dff3e4",
    "bad": "#8c1d18",
    "bad-ground": "#fde7e5",
}
"""Colours by what they are for, on a light screen and on paper: `line` only separates, `edge` carries meaning."""

DARK: Mapping[str, str] = {
    "ground": "#14181d",
    "panel": "#1f262d",
    "ink": "#e6eaee",
    "quiet": "#b0bac4",
    "link": "#8cc8f2",
    "line": "#414c57",
    "edge": "#8b97a3",
    "good": "#a5e5b7",
    "good-ground": "#16351f",
    "bad": "#ffb4ab",
    "bad-ground": "#471a17",
}
"""The same on a dark screen."""


def _variables(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())


STYLE = f"""
:root {{ color-scheme: light dark; {_variables(LIGHT)} }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}
* {{ box-sizing: border-box; }}
body {{
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  color: var(--ink); background: var(--ground);
  max-width: 80rem; margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 3rem;
  overflow-wrap: break-word;
}}
h1 {{ font-size: clamp(1.4rem, 1.1rem + 1.6vw, 2rem); line-height: 1.2; margin: 0 0 0.6rem; }}
h2 {{ font-size: 1.25rem; line-height: 1.3; margin: 2.6rem 0 0.8rem; }}
p, dd {{ max-width: 46rem; }}
p.note, figcaption, td.note, dd.note {{ color: var(--quiet); }}
a {{ color: var(--link); }}
a:focus-visible, summary:focus-visible, div.wide:focus-visible {{
  outline: 2px solid var(--edge); outline-offset: 2px;
}}
.badge {{
  display: inline-block; padding: 0.1em 0.7em; border-radius: 1em; font-size: 1rem; font-weight: 600;
  vertical-align: 0.15em; border: 1px solid;
}}
.badge.good {{ color: var(--good); background: var(--good-ground); }}
.badge.bad {{ color: var(--bad); background: var(--bad-ground); }}
p.lead {{ font-size: 1.1rem; margin: 0.6rem 0; }}
div.pair {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 0 3rem; }}
dl {{ margin: 0; }} dd {{ margin: 0; }}
dl.cards {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 10.5rem), 1fr)); gap: 0.8rem; }}
dl.cards > div {{
  background: var(--panel); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.7rem 0.9rem;
}}
dl.cards dt {{ color: var(--quiet); font-size: 0.9rem; }}
dl.cards dd {{ font-size: 1.35rem; font-weight: 600; line-height: 1.35; }}
dl.cards dd.note {{ font-size: 0.9rem; font-weight: 400; }}
dl.facts > div {{
  display: grid; grid-template-columns: 11rem 1fr; gap: 0 1.2rem; padding: 0.45rem 0; border-top: 1px solid var(--line);
}}
dl.facts > div:last-child {{ border-bottom: 1px solid var(--line); }}
dl.facts dt {{ font-weight: 600; }}
dt a {{ color: inherit; text-decoration: underline dotted; text-underline-offset: 0.25em; }}
dl.facts dd {{ grid-column: 2; }}
dl.glossary {{ columns: 24rem auto; column-gap: 2.5rem; }}
dl.glossary > div {{ break-inside: avoid; padding-bottom: 0.7rem; }}
dl.glossary dt {{ font-weight: 600; }}
div.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; }}
caption {{ text-align: left; color: var(--quiet); padding-bottom: 0.5rem; }}
th, td {{
  text-align: left; vertical-align: top; padding: 0.35rem 0.9rem 0.35rem 0; border-bottom: 1px solid var(--line);
}}
thead th {{ color: var(--quiet); font-weight: 600; vertical-align: bottom; border-bottom: 2px solid var(--edge); }}
tbody th {{ font-weight: 400; }}
div.wide th:first-child {{ position: sticky; left: 0; background: var(--ground); }}
th span.unit {{ display: block; font-weight: 400; }}
th.number, td.number {{ text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }}
tr.strong th, tr.strong td {{ font-weight: 600; }}
tr.bad th, tr.bad td {{ color: var(--bad); }}
bdi {{ overflow-wrap: break-word; }}
tbody bdi {{ display: inline-block; max-width: min(26rem, 45vw); }}
div.figures {{
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1.8rem 1.5rem;
  margin-top: 1.5rem;
}}
div.figures.beside {{ display: block; }}
figure {{ margin: 0; }}
div.beside figure {{
  display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0.5rem 1.8rem; margin-bottom: 1.8rem;
}}
div.beside img {{ flex: 0 1 auto; }}
div.beside figcaption {{ flex: 1 1 18rem; }}
figure img {{
  display: block; width: auto; max-width: 100%; height: auto;
  background: #ffffff; border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.5rem;
}}
figcaption {{ margin-top: 0.5rem; max-width: 46rem; }}
figcaption strong {{ color: var(--ink); display: block; margin-bottom: 0.3rem; }}
details summary {{ cursor: pointer; color: var(--link); }}
pre, code {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 0.85rem; }}
pre {{
  background: var(--panel); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.8rem; overflow-x: auto;
}}
code {{ overflow-wrap: anywhere; }}
footer {{
  margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.9rem;
}}
@media (max-width: 42rem) {{
  dl.facts > div {{ display: block; }}
  dl.cards {{ grid-template-columns: repeat(auto-fit, minmax(min(100%, 9rem), 1fr)); }}
  dl.cards dd {{ font-size: 1.15rem; }}
}}
@media screen and (max-width: 42rem) {{
  div.wide thead {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
  div.wide table, div.wide tbody, div.wide tr, div.wide td, div.wide tbody th {{ display: block; }}
  div.wide tr {{
    background: var(--panel); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.5rem 0.9rem;
    margin-bottom: 0.7rem;
  }}
  div.wide th, div.wide td {{ border: 0; padding: 0.1rem 0; text-align: left; white-space: normal; }}
  div.wide tbody th:first-child {{ font-weight: 600; position: static; background: none; }}
  div.wide td {{ display: grid; grid-template-columns: minmax(0, 11rem) minmax(0, 1fr); gap: 0 1rem; }}
  div.wide td::before {{ content: attr(data-column); color: var(--quiet); font-weight: 400; }}
  div.wide td:empty {{ display: none; }}
  tbody bdi {{ max-width: 100%; }}
}}
@media print {{
  @page {{ margin: 16mm 14mm; }}
  :root {{ color-scheme: light; }}
  body {{ font-size: 10pt; max-width: none; padding: 0; }}
  h1, h2, summary, caption {{ break-after: avoid; }}
  figure, tr, dl.cards > div, dl.facts > div, footer {{ break-inside: avoid; }}
  dl.facts > div:last-child, dl.facts > div:nth-child(2), tbody tr:last-child, tbody tr:nth-child(2), p.note {{
    break-before: avoid;
  }}
  p, dd, figcaption {{ orphans: 3; widows: 3; }}
  thead {{ display: table-header-group; }}
  div.wide, pre {{ overflow: visible; }}
  div.wide th:first-child {{ position: static; background: none; }}
  pre {{ white-space: pre-wrap; font-size: 7pt; border: 0; padding: 0; background: none; columns: 2; }}
  h2 {{ margin-top: 1.6rem; }}
  footer {{ margin-top: 0.8rem; padding-top: 0.3rem; }}
  dl.glossary {{ columns: 2; font-size: 9pt; line-height: 1.4; }}
  dl.cards {{ grid-template-columns: repeat(auto-fit, minmax(7.2rem, 1fr)); gap: 0.5rem; }}
  dl.cards > div {{ padding: 0.4rem 0.6rem; }}
  dl.cards dd {{ font-size: 1.05rem; }}
  div.pair, div.figures, div.beside figure {{ display: block; }}
  figure {{ margin-bottom: 1.5rem; }}
  figure img {{ border: 0; padding: 0; max-height: 88mm; }}
  a, dt a {{ color: inherit; text-decoration: none; }}
  details::details-content {{ content-visibility: visible; block-size: auto; }}
}}
"""
"""Of every page. `--name` stands for a colour of `LIGHT` or `DARK`."""
