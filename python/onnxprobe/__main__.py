"""The command `probe`: the script of this name, and `python -m onnxprobe`.

It runs within the module. Nothing that it does not need is imported here, numpy for one: a short command takes hardly longer
than Python needs to start.
"""

from __future__ import annotations

import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> int:
    """Run what was typed after the name of the command, and give its exit code."""
    _be_a_program()
    try:
        from onnxprobe import _native
    except ImportError as error:
        print(f"error: the library of onnxprobe cannot be loaded: {error}", file=sys.stderr)
        print(
            "  > raise `ulimit -v` where memory is short; otherwise: pip install --force-reinstall onnxprobe",
            file=sys.stderr,
        )
        return 4
    _native.package_is_in(_package())
    # A model is run by another process, which starts with the path of this file: unlike `-m`, that looks for no module in the
    # folder where the user is.
    return _native.command_line(sys.executable or None, [os.path.join(HERE, "__main__.py")], sys.argv[1:])


def _be_a_program() -> None:
    """Undo what Python does to a process, and do what Rust does before `main`."""
    # Ctrl-C would wait for the end of the command, and a file beyond `ulimit -f` be one that cannot be written.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "SIGXFSZ"):
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    # Where stdout is closed (`>&-`), the first file to be opened would become stdout.
    for standard in range(3):
        try:
            os.fstat(standard)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _package() -> str:
    """The package as a neighbour of `onnxruntime`: where it is, unless pip found an `onnxruntime` elsewhere."""
    if os.path.isdir(os.path.join(os.path.dirname(HERE), "onnxruntime", "capi")):
        return HERE
    from onnxprobe import _runtime

    return _runtime.package()


if __name__ == "__main__":
    if not __package__:
        # Started by its path, the package's own folder stands where the folder with the package belongs.
        sys.path.insert(0, os.path.dirname(HERE))
    sys.exit(main())
