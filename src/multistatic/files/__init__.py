"""What is read and written: scenarios (`scenario_file`), designs (`design_files`, read back by `stored_design`), and
`atomic`, through which every file appears whole or not at all.
"""
