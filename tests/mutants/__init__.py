"""Single mutations of formulas, and a runner that says which of them no test notices.

`formulas/*.toml` is the list, one file a room of the package; `mutations` reads it, `serving` puts the changed source
in place of the module when it is imported, `run` starts one process for each mutation. Nothing on disk is changed.
"""
