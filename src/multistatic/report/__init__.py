"""What people look at: pictures (`map`, `beam_pattern`, `rates`, `comparison`, all through `pictures`), tables for the
terminal (`summary`), and the paper's numbers beside ours (`paper_numbers`).
"""
