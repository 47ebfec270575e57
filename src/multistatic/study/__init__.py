"""Many designs at once: the path that studies take."""

from multistatic.study.batch import design_many

__all__ = ["design_many"]
