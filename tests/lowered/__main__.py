"""Write the lowered kernels that the package ships: python -m tests.lowered (`make lowered`)."""

from __future__ import annotations

import lzma

from tests.lowered.kernels import kernels_in_use


def main() -> None:
    """Each kernel as Numba lowers it now, over what is there; what no kernel is called for any more goes."""
    written = set()
    for kernel, kinds, arguments in kernels_in_use():
        file = kernel.shipped_file(kinds)
        text = f"{kernel.about()}\n{kernel.lowered(arguments)}"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(lzma.compress(text.encode(), preset=9))
        written.add(file)
    for folder in {file.parent for file in written}:
        for file in set(folder.glob("*.ll.xz")) - written:
            file.unlink()


if __name__ == "__main__":
    main()
