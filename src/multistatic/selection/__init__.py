"""Choosing the receivers that cooperate: the problem, and one algorithm a file.

`problem` states it. Each algorithm is an entry point of `multistatic.selectors`:

- given groups: `all_receivers`, `given`; rankings: `best_n`, `nearest_n`; `random`
- clusterings: `minimax_linkage` (the paper's), `kmeans`
- searches: `greedy`, `greedy_swap`, `local_search`
- exact: `enumeration`, `branch_and_bound`, `milp`

What they share: `answer` and `infeasible` make the result, `groups` lists groups to look at, `cheapest` finds the
smallest budget that would do, `candidates` and `ranked` choose from a clustering and a ranking. Branch and bound is
made of `scaled_gain` (the criterion; `gain_of_points` where the target may be at several), `pair_cost` (the cost),
`knapsack` (the choice) and `nodes` (all three together). `over_points` makes one value of those of several points.
"""
