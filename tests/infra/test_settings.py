from pathlib import Path

import pytest

from infra.errors import SettingError
from infra.settings import load_settings


def test_the_folder_of_data_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Programs of the stack run elsewhere, so a relative path would mean something else to each."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_VAR", "here")
    assert load_settings().var == tmp_path.resolve() / "here"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files and CI set variables to nothing."""
    monkeypatch.setenv("ASSAY_KAFKA_PORT", "")
    assert load_settings().kafka_port is None


@pytest.mark.parametrize("value", ["many", "0", "65536"])
def test_a_wrong_port_says_which_variable_to_mend(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """What is wrong, which variable, what to set."""
    monkeypatch.setenv("ASSAY_KAFKA_PORT", value)
    with pytest.raises(SettingError, match=rf"ASSAY_KAFKA_PORT={value} cannot be used: .*Set it to the port of"):
        load_settings()


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of a database holds a password."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", "postgresql://me:hidden@db/assay")
    assert "hidden" not in repr(load_settings())
