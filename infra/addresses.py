"""Where the services of a stack are, and the file that tells every other command: `var/stack.env`."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from infra.keys import key, write_private
from infra.ports import LOOPBACK, Ports
from infra.settings import PREFIX, InfraSettings

POSTGRES_USER = "assay"
DATABASE = "assay"
AIRFLOW_DATABASE = "airflow"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # what a server is told to listen on every address


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where each service is, embedded or outside."""

    kafka_bootstrap: str
    database_url: SecretStr
    airflow_database_url: SecretStr
    api_url: str
    airflow_url: SecretStr
    lake: str
    lake_properties: SecretStr

    @property
    def airflow_page(self) -> str:
        """Airflow's address for people: without the user and the password that may be in it."""
        parts = urlsplit(self.airflow_url.get_secret_value())
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def variables(self) -> dict[str, str]:
        """Return the addresses as the `ASSAY_*` variables that every package's settings read; holds passwords."""
        return {
            f"{PREFIX}KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            f"{PREFIX}DATABASE_URL": self.database_url.get_secret_value(),
            f"{PREFIX}LAKE": self.lake,
            f"{PREFIX}LAKE_PROPERTIES": self.lake_properties.get_secret_value(),
        }


def addresses_of(settings: InfraSettings, ports: Ports) -> Addresses:
    """Return where everything is: what the user set, else what this stack runs."""
    database = settings.database_url or SecretStr(_embedded_database(settings.var, ports))
    return Addresses(
        kafka_bootstrap=settings.kafka_bootstrap or f"{LOOPBACK}:{ports.kafka}",
        database_url=database,
        airflow_database_url=SecretStr(_sibling(database.get_secret_value(), AIRFLOW_DATABASE)),
        api_url=f"http://{_reached_at(settings.api_host)}:{ports.api}",
        airflow_url=settings.airflow_url or SecretStr(f"http://{LOOPBACK}:{ports.airflow}"),
        lake=settings.lake or str(settings.var / "lake"),
        lake_properties=settings.lake_properties or SecretStr("{}"),
    )


def stack_file(var: Path) -> Path:
    """Return the path of the file that says where this stack's services are."""
    return var / "stack.env"


def write_addresses(settings: InfraSettings, addresses: Addresses) -> None:
    """Replace the stack's file in one step; readable by its owner only, since it holds a password."""
    lines = (f"{name}='{_quoted(value)}'" for name, value in addresses.variables().items())
    write_private(stack_file(settings.var), "\n".join(lines) + "\n")


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _reached_at(host: str) -> str:
    """Return the host under which this machine reaches a server that listens there, for a URL."""
    if host in EVERYWHERE:
        return LOOPBACK
    return f"[{host}]" if ":" in host else host


def _embedded_database(var: Path, ports: Ports) -> str:
    # The trailing "=" of base64 would need escaping in a URL; Fernet needs it, a password does not.
    password = key(var, "postgres").rstrip("=")
    return f"postgresql://{POSTGRES_USER}:{password}@{LOOPBACK}:{ports.postgres}/{DATABASE}"


def _sibling(url: str, database: str) -> str:
    """Return the URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
