"""What exists and what is asked: nodes, arrays, geometry, requirements, and how a TOML file says all this.

`model`, `arrays` and `geometry` hold the values; a file's way to them is `decode` (TOML), `overrides`, `schema` (one
key at a time), `consistency` (keys together), `sites` (CSV, GeoJSON), `resolve` (SI units, with `placement` and
`geodesy`), all called by `parse`; `write` is the way back and `preset` what comes with the package.
"""
