"""Choosing the receivers that cooperate: the problem, and one algorithm a file.

`problem` states it, `answer`, `cheapest` and `infeasible` are what selectors share, `groups` and `candidates` what
searches look at. Each algorithm is an entry point of `multistatic.selectors`.
"""
