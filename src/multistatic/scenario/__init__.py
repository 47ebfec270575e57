"""The network and its requirements: sites, arrays, geometry, and how a TOML file states them.

The values are in `model`, `propagation`, `arrays` and `geometry`. `parse_scenario` makes them from a file with `decode`
(TOML), `overrides`, `schema` (checks of one key), `consistency` (checks of several keys), `sites` (CSV, GeoJSON) and
`resolve` (SI units, with `placement` and `geodesy`). `write` makes a file from them, and `preset` has the scenarios of
the package.
"""
