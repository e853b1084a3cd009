"""Workflows that span slices."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.processes.opening_account import OpenAccount, ReturnToAccount

__all__ = ["ProcessesUseCases"]


@dataclass(frozen=True, slots=True)
class ProcessesUseCases:
    open_account: OpenAccount
    return_to_account: ReturnToAccount
