"""The network and its requirements: sites, arrays, geometry, and how a TOML file states them.

`model`, `arrays` and `geometry` hold the values; a file's way to them is `decode` (TOML), `overrides`, `schema` (one
key at a time), `consistency` (keys together), `sites` (CSV, GeoJSON), `resolve` (SI units, with `placement` and
`geodesy`), all called by `parse`; `write` is the way back and `preset` what comes with the package.
"""
