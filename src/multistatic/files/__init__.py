"""What is read and written: scenarios (`scenario_file`), designs (`design_files`, read back by `stored_design` and as
values by `designed_network`), recordings (`recordings` and `references` in the format of `sigmf`; those of a simulation
in `simulation_files`), and `atomic`, through which every file appears whole or not at all.
"""
