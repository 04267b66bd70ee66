from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.addresses import addresses_of, stack_file, write_addresses
from infra.ports import choose_ports
from infra.settings import InfraSettings


class Reader(BaseSettings):
    """Reads the stack's file as every package's settings do."""

    model_config = SettingsConfigDict(env_prefix="ASSAY_", extra="ignore")

    kafka_bootstrap: str
    database_url: SecretStr
    lake: str
    lake_properties: dict[str, str] = {}


def test_the_stacks_file_is_read_back_as_written(tmp_path: Path) -> None:
    """It is how every other command finds the services."""
    settings = InfraSettings(var=tmp_path / "a folder")
    addresses = addresses_of(settings, choose_ports(settings))
    write_addresses(settings, addresses)
    read = Reader(_env_file=stack_file(settings.var))
    assert (read.kafka_bootstrap, read.database_url, read.lake) == (
        addresses.kafka_bootstrap,
        addresses.database_url,
        addresses.lake,
    )


def test_only_its_owner_reads_the_stacks_file(tmp_path: Path) -> None:
    """It holds the database's password."""
    settings = InfraSettings(var=tmp_path)
    write_addresses(settings, addresses_of(settings, choose_ports(settings)))
    assert stack_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in (tmp_path / "secrets").iterdir())


def test_outside_services_keep_their_addresses(tmp_path: Path) -> None:
    """What the user set is what everybody is told; Airflow's database is a sibling."""
    url = SecretStr("postgresql://me:word@db:5432/assay?sslmode=require")
    settings = InfraSettings(var=tmp_path, kafka_bootstrap="broker:9092", database_url=url)
    addresses = addresses_of(settings, choose_ports(settings))
    assert addresses.kafka_bootstrap == "broker:9092"
    assert addresses.database_url == url
    assert addresses.airflow_database_url.get_secret_value() == "postgresql://me:word@db:5432/airflow?sslmode=require"


def test_the_lake_is_where_the_user_wants_it(tmp_path: Path) -> None:
    """Workers, tasks and commands are all told the same place; quotes in a property reach them as they are."""
    properties = '{"s3.secret-access-key": "it\'s \\"a\\" \\\\ secret"}'
    settings = InfraSettings(var=tmp_path, lake="s3://assay/lake", lake_properties=SecretStr(properties))
    addresses = addresses_of(settings, choose_ports(settings))
    write_addresses(settings, addresses)
    read = Reader(_env_file=stack_file(tmp_path))
    assert (read.lake, read.lake_properties) == ("s3://assay/lake", {"s3.secret-access-key": 'it\'s "a" \\ secret'})
    assert "secret-access" not in repr((settings, addresses))


def test_a_folder_for_the_lake_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Programs of the stack run elsewhere."""
    monkeypatch.chdir(tmp_path)
    assert InfraSettings(lake="data/lake").lake == str(tmp_path.resolve() / "data/lake")


@pytest.mark.parametrize(
    ("host", "reached"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("10.0.0.7", "10.0.0.7"), ("::1", "[::1]")],  # noqa: S104
)
def test_the_api_is_found_where_it_listens(tmp_path: Path, host: str, reached: str) -> None:
    """Otherwise it would be asked in the wrong place whether it is ready."""
    settings = InfraSettings(var=tmp_path, api_host=host, api_port=8400)
    assert addresses_of(settings, choose_ports(settings)).api_url == f"http://{reached}:8400"


def test_what_people_are_shown_of_airflow_holds_no_password(tmp_path: Path) -> None:
    """Programs get the whole address, and nobody prints it by accident."""
    settings = InfraSettings(var=tmp_path, airflow_url=SecretStr("https://me:hidden@flow.example:8080/air"))
    addresses = addresses_of(settings, choose_ports(settings))
    assert addresses.airflow_page == "https://flow.example:8080/air"
    assert "hidden" not in repr((settings, addresses))
