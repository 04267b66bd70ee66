from pathlib import Path

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
