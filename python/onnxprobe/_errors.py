"""Errors with three parts: what is wrong, where (file, tensor, line), and what to do."""

from __future__ import annotations


class ProbeError(Exception):
    """The base of all errors of this package.

    Attributes:
        message: What is wrong, and where.
        advice: What to do next; empty where there is nothing to say.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message, advice)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return "\n  > ".join([self.message, *self.advice.splitlines()])


class UsageError(ProbeError, ValueError):
    """Settings that do not exist or do not go together (exit code 2 of the command)."""


class InputError(ProbeError, ValueError):
    """A model or inputs that cannot be used (exit code 3)."""


class MachineError(ProbeError, RuntimeError):
    """The machine lacks something: ONNX Runtime, memory, room on the disk, a permission (exit code 4)."""
