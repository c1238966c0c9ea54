"""Fixtures for every test: no network but loopback, no user configuration, no MT_* variables, one home a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

STARTER = Path(__file__).parents[1] / "mt" / "engines" / "data" / "starter-nl-en"
CORPORA = Path(__file__).parents[1] / "corpora"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No settings from outside, and data, models and configuration in a folder of the test run."""
    for name in [name for name in os.environ if name.startswith("MT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MT_HOME", str(tmp_path_factory.getbasetemp() / "mt-home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    """Connections leave this machine in no test."""
    from pytest_socket import _remove_restrictions, socket_allow_hosts

    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)
    yield
    _remove_restrictions()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The project's own corpus."""
    return CORPORA


@pytest.fixture(scope="session")
def starter() -> Path:
    """The shipped model in Hugging Face layout."""
    return STARTER
