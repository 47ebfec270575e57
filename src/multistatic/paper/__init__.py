"""The reproduction of the paper that this package began with: numbers, figures and claims beside ours.

Nothing imports this room: the command `multistatic reproduce` comes in through an entry point of its own.
"""
