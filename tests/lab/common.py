# SPDX-License-Identifier: GPL-2.0
"""What all of the lab uses."""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
MAX_GUESTS = 7


class LabError(Exception):
    """A guest or the lab itself failed (not: a command that exits non-zero)."""


def tool(*command, **keywords):
    """Run a host command that must work; return its output."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **keywords)
    if done.returncode:
        raise LabError(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.returncode}")
    return done.stdout.strip()
